"""MaxBotix HRXL-MaxSonar (MB7360 to MB7389): ultrasonic distance to the water's surface as text, six or seven times a second.

Source: HRXL-MaxSonar-WR data sheet, Serial Output: 9600 8N1, `R`, four digits, CR: mm. The types for 5 m say 5000 and those for
10 m 9999 when no echo came back; 300 or 500 is said of everything nearer. After power-up lines of text come first. There is no
checksum.

What it cannot say: what reflects; a spider's web, a grating or foam is a surface too. Field oddities: single readings jump, so
that one reading is the median of five; the level is the mounting height less the distance, so that `height` must be measured
once; standard types speak with RS-232 polarity (0 to 5 V), which a TTL input reads as garbage.
"""

import re
import statistics
from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Garbled
from drivers.frames import Cut, cut, expect_length
from drivers.sample import Sample

HEADER = b"R"
SIZE = 6
FORM = re.compile(rb"R[0-9]{4}\r")
ENDS = {5: (300, 5000), 10: (500, 9999)}
"""Reach in m → what is said of what is too near, and when no echo came back, mm."""
READINGS = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the sensor hangs, and which type it is."""

    height: float = field(
        default=0.0,
        metadata={"help": "the sensor's face above the level's zero; 0: levels are counted from it down", "unit": "m", "low": 0},
    )
    reach: int = field(default=5, metadata={"help": "how far this type sees", "unit": "m", "choices": tuple(ENDS)})


def split(buffer: bytes) -> Cut:
    """Frames of the right form; the lines of text after power-up are skipped."""
    return cut(buffer, HEADER, lambda _: SIZE, _check)


def _check(frame: bytes) -> None:
    if not FORM.fullmatch(frame):
        raise Garbled("no reading", reason="header", raw=frame, expected="R, four digits, CR", got=repr(frame))


def decode(frame: bytes, settings: Settings) -> Sample:
    """One frame. Raises Garbled."""
    expect_length(frame, SIZE)
    _check(frame)
    return _sample(int(frame[1:5]), settings)


def _sample(distance: int, settings: Settings) -> Sample:
    near, far = ENDS[settings.reach]
    if not near < distance < far:
        reason = "inconsistent" if distance > far else "sentinel"
        return Sample({}, {"water_level": reason}, {"code": distance}, reason)
    return Sample({"water_level": settings.height - distance / 1000}, status={"distance": distance / 1000})


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """The median of five frames. Raises a wire error."""
    frames = [port.receive(split) for _ in range(READINGS)]
    return _sample(statistics.median_low(int(frame[1:5]) for frame in frames), settings)


DRIVERS = (
    Driver(
        name="maxbotix",
        title="MaxBotix HRXL-MaxSonar ultrasonic level (MB7360 to MB7389)",
        zh="MaxBotix HRXL-MaxSonar 超声波液位（MB7360～MB7389）",
        port="uart",
        page=Page(
            source="HRXL-MaxSonar-WR data sheet, Serial Output",
            published=False,
            wiring=(
                ("7 GND", "GND"),
                ("6 V+", "5V"),
                ("5 serial output, through an RS-232 adapter", "USB"),
                ("4 ranging", "OPEN"),
            ),
            supply=(
                "2.7 to 5.5 V, 3 mA; TTL types (MB7380 to MB7389 with TTL) go straight to RXD",
                "2.7～5.5 V，3 mA；TTL 型号可直接接 RXD",
            ),
            faults=(
                (
                    "only garbage: RS-232 polarity on a TTL input; use an adapter",
                    "只有乱码：RS-232 极性接到 TTL 输入，请经转换器",
                ),
                ("sentinel: no echo, or nearer than its dead zone of 0.3 or 0.5 m", "sentinel：无回波，或近于 0.3、0.5 m 盲区"),
                ("inconsistent: it sees 10 m; set reach = 10", "inconsistent：该型号量程 10 m，设 reach = 10"),
                ("levels are negative: `height` is not set", "水位为负：未设置 height"),
            ),
            cannot=("what reflects: water, foam or a web", "不能区分水面、泡沫与蛛网"),
        ),
        quantities=("water_level",),
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"baud": 9600},
        interval=2.0,
        least_interval=1.0,
        deadline=2.5,
        resolution={"water_level": 0.001},
        confidence="likely",
    ),
)
