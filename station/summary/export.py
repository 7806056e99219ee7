"""Stored records in the forms that other programs read: hours and days by the validity rules, a track as GeoJSON. Pure."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from drivers.quantity import quantities
from gateway.record import Record
from station.summary.aggregate import DAY, HOUR, ZONE, Part, days_by_hour, midnight
from station.summary.rows import by_hour, intervals

LONGER_COLUMNS = ("time", "period", "instrument", "quantity", "unit", "value", "low", "high", "valid", "due", "reason")
"""An hour or day: `valid` of `due` minutes (or hours, or results) count; no value if they are too few."""


def longer(records: Iterable[Record], day: datetime.date, level: str) -> Iterator[dict[str, Any]]:
    """Rows of each hour or of the whole ("hour", "day") of a day's records; hours without anything due are left out."""
    for (instrument, quantity), one in sorted(days_by_hour(by_hour(records), day).items()):
        begin = midnight(day)
        parts = (
            [(begin, DAY, one.whole)] if level == "day" else [(begin + n * HOUR, HOUR, part) for n, part in enumerate(one.hours)]
        )
        for start, length, part in parts:
            if level == "day" or part.valid or part.reason != "gap":
                yield _row(start, length, instrument, quantity, part)


def _row(start: int, length: int, instrument: str, quantity: str, part: Part) -> dict[str, Any]:
    time = datetime.datetime.fromtimestamp(start / 1000, ZONE).isoformat(timespec="seconds")
    facts = (time, length // 1000, instrument, quantity, quantities()[quantity].unit, *part)
    return dict(zip(LONGER_COLUMNS, facts, strict=True))


def features(records: Iterable[Record], channels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A GeoJSON point (RFC 7946, WGS-84) for each interval that has a good position, with the values and flags of `channels`,
    of all if none is named.
    """
    for record, rows in (one for hour in by_hour(records) for one in intervals(hour)):
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
