"""Plantower PMS5003 (also PMS7003 and PMSA003): particles by laser scattering, UART 9600 8N1, 5 V supply, 3.3 V logic.

Source: Plantower PMS5003 series data manual, v2.3, appendix I (transport protocol).
Frame, 32 bytes: 42 4D, length 001C, thirteen big-endian words, 16-bit sum of all bytes before it. Words 1-3 are PM1, PM2.5,
PM10 on the factory scale (CF=1), words 4-6 the same for the atmosphere, words 7-12 particles larger than 0.3, 0.5, 1,
2.5, 5 and 10 µm in 0.1 L, word 13 firmware version (high byte) and error code (low byte, bits not published).

What it cannot say: which model it is; a PMS5003T sends the same header and length. Field oddities: above 80 % relative
humidity it reads too high; the first frames after power-up may be all zero, version included, which is not clean air; the
sum of a clean-air frame may end in 0x42, the first byte of the next header.
"""

import struct
from dataclasses import dataclass, field

from drivers.checksum import sum16
from drivers.driver import Driver, Page
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut, expect_length
from drivers.sample import Kind, Sample

HEADER = b"\x42\x4d"
DATA_LENGTH = 28  # the length word of a data frame: thirteen words and the sum
ACK_LENGTH = 4
COMMAND_SIZE = 7
COMMANDS = frozenset({0xE1, 0xE2, 0xE4})  # mode, read in passive mode, sleep and wake: high byte where a length would be

COUNTS = ("pn03", "pn05", "pn1", "pn25", "pn5", "pn10")


@dataclass(frozen=True, slots=True)
class Settings:
    """Which of the two scales is published as pm1, pm25 and pm10."""

    scale: str = field(
        default="atmospheric",
        metadata={"help": "scale of pm1, pm25, pm10", "choices": ("atmospheric", "factory")},
    )


def split(buffer: bytes) -> Cut:
    """Data frames, acknowledgements and our own commands (to be known as such) out of a stream."""
    return cut(buffer, HEADER, _length, _check)


def _length(buffer: bytes) -> int:
    if len(buffer) < 4:
        return 0
    if buffer[2] in COMMANDS:
        return COMMAND_SIZE
    length = buffer[2] << 8 | buffer[3]
    if length not in (DATA_LENGTH, ACK_LENGTH):
        raise Garbled("another model's length", reason="length", raw=buffer[:4], expected=str(DATA_LENGTH), got=str(length))
    return 4 + length


def _check(frame: bytes) -> None:
    expected, got = sum16(frame[:-2]), frame[-2] << 8 | frame[-1]
    if expected != got:
        raise Garbled("sum", raw=frame, expected=f"0x{expected:04x}", got=f"0x{got:04x}")


def decode(frame: bytes, settings: Settings) -> Sample:
    """One whole frame: masses in µg/m³, counts in particles/cm³. Raises Garbled, or Foreign for our own command."""
    if not frame.startswith(HEADER):
        raise Garbled("no frame", reason="header", raw=frame, expected=HEADER.hex(), got=frame[:2].hex())
    if len(frame) < 4:
        raise Garbled("no frame", reason="truncated", raw=frame, expected="32", got=str(len(frame)))
    expect_length(frame, _length(frame))
    _check(frame)
    if len(frame) == COMMAND_SIZE:
        raise Foreign("our own command came back", reason="echo", raw=frame)
    if len(frame) == 4 + ACK_LENGTH:
        return Sample({}, status={"command": frame[4], "data": frame[5]}, kind=Kind.ACKNOWLEDGEMENT)
    words = struct.unpack(">13H", frame[4:30])
    if not any(words):
        return Sample({}, reason="warm_up")
    return Sample(_values(words, settings), status={"version": words[12] >> 8, "error_code": words[12] & 0xFF})


def _values(words: tuple[int, ...], settings: Settings) -> dict[str, float]:
    factory, atmospheric = words[0:3], words[3:6]
    chosen = factory if settings.scale == "factory" else atmospheric
    values: dict[str, float] = dict(zip(("pm1", "pm25", "pm10"), map(float, chosen), strict=True))
    values["pm25_cf1"] = float(factory[1])
    values["pm25_atm"] = float(atmospheric[1])
    values |= {key: count / 100.0 for key, count in zip(COUNTS, words[6:12], strict=True)}
    return values


DRIVERS = (
    Driver(
        name="pms5003",
        title="Plantower PMS5003 particle sensor (also PMS7003, PMSA003)",
        zh="攀藤 PMS5003 颗粒物传感器（PMS7003、PMSA003 同）",
        port="uart",
        page=Page(
            source="Plantower PMS5003 series data manual, v2.3",
            published=True,
            wiring=(
                ("1 VCC", "5V"),
                ("2 GND", "GND"),
                ("3 SET", "OPEN"),
                ("4 RXD", "TXD"),
                ("5 TXD", "RXD"),
                ("6 RESET", "OPEN"),
                ("7 NC", "OPEN"),
                ("8 NC", "OPEN"),
            ),
            supply=(
                "5 V (4.5 to 5.5), 100 mA for the fan; signals 3.3 V, straight to the Pi",
                "5 V（4.5～5.5），风扇约 100 mA；信号 3.3 V，可直接接树莓派",
            ),
            faults=(
                ("silence: SET pulled low puts it to sleep; RX and TX swapped", "无数据：SET 为低则休眠；或 RX、TX 接反"),
                ("values stay at 0: fan blocked by insects or dust", "数值恒为 0：风扇被虫或灰堵塞"),
                ("too high in fog (above 80 % humidity): correct with humidity", "雾天（湿度高于 80 %）偏高：用湿度修正"),
                (
                    "after three years of running without a pause the laser is worn: use `sleep = true`",
                    "连续运行约三年激光老化：可设 sleep = true 间歇工作",
                ),
            ),
            cannot=("which model it is: a PMS5003T sends frames that look the same", "不能自报型号：PMS5003T 的帧外观相同"),
        ),
        quantities=("pm1", "pm25", "pm10", "pm25_cf1", "pm25_atm", *COUNTS),
        split=split,
        decode=decode,
        settings=Settings,
        defaults={"baud": 9600},
        interval=2.5,  # in steady air it speaks every 2.3 s
        least_interval=1.0,
        deadline=4.0,
        warm_up=30.0,
    ),
)
