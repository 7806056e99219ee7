"""GPS, BeiDou, GLONASS and Galileo receivers that speak NMEA 0183: position and speed, UART 9600 8N1 (4800 on old ones).

Source: NMEA 0183 v4.11, sentences RMC and GGA; u-blox receiver description. A sentence is `$` talker (GP GN GL GA GB BD), type,
fields, `*` and the exclusive or of everything between `$` and `*`. All sentences of one instant form one frame here.

A position counts only with quality 1 or more in GGA, or status A in RMC. The navigational status at the end of RMC (NMEA 4.1)
is always V on u-blox and says nothing. The year has two digits and the week number rolls over every 1024 weeks: a date before
2026 is doubtful (`date`: `clock`), the position beside it is not. Altitude is above mean sea level.

What it cannot say: how far off the position is between high buildings. Field oddity: time comes long before the position.
"""

import re
from dataclasses import dataclass
from typing import Any

from drivers.checksum import xor8
from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled, WireError
from drivers.frames import Cut
from drivers.quantity import KNOT
from drivers.sample import Sample

TALKERS = ("GP", "GN", "GL", "GA", "GB", "BD")
LONGEST = 120  # bytes; 82 in the standard, longer with many digits
FIRST_YEAR = 2026  # the year of this program: no earlier date can be true
SENTENCE = re.compile(rb"\$([A-Z]{2})([A-Z]{3}),([ -)+-~]*)\*([0-9A-Fa-f]{2})\s*")
LATITUDE = re.compile(r"([0-8]\d|90)([0-5]\d(?:\.\d*)?)")
LONGITUDE = re.compile(r"(0\d\d|1[0-7]\d|180)([0-5]\d(?:\.\d*)?)")
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sound sentence: `kind` RMC, GGA, …, its fields after the kind, and its bytes."""

    talker: str
    kind: str
    fields: tuple[str, ...]
    raw: bytes

    @property
    def timed(self) -> bool:
        """True for the two kinds that are used."""
        return self.kind in ("RMC", "GGA")

    def at(self, index: int) -> str:
        """A field, "" if the sentence is shorter."""
        return self.fields[index] if index < len(self.fields) else ""


def _sentence(raw: bytes) -> Sentence:
    """One sentence from `$` to its checksum. Raises Garbled, or Foreign for a talker that is no receiver."""
    found = SENTENCE.fullmatch(raw)
    if found is None:
        reason = "header" if b"*" in raw[:-2] else "truncated"
        raise Garbled("no whole sentence", reason=reason, raw=raw)
    expected, got = xor8(raw[1 : raw.rindex(b"*")]), int(found[4], 16)
    if expected != got:
        raise Garbled("sum", raw=raw, expected=f"{expected:02X}", got=f"{got:02X}")
    talker = found[1].decode()
    if talker not in TALKERS:
        raise Foreign("no sentence of a receiver", raw=raw, expected=" ".join(TALKERS), got=talker)
    return Sentence(talker, found[2].decode(), tuple(found[3].decode().split(",")), raw)


def _parse(buffer: bytes) -> tuple[list[list[Sentence]], Cut]:
    """The sentences of each instant, and a Cut without frames: what was left, skipped, refused."""
    start = buffer.find(b"$")
    if start < 0:
        return [], Cut((), b"", len(buffer))
    groups: list[list[Sentence]] = []
    rest, skipped, rejected = b"", start, None
    pieces = [b"$" + piece for piece in buffer[start + 1 :].split(b"$")]
    for number, piece in enumerate(pieces, 1):
        if number == len(pieces) and len(piece) < LONGEST and (b"*" not in piece or len(piece) < piece.index(b"*") + 3):
            rest = piece
            break
        try:
            sentence = _sentence(piece[: piece.find(b"*") + 3] if b"*" in piece else piece)
        except WireError as error:
            rejected, skipped = error, skipped + len(piece)
            continue
        if not groups or _begins(sentence, groups[-1]):
            groups.append([])
        groups[-1].append(sentence)
    return groups, Cut((), rest, skipped, rejected)


def _begins(sentence: Sentence, group: list[Sentence]) -> bool:
    """True if `sentence` belongs to another instant than `group`."""
    timed = [one for one in group if one.timed]
    return sentence.timed and any(
        one.at(0) != sentence.at(0) or (one.talker, one.kind) == (sentence.talker, sentence.kind) for one in timed
    )


def _joined(group: list[Sentence]) -> bytes:
    return b"\r\n".join(sentence.raw for sentence in group)


def split(buffer: bytes) -> Cut:
    """All sentences of one instant as one frame; the last instant may not be complete yet."""
    groups, cut = _parse(buffer)
    return Cut(tuple(map(_joined, groups)), cut.rest, cut.skipped, cut.rejected)


def _instants(buffer: bytes) -> Cut:
    """RMC and GGA of one instant as one frame, once both are there or the next instant has begun."""
    groups, cut = _parse(buffer)
    timed = [one for one in ([s for s in group if s.timed] for group in groups) if one]
    open_ = [] if not timed or {one.kind for one in timed[-1]} == {"RMC", "GGA"} else timed.pop()
    rest = b"".join(one.raw + b"\r\n" for one in open_) + cut.rest
    return Cut(tuple(map(_joined, timed)), rest, cut.skipped, cut.rejected)


def decode(frame: bytes, _settings: Any) -> Sample:
    """The newest instant in `frame`: °, m, m/s. Raises Garbled or Foreign."""
    groups, cut = _parse(frame)
    if not groups:
        if cut.rejected is not None:
            raise cut.rejected
        raise Garbled("no whole sentence", reason="truncated" if cut.rest else "header", raw=frame)
    group = groups[-1]
    gga = next((one for one in reversed(group) if one.kind == "GGA"), None)
    rmc = next((one for one in reversed(group) if one.kind == "RMC"), None)
    status: dict[str, int | float | str] = {"sentences": " ".join(one.talker + one.kind for one in group)}
    fields: dict[str, str] = {}
    if rmc is not None and rmc.at(8):
        _date(rmc, status, fields)
    if gga is not None:
        status |= {name: _number(gga, index) for name, index in (("satellites", 6), ("hdop", 7)) if gga.at(index)}
        status["quality"] = int(_number(gga, 5)) if gga.at(5) else 0
    values: dict[str, float] = {}
    fixed = gga is not None and status["quality"] != 0
    valid = rmc is not None and rmc.at(1) == "A"
    if gga is not None and fixed:
        values |= _place(gga, 1)
        _give("altitude", gga, 8, 1.0, values, fields)
    if rmc is not None and valid:
        values = _place(rmc, 2) | values
        _give("speed", rmc, 6, KNOT, values, fields)
    nothing = not values and (gga is not None or rmc is not None)
    return Sample(values, fields, status, reason="no_fix" if nothing else "")


def _give(key: str, sentence: Sentence, index: int, scale: float, values: dict[str, float], fields: dict[str, str]) -> None:
    if sentence.at(index):
        values[key] = _number(sentence, index) * scale
    else:
        fields[key] = "no_fix"


def _number(sentence: Sentence, index: int) -> float:
    if not NUMBER.fullmatch(sentence.at(index)):
        raise Garbled("no number", reason="header", raw=sentence.raw, expected="a number", got=sentence.at(index))
    return float(sentence.at(index))


def _place(sentence: Sentence, index: int) -> dict[str, float]:
    """Latitude and longitude from ddmm.mmmm,N,dddmm.mmmm,E."""
    found = []
    for offset, pattern, signs in ((0, LATITUDE, "NS"), (2, LONGITUDE, "EW")):
        text, side = sentence.at(index + offset), sentence.at(index + offset + 1)
        match = pattern.fullmatch(text)
        if match is None or side not in signs or len(side) != 1:
            raise Garbled("no position", reason="header", raw=sentence.raw, expected="ddmm.mmmm", got=f"{text},{side}")
        angle = int(match[1]) + float(match[2]) / 60
        found.append(-angle if side == signs[1] else angle)
    return {"latitude": found[0], "longitude": found[1]}


def _date(rmc: Sentence, status: dict[str, int | float | str], fields: dict[str, str]) -> None:
    """The date of RMC, ddmmyy: 80 to 99 belong to the last century."""
    text, clock = rmc.at(8), rmc.at(0)
    day, month, year = text[:2], text[2:4], text[4:]
    if not re.fullmatch(r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d\d", text):
        fields["date"] = "clock"
        return
    full = int(year) + (1900 if int(year) >= 80 else 2000)
    status["date"] = f"{full:04d}-{month}-{day}"
    if full < FIRST_YEAR:
        fields["date"] = "clock"
    if re.fullmatch(r"\d{6}(\.\d*)?", clock):
        status["time"] = f"{clock[:2]}:{clock[2:4]}:{clock[4:]}Z"


def read(port: StreamPort, _environment: Environment, settings: Any) -> Sample:
    """Listen until RMC and GGA of one instant are there. Raises a wire error."""
    return decode(port.receive(_instants), settings)


DRIVERS = (
    Driver(
        name="nmea",
        title="GPS/BeiDou receiver (NMEA 0183)",
        zh="GPS／北斗定位模块（NMEA 0183）",
        port="uart",
        page=Page(
            source="NMEA 0183 v4.11; u-blox receiver description",
            published=True,
            wiring=(("VCC", "3V3"), ("GND", "GND"), ("TXD", "RXD"), ("RXD", "OPEN"), ("PPS", "OPEN")),
            supply=("3.3 V, 20 to 70 mA; USB receivers: one USB port", "3.3 V，20～70 mA；USB 型接 USB 口"),
            faults=(
                ("no fix for minutes: the antenna does not see the sky", "数分钟无定位：天线看不到天空"),
                ("silence or garbage: old receivers speak at 4800", "无数据或乱码：老型号为 4800 波特"),
                ("date years back: week roll-over; the position is right", "日期早了多年：GPS 周翻转，位置仍可用"),
            ),
            cannot=("how far off it is between high buildings", "不能判断高楼间的偏移量"),
        ),
        quantities=("latitude", "longitude", "altitude", "speed"),
        split=split,
        decode=decode,
        read=read,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=0.2,
        deadline=2.5,
    ),
)
