"""Gill WindSonic ultrasonic anemometer: speed and direction, RS-232 or RS-485, 9600 8N1, continuous output.

Source: Gill WindSonic user manual, section 11: polar format `STX Q,dir,speed,unit,status,ETX cs CR LF`, cs the XOR of what lies
between STX and ETX in two hexadecimal digits; and NMEA `$IIMWV,dir,R,speed,unit,status*hh`. Units: M m/s, N knots, K km/h, P mph
and F feet/min (the last two in its own format only). Status 00 is good; 01, 02 and 04 are failed axes, 08 and 09 memory errors;
any other is treated as a fault. At very low wind the direction is empty: missing, not 0.

What it cannot say: true north: it says what its mark points to. Field oddity: in polled mode it is silent until its letter is
sent; a bird on it is status 01 or 02.
"""

from functools import reduce
from operator import xor

from drivers.driver import Driver, Page
from drivers.errors import Garbled
from drivers.frames import Cut
from drivers.sample import Sample

STX, ETX, DOLLAR, END = b"\x02", b"\x03", b"$", b"\n"
LONGEST = 64
TO_MS = {"M": 1.0, "N": 1852 / 3600, "K": 1 / 3.6, "P": 0.44704, "F": 0.00508}
"""Unit letter → m/s."""

GOOD = ("00", "A")
"""Status of its own format, of NMEA."""


def split(buffer: bytes) -> Cut:
    """Lines that begin with STX or $ and end with LF (the last one may lack it), with a right checksum."""
    frames: list[bytes] = []
    rejected: Garbled | None = None
    position = skipped = 0
    while (start := _first(buffer, position)) >= 0:
        skipped += start - position
        end = buffer.find(END, start)
        stop = end + 1 if end >= 0 else len(buffer)
        again = _first(buffer[:stop], start + 1)
        if again < 0 and end < 0 and stop - start <= LONGEST and not _whole(buffer[start:]):
            return Cut(tuple(frames), buffer[start:], skipped, rejected)
        position = again if again >= 0 else stop
        try:
            _text(buffer[start:position])
            frames.append(buffer[start:position])
        except Garbled as error:
            rejected = error
            skipped += position - start
    return Cut(tuple(frames), b"", skipped + len(buffer) - position, rejected)


def _first(buffer: bytes, position: int) -> int:
    """Where the next line begins, −1 if none does."""
    found = [at for at in (buffer.find(STX, position), buffer.find(DOLLAR, position)) if at >= 0]
    return min(found, default=-1)


def _whole(line: bytes) -> bool:
    """True if nothing but the end of the line is missing."""
    text = line.rstrip(b"\r\n")
    return text[-3:-2] in (ETX, b"*")


def _text(line: bytes) -> str:
    """What stands between the marks of one line. Raises Garbled."""
    line = line.rstrip(b"\r\n")
    mark = ETX if line.startswith(STX) else b"*"
    if not line.startswith((STX, DOLLAR)):
        raise Garbled("no line of a WindSonic", reason="header", raw=line, expected="STX or $", got=repr(line[:1]))
    if len(line) < 6 or line[-3:-2] != mark:
        raise Garbled("the line has no checksum", reason="truncated", raw=line, expected=repr(mark), got=repr(line[-3:-2]))
    expected, got = f"{reduce(xor, line[1:-3], 0):02X}", line[-2:].decode("ascii", "replace")
    if expected != got:
        raise Garbled("XOR", raw=line, expected=expected, got=got)
    return line[1:-3].decode("ascii", "replace")


def decode(frame: bytes, _settings: object) -> Sample:
    """One line: ° and m/s. Raises Garbled."""
    words = _text(frame).rstrip(",").split(",")
    if frame.startswith(DOLLAR):
        if len(words) != 6 or words[0][2:] != "MWV":
            raise Garbled("another sentence", reason="header", raw=frame, expected="MWV", got=words[0][:8])
        direction, speed, unit, status = words[1], words[3], words[4], words[5]
    elif len(words) == 5:
        direction, speed, unit, status = words[1:]
    else:
        raise Garbled("another format", reason="length", raw=frame, expected="5 fields", got=str(len(words)))
    return _sample(direction, speed, unit, status)


def _sample(direction: str, speed: str, unit: str, status: str) -> Sample:
    told = {"status": status}
    if status not in GOOD:
        return Sample({}, {"wind_speed": "device_fault", "wind_direction": "device_fault"}, told, "device_fault")
    values: dict[str, float] = {}
    fields: dict[str, str] = {}
    number, degrees = _number(speed), _number(direction)
    if number is None or unit not in TO_MS:
        fields["wind_speed"] = "sentinel"
    else:
        values["wind_speed"] = number * TO_MS[unit]
    if degrees is None or not 0 <= degrees <= 360:
        fields["wind_direction"] = "sentinel"
    else:
        values["wind_direction"] = degrees % 360
    return Sample(values, fields, told, "" if values else "sentinel")


def _number(text: str) -> float | None:
    """A decimal number with an optional sign, None for anything else."""
    whole, _point, rest = text.removeprefix("+").partition(".")
    return float(text) if (whole + rest).isdecimal() and (whole + rest).isascii() else None


DRIVERS = (
    Driver(
        name="windsonic",
        title="Gill WindSonic ultrasonic anemometer",
        zh="Gill WindSonic 超声波风速风向仪",
        port="uart",
        page=Page(
            source="Gill WindSonic user manual, section 11",
            published=False,
            wiring=(
                ("1 signal ground", "GND"),
                ("2 supply −", "GND"),
                ("3 supply +", "12V"),
                ("4 RXD / B", "B"),
                ("5 TXD / A", "A"),
            ),
            supply=(
                "9 to 30 V, 15 mA; RS-232 or RS-485 by option: never straight to the Pi's pins",
                "9～30 V，15 mA；RS-232 或 RS-485（按型号），不可直接接树莓派引脚",
            ),
            faults=(
                (
                    "silence: it is in polled mode; set continuous output (mode P1, U1)",
                    "无数据：处于查询模式，改为连续输出（P1、U1）",
                ),
                ("device_fault: a bird, ice or a leaf between the transducers", "device_fault：探头之间有鸟、冰或树叶"),
                ("direction off by a constant: turn the mark to north", "风向恒定偏差：将指北标记对准正北"),
            ),
            cannot=("true north: it says what its mark points to", "不知道真北，只认自身指北标记"),
        ),
        quantities=("wind_speed", "wind_direction"),
        split=split,
        decode=decode,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=0.25,
        deadline=2.5,
        warm_up=2.0,
        resolution={"wind_speed": 0.01, "wind_direction": 1.0},
    ),
)
