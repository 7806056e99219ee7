"""Winsen ZH03B (also ZH06-I): particles by laser scattering, UART 9600 8N1, 5 V, 3.3 V logic.

Source: Winsen, ZH03B Laser Dust Sensor manual, v2.1, sections on communication. By itself it sends 24 bytes each second: 42 4D
00 14, six words of which the last three are PM1, PM2.5, PM10, reserved words, the 16-bit sum. Asked, it answers nine bytes: FF
86, PM2.5, PM10, PM1 (in this order; several public drivers swap them), the complement of the sum of the seven bytes behind FF.

What it cannot say: counts; its serial number; which model it is. Field oddities: it keeps its mode while powered; an
acknowledgement of sleep comes while the fan still runs out.
"""

from dataclasses import dataclass, field
from typing import Any

from drivers.checksum import sum16
from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut, expect_length, expect_zero_sum
from drivers.sample import Kind, Sample

SENT, ANSWER, ASLEEP, OURS = b"\x42\x4d\x00\x14", b"\xff\x86", b"\xff\xa7", b"\xff\x01"
HEADS = (SENT, ANSWER, ASLEEP, OURS)
SENT_SIZE, ANSWER_SIZE = 24, 9
QUESTIONS = bytes.fromhex("ff0178410000000046")
BY_ITSELF = bytes.fromhex("ff0178400000000047")
ASK = bytes.fromhex("ff0186000000000079")
SLEEP = bytes.fromhex("ff01a7010000000057")
WAKE = bytes.fromhex("ff01a7000000000058")
SETTLE = 0.2  # s after a command


@dataclass(frozen=True, slots=True)
class Settings:
    """Whether the sensor speaks by itself or is asked."""

    mode: str = field(
        default="active",
        metadata={"help": "active: it speaks by itself; query: it is asked for each frame", "choices": ("active", "query")},
    )


def _length(buffer: bytes) -> int:
    return SENT_SIZE if buffer.startswith(SENT) else ANSWER_SIZE


def _check(frame: bytes) -> None:
    if not frame.startswith(SENT):
        expect_zero_sum(frame, 1)
    elif (expected := sum16(frame[:-2])) != (got := frame[-2] << 8 | frame[-1]):
        raise Garbled("sum", raw=frame, expected=f"0x{expected:04x}", got=f"0x{got:04x}")


def split(buffer: bytes) -> Cut:
    """Measurements, acknowledgements and our own commands (to be known as such) out of a stream."""
    return cut(buffer, HEADS, _length, _check)


def _measurements(buffer: bytes) -> Cut:
    """As `split`, without acknowledgements: they stand between the question and its answer."""
    return split(buffer).only(lambda frame: not frame.startswith(ASLEEP))


def decode(frame: bytes, _settings: Any) -> Sample:
    """One frame: PM1, PM2.5, PM10 in µg/m³. Raises Garbled, or Foreign for our own command."""
    if not frame.startswith(HEADS):
        reason = "truncated" if any(head.startswith(frame) for head in HEADS) else "header"
        raise Garbled("no frame", reason=reason, raw=frame, expected=SENT.hex(), got=frame[:4].hex())
    expect_length(frame, _length(frame))
    _check(frame)
    if frame.startswith(OURS):
        raise Foreign("our own command came back", reason="echo", raw=frame)
    if frame.startswith(ASLEEP):
        return Sample({}, status={"obeyed": frame[2]}, kind=Kind.ACKNOWLEDGEMENT)
    places = {"pm1": 10, "pm25": 12, "pm10": 14} if frame.startswith(SENT) else {"pm1": 6, "pm25": 2, "pm10": 4}
    values = {key: float(frame[at] << 8 | frame[at + 1]) for key, at in places.items()}
    return Sample(values) if any(values.values()) else Sample({}, reason="warm_up")


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """The newest measurement; asked for in query mode. Raises a wire error."""
    if settings.mode == "query":
        port.send(ASK)
    return decode(port.receive(_measurements), settings)


def begin(port: StreamPort, settings: Settings) -> None:
    """Wake it, should an earlier run have left it asleep, and set its mode. Raises PortLost."""
    for command in (WAKE, BY_ITSELF if settings.mode == "active" else QUESTIONS):
        port.send(command)
        port.pause(SETTLE)


def sleep(port: StreamPort, _settings: Settings) -> None:
    """Stop fan and laser. Raises PortLost."""
    port.send(SLEEP)


DRIVERS = (
    Driver(
        name="zh03b",
        title="Winsen ZH03B particle sensor (also ZH06-I)",
        zh="炜盛 ZH03B 激光粉尘传感器（ZH06-I 同）",
        port="uart",
        page=Page(
            source="Winsen ZH03B manual, v2.1",
            published=True,
            wiring=(("VCC", "5V"), ("GND", "GND"), ("TXD", "RXD"), ("RXD", "TXD"), ("PWM", "OPEN")),
            supply=("5 V, 120 mA; signals 3.3 V, straight to the Pi", "5 V，120 mA；信号 3.3 V，可直接接树莓派"),
            faults=(
                (
                    "silence: left in question mode by another host; RX and TX swapped",
                    "无数据：被其他主机置于问答模式；或 RX、TX 接反",
                ),
                ("values stay at 0: fan blocked by insects or dust", "数值恒为 0：风扇被虫或灰堵塞"),
                ("too high in fog (above 80 % humidity): correct with humidity", "雾天（湿度高于 80 %）偏高：用湿度修正"),
            ),
            cannot=("counts, its serial number, which model it is", "无颗粒计数、序列号，不能自报型号"),
        ),
        quantities=("pm1", "pm25", "pm10"),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        sleep=sleep,
        wake=begin,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=1.0,
        deadline=2.5,
        warm_up=30.0,
        resolution={"pm1": 1.0, "pm25": 1.0, "pm10": 1.0},
    ),
)
