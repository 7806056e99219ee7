"""Raw samples: every number that an instrument gave, for a few days. One file a day, one packed and compressed row a minute.

They are worth less than the intervals: a power cut may take the last minutes (synchronous=NORMAL), nothing is written while
space is short, and a file is dropped whole when its days are over. A row's body is zlib over JSON: by instrument its columns
(quantity keys) and its readings, each the ms since the row's beginning and then the numbers, or a word why there are none.
"""

import json
import logging
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from gateway.log import files
from gateway.log.faults import is_damage
from gateway.log.room import Room, raw_files
from gateway.record import compact

MINUTE = 60_000
"""ms of a row."""

MOST = 100_000
"""Readings in a row; what an instrument gone wild says beyond them is dropped."""

_TABLE = """CREATE TABLE IF NOT EXISTS raw (
    number INTEGER PRIMARY KEY, boot TEXT NOT NULL, monotonic INTEGER NOT NULL, start INTEGER, body BLOB NOT NULL) STRICT"""

log = logging.getLogger(__name__)


class RawValue(NamedTuple):
    """One number: `start` UTC in ms, None if the clock was not trusted; `value` None with a `reason`."""

    start: int | None
    boot: str
    monotonic: int
    instrument: str
    quantity: str
    value: float | None
    reason: str


class RawLog:
    """The writing end, beside the log whose stable name is `path`. `days`: how many files are kept; 0: nothing is written."""

    def __init__(self, path: Path, days: int, boot: str, room: Room) -> None:
        self._path = path
        self._days = days
        self._boot = boot
        self._room = room
        self._begin: int | None = None
        self._count = 0
        self._readings: dict[str, dict[str, Any]] = {}
        self._file: Path | None = None
        self._database: sqlite3.Connection | None = None
        self.lost = 0

    def add(self, instrument: str, monotonic: int, values: Mapping[str, float], reason: str) -> None:
        """One reading at `monotonic` ms: its numbers, or `reason` why it has none."""
        if not self._days or self._count >= MOST:
            return
        self._begin = monotonic if self._begin is None else self._begin
        self._count += 1
        mine = self._readings.setdefault(instrument, {"columns": list(values), "readings": []})
        mine["columns"] += [key for key in values if key not in mine["columns"]]
        numbers = [values.get(key) for key in mine["columns"]] if values else [reason]
        mine["readings"].append([monotonic - self._begin, *numbers])

    def tick(self, monotonic: int, offset: int | None, last: bool = False) -> None:
        """Write a minute that is over, or what there is if it is the `last`. `offset`: UTC minus monotonic in ms, if trusted."""
        if self._begin is None or (monotonic - self._begin < MINUTE and not last):
            return
        begin, readings = self._begin, self._readings
        self._begin, self._readings, self._count = None, {}, 0
        start = None if offset is None else begin + offset
        if self._room.short(self._room.free()):
            self.lost += 1
            return
        try:
            self._write(begin, start, zlib.compress(compact(readings).encode()))
        except (OSError, sqlite3.DatabaseError) as error:
            self.lost += 1
            log.warning("raw samples of a minute are lost: %s", error)
            self._drop_if_damaged(error)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _write(self, begin: int, start: int | None, body: bytes) -> None:
        database = self._of_day(start)
        database.execute("INSERT INTO raw VALUES (NULL, ?, ?, ?, ?)", (self._boot, begin, start, body))

    def _of_day(self, start: int | None) -> sqlite3.Connection:
        """The file of the day in Beijing; while the time is not known, the newest there is."""
        if start is not None:
            file = self._path.with_name(f"raw-{files.day_of(start)}.db")
        else:
            file = self._file or next(reversed(raw_files(self._path)), self._path.with_name("raw-0000-undated.db"))
        if file != self._file or self._database is None:
            self.close()
            self._file = file
            with suppress(OSError):  # SQLite will say what is wrong
                file.touch(mode=0o660)  # its own is 0644, which leaves out the group
            self._database = sqlite3.connect(file, timeout=1.0, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA wal_autocheckpoint = 256")
            self._database.execute("PRAGMA journal_size_limit = 1048576")
            self._database.execute(_TABLE)
            for old in [one for one in raw_files(self._path) if one != file][: -self._days or None]:
                files.remove(old)
        return self._database

    def _drop_if_damaged(self, error: OSError | sqlite3.DatabaseError) -> None:
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and is_damage(error) and self._file is not None:
            try:
                files.remove(self._file)
            except OSError as again:
                log.warning("%s: %s", self._file, again)


def read(path: Path, begin: int, end: int) -> Iterator[RawValue]:
    """The numbers from `begin` to before `end` (UTC ms) beside the log at `path`, and those without a time. Raises OSError."""
    for file in raw_files(path):
        database = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5.0)
        try:
            where = "start IS NULL OR (start > ? AND start < ?)"
            rows = database.execute(
                f"SELECT boot, monotonic, start, body FROM raw WHERE {where} ORDER BY number", (begin - MINUTE, end)
            )
            for boot, monotonic, start, body in rows:
                yield from (one for one in _values(boot, monotonic, start, body) if one.start is None or begin <= one.start < end)
        except (sqlite3.DatabaseError, zlib.error, ValueError) as error:
            raise OSError(f"{file}: {error}") from None
        finally:
            database.close()


def _values(boot: str, monotonic: int, start: int | None, body: bytes) -> Iterator[RawValue]:
    for instrument, content in json.loads(zlib.decompress(body)).items():
        for after, *numbers in content["readings"]:
            at = None if start is None else start + after
            if len(numbers) == 1 and isinstance(numbers[0], str):
                yield RawValue(at, boot, monotonic + after, instrument, "", None, numbers[0])
                continue
            for quantity, value in zip(content["columns"], numbers, strict=False):
                if value is not None:
                    yield RawValue(at, boot, monotonic + after, instrument, quantity, value, "")
