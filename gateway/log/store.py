"""The writing end of the record log: one transaction a record, on the card when `append` returns (WAL, synchronous=FULL)."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.log import files
from gateway.log.faults import StorageError
from gateway.log.room import Eviction, Room, plan, rebuild
from gateway.log.schema import INSERT, adopt, crc, migrate
from gateway.log.writer import Writer
from gateway.ranges import Ranges
from gateway.record import Record

SALVAGE_AGAIN = 60
"""Records between two attempts to salvage what could not be salvaged before (a full card)."""


LOOK_AGAIN = 128 << 10
"""Bytes of free space that must be lost before it is looked again for something to give up, once nothing was found."""

ROOMY = 1 << 62
"""More bytes than any card has."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The records of one boot that wait for their time.

    first  the lowest sequence number; begin, end: monotonic ms of the first interval's start and the last one's end
    clock  what the system's clock said minus monotonic, in ms, at the last of them; None if it is not known
    """

    boot: str
    first: int
    begin: int
    end: int
    clock: int | None


class RecordLog(Writer):
    """The log of one station. `happenings`: what befell it, for its owner to take out and tell."""

    def __init__(self, path: Path, first: int, room: Room, background: bool) -> None:
        super().__init__(path, first, room, background)
        self._appended = 0
        self._nothing_at = ROOMY
        self._spans: dict[tuple[Path, int], tuple[int, int]] = {}

    @classmethod
    def open(cls, path: Path, first: int, room: Room | None = None, background: bool = True) -> "RecordLog":
        """Open or begin the log whose stable name is `path`; a damaged file is set aside under a dated name.

        `first` is the first number of a new log: the Unix time in ms, so that no number is ever used again even if older
        files are lost. `room`: how much of the card may be used. `background`: salvage in a thread of its own. A card that
        cannot be written now may be later: that is tried with each record. Raises OSError without the folder, or TooNew.
        """
        log = cls(path, first, room or Room.of(path.parent), background)
        with suppress(OSError):
            for left in path.parent.glob("*.part*"):
                left.unlink()
            adopt(path, first)
        with suppress(StorageError):
            log._guarded(log._connected)
            log._each(migrate)
            log._guarded(log._follow_suspects)
        log._salvager.begin()
        return log

    def append(self, record: Record, reserve: bool = False) -> int:
        """Store `record`, with `reserve` even below the floor; its sequence number. Raises StorageError."""
        if not reserve:
            self._room.check(self.path)
        self._appended += 1
        if self._appended % SALVAGE_AGAIN == 0:
            self._salvager.begin()
        return self._guarded(lambda: self._append(record))

    def _append(self, record: Record) -> int:
        self._follow_suspects()
        month = files.month_of(record.start)
        if self._is_over(month):
            with suppress(OSError, sqlite3.OperationalError):  # no room for another file, or none may be made: it goes on here
                self._roll(month)
        if self._failed and self._holds(record):
            return self._next - 1
        row = (self._next, record.kind, record.period, record.start, record.revision, record.boot, record.monotonic)
        row += (record.time_source, record.time_error, record.body, record.clock)  # type: ignore[assignment]
        self._connected().execute(INSERT, (*row, crc(*row)))
        self._month = self._month or month
        self._next += 1
        return self._next - 1

    def skip(self, first: int) -> None:
        """Number what comes from `first` on: the numbers before it may have been used elsewhere."""
        self._next = max(self._next, first)

    def _holds(self, record: Record) -> bool:
        """Whether the last row is `record`: the card refused it, and yet has it."""
        same = "SELECT 1 FROM records WHERE sequence = ? AND kind = ? AND boot = ? AND monotonic = ? AND body = ?"
        key = (self._next - 1, record.kind, record.boot, record.monotonic, record.body)
        return self._connected().execute(same, key).fetchone() is not None

    def stamp(self, boot: str, offset: int, source: str, error: int | None) -> int:
        """Give the records of `boot` that wait for it their time: monotonic + `offset` ms. How many. Raises StorageError."""
        statement = """UPDATE records SET start = monotonic + :offset, time_source = :source, time_error = :error,
            crc = row_crc(sequence, kind, period, monotonic + :offset, revision, boot, monotonic, :source, :error, body, clock)
            WHERE start IS NULL AND boot = :boot"""
        values = {"boot": boot, "offset": offset, "source": source, "error": error}

        def work(database: sqlite3.Connection) -> int:
            database.create_function("row_crc", 11, crc, deterministic=True)
            return database.execute(statement, values).rowcount

        return sum(self._each(work))

    def unstamped(self) -> list[Stretch]:
        """The boots whose records wait for their time, oldest first. Raises StorageError."""
        statement = """SELECT w.boot, w.first, w.begin, w.end, r.clock FROM (
                           SELECT boot, min(sequence) AS first, max(sequence) AS last, min(monotonic) AS begin,
                                  max(monotonic + period * 1000) AS end
                           FROM records WHERE start IS NULL GROUP BY boot
                       ) AS w JOIN records AS r ON r.sequence = w.last"""
        boots: dict[str, Stretch] = {}
        for one in (Stretch(*row) for rows in self._select(statement, ()) for row in rows):
            newer = boots.get(one.boot, one)  # its clock is that of the last record
            boots[one.boot] = Stretch(one.boot, one.first, min(one.begin, newer.begin), max(one.end, newer.end), newer.clock)
        return sorted(boots.values(), key=lambda one: one.first)

    def newest_before(self, sequence: int) -> int | None:
        """UTC ms of the end of the newest stamped record before `sequence`, or None. Raises StorageError."""
        statement = (
            "SELECT start + period * 1000 FROM records WHERE sequence < ? AND start IS NOT NULL ORDER BY sequence DESC LIMIT 1"
        )
        return next((int(rows[0][0]) for rows in self._select(statement, (sequence,)) if rows), None)

    def revision(self, period: int, start: int) -> int:
        """The first revision that no interval of this length and start has yet. Raises StorageError."""
        statement = "SELECT max(revision) + 1 FROM records WHERE start = ? AND period = ? AND kind = 'interval'"

        def work(database: sqlite3.Connection) -> int:
            if database is not self._database and not self._may_hold(database, start):
                return 0
            return int(database.execute(statement, (start, period)).fetchone()[0] or 0)

        return max(self._each(work))

    def drop(self, first: int, last: int) -> int:
        """Take the records from `first` to `last` out of the newest partition; how many there were. Raises StorageError."""
        statement = "DELETE FROM records WHERE sequence BETWEEN ? AND ?"
        return self._guarded(lambda: self._connected().execute(statement, (first, last)).rowcount)

    def newest_start(self) -> int | None:
        """UTC ms of the newest stamped record among the last thousand of a partition, or None; also if it cannot be read."""
        statement = "SELECT max(start) FROM (SELECT start FROM records ORDER BY sequence DESC LIMIT 1000)"
        try:
            return next((int(rows[0][0]) for rows in self._select(statement, ()) if rows[0][0] is not None), None)
        except StorageError:
            return None

    def eviction(self, unconfirmed: Callable[[], Ranges]) -> Eviction | None:
        """What must go next so that free space stays above the floor, or None. Raises StorageError.

        `unconfirmed`: the numbers that some destination has not confirmed. The newest partition is ended if nothing else is left.
        """
        free = self._room.free()
        if not self._room.short(free) or free > self._nothing_at - LOOK_AGAIN:
            return None
        found = self._guarded(lambda: plan(self.path, self._partition, self._room, unconfirmed))
        if found is None and self._room.worth_rolling(self._partition):
            self._guarded(lambda: self._roll(self._month))
            found = self._guarded(lambda: plan(self.path, self._partition, self._room, unconfirmed))
        self._nothing_at = free if found is None else ROOMY
        return found

    def evict(self, what: Eviction) -> None:
        """Do it. Raises StorageError."""
        self._guarded(lambda: rebuild(what.path, what.ranges) if what.kept else files.remove(what.path))

    def _select(self, statement: str, values: tuple[object, ...]) -> list[list[Any]]:
        """The rows of each partition, the newest first. Raises StorageError."""
        return self._each(lambda database: database.execute(statement, values).fetchall())

    def _may_hold(self, database: sqlite3.Connection, start: int) -> bool:
        """Whether an older partition has records about that time: looked up once, it does not change any more."""
        path = Path(database.execute("PRAGMA database_list").fetchone()[2])
        key = (path, os.stat(path).st_ino)
        if key not in self._spans:
            low, high = database.execute("SELECT min(start), max(start) FROM records").fetchone()
            self._spans[key] = (low or 0, high or 0)
        low, high = self._spans[key]
        return low <= start <= high
