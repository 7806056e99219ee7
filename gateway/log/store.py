"""The writing end of the record log: one transaction a record, on the card when `append` returns (WAL, synchronous=FULL)."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gateway.log.schema import TooNew, migrate
from gateway.record import Record

COLUMNS = "sequence, kind, period, start, revision, boot, monotonic, time_source, time_error, body, clock"
_INSERT = f"INSERT INTO records ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

_REASONS = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_PERM: "readonly",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
}
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_ADVICE = {
    "full": "the card is full; delete files or put a larger card in",
    "readonly": "the folder or card is read-only; check the card, remount it, check the folder's owner",
    "busy": "another program holds the file for long; close it",
    "io": "the card fails; replace it",
}


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


FLOOR = 4 << 20
"""Bytes of the card that are never taken."""


def free_space(folder: Path) -> int:
    """Bytes that an ordinary user may still write in the file system of `folder`."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class StorageError(Exception):
    """The card did not take a record. `reason`: full, readonly, busy, io. What is stored is safe; try again later."""

    def __init__(self, reason: str, path: Path, detail: str) -> None:
        self.reason = reason
        self.path = path
        super().__init__(f"{path}: {_ADVICE[reason]} ({detail})")


class RecordLog:
    """The log of one station. `quarantined` is where a damaged file was put when this one was begun, or None."""

    def __init__(self, path: Path, first: int, free: Callable[[], int] | None = None) -> None:
        self.path = path
        self._free = free or partial(free_space, path.parent)
        self.quarantined: Path | None = None
        self.damage = ""
        self._next = first
        self._database: sqlite3.Connection | None = None

    @classmethod
    def open(cls, path: Path, first: int, free: Callable[[], int] | None = None) -> "RecordLog":
        """Open or begin the log; a damaged file is set aside under a dated name.

        `first` is the first number of a new file: the Unix time in ms, so that no number is ever used again even if an
        older file is lost. `free` says how many bytes the card has left. Raises StorageError, or TooNew.
        """
        log = cls(path, first, free)
        try:
            log._connect()
        except sqlite3.DatabaseError as error:
            log._recover(error)
        return log

    def append(self, record: Record) -> int:
        """Store `record`; its sequence number. Raises StorageError."""
        if (free := self._free()) < FLOOR:
            raise StorageError("full", self.path, f"{free >> 20} MB free, {FLOOR >> 20} MB are kept free")
        row = (record.kind, record.period, record.start, record.revision, record.boot, record.monotonic)
        row += (record.time_source, record.time_error, record.body, record.clock)  # type: ignore[assignment]
        try:
            self._execute(_INSERT, (self._next, *row))
        except sqlite3.DatabaseError as error:
            self._recover(error)
            return self.append(record)
        sequence = self._next
        self._next += 1
        return sequence

    def skip(self, first: int) -> None:
        """Number what comes from `first` on: the numbers before it may have been used elsewhere."""
        self._next = max(self._next, first)

    def stamp(self, boot: str, offset: int, source: str, error: int | None) -> int:
        """Give the records of `boot` that wait for it their time: monotonic + `offset` ms. How many. Raises StorageError."""
        statement = "UPDATE records SET start = monotonic + ?, time_source = ?, time_error = ? WHERE start IS NULL AND boot = ?"
        try:
            return self._execute(statement, (offset, source, error, boot))
        except sqlite3.DatabaseError as failure:
            self._recover(failure)
            return 0

    def unstamped(self) -> list[Stretch]:
        """The boots whose records wait for their time, oldest first. Raises StorageError."""
        statement = """SELECT w.boot, w.first, w.begin, w.end, r.clock FROM (
                           SELECT boot, min(sequence) AS first, max(sequence) AS last, min(monotonic) AS begin,
                                  max(monotonic + period * 1000) AS end
                           FROM records WHERE start IS NULL GROUP BY boot
                       ) AS w JOIN records AS r ON r.sequence = w.last ORDER BY w.first"""
        return [Stretch(*row) for row in self._select(statement, ())]

    def newest_before(self, sequence: int) -> int | None:
        """UTC ms of the newest stamped record before `sequence`, or None. Raises StorageError."""
        statement = (
            "SELECT start + period * 1000 FROM records WHERE sequence < ? AND start IS NOT NULL ORDER BY sequence DESC LIMIT 1"
        )
        found = self._select(statement, (sequence,))
        return int(found[0][0]) if found else None

    def revision(self, period: int, start: int) -> int:
        """The first revision that no interval of this length and start has yet. Raises StorageError."""
        statement = "SELECT max(revision) + 1 FROM records WHERE start = ? AND period = ? AND kind = 'interval'"
        return int(self._select(statement, (start, period))[0][0] or 0)

    def drop(self, first: int, last: int) -> int:
        """Take the records from `first` to `last` out of the log; how many there were. Raises StorageError."""
        try:
            return self._execute("DELETE FROM records WHERE sequence BETWEEN ? AND ?", (first, last))
        except sqlite3.DatabaseError as failure:
            self._recover(failure)
            return 0

    def newest_start(self) -> int | None:
        """UTC ms of the newest stamped record among the last thousand, or None."""
        assert self._database is not None
        recent = "SELECT start FROM records ORDER BY sequence DESC LIMIT 1000"
        found = self._database.execute(f"SELECT max(start) FROM ({recent})").fetchone()
        return int(found[0]) if found[0] is not None else None

    def close(self) -> None:
        """Close the file; a checkpoint leaves the WAL empty."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _select(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        try:
            if self._database is None:
                self._connect()
            assert self._database is not None
            return self._database.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._recover(error)
            return self._select(statement, values)

    def _execute(self, statement: str, values: tuple[object, ...]) -> int:
        if self._database is None:
            self._connect()
        assert self._database is not None
        return self._database.execute(statement, values).rowcount

    def _connect(self) -> None:
        with suppress(OSError):  # SQLite will say what is wrong
            self.path.touch(mode=0o660)  # its own is 0644: the group, which readers belong to, could not write the -shm
        database = sqlite3.connect(self.path, timeout=5.0, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA journal_size_limit = 4194304")
            migrate(database)
            (newest,) = database.execute("SELECT max(sequence) FROM records").fetchone()
        except (sqlite3.Error, TooNew):
            database.close()
            raise
        if newest is not None:
            self._next = newest + 1
        self._database = database

    def _recover(self, error: sqlite3.DatabaseError) -> None:
        """Set a damaged file aside and begin a new one; anything else becomes a StorageError."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
        if code not in _DAMAGED:
            raise StorageError(_REASONS.get(code, "io"), self.path, str(error)) from None
        self.close()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}{self.path.suffix}")
        for ending in ("", "-wal", "-shm"):
            part = Path(f"{self.path}{ending}")
            if part.exists():
                os.replace(part, f"{aside}{ending}")
        self.quarantined, self.damage = aside, str(error)
        self._next = max(self._next, round(time.time() * 1000))
        try:
            self._connect()
        except sqlite3.DatabaseError as again:
            raise StorageError("io", self.path, str(again)) from None
