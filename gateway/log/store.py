"""The writing end of the record log: one transaction a record, on the card when `append` returns (WAL, synchronous=FULL)."""

import os
import sqlite3
import time
from pathlib import Path

from gateway.log.schema import TooNew, migrate
from gateway.record import Record

COLUMNS = "sequence, kind, period, start, revision, boot, monotonic, time_source, time_error, body"
_INSERT = f"INSERT INTO records ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

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


class StorageError(Exception):
    """The card did not take a record. `reason`: full, readonly, busy, io. What is stored is safe; try again later."""

    def __init__(self, reason: str, path: Path, detail: str) -> None:
        self.reason = reason
        self.path = path
        super().__init__(f"{path}: {_ADVICE[reason]} ({detail})")


class RecordLog:
    """The log of one station. `quarantined` is where a damaged file was put when this one was begun, or None."""

    def __init__(self, path: Path, first: int) -> None:
        self.path = path
        self.quarantined: Path | None = None
        self.damage = ""
        self._next = first
        self._database: sqlite3.Connection | None = None

    @classmethod
    def open(cls, path: Path, first: int) -> "RecordLog":
        """Open or begin the log; a damaged file is set aside under a dated name.

        `first` is the first number of a new file: the Unix time in ms, so that no number is ever used again even if an
        older file is lost. Raises StorageError, or TooNew.
        """
        log = cls(path, first)
        try:
            log._connect()
        except sqlite3.DatabaseError as error:
            log._recover(error)
        return log

    def append(self, record: Record) -> int:
        """Store `record`; its sequence number. Raises StorageError."""
        row = (record.kind, record.period, record.start, record.revision, record.boot, record.monotonic)
        row += (record.time_source, record.time_error, record.body)  # type: ignore[assignment]
        try:
            self._execute(_INSERT, (self._next, *row))
        except sqlite3.DatabaseError as error:
            self._recover(error)
            return self.append(record)
        sequence = self._next
        self._next += 1
        return sequence

    def stamp(self, boot: str, offset: int, source: str, error: int | None) -> int:
        """Give the records of `boot` that wait for it their time: monotonic + `offset` ms. How many. Raises StorageError."""
        statement = "UPDATE records SET start = monotonic + ?, time_source = ?, time_error = ? WHERE start IS NULL AND boot = ?"
        try:
            return self._execute(statement, (offset, source, error, boot))
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

    def _execute(self, statement: str, values: tuple[object, ...]) -> int:
        if self._database is None:
            self._connect()
        assert self._database is not None
        return self._database.execute(statement, values).rowcount

    def _connect(self) -> None:
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
