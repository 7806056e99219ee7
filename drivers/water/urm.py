"""DFRobot URM04, URM06 and URM07: ultrasonic distance to the water's surface, asked for on RS-485 or a UART.

Source: DFRobot wiki, URM04 V2.0 (SEN0002) and Communication Protocol (URM07), and the sheet of URM06 (SEN0149): 55 AA, address,
number of data bytes, command, data, low byte of the sum of all before. Command 01 starts a measurement and is not answered, 30 ms
later 02 asks for the distance: high byte first, cm, FFFF out of range. URM06 and URM07 measure when 02 asks; URM06 counts mm. The
wiki's replies of URM04 carry wrong sums, those of the other two are right. 19200 8N1, 115200 on old lots; address 0x11.

What it cannot say: what reflects. Field oddity: the level is the mounting height less the distance, so that `height` must be
measured once.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut, expect_length
from drivers.registers import scaled
from drivers.sample import Kind, Sample

HEADER = b"\x55\xaa"
SHORTEST, LONGEST_DATA = 6, 4
START, ASK = 0x01, 0x02
SETTLE = 0.05  # s from the start of a measurement to its end; the sheet says 0.03
OUT_OF_RANGE = 0xFFFF


@dataclass(frozen=True, slots=True)
class Settings:
    """Which device it is, and where it hangs."""

    height: float = field(
        default=0.0,
        metadata={"help": "the sensor's face above the level's zero; 0: levels are counted from it down", "unit": "m", "low": 0},
    )
    node: int = field(default=0x11, metadata={"help": "its address on the line", "low": 0x11, "high": 0x80})
    step: float = field(
        default=0.01,
        metadata={"help": "what it counts: 0.01 (URM04, URM07) or 0.001 (URM06)", "unit": "m", "choices": (0.01, 0.001)},
    )
    trigger: bool = field(default=True, metadata={"help": "start each measurement (URM04); false: it measures when asked"})


def split(buffer: bytes) -> Cut:
    """Frames with a right sum, our own questions among them (to be known as such)."""
    return cut(buffer, HEADER, _length, _check)


def _length(buffer: bytes) -> int:
    if len(buffer) < 4:
        return 0
    if buffer[3] > LONGEST_DATA:
        raise Garbled("length", reason="length", raw=buffer[:4], expected=f"at most {LONGEST_DATA}", got=str(buffer[3]))
    return SHORTEST + buffer[3]


def _check(frame: bytes) -> None:
    expected, got = sum(frame[:-1]) & 0xFF, frame[-1]
    if expected != got:
        raise Garbled("sum", raw=frame, expected=f"0x{expected:02x}", got=f"0x{got:02x}")


def decode(frame: bytes, settings: Settings) -> Sample:
    """One frame. Raises Garbled, or Foreign for our own question and another device's reply."""
    if not frame.startswith(HEADER):
        raise Garbled("no frame", reason="header", raw=frame, expected=HEADER.hex(), got=frame[:2].hex())
    expect_length(frame, _length(frame) or SHORTEST)
    _check(frame)
    node, size, command = frame[2:5]
    if not size:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if node != settings.node:
        raise Foreign("another device answered", raw=frame, expected=f"0x{settings.node:02x}", got=f"0x{node:02x}")
    if command != ASK or size != 2:
        return Sample({}, status={"command": command}, kind=Kind.ACKNOWLEDGEMENT)
    count = int.from_bytes(frame[5:7], "big")
    if count == OUT_OF_RANGE:
        return Sample({}, {"water_level": "sentinel"}, {"code": count}, "sentinel")
    distance = scaled(count, settings.step)
    return Sample({"water_level": settings.height - distance}, status={"distance": distance})


def question(node: int, command: int) -> bytes:
    """A command without data."""
    frame = HEADER + bytes((node, 0, command))
    return frame + bytes((sum(frame) & 0xFF,))


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """Measure and ask. Raises a wire error."""
    if settings.trigger:
        port.send(question(settings.node, START))
        port.pause(SETTLE)
    port.send(question(settings.node, ASK))
    return decode(port.receive(split), settings)


DRIVERS = (
    Driver(
        name="urm",
        title="DFRobot URM04, URM06, URM07 ultrasonic level",
        zh="DFRobot URM04、URM06、URM07 超声波液位",
        port="uart",
        page=Page(
            source="DFRobot wiki, URM04 V2.0 (SEN0002) and Communication Protocol (URM07); sheet of URM06 (SEN0149)",
            published=True,
            wiring=(("+", "5V"), ("−", "GND"), ("A", "A"), ("B", "B")),
            supply=(
                "5 V, less than 20 mA; RS-485 through a USB adapter (URM07: a UART, TX to RXD and RX to TXD)",
                "5 V，小于 20 mA；RS-485 经 USB 转换器（URM07 为串口，TX 接 RXD、RX 接 TXD）",
            ),
            faults=(
                (
                    "no answer: old lots speak at 115200, newer addresses are 0x12: set `baud`, `node`",
                    "无应答：旧批次为 115200，新批次地址为 0x12：设置 baud、node",
                ),
                ("sentinel: out of range, tilted, foam", "sentinel：超量程、倾斜或泡沫"),
                ("ten times too far: URM06 counts mm: step = 0.001", "距离大十倍：URM06 以 mm 计，设 step = 0.001"),
                ("levels are negative: `height` is not set", "水位为负：未设置 height"),
            ),
            cannot=("what reflects: water, foam or a web", "不能区分水面、泡沫与蛛网"),
        ),
        quantities=("water_level",),
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"baud": 19200},
        interval=1.0,
        least_interval=0.3,
        deadline=1.0,
        resolution={"water_level": 0.01},
        confidence="certain",
    ),
)
