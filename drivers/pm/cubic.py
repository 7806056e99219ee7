"""Cubic PM1006 (also PM1006K, in IKEA Vindriktning), PM1003, PM2005, PM2012 (also PM2016): particles, UART 9600 8N1, 5 V.

Source: Cubic, Laser Particle Sensor Module PM2016 data sheet v0.2 (UART protocol 1), PM1006 and PM2005 specifications. Host
11, length, command, data, checksum; sensor 16, length, command, data, checksum; the length counts command and data, the
checksum makes the sum of the frame zero. Command 0B asks for the measurement, 0C opens and closes it (PM2012), 1E asks for
the version, 1F for the serial number.

What it cannot say: PM1006 and PM1003 all but PM2.5 (the other bytes are not documented). Field oddities: exactly 1000 in
every mass is a supply under about 4.6 V, or saturation, and no measurement; a question for the version may be answered by a
measurement; a PM2012 wants its first command within four seconds of power-up; in a Vindriktning another host asks in bursts.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.driver import Confidence, Driver, Environment, Page, StreamPort, Terminal, Text
from drivers.errors import Foreign, Garbled, NoAnswer
from drivers.frames import Cut, cut, expect_length, expect_zero_sum
from drivers.sample import Kind, Sample

HOST, SENSOR = 0x11, 0x16
HEADS = (b"\x16", b"\x11")
MEASURE, SWITCH, VERSION, SERIAL = 0x0B, 0x0C, 0x1E, 0x1F
SERIAL_SIZE, LONGEST_VERSION, QUESTION_SIZES = 10, 16, (0, 1, 2)  # bytes of data
SIZES = (16, 52)  # bytes of data of a measurement, by model
FULL_SCALE = 1000
MASS = bytes.fromhex("11020b01e1")
ALL = bytes.fromhex("11020b07db")
OPEN, CLOSE = bytes.fromhex("11030c021ec0"), bytes.fromhex("11030c011ec1")
ASK_SERIAL = bytes.fromhex("11011fcf")
ALARMS = ("fan_fast", "fan_slow", "hot", "cold", "sensitivity_high", "sensitivity_low", "laser_high", "laser_low")


@dataclass(frozen=True, slots=True)
class Model:
    """What a model's measurement holds.

    ask      the question
    size     bytes of data behind the command
    masses   quantity key → where it begins in the frame, `form` each
    counts   quantity key → the same, particles per litre
    alarm    where its alarm byte stands, and its state byte; None: it has none
    switch   it must be opened before it measures
    """

    ask: bytes
    size: int
    masses: Mapping[str, int]
    form: str = ">H"
    counts: Mapping[str, int] = field(default_factory=dict)
    alarm: int | None = None
    state: int | None = None
    switch: bool = False

    @property
    def quantities(self) -> tuple[str, ...]:
        """Every quantity key it gives."""
        return (*self.masses, *self.counts)

    def split(self, buffer: bytes) -> Cut:
        """Replies and our own commands (to be known as such) out of a stream."""
        return cut(buffer, HEADS, self._length, expect_zero_sum)

    def _only(self, command: int) -> Callable[[bytes], Cut]:
        """`split` for replies to one command; our own commands stay."""
        return lambda buffer: self.split(buffer).only(lambda frame: frame[0] == HOST or frame[2] == command)

    def _length(self, buffer: bytes) -> int:
        """How long the frame is; 0 if more bytes are needed to say. Raises Garbled for what this model never sends."""
        if len(buffer) < 3:
            return 0
        data, command = buffer[1] - 1, buffer[2]
        known = {MEASURE: (1, *SIZES), SWITCH: (1,), SERIAL: (SERIAL_SIZE,), VERSION: range(1, LONGEST_VERSION + 1)}
        sizes = QUESTION_SIZES if buffer[0] == HOST else known.get(command, ())
        if command not in known or data not in sizes:
            raise Garbled("another frame", reason="header", raw=buffer[:3], expected=f"16..{MEASURE:02x}", got=buffer[:3].hex())
        return data + 4

    def decode(self, frame: bytes, _settings: Any) -> Sample:
        """One reply: masses in µg/m³, counts in particles/cm³. Raises Garbled, or Foreign for our own command."""
        if not frame.startswith(HEADS):
            raise Garbled("no frame", reason="header", raw=frame, expected=f"{SENSOR:02x}", got=frame[:1].hex())
        size = self._length(frame)
        expect_length(frame, size or 4)
        expect_zero_sum(frame)
        if frame[0] == HOST:
            raise Foreign("our own command came back", reason="echo", raw=frame)
        body = frame[3:-1]
        if frame[2] == SERIAL:
            return Sample({}, status={"serial": body.hex()}, kind=Kind.IDENTITY)
        if frame[2] == VERSION:
            return Sample({}, status={"version": body.decode("ascii", "replace")}, kind=Kind.IDENTITY)
        if frame[2] != MEASURE or not body:
            return Sample({}, status={"command": frame[2]}, kind=Kind.ACKNOWLEDGEMENT)
        if len(body) != self.size:
            raise Foreign(
                "a measurement of another model", reason="foreign", raw=frame, expected=str(self.size), got=str(len(body))
            )
        return self._measurement(frame)

    def _measurement(self, frame: bytes) -> Sample:
        status, reason = self._state(frame)
        masses = {key: float(struct.unpack_from(self.form, frame, at)[0]) for key, at in self.masses.items()}
        if reason:
            return Sample({}, status=status, reason=reason)
        if all(mass == FULL_SCALE for mass in masses.values()):
            return Sample({}, status=status, reason="low_supply")
        counts = {key: struct.unpack_from(">I", frame, at)[0] / 1000 for key, at in self.counts.items()}
        return Sample({**masses, **counts}, status=status)

    def _state(self, frame: bytes) -> tuple[dict[str, int | float | str], str]:
        """Its alarm and state bytes in words, and the reason that they give."""
        if self.alarm is None or self.state is None:
            return {}, ""
        alarm, state = frame[self.alarm], frame[self.state]
        status: dict[str, int | float | str] = {"state": state, "alarm": alarm}
        status |= {name: 1 for bit, name in enumerate(ALARMS) if alarm >> bit & 1}
        if alarm:
            return status, "device_fault"
        return status, "not_started" if state == 3 else ""

    def read(self, port: StreamPort, _environment: Environment, _settings: Any) -> Sample:
        """Ask for the measurement. Raises a wire error."""
        port.send(self.ask)
        return self.decode(port.receive(self._only(MEASURE)), None)

    def begin(self, port: StreamPort, _settings: Any) -> None:
        """Open the measurement, where the model wants that. Raises PortLost."""
        if self.switch:
            port.send(OPEN)
            port.pause(0.3)

    def identify(self, port: StreamPort, _settings: Any) -> str:
        """The serial number; "" from a model that answers with something else. Raises a wire error."""
        port.send(ASK_SERIAL)
        try:
            return str(self.decode(port.receive(self._only(SERIAL)), None).status.get("serial", ""))
        except NoAnswer:
            return ""


def sleep(port: StreamPort, _settings: Any) -> None:
    """Close the measurement: fan and laser stop (PM2012). Raises PortLost."""
    port.send(CLOSE)


PM1006 = Model(MASS, 16, {"pm25": 5})
PM2005 = Model(MASS, 16, {"pm25": 5, "pm10": 9}, alarm=15, state=18)
TSI = {"pm1": 15, "pm25": 19, "pm10": 23}
COUNTS = {"pn03": 27, "pn05": 31, "pn1": 35, "pn25": 39, "pn5": 43, "pn10": 47}
PM2012 = Model(ALL, 52, TSI, ">I", COUNTS, switch=True)

WIRING: tuple[tuple[str, Terminal], ...] = (("5V", "5V"), ("GND", "GND"), ("TXD", "RXD"), ("RXD", "TXD"))
SUPPLY: Text = (
    "5 V (a weak supply reads as exactly 1000); the Pi takes 3.3 V only: look up the model's signal level, divide it if higher",
    "5 V（供电不足时恒报 1000）；树莓派仅耐 3.3 V：先查该型号信号电平，较高时须分压",
)
FAULTS: tuple[Text, ...] = (
    ("exactly 1000 all the time: supply under 4.6 V; shorter or thicker wires", "恒为 1000：供电低于 4.6 V；缩短或加粗电源线"),
    (
        "no answer: RX and TX swapped; inside a Vindriktning its own host asks too, cut that wire",
        "无应答：RX、TX 接反；宜家 Vindriktning 内另有主机在问，须断开",
    ),
    ("stays at 0: fan blocked by insects or dust", "数值恒为 0：风扇被虫或灰堵塞"),
)


def _driver(model: Model, name: str, title: str, zh: str, cannot: Text, confidence: Confidence, published: bool) -> Driver:
    return Driver(
        name=name,
        title=title,
        zh=zh,
        port="uart",
        page=Page(
            source="Cubic PM1006, PM2005 and PM2016 specifications",
            published=published,
            wiring=WIRING,
            supply=SUPPLY,
            faults=FAULTS,
            cannot=cannot,
        ),
        quantities=model.quantities,
        split=model.split,
        decode=model.decode,
        read=model.read,
        begin=model.begin if model.switch else None,
        identify=model.identify,
        sleep=sleep if model.switch else None,
        wake=model.begin if model.switch else None,
        defaults={"baud": 9600},
        interval=2.0,
        least_interval=1.0,
        deadline=1.5,
        warm_up=10.0,
        resolution=dict.fromkeys(model.masses, 1.0),
        confidence=confidence,
    )


ONLY_PM25: Text = ("anything but PM2.5: the other bytes are not documented", "仅有 PM2.5：其余字节厂家未公布")

DRIVERS = (
    _driver(
        PM1006,
        "pm1006",
        "Cubic PM1006 particle sensor (also PM1006K, IKEA Vindriktning)",
        "四方光电 PM1006 颗粒物传感器（PM1006K、宜家 Vindriktning 同）",
        ONLY_PM25,
        "certain",
        True,
    ),
    _driver(PM1006, "pm1003", "Cubic PM1003A particle sensor", "四方光电 PM1003A 颗粒物传感器", ONLY_PM25, "certain", True),
    _driver(
        PM2005,
        "pm2005",
        "Cubic PM2005 particle sensor",
        "四方光电 PM2005 颗粒物传感器",
        ("PM1; counts, which it answers to another question", "无 PM1；颗粒计数须另行询问"),
        "likely",
        False,
    ),
    _driver(
        PM2012,
        "pm2012",
        "Cubic PM2012 particle sensor (also PM2016)",
        "四方光电 PM2012 颗粒物传感器（PM2016 同）",
        ("which of its two scales suits: the TSI scale is given", "两种标度中给出 TSI 标度（另一为 GRIMM）"),
        "likely",
        False,
    ),
)
