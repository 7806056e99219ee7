"""CEM DT-8852 sound level meter (and clones of PCE, Voltcraft): a stream of tokens over its USB serial port, 9600 8N1.

Source: sigrok wiki, CEM DT-8852, 2014 (tokens); codeberg.org/randysimons/dt8852 (their order). A token is A5, a number, and
for some numbers data: 0D the level × 10 in BCD (two bytes), 06 the time (three). Eight blocks of nine carry range, hold,
whether the level lies in the range, level, display, weighting, time; the ninth tells of memory, time weighting and battery
instead of the first three. A frame here is such a block from its first token to its weighting. Nothing sums it, but its form
is strict.

What it cannot say: LAeq of its own; the station makes it of the levels. A level that is weighted C, held, or outside the range
is not given. Field oddities: it sends nothing until SETUP is pressed, which also keeps it awake; 20 levels a second, whatever
it measures.
"""

from typing import Any

from drivers.driver import Driver, Page
from drivers.errors import Garbled
from drivers.frames import Cut, cut, expect_length
from drivers.sample import Sample

MARK, LEVEL = 0xA5, 0x0D
RANGES = {0x30: "30-80", 0x40: "30-130", 0x4B: "50-100", 0x4C: "80-130"}
HOLDS = {0x0E: "live", 0x04: "max", 0x05: "min"}
LIMITS = {0x11: "", 0x07: "saturated", 0x08: "range"}
DISPLAYS = {0x0B: "digits", 0x0C: "bar"}
WEIGHTINGS = {0x1B: "A", 0x1C: "C"}
PLACES = ((1, RANGES), (3, HOLDS), (5, LIMITS), (11, DISPLAYS), (13, WEIGHTINGS))
"""Where in a frame which token stands; the level from byte 8 on."""

SIZE = 14
HEADS = tuple(bytes((MARK, token)) for token in RANGES)


def _check(frame: bytes) -> None:
    marks = all(frame[at] == MARK for at in (0, 2, 4, 6, 10, 12)) and frame[7] == LEVEL
    if not marks or any(frame[at] not in table for at, table in PLACES):
        raise Garbled("no block of tokens", reason="header", raw=frame, expected="range hold limit level", got=frame.hex())
    if not frame[8:10].hex().isdigit():
        raise Garbled("no decimal digits", reason="header", raw=frame, expected="BCD", got=frame[8:10].hex())


def split(buffer: bytes) -> Cut:
    """Blocks with a level out of the stream; the others and the time are passed over."""
    return cut(buffer, HEADS, lambda _: SIZE, _check)


def decode(frame: bytes, _settings: Any) -> Sample:
    """One block: the level in dB(A). Raises Garbled."""
    expect_length(frame, SIZE)
    _check(frame)
    level = int(frame[8:10].hex()) / 10
    hold, weighting = HOLDS[frame[3]], WEIGHTINGS[frame[13]]
    status: dict[str, int | float | str] = {"level": level, "range": RANGES[frame[1]], "hold": hold, "weighting": weighting}
    reason = LIMITS[frame[5]] or ("" if (hold, weighting) == ("live", "A") else "maintenance")  # somebody pressed its keys
    return Sample({}, {"laeq": reason}, status, reason) if reason else Sample({"laeq": level}, status=status)


DRIVERS = (
    Driver(
        name="dt8852",
        title="CEM DT-8852 sound level meter",
        zh="CEM DT-8852 声级计",
        port="uart",
        page=Page(
            source="sigrok wiki, CEM DT-8852, 2014; codeberg.org/randysimons/dt8852",
            published=False,
            wiring=(("USB socket", "USB"),),
            supply=("9 V block or adapter, 10 mA: a block lasts two days", "9 V 电池或适配器，10 mA：一节电池约两天"),
            faults=(
                ("no answer: press SETUP, only then it sends and stays awake", "无数据：按 SETUP 键后才发送且不休眠"),
                (
                    "maintenance: the meter is set to C, or holds its maximum or minimum; press A/C or MAX/MIN",
                    "maintenance：仪器设为 C 计权，或处于最大、最小保持；按 A/C、MAX/MIN 键恢复",
                ),
                ("range or saturated: take the range 30-130", "range 或 saturated：改用 30-130 量程"),
            ),
            cannot=("LAeq of its own (the station makes it); its serial number", "不自行给出 LAeq（由测站计算）；无序列号"),
        ),
        quantities=("laeq",),
        split=split,
        decode=decode,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=0.5,
        deadline=1.5,
        warm_up=5.0,
        resolution={"laeq": 0.1},
        confidence="likely",
    ),
)
