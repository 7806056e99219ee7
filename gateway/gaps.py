"""The gap ledger: for each instrument and hour what was due, what came of it, and why the rest is missing. Pure but for the log.

Readings are counted from the stored intervals: each tells how many were due, how many went into its value, and the most frequent
reason for the rest; by that word the rest counts as received (there was an answer, it was not good) or not. Time that no interval
covers is explained by what lies before and after: numbers that are gone were evicted, records without a time wait for the clock,
another boot means that the power was off.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.ledger import Standing
from gateway.link.hj212.archive import BIGGEST, Archive
from gateway.log.reader import LogReader
from gateway.record import ChannelRow, Record

SILENT = frozenset({"timeout"})
BUS_FAULT = frozenset(
    {"port", "header", "checksum", "truncated", "length", "foreign", "echo", "wrong_speed", "device_fault", "gap"}
)
"""Reasons without an answer that counts. "gap": readings that nobody has accounted for."""

DOUBTFUL = frozenset({"warm_up", "stuck", "out_of_calibration", "maintenance", "drill", "swapped"})
"""Reasons of a suspect value that speak against the value, not against its completeness."""

TOLERANCE = 1000
"""ms that may be missing between two intervals."""


@dataclass(slots=True)
class Gap:
    """One instrument from `begin` to `end` (UTC ms): readings, records, and for each destination what became of the records."""

    instrument: str
    begin: int
    end: int
    expected: int = 0
    received: int = 0
    valid: int = 0
    due: int = 0
    stored: int = 0
    sent: dict[str, int] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    why: dict[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Nothing is missing anywhere."""
        return not self.why and self.stored >= self.due and all(n >= self.stored for n in self.confirmed.values())


class Hole(NamedTuple):
    """Time from `begin` to `end` (UTC ms) that no interval covers, and why."""

    begin: int
    end: int
    cause: str


def gaps(
    log: LogReader, begin: int, end: int, period: int, rates: Mapping[str, float], destinations: Mapping[str, Standing]
) -> list[Gap]:
    """One row for each instrument in `rates` (readings/s) from `begin` to `end`; intervals last `period` ms, or less."""
    records = list(Archive(log).records(begin, end))
    return examine(log, records, begin, end, period, rates, destinations)[0]


def examine(
    log: LogReader,
    records: Iterable[Record],
    begin: int,
    end: int,
    period: int,
    rates: Mapping[str, float],
    destinations: Mapping[str, Standing],
) -> tuple[list[Gap], list[Hole]]:
    """The rows, and the holes behind them, of the time of which `records` are all that is stored."""
    archive = Archive(log)
    records = sorted(records, key=lambda record: record.start or 0)
    found = [one for one in records if one.kind == "interval" and one.period * 1000 <= period]
    newest = {one.start: one for one in sorted(found, key=lambda record: (record.revision, record.sequence))}
    intervals = [one for one in found if newest[one.start] is one]
    holes = [Hole(*one) for one in _holes(log, archive, begin, end, records, intervals)]
    if holes and holes[0].begin == begin and holes[0].cause == "":
        begin = holes.pop(0).end  # the log begins here: before it nothing was due
    short = [one for one in intervals if one.period * 1000 < period]
    dense = sum(one.period * 1000 for one in short)
    bodies = [(one, _by_instrument(one)) for one in intervals]
    rows = []
    for name, rate in rates.items():
        usual = max(0, end - begin - dense)
        row = Gap(name, begin, end, round(rate * usual / 1000), due=-(-usual // period) + len(short))
        why: Counter[str] = Counter()
        held = [one for one, channels in bodies if _count(row, channels.get(name, ()), why, one.period * 1000 < period)]
        row.stored = len(held)
        for hole in holes:
            why[hole.cause] += round(rate * (hole.end - hole.begin) / 1000)
        for destination, standing in destinations.items():
            numbers = [one.sequence for one in held]
            row.confirmed[destination] = sum(standing.confirmed(n) for n in numbers)
            row.refused[destination] = sum(n in standing.refused for n in numbers)
            row.sent[destination] = row.confirmed[destination] + sum(n in standing.sent or n in standing.refused for n in numbers)
        row.why = {cause: count for cause, count in sorted(why.items()) if count > 0}
        rows.append(row)
    return rows, holes


def _by_instrument(record: Record) -> dict[str, list[ChannelRow]]:
    found: dict[str, list[ChannelRow]] = {}
    for entry in json.loads(record.body):
        found.setdefault(entry[0], []).append(ChannelRow(*entry))
    return found


def _count(row: Gap, channels: Sequence[ChannelRow], why: Counter[str], dense: bool) -> bool:
    """Add what an interval's `channels` say about the instrument, by the best of them; False if there are none.

    `dense`: it is an emergency's, and tells itself how much was due.
    """
    if not channels:
        return False
    best = max(channels, key=lambda one: (one.count, -one.flag))
    good = best.count if best.flag in (1, 2) or (best.flag == 3 and best.reason not in DOUBTFUL) else 0
    row.valid += good
    row.expected += best.expected if dense else 0
    missing = best.expected - good
    if best.reason in SILENT or best.reason in BUS_FAULT:
        row.received += best.count
        why["silent" if best.reason in SILENT else "bus_fault"] += missing
    else:
        row.received += best.expected
        why["clock" if best.reason == "clock" else "quality"] += missing
    return True


def _holes(
    log: LogReader, archive: Archive, begin: int, end: int, records: list[Record], intervals: list[Record]
) -> Iterable[tuple[int, int, str]]:
    """Time that no interval covers: from, to, why; the reason is empty for time before the first record of all."""
    at = begin
    for one in [*intervals, None]:
        start = (one.start or 0) if one is not None else end
        if start - at > TOLERANCE:
            yield at, start, _cause(log, archive, at, start, records)
        if one is not None:
            length = one.period * 1000
            at = max(at, start + length - start % length)


def _cause(log: LogReader, archive: Archive, begin: int, end: int, records: list[Record]) -> str:
    """Why nothing was stored from `begin` to `end`."""
    within = [one for one in records if begin - TOLERANCE <= (one.start or 0) <= end]
    first = min((one.sequence for one in within), default=archive.first_at(end))
    before = log.newest_first(0, min(first, archive.first_at(begin)) - 1, 1)
    if not before:
        return ""
    after = log.oldest_first(max(first, before[0].sequence + 1), BIGGEST, 1)
    if not after:
        return "not_running"
    known = [before[0], *sorted(within, key=lambda one: one.sequence), after[0]]
    numbers = {one.sequence for one in known}
    span = max(numbers) - min(numbers) + 1 - len(numbers)
    if span:
        there = sum(high - low + 1 for low, high in log.runs(min(numbers), max(numbers)))
        return "clock_unknown" if there > len(numbers) else "evicted"
    if len({one.boot for one in known}) > 1:
        return "power_off"
    return "stopped" if any(one.kind == "event" and '"stopped"' in one.body for one in known) else "not_running"


def as_dict(row: Gap) -> dict[str, Any]:
    """For JSON and for the event record."""
    return {name: getattr(row, name) for name in Gap.__dataclass_fields__}
