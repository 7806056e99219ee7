"""The rows of stored intervals by their channel; of a station that stores every second, as minutes: a day of them fits a Pi."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from drivers.quantity import Mean, mean_of, quantities
from gateway.link.hj212.archive import SLACK
from gateway.record import ChannelRow, Record
from station.channel import OUT_OF_CALIBRATION
from station.intervals import PERCENTILES, SHARE

Key = tuple[str, str]
"""Instrument and quantity."""

Row = tuple[Record, Mapping[Key, ChannelRow]]
"""An interval, and its channels."""

INCOMPLETE = frozenset({"gap", "length", "clock"})
"""Reasons that say nothing against the readings that are there."""

EXTREME = {"lafmax": max, "lcpeak": max, "lafmin": min}

MINUTE = 60_000
"""ms."""


@dataclass(frozen=True, slots=True)
class Minute(Record):
    """A minute that was made of intervals of `pace` s."""

    pace: int = 0


def pace(record: Record) -> int:
    """s of the intervals in which it was stored: those of an emergency are read more often, and have another number due."""
    return record.pace if isinstance(record, Minute) else record.period


def sound(row: ChannelRow) -> bool:
    """True if a row's value counts: it passed, or nothing but missing readings or a missing certificate speaks against it."""
    return row.flag == 1 or (row.flag == 3 and (row.reason in INCOMPLETE or row.reason == OUT_OF_CALIBRATION))


def chunks(records: Iterable[Record], begin: int, end: int, length: int) -> Iterator[tuple[int, list[Record]]]:
    """(UTC ms, records) of each `length` ms from `begin` to `end`, as they come; kept are only those, and an hour of disorder."""
    held: dict[int, list[Record]] = {}
    for record in records:
        start = record.start or 0
        held.setdefault(start - (start - begin) % length, []).append(record)
        while begin < end and start >= begin + length + SLACK:
            yield begin, held.pop(begin, [])
            begin += length
    while begin < end:
        yield begin, held.pop(begin, [])
        begin += length


def minutes(found: Iterable[Row]) -> Iterator[Row]:
    """Intervals in the order of time; those shorter than a minute are made into minutes, the others stay as they are."""
    for (place, length), group in groupby(found, lambda row: ((row[0].start or 0) // MINUTE, row[0].period)):
        if length >= 60:
            yield from group
            continue
        rows = list(group)
        by_channel: dict[Key, list[ChannelRow]] = {}
        for _record, channels in rows:
            for key, row in channels.items():
                by_channel.setdefault(key, []).append(row)
        merged = {key: _merged(one, 60 / (length * len(rows))) for key, one in by_channel.items()}
        facts = {**asdict(rows[0][0]), "start": place * MINUTE, "period": 60, "body": "[]"}
        yield Minute(**facts, pace=length), merged


def compact(records: Iterable[Record], begin: int, end: int) -> list[Row]:
    """The intervals from `begin` to before `end` (UTC ms), at most one a minute: never is more than two hours of seconds held."""
    found = chunks(records, begin, end, 60 * MINUTE)
    return [row for _hour, part in found for row in minutes(intervals(part))]


def _merged(rows: Sequence[ChannelRow], scale: float) -> ChannelRow:
    """One row of a minute's. `scale`: the minute, in terms of what its intervals cover."""
    last = rows[-1]
    due = max(1, round(sum(row.expected for row in rows) * scale))
    good = [row for row in rows if row.value is not None and sound(row)]
    worst = Counter(row.reason for row in rows if row.reason).most_common(1)
    reason = worst[0][0] if worst else "gap"
    if not good:
        return last._replace(
            value=None, low=None, high=None, raw=None, count=0, expected=due, flag=9, reason=reason, certificate=""
        )
    count = sum(row.count for row in good)
    low = min((row.low for row in good if row.low is not None), default=None)
    high = max((row.high for row in good if row.high is not None), default=None)
    doubt = OUT_OF_CALIBRATION if any(row.reason == OUT_OF_CALIBRATION for row in good) else ""
    doubt = reason if count < SHARE * due else doubt
    row = good[-1]._replace(low=low, high=high, count=count, expected=max(due, count), flag=3 if doubt else 1, reason=doubt)
    return row._replace(value=_mean(good, "value"), raw=_mean(good, "raw"))


def _mean(rows: Sequence[ChannelRow], field: str) -> float | None:
    quantity = rows[0].quantity
    found = [(value, row.count) for row in rows if (value := getattr(row, field)) is not None]
    if quantity in EXTREME:
        return EXTREME[quantity]((value for value, _count in found), default=None)
    kind: Mean = "arithmetic" if quantity in PERCENTILES else quantities()[quantity].mean
    return mean_of(kind, found) if found else None


def intervals(records: Iterable[Record]) -> Iterator[Row]:
    """Each interval in the order of time with its rows by instrument and quantity; of an interval that is there twice the newest
    revision alone.
    """
    newest: dict[tuple[int, int], Record] = {}
    for record in records:
        if record.kind != "interval" or record.start is None:
            continue
        known = newest.get((record.start, record.period))
        if known is None or (record.revision, record.sequence) > (known.revision, known.sequence):
            newest[record.start, record.period] = record
    for _place, record in sorted(newest.items()):
        rows = (ChannelRow(*entries) for entries in json.loads(record.body))
        yield record, {(row.instrument, row.quantity): row for row in rows}
