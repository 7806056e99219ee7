"""The reading ends of the record log: short queries over its partitions, no transaction that lasts, no file kept busy."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gateway.log import files
from gateway.log.faults import is_damage
from gateway.log.schema import COLUMNS, crc
from gateway.record import Record

_WHERE = f"SELECT {COLUMNS}, crc FROM records WHERE sequence BETWEEN ? AND ? AND start IS NOT NULL"
_STAMPED = f"{_WHERE} ORDER BY sequence"
_HAPPENED = f"{_WHERE} AND kind <> 'interval' ORDER BY sequence"

OPEN = 2
"""Partitions kept open at once: the newest, and the one that is being read."""

LAST = 2**63 - 1


class LogReader:
    """Reads the log whose stable name is `path`. What is absent, damaged or being replaced is empty meanwhile.

    `generation` grows each time the set of files changes. `complete` is False while something that is not found may still come:
    rows are being salvaged, or a file could not be read. A damaged file is marked, and its writer sets it aside.
    """

    def __init__(self, path: Path) -> None:
        self._lookout = files.Lookout(path)
        self._known: list[files.Partition] = []
        self._shares: list[tuple[files.Partition, int, int]] = []
        self._open: dict[Path, sqlite3.Connection] = {}
        self.generation = 0
        self.complete = True

    def runs_after(self, sequence: int) -> list[tuple[int, int]]:
        """The numbers above `sequence` that exist, as ranges (first, last)."""
        return self.runs(sequence + 1, LAST)

    def runs(self, first: int, last: int) -> list[tuple[int, int]]:
        """The numbers from `first` to `last` that exist, as ranges."""
        found: list[tuple[int, int]] = []
        for partition, low, high in self._within(first, last):
            found += self._runs(partition, low, high)
        return found

    def gone(self, numbers: Iterable[tuple[int, int]]) -> list[tuple[int, int]] | None:
        """Which of these numbers are in no file and cannot come back; None if that cannot be said at the moment."""
        self._follow()
        generation, gone = self.generation, []
        for first, last in numbers:
            at = first
            for low, high in self.runs(first, last):
                gone.append((at, low - 1))
                at = high + 1
            gone.append((at, last))
            if not self.complete:
                return None
        self._follow()
        certain = self.complete and self.generation == generation
        return [(first, last) for first, last in gone if first <= last] if certain else None

    def oldest_first(self, first: int, last: int, limit: int) -> list[Record]:
        """Up to `limit` records that have a time, from `first` on."""
        return self._records(self._within(first, last), _STAMPED, limit)

    def happenings(self, first: int, last: int, limit: int) -> list[Record]:
        """The same of events and alarms alone: the intervals between them are passed over by the database."""
        return self._records(self._within(first, last), _HAPPENED, limit)

    def newest_first(self, first: int, last: int, limit: int) -> list[Record]:
        """Up to `limit` records that have a time, from `last` downwards."""
        return self._records(reversed(self._within(first, last)), f"{_STAMPED} DESC", limit)

    def events(self, code: str, first: int = 0) -> Iterator[Record]:
        """The events of one `code` that have a time, in the order of their numbers, from number `first` on."""
        where = f"SELECT {COLUMNS}, crc FROM records WHERE kind = 'event' AND sequence BETWEEN ? AND ? AND start IS NOT NULL"
        for partition, low, high in self._within(first, LAST):
            rows = self._query(partition, f"{where} AND body LIKE ? ORDER BY sequence", (low, high, f'{{"code":"{code}"%'))
            yield from (Record(*row[:-1]) for row in self._believed(partition, rows))

    def close(self) -> None:
        """Close the files."""
        while self._open:
            self._open.popitem()[1].close()

    def _records(self, parts: Iterable[tuple[files.Partition, int, int]], statement: str, limit: int) -> list[Record]:
        found: list[Record] = []
        for partition, low, high in parts:
            if len(found) >= limit:
                break
            rows = self._query(partition, f"{statement} LIMIT ?", (low, high, limit - len(found)))
            found += [Record(*row[:-1]) for row in self._believed(partition, rows)]
        return found

    def _believed(self, partition: files.Partition, rows: list[Any]) -> Iterator[Any]:
        for row in rows:
            if row[-1] is None or row[-1] == crc(*row[:-1]):
                yield row
            else:
                self._suspect(partition)

    def _runs(self, partition: files.Partition, first: int, last: int) -> list[tuple[int, int]]:
        where = "FROM records WHERE sequence BETWEEN ? AND ?"
        rows = self._query(partition, f"SELECT min(sequence), max(sequence), count(*) {where}", (first, last))
        if not rows or not rows[0][2]:
            return []
        low, high, count = rows[0]
        if high - low + 1 == count:
            return [(low, high)]
        return _runs(row[0] for row in self._query(partition, f"SELECT sequence {where} ORDER BY sequence", (first, last)))

    def _within(self, first: int, last: int) -> list[tuple[files.Partition, int, int]]:
        """The partitions that cover numbers from `first` to `last`, oldest first, each with the part of them that is its own."""
        self._follow()
        return [(one, max(first, low), min(last, high)) for one, low, high in self._shares if low <= last and first <= high]

    def _follow(self) -> None:
        """Know the files that are there now."""
        try:
            there = self._lookout.survey()
            found, self.complete = there.partitions, not (there.damaged or there.suspects)
        except OSError:
            found, self.complete = [], False
        if found != self._known:
            for gone in {one.path for one in self._known} - {one.path for one in found if one in self._known}:
                self._close(gone)
            ends = [one.first - 1 for one in found[1:]] + [LAST]
            self._shares = [(one, one.first, end) for one, end in zip(found, ends, strict=False) if one.first <= end]
            self.generation += 1
        self._known = found

    def _query(self, partition: files.Partition, statement: str, values: tuple[object, ...]) -> list[Any]:
        try:
            database = self._open.get(partition.path) or self._connect(partition.path)
            return database.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._close(partition.path)
            self.complete = False
            if is_damage(error):
                self._suspect(partition)
            return []

    def _connect(self, path: Path) -> sqlite3.Connection:
        """A connection to one of few files that are kept open."""
        while len(self._open) >= OPEN:
            self._close(next(iter(self._open)))
        self._open[path] = database = connect(path)
        return database

    def _close(self, path: Path) -> None:
        if (database := self._open.pop(path, None)) is not None:
            database.close()

    def _suspect(self, partition: files.Partition) -> None:
        self.complete = False
        try:
            files.suspect(partition.path).touch()
        except OSError:
            return  # who may not write here cannot tell


def connect(path: Path) -> sqlite3.Connection:
    """A connection that only reads: never will it bring the write-ahead log into the file, which is the writer's work."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0, isolation_level=None)
    database.execute("PRAGMA cache_size = -512")
    return database


def _runs(numbers: Iterable[object]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        assert isinstance(number, int)
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
