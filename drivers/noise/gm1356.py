"""Benetech GM1356 (also HY1361, GM1357) sound level meter on USB: its reports, decoded only.

Source: github.com/dobra-noc/gm1356, PROTOCOL.md; github.com/pvachon/gm1356, README.md (the same but for the name of one
range). A HID report of eight bytes: level × 10, high byte first; flags (40 fast, 20 maximum held, 10 weighted C) and in the
low half the range; five bytes that are left over from other reports. It answers B3, three bytes, 00 00 00 00; 56 and flags set
it.

What it cannot say: LAeq of its own, a checksum. It is no serial port: the station has no door to USB HID, and `station decode`
alone reads what another program has captured. A level that is weighted C or held is not given.
"""

from typing import Any

from drivers.driver import Driver, Page
from drivers.errors import Garbled
from drivers.frames import chunks, expect_length
from drivers.sample import Sample

SIZE = 8
FAST, HELD, C_WEIGHTED, RANGE = 0x40, 0x20, 0x10, 0x0F
UNUSED = 0x80
RANGES = ("30-130", "30-60", "50-100", "60-110", "80-130")


def decode(frame: bytes, _settings: Any) -> Sample:
    """One report: the level in dB(A). Raises Garbled."""
    expect_length(frame, SIZE)
    level, flags = int.from_bytes(frame[:2], "big") / 10, frame[2]
    if flags & UNUSED or flags & RANGE >= len(RANGES):
        raise Garbled("no such range", reason="header", raw=frame, expected="flags", got=f"{flags:02x}")
    weighting = "C" if flags & C_WEIGHTED else "A"
    status: dict[str, int | float | str] = {
        "level": level,
        "range": RANGES[flags & RANGE],
        "weighting": weighting,
        "time_weighting": "F" if flags & FAST else "S",
        "held": int(bool(flags & HELD)),
    }
    if flags & (HELD | C_WEIGHTED):
        return Sample({}, {"laeq": "maintenance"}, status, "maintenance")  # somebody pressed its keys
    return Sample({"laeq": level}, status=status)


DRIVERS = (
    Driver(
        name="gm1356",
        title="Benetech GM1356 sound level meter (USB; decoded only)",
        zh="标智 GM1356 声级计（USB；仅可解码）",
        port="hid",
        page=Page(
            source="github.com/dobra-noc/gm1356, PROTOCOL.md; github.com/pvachon/gm1356, README.md",
            published=True,
            wiring=(("mini USB socket", "USB"),),
            supply=("four AA cells or USB", "四节五号电池或 USB 供电"),
            faults=(
                (
                    "no reports: the first question has been seen by it before; put other bytes behind B3",
                    "无报文：提问字节与先前相同，B3 之后换其他字节",
                ),
                (
                    "maintenance: the meter is set to C, or holds its maximum",
                    "maintenance：仪器设为 C 计权，或处于最大值保持",
                ),
            ),
            cannot=(
                "LAeq of its own, and anything to a station: it is decoded only",
                "不给出 LAeq；测站不能直接读取，仅可离线解码",
            ),
        ),
        quantities=("laeq",),
        split=chunks(SIZE),
        decode=decode,
        interval=1.0,
        least_interval=0.5,
        resolution={"laeq": 0.1},
    ),
)
