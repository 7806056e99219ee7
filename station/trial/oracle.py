"""The oracle: every record that acquisition reported as stored is owed to the platform exactly once, with equal content.

It books from what the recorder reports (it is its witness), never from the log, the ledger or the courier that it judges,
and compares with what the platform itself has kept. For a record that was evicted by rule before it was delivered its eviction
record answers; one that was evicted as confirmed must be there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.payload import VERSION
from gateway.record import Record


@dataclass(frozen=True, slots=True)
class Judgement:
    """How many records were owed, how many are there or answered for, which are not, and which are there without being owed."""

    obligations: int
    delivered: int
    missing: tuple[int, ...]
    extra: tuple[int, ...]


class Oracle:
    """Books obligations of one station. Implements `station.recorder.Witness`."""

    def __init__(self, station: str) -> None:
        self._station = station
        self._owed: dict[int, Record] = {}
        self._timeless: dict[str, list[int]] = {}
        self._trying: list[Record] = []
        self._current: Record | None = None

    def storing(self, record: Record) -> None:
        """A record that is only being stored may be there or not if the process dies now."""
        if self._current is not None:
            self._trying.append(self._current)
        self._current = record

    def stored(self, record: Record) -> None:
        """From now on it is owed."""
        self._current = None
        self._owed[record.sequence] = record
        if record.start is None:
            self._timeless.setdefault(record.boot, []).append(record.sequence)

    def stamped(self, boot: str, offset: int, source: str, error: int | None) -> None:
        """The records of `boot` that waited for the time have it."""
        for sequence in self._timeless.pop(boot, []):
            record = self._owed[sequence]
            self._owed[sequence] = replace(record, start=record.monotonic + offset, time_source=source, time_error=error)

    def owed(self) -> list[Record]:
        """The records that are owed, by number."""
        return [record for _, record in sorted(self._owed.items())]

    @property
    def waiting(self) -> int:
        """How many of them have no time yet."""
        return sum(map(len, self._timeless.values()))

    def judge(self, archive: Mapping[tuple[str, int], str]) -> Judgement:
        """Compare with the platform's `archive`: (station, sequence) → payload as JSON text, without `replay`."""
        there = {n: json.loads(text) for (station, n), text in archive.items() if station == self._station}
        right = {n for n, record in self._owed.items() if there.get(n) == self.expected(record)}
        answered = self._answered(right) - there.keys()
        missing = self._owed.keys() - right - answered
        extra = {n for n in there.keys() - self._owed.keys() if not self._was_being_stored(there[n])}
        extra |= _doubled(there)
        return Judgement(len(self._owed), len(right | answered), tuple(sorted(missing)), tuple(sorted(extra)))

    def expected(self, record: Record) -> dict[str, Any]:
        """What the platform must have kept of `record`."""
        return {
            "version": VERSION,
            "station": self._station,
            "sequence": record.sequence,
            "kind": record.kind,
            "period": record.period,
            "start": record.start,
            "revision": record.revision,
            "time": {"source": record.time_source, "error": record.time_error},
            "body": json.loads(record.body),
        }

    def _answered(self, right: set[int]) -> set[int]:
        """The owed records for which an eviction record answers that is itself where it belongs."""
        answered: set[int] = set()
        for n in right:
            record = self._owed[n]
            told = json.loads(record.body) if record.kind == "event" and '"evicted"' in record.body else {}
            for first, last in told.get("ranges", []) if told.get("what") != "confirmed" else []:
                answered.update(s for s in range(first, last + 1) if s in self._owed)
        return answered

    def _was_being_stored(self, found: dict[str, Any]) -> bool:
        """Stored, but the process died before it could report that."""
        tried = [*self._trying, *([self._current] if self._current else [])]
        return any(json.loads(record.body) == found["body"] and record.kind == found["kind"] for record in tried)


def _doubled(there: Mapping[int, dict[str, Any]]) -> set[int]:
    """Intervals of the platform that share their natural key with an earlier one."""
    seen: set[tuple[int, int, int]] = set()
    doubled = set()
    for n in sorted(there):
        one = there[n]
        key = (one["period"], one["start"], one["revision"])
        if one["kind"] == "interval" and key in seen:
            doubled.add(n)
        seen.add(key)
    return doubled
