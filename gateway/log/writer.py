"""The partition that is being written: where it begins and ends, and what becomes of it when it or the card is damaged."""

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gateway.log import files
from gateway.log.faults import is_damage, storage_error
from gateway.log.room import Room
from gateway.log.salvage import Salvaged, Salvager, cut_off
from gateway.log.schema import INSERT, TooNew, create, end_of, is_marked, mark, set_up, unmark

T = TypeVar("T")

WAL_PAGES = 256
"""Pages after which the write-ahead log is brought into the file (1 MB): it stays small, and so does the loss if it is lost."""

WAL_LIMIT = 8 << 20
"""Bytes; a reader that stays for long keeps the write-ahead log from beginning anew: beyond this the next partition begins."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A partition was damaged and lies under the name `quarantined`; `why`: what was wrong."""

    quarantined: Path
    why: str


@dataclass(frozen=True, slots=True)
class WalMissing:
    """The write-ahead log was gone though nobody had closed the file: records from number `after` on may be lost."""

    after: int


@dataclass(frozen=True, slots=True)
class WalDamaged:
    """A frame of the write-ahead log was damaged; of the `cut_off` transactions from there on `count` records are back."""

    cut_off: int
    count: int


Happening = Replaced | Salvaged | WalMissing | WalDamaged


class Writer:
    """The writing end of the log at `path` as files: the newest partition is open, and every one can be reached.

    `happenings`: what befell the log, for its owner to take out and tell. `next`: the number of the next record.
    """

    def __init__(self, path: Path, first: int, room: Room, background: bool) -> None:
        self.path = path
        self._lookout = files.Lookout(path)
        self.happenings: deque[Happening] = deque()
        self._room = room
        self._next = first
        self._database: sqlite3.Connection | None = None
        self._partition = path
        self._first = first
        self._month = ""
        self._failed = False
        self._left: Path | None = None
        self._salvager = Salvager(path, room, self.happenings.append, background)

    def close(self) -> None:
        """Close the file; a checkpoint leaves the WAL empty."""
        database, self._database = self._database, None
        if database is not None:
            with suppress(sqlite3.DatabaseError):  # damaged or full: whoever opens it next will see
                unmark(database)
            database.close()

    def settle(self, patience: float = 30.0) -> None:
        """Wait up to `patience` s for the salvage that goes on in the background."""
        self._salvager.settle(patience)

    def _guarded(self, work: Callable[[], T]) -> T:
        """`work`, once more if a damaged file had to be set aside. Raises StorageError."""
        try:
            done = work()
        except OSError as error:
            raise storage_error(error, self.path) from None
        except sqlite3.DatabaseError as error:
            self._recover(error)
        else:
            self._failed = False
            return done
        try:
            return work()
        except (OSError, sqlite3.DatabaseError) as again:
            raise storage_error(again, self.path) from None

    def _recover(self, error: sqlite3.DatabaseError) -> None:
        """Set a damaged newest partition aside; anything else becomes a StorageError.

        A failure of the card is tried once more on the same file; if it stays, the file is set aside like a damaged one.
        """
        failing = storage_error(error, self.path)
        if not is_damage(error) and not (failing.reason == "io" and self._failed):
            if failing.reason == "io":
                self._failed = True
                self._let_go()
            raise failing from None
        self._failed = False
        try:
            self._quarantine(self._partition, str(error))
        except OSError as refused:
            raise storage_error(refused, self.path) from None

    def _quarantine(self, partition: Path, why: str) -> None:
        if partition == self._partition:
            self._let_go()
        if partition.exists():
            self.happenings.append(Replaced(files.set_aside(partition), why))
            self._salvager.begin()

    def _let_go(self) -> None:
        """Close what failed; that the mark stays is no sign of a lost write-ahead log then."""
        if self._database is not None:
            self._left = self._partition
            self._database.close()
            self._database = None

    def _connected(self) -> sqlite3.Connection:
        """The newest partition; one is made if there is none. Raises sqlite3.DatabaseError, OSError or TooNew."""
        if self._database is not None:
            return self._database
        there = files.survey(self.path)
        if not there.partitions or there.partitions[-1].first <= there.spoiled:
            if there.spoiled >= 0:  # how far its numbers went may not be known any more
                self._next = max(self._next, there.spoiled + files.SPAN)
            self._create("")
            there = files.survey(self.path)
        newest = there.partitions[-1]
        self._partition, self._first = newest.path, newest.first
        wal = _content(Path(f"{newest.path}-wal"))
        database = sqlite3.connect(newest.path, timeout=5.0, isolation_level=None, check_same_thread=False)
        try:
            set_up(database, WAL_PAGES, may_be_empty=newest.first == 0)
            skipped = self._take_cut_off(database, wal)
            last, self._month = end_of(database)
            lost = not wal and is_marked(database) and self._left != newest.path
            mark(database)
        except (sqlite3.Error, TooNew):
            database.close()
            _put_back(Path(f"{newest.path}-wal"), wal)
            raise
        self._next = (max(self._first, last + 1) if last is not None else self._first or self._next) + skipped
        self._database = database
        if newest.first:
            files.link(self.path, newest.path)
        if lost:
            self.happenings.append(WalMissing(self._next))
            self._next += files.SPAN
            self._roll(self._month)
        return self._database

    def _take_cut_off(self, database: sqlite3.Connection, wal: bytes) -> int:
        """Store again what lies behind a damaged frame of the write-ahead log; so many numbers may have been used there."""
        if not wal:
            return 0
        _busy, valid, _done = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        last, _month = end_of(database)
        rows, commits = cut_off(self._partition, wal, valid, last or 0)
        database.executemany(INSERT, rows)
        if max(commits, len(rows)) > 1:  # one may be the record that was being stored when the power failed
            self.happenings.append(WalDamaged(max(commits, len(rows)), len(rows)))
        return max(commits, len(rows))

    def _create(self, month: str) -> None:
        """A new partition from the next number on, in its place or not at all."""
        path = files.partition_path(self.path, self._next, month)
        part = path.with_suffix(".part")
        create(part).close()
        try:
            files.put(part, path)
        except OSError:
            if not path.exists():  # once the name is there it counts, whatever else fails
                raise

    def _roll(self, month: str) -> None:
        """Begin the next partition; whatever fails leaves the present one in use."""
        if self._next == self._first:
            return
        self._connected().execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._create(month)
        self.close()
        self._connected()

    def _is_over(self, month: str) -> bool:
        """Whether the newest partition has had its month, its share of the card, or a write-ahead log that does not end."""
        self._connected()
        if month and self._month and month != self._month:
            return True
        if self._next - self._first >= files.SPAN - 1 or _bytes(self._partition) >= self._room.partition:
            return True
        return _bytes(f"{self._partition}-wal") >= WAL_LIMIT

    def _follow_suspects(self) -> None:
        for path in self._lookout.survey().suspects:
            self._quarantine(path, "a reader found it damaged")

    def _each(self, work: Callable[[sqlite3.Connection], T]) -> list[T]:
        """What `work` gives for each partition, the newest first. Raises StorageError.

        An older one that is damaged is marked, to be set aside before the next record.
        """
        return self._guarded(lambda: [work(self._connected()), *self._each_older(work)])

    def _each_older(self, work: Callable[[sqlite3.Connection], T]) -> Iterator[T]:
        for one in reversed(files.partitions(self.path)[:-1]):
            database = sqlite3.connect(one.path, timeout=5.0, isolation_level=None)
            try:
                yield work(database)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                files.suspect(one.path).touch()
            finally:
                database.close()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _bytes(path: Path | str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _put_back(path: Path, wal: bytes) -> None:
    """SQLite deletes the write-ahead log when the last connection closes, also one that it could not use: salvage can."""
    if wal and not path.exists():
        with path.open("wb") as file:
            file.write(wal)
            file.flush()
            os.fsync(file.fileno())
