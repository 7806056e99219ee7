"""DFRobot A02YYUW (SEN0311, SEN0312 and kin): ultrasonic distance to the water's surface, one frame each 100 to 300 ms.

Source: DFRobot wiki, SEN0311 and SEN0312, chapter Communication Protocol: 9600 8N1 (newer lots 115200), FF, distance in mm
(high byte first), low byte of the sum of the three. FFFD: no echo came back; FFFE: another ultrasonic sound disturbs (public
readers). 30 to 4500 mm; nearer than that 0.

What it cannot say: what reflects; a spider's web, a grating or foam is a surface too. Field oddities: the level is the mounting
height less the distance, so that `height` must be measured once; condensation on the membrane reads as near.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Page
from drivers.errors import Garbled
from drivers.frames import Cut, cut, expect_length
from drivers.sample import Sample

HEADER = b"\xff"
SIZE = 4
NO_ECHO, DISTURBED = 0xFFFD, 0xFFFE
REASONS = {0: "sentinel", NO_ECHO: "sentinel", DISTURBED: "device_fault"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the sensor hangs."""

    height: float = field(
        default=0.0,
        metadata={"help": "the sensor's face above the level's zero; 0: levels are counted from it down", "unit": "m", "low": 0},
    )


def split(buffer: bytes) -> Cut:
    """Frames with a right sum."""
    return cut(buffer, HEADER, lambda _: SIZE, _check)


def _check(frame: bytes) -> None:
    expected, got = sum(frame[:3]) & 0xFF, frame[3]
    if expected != got:
        raise Garbled("sum", raw=frame, expected=f"0x{expected:02x}", got=f"0x{got:02x}")


def decode(frame: bytes, settings: Settings) -> Sample:
    """One frame. Raises Garbled."""
    expect_length(frame, SIZE)
    if not frame.startswith(HEADER):
        raise Garbled("no frame", reason="header", raw=frame, expected=HEADER.hex(), got=frame[:1].hex())
    _check(frame)
    distance = int.from_bytes(frame[1:3], "big")
    if distance in REASONS:
        return Sample({}, {"water_level": REASONS[distance]}, {"code": distance}, REASONS[distance])
    return Sample({"water_level": settings.height - distance / 1000}, status={"distance": distance / 1000})


DRIVERS = (
    Driver(
        name="a02",
        title="DFRobot A02 (A02YYUW) ultrasonic level",
        zh="DFRobot A02（A02YYUW）超声波液位",
        port="uart",
        page=Page(
            source="DFRobot wiki, SEN0311 and SEN0312, Communication Protocol",
            published=True,
            wiring=(("red VCC", "5V"), ("black GND", "GND"), ("yellow RX", "OPEN"), ("white TX", "RXD")),
            supply=(
                "3.3 to 5 V, 8 mA; TX follows the supply: with 5 V put a level shifter in between",
                "3.3～5 V，8 mA；TX 电平随供电：5 V 供电时须加电平转换",
            ),
            faults=(
                (
                    "sentinel: nearer than 3 cm, or no echo: tilted, foam, more than 4.5 m",
                    "sentinel：近于 3 cm 或无回波：倾斜、泡沫、超过 4.5 m",
                ),
                (
                    "a steady wrong level: a web, a grating, the pipe's wall is in the beam",
                    "恒定的错误水位：波束内有蛛网、格栅或管壁",
                ),
                ("levels are negative: `height` is not set", "水位为负：未设置 height"),
                ("only garbage: newer lots speak at 115200", "只有乱码：新批次为 115200"),
            ),
            cannot=("what reflects: water, foam or a web", "不能区分水面、泡沫与蛛网"),
        ),
        quantities=("water_level",),
        split=split,
        decode=decode,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=0.3,
        deadline=1.0,
        resolution={"water_level": 0.001},
        confidence="certain",
    ),
)
