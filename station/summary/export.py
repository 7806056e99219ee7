"""Stored records in the forms that other programs read: minutes, hours and days by the validity rules, raw samples, and a
laboratory's values beside them; a track as GeoJSON. Every time has its zone, +08:00. Pure.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from drivers.quantity import quantities
from gateway.link.hj212.fold import even
from gateway.log.raw import RawValue
from gateway.record import Record
from station.channel import OUT_OF_CALIBRATION
from station.summary.aggregate import DAY, HOUR, ZONE, Part, folded, midnight
from station.summary.rows import Key, Row, intervals, sound
from station.summary.samples import MARK, Sample

BESIDE = ("mark", "source")
"""The last columns of every table: of a laboratory's value S, and who has found it."""

COLUMNS = (
    "sequence", "time", "period", "instrument", "quantity", "unit", "value", "low", "high", "raw", "count", "expected", "flag",
    "reason", "certificate", *BESIDE,
)  # fmt: skip
"""A stored interval; a minute is the same, without a number and raw mean where it was folded of shorter ones."""

LONGER_COLUMNS = (
    "time", "period", "instrument", "quantity", "unit", "value", "low", "high", "valid", "due", "reason", "flag", "certificate",
    *BESIDE,
)  # fmt: skip
"""An hour or day: `valid` of `due` minutes (or hours, or results) count; no value if they are too few."""

RAW_COLUMNS = ("time", "instrument", "quantity", "value", "reason", "unit", "flag", "certificate", *BESIDE)
"""A raw sample, which nobody has judged or corrected: flag 2, or 9 if there was none."""


def minutes(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """The rows of each minute: as stored where an interval is a minute or longer, else folded of its intervals."""
    for (start, length), rows in sorted(even((record for record, _rows in intervals(records)), 60).items()):
        for row in rows:
            facts = (None, _time(start), length // 1000, *row[:12])
            yield dict(zip(COLUMNS, facts, strict=False))


def raw_values(found: Iterable[RawValue]) -> Iterator[dict[str, Any]]:
    """A row for each raw sample."""
    registry = quantities()
    for one in found:
        time = "" if one.start is None else _time(one.start, "milliseconds")
        unit = registry[one.quantity].unit if one.quantity in registry else ""
        facts = (time, one.instrument, one.quantity, one.value, one.reason, unit, 9 if one.value is None else 2, "")
        yield dict(zip(RAW_COLUMNS, facts, strict=False))


def beside(found: Iterable[Sample]) -> Iterator[dict[str, Any]]:
    """A row for each value of a laboratory, in the columns of any table."""
    for one in found:
        yield {
            "time": _time(one.taken), "instrument": one.instrument, "quantity": one.quantity, "unit": one.unit,
            "value": one.value, "flag": 2, "reason": "manual", "mark": MARK, "source": one.source, "sequence": one.sequence,
        }  # fmt: skip


def _time(utc: int, precision: str = "seconds") -> str:
    return datetime.datetime.fromtimestamp(utc / 1000, ZONE).isoformat(timespec=precision)


def longer(found: Sequence[Row], day: datetime.date, level: str) -> Iterator[dict[str, Any]]:
    """Rows of each hour or of the whole ("hour", "day") of a day's intervals; hours without anything due are left out."""
    used: dict[Key, list[tuple[int, str]]] = defaultdict(list)
    for record, rows in found:
        for key, row in rows.items():
            if row.certificate and sound(row):
                used[key].append((record.start or 0, row.certificate))
    for (instrument, quantity), one in sorted(folded(found, day).items()):
        begin = midnight(day)
        parts = (
            [(begin, DAY, one.whole)] if level == "day" else [(begin + n * HOUR, HOUR, part) for n, part in enumerate(one.hours)]
        )
        for start, length, part in parts:
            if level == "day" or part.valid or part.reason != "gap":
                names = dict.fromkeys(name for at, name in used[instrument, quantity] if start <= at < start + length)
                yield _row(start, length, instrument, quantity, part) | {"certificate": " ".join(names)}


def _row(start: int, length: int, instrument: str, quantity: str, part: Part) -> dict[str, Any]:
    flag = 9 if part.value is None else 3 if part.reason == OUT_OF_CALIBRATION else 1
    facts = (_time(start), length // 1000, instrument, quantity, quantities()[quantity].unit, *part, flag)
    return dict(zip(LONGER_COLUMNS, facts, strict=False))


def features(records: Iterable[Record], channels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A GeoJSON point (RFC 7946, WGS-84) for each interval that has a good position, with the values and flags of `channels`,
    of all if none is named.
    """
    for record, rows in intervals(records):
        place = {key[1]: row.value for key, row in rows.items() if key[1] in ("latitude", "longitude") and row.flag == 1}
        if place.get("longitude") is None or place.get("latitude") is None:
            continue
        start = datetime.datetime.fromtimestamp((record.start or 0) / 1000, ZONE)
        told: dict[str, Any] = {"time": start.isoformat(timespec="milliseconds")}
        for (instrument, quantity), row in rows.items():
            name = f"{instrument}.{quantity}"
            if quantity not in place and (name in channels or not channels):
                told[name] = row.value
                if row.flag != 1:
                    told[f"{name}.flag"] = f"{row.flag} {row.reason}".rstrip()
        point = {"type": "Point", "coordinates": [place["longitude"], place["latitude"]]}
        yield {"type": "Feature", "geometry": point, "properties": told}
