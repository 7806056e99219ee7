"""Honeywell HPMA115S0 and HPMA115C0: particles by laser scattering, UART 9600 8N1, 5 V, 3.3 V logic.

Source: Honeywell, HPM Series Particulate Matter Sensors, data sheet 32322550, tables 4 to 7. After power-up it sends 42 4D 00 1C,
26 bytes and the 16-bit sum of all before, each second. Asked, it answers 40, a length, 04, the masses in µg/m³ and the byte that
makes the sum of the frame zero: S0 PM2.5 and PM10; C0 (compact) PM1, PM2.5, PM4, PM10 and four spare bytes, whose length byte is
0D (the sheet prints 05). Commands are answered A5 A5, refused 96 96.

What it cannot say: counts; its serial number. Field oddities: zeros right after the start are no clean air; the A5 A5 of an
earlier command can stand before a reply; where a C0's masses stand in what it sends unasked is known from one public reader only.
"""

from dataclasses import dataclass, field
from typing import Any

from drivers.checksum import sum16
from drivers.driver import Driver, Environment, Page, StreamPort, Terminal, Text
from drivers.errors import Faulted, Foreign, Garbled
from drivers.frames import Cut, cut, expect_length, expect_zero_sum
from drivers.sample import Kind, Sample

AUTO, ANSWER, COMMAND = b"\x42\x4d", b"\x40", b"\x68"
OBEYED, REFUSED = b"\xa5\xa5", b"\x96\x96"
HEADS = (AUTO, ANSWER, COMMAND, OBEYED, REFUSED)
AUTO_LENGTH = 28
READ, FACTOR = 0x04, 0x10
ACKNOWLEDGEMENT_SIZE, FACTOR_SIZE = 2, 5

START, STOP, ASK = bytes.fromhex("68010196"), bytes.fromhex("68010295"), bytes.fromhex("68010493")
AUTO_OFF, AUTO_ON = bytes.fromhex("68012077"), bytes.fromhex("68014057")
SETTLE = 0.2  # s after a command


@dataclass(frozen=True, slots=True)
class Settings:
    """Whether the sensor speaks by itself or is asked."""

    mode: str = field(
        default="active",
        metadata={"help": "active: it speaks by itself; query: it is asked for each frame", "choices": ("active", "query")},
    )


@dataclass(frozen=True, slots=True)
class Model:
    """What one model says: `masses`, big-endian words from byte 3 of an answer and from byte `auto` of what it sends unasked.

    An answer has `size` bytes and states one of `lengths`.
    """

    masses: tuple[str, ...]
    auto: int
    lengths: tuple[int, ...]
    size: int

    def split(self, buffer: bytes) -> Cut:
        """Measurements, acknowledgements and our own commands (to be known as such) out of a stream."""
        return cut(buffer, HEADS, self._length, _check)

    def measurements(self, buffer: bytes) -> Cut:
        """As `split`, without acknowledgements: they stand between the question and its answer."""
        return self.split(buffer).only(lambda frame: frame != OBEYED)

    def _length(self, buffer: bytes) -> int:
        """How long the frame is; 0 if more bytes are needed to say. Raises Garbled."""
        if buffer[:2] in (OBEYED, REFUSED):
            return ACKNOWLEDGEMENT_SIZE
        head, known = buffer[:1], len(buffer)
        if head == AUTO[:1]:
            if known >= 4 and buffer[2] << 8 | buffer[3] != AUTO_LENGTH:
                raise Garbled("length", reason="length", raw=buffer[:4], expected=str(AUTO_LENGTH), got=buffer[2:4].hex())
            return 4 + AUTO_LENGTH if known >= 4 else 0
        if known < 3:
            return 0
        if head == COMMAND and buffer[1] in (1, 2):
            return 3 + buffer[1]
        if head == ANSWER and buffer[1] == 2 and buffer[2] == FACTOR:
            return FACTOR_SIZE
        if head == ANSWER and buffer[1] in self.lengths and buffer[2] == READ:
            return self.size
        raise Garbled(
            "another frame", reason="header", raw=buffer[:3], expected=f"40{self.lengths[0]:02x}04", got=buffer[:3].hex()
        )

    def decode(self, frame: bytes, _settings: Any) -> Sample:
        """One frame: masses in µg/m³. Raises Garbled, Foreign for our own command, Faulted for a refusal."""
        if not frame.startswith(HEADS):
            raise Garbled("no frame", reason="header", raw=frame, expected=AUTO.hex(), got=frame[:2].hex())
        size = self._length(frame)
        if not size:
            raise Garbled("no frame", reason="truncated", raw=frame, expected=str(self.size), got=str(len(frame)))
        expect_length(frame, size)
        _check(frame)
        if frame == REFUSED:
            raise Faulted("the sensor refused a command", raw=frame)
        if frame == OBEYED:
            return Sample({}, kind=Kind.ACKNOWLEDGEMENT)
        if frame[:1] == COMMAND:
            raise Foreign("our own command came back", reason="echo", raw=frame)
        if size == FACTOR_SIZE:
            return Sample({}, status={"factor": frame[3]}, kind=Kind.ACKNOWLEDGEMENT)
        return self._masses(frame, self.auto if frame.startswith(AUTO) else 3)

    def _masses(self, frame: bytes, start: int) -> Sample:
        words = [frame[at] << 8 | frame[at + 1] for at in range(start, start + 2 * len(self.masses), 2)]
        if not any(words):
            return Sample({}, reason="warm_up")
        return Sample(dict(zip(self.masses, map(float, words), strict=True)))

    def read(self, port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
        """The newest measurement; asked for in query mode. Raises a wire error."""
        if settings.mode == "query":
            port.send(ASK)
        return self.decode(port.receive(self.measurements), settings)


def _check(frame: bytes) -> None:
    if frame.startswith(AUTO):
        expected, got = sum16(frame[:-2]), frame[-2] << 8 | frame[-1]
        if expected != got:
            raise Garbled("sum", raw=frame, expected=f"0x{expected:04x}", got=f"0x{got:04x}")
    elif frame not in (OBEYED, REFUSED):
        expect_zero_sum(frame)


def begin(port: StreamPort, settings: Settings) -> None:
    """Start fan and laser, and set whether it speaks by itself. Raises PortLost."""
    for command in (START, AUTO_ON if settings.mode == "active" else AUTO_OFF):
        port.send(command)
        port.pause(SETTLE)


def sleep(port: StreamPort, _settings: Settings) -> None:
    """Stop fan and laser. Raises PortLost."""
    port.send(STOP)


HPMA115S0 = Model(("pm25", "pm10"), 6, (5,), 8)
HPMA115C0 = Model(("pm1", "pm25", "pm4", "pm10"), 4, (13, 5), 16)

SUPPLY: Text = (
    "5 V (4.8 to 5.2), 80 mA, 20 mA asleep; signals 3.3 V, straight to the Pi",
    "5 V（4.8～5.2），80 mA，休眠 20 mA；信号 3.3 V，可直接接树莓派",
)
FAULTS: tuple[Text, ...] = (
    (
        "stays at warm-up: it sends only zeros; fan blocked, or stopped by an earlier command",
        "一直预热：仅发送 0；风扇受阻或被先前命令停止",
    ),
    (
        "silence: RX and TX swapped, or an earlier host switched its own sending off",
        "无数据：RX、TX 接反，或先前主机关闭了自动发送",
    ),
    (
        "laser and fan live 20 000 h: use `sleep = true` where a reading every minutes is enough",
        "激光与风扇寿命 20000 h：可设 sleep = true 间歇工作",
    ),
)
WIRING: tuple[tuple[str, Terminal], ...] = (("5V", "5V"), ("GND", "GND"), ("TX", "RXD"), ("RX", "TXD"))


def _driver(model: Model, name: str, title: str, zh: str, cannot: Text) -> Driver:
    return Driver(
        name=name,
        title=title,
        zh=zh,
        port="uart",
        page=Page(
            source="Honeywell HPM Series data sheet 32322550",
            published=True,
            wiring=WIRING,
            supply=SUPPLY,
            faults=FAULTS,
            cannot=cannot,
        ),
        quantities=model.masses,
        split=model.split,
        decode=model.decode,
        read=model.read,
        begin=begin,
        sleep=sleep,
        wake=begin,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=1.0,
        deadline=2.5,
        warm_up=6.0,
        resolution=dict.fromkeys(model.masses, 1.0),
    )


DRIVERS = (
    _driver(
        HPMA115S0,
        "hpma115s0",
        "Honeywell HPMA115S0 particle sensor",
        "霍尼韦尔 HPMA115S0 颗粒物传感器",
        ("PM1, counts, its serial number", "无 PM1、颗粒计数和序列号"),
    ),
    _driver(
        HPMA115C0,
        "hpma115c0",
        "Honeywell HPMA115C0 compact particle sensor",
        "霍尼韦尔 HPMA115C0 小型颗粒物传感器",
        ("counts, its serial number", "无颗粒计数和序列号"),
    ),
)
