"""Values of a laboratory or a person beside the station's own: `station sample add` has stored them, mark S."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.record import Record
from station.summary.aggregate import ZONE
from station.summary.rows import intervals, sound

LAG = 6 * 3_600_000
"""ms after which an analyser's result of some moment may be learnt at the latest."""

MARK = "S"


class Sample(NamedTuple):
    """One value of an `instrument`'s `quantity`: `taken` in UTC ms; `sequence` is the number of its record."""

    sequence: int
    taken: int
    instrument: str
    quantity: str
    unit: str
    value: float
    by: str
    laboratory: str
    method: str
    note: str

    @property
    def channel(self) -> str:
        """What it stands beside, as river.ph."""
        return f"{self.instrument}.{self.quantity}"

    @property
    def source(self) -> str:
        """Who has found it, and how."""
        return ", ".join(one for one in (self.laboratory, self.method, self.by) if one)


class Beside(NamedTuple):
    """What the station had at that time: its raw mean, `away` s from the sample, 0 if the interval covers it."""

    raw: float
    away: float


def samples(log: LogReader, begin: int, end: int) -> list[Sample]:
    """Those taken from `begin` to before `end` (UTC ms), in that order; they may have been told much later."""
    found = (_sample(record) for record in log.events("sample", Archive(log).first_at(begin)))
    return sorted((one for one in found if one is not None and begin <= one.taken < end), key=lambda one: one.taken)


def _sample(record: Record) -> Sample | None:
    """None for a record that is none of ours."""
    facts: Mapping[str, Any] = json.loads(record.body)
    try:
        instrument, _dot, quantity = str(facts["channel"]).rpartition(".")
        words = (str(facts.get(key, "")) for key in ("by", "laboratory", "method", "note"))
        return Sample(
            record.sequence, _utc(facts["taken"]), instrument, quantity, str(facts["unit"]), float(facts["value"]), *words
        )
    except (KeyError, TypeError, ValueError):
        return None


def _utc(taken: str) -> int:
    """UTC ms of a time in Beijing. Raises ValueError."""
    return round(datetime.fromisoformat(taken).replace(tzinfo=ZONE).timestamp() * 1000)


def beside(log: LogReader, sample: Sample, reach: float) -> Beside | None:
    """What the station measured nearest to the sample, within `reach` s of it; values that are in doubt are not asked."""
    near = round(reach * 1000)
    records = Archive(log).between(sample.taken - near - LAG, sample.taken + near + LAG)
    return min((one for one in _candidates(records, sample) if one.away <= reach), key=lambda one: one.away, default=None)


def _candidates(records: Iterable[Record], sample: Sample) -> Iterator[Beside]:
    for record, rows in intervals(records):
        row = rows.get((sample.instrument, sample.quantity))
        if row is None or row.raw is None or not sound(row):
            continue
        begin = _utc(row.taken) if row.taken else record.start or 0
        end = begin if row.taken else begin + record.period * 1000
        yield Beside(row.raw, max(begin - sample.taken, sample.taken - end, 0) / 1000)
