"""The writing end of the record log: one transaction a record, on the card when `append` returns (WAL, synchronous=FULL)."""

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gateway.log import files
from gateway.log.faults import StorageError, is_damage, storage_error
from gateway.log.room import Eviction, Room, plan, rebuild
from gateway.log.salvage import Salvaged, Salvager
from gateway.log.schema import INSERT, TooNew, adopt, crc, create, end_of, is_marked, mark, migrate, set_up, unmark
from gateway.ranges import Ranges
from gateway.record import Record

T = TypeVar("T")

WAL_PAGES = 256
"""Pages after which the write-ahead log is brought into the file (1 MB): it stays small, and so does the loss if it is lost."""

WAL_LIMIT = 8 << 20
"""Bytes; a reader that stays for long keeps the write-ahead log from beginning anew: beyond this the next partition begins."""

SALVAGE_AGAIN = 60
"""Records between two attempts to salvage what could not be salvaged before (a full card)."""


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


@dataclass(frozen=True, slots=True)
class Replaced:
    """A partition was damaged and lies under the name `quarantined`; `why`: what was wrong."""

    quarantined: Path
    why: str


@dataclass(frozen=True, slots=True)
class WalMissing:
    """The write-ahead log was gone though nobody had closed the file: records from number `after` on may be lost."""

    after: int


Happening = Replaced | Salvaged | WalMissing


class RecordLog:
    """The log of one station. `happenings`: what befell it, for its owner to take out and tell."""

    def __init__(self, path: Path, first: int, room: Room, background: bool = True) -> None:
        self.path = path
        self.happenings: deque[Happening] = deque()
        self._room = room
        self._next = first
        self._database: sqlite3.Connection | None = None
        self._partition = path
        self._first = first
        self._month = ""
        self._failed = False
        self._appended = 0
        self._salvager = Salvager(path, room, self.happenings.append, background)
        self._spans: dict[tuple[Path, int], tuple[int, int]] = {}

    @classmethod
    def open(cls, path: Path, first: int, room: Room | None = None, background: bool = True) -> "RecordLog":
        """Open or begin the log whose stable name is `path`; a damaged file is set aside under a dated name.

        `first` is the first number of a new log: the Unix time in ms, so that no number is ever used again even if older
        files are lost. `room`: how much of the card may be used. `background`: salvage in a thread of its own. Raises
        StorageError, or TooNew.
        """
        log = cls(path, first, room or Room.of(path.parent), background)
        try:
            for left in path.parent.glob("*.part*"):
                left.unlink()
            adopt(path, first)
        except OSError as error:
            raise StorageError("io", path, str(error)) from None
        log._guarded(log._connected)
        log._look_at_older()
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
            self._roll(month)
        row = (self._next, record.kind, record.period, record.start, record.revision, record.boot, record.monotonic)
        row += (record.time_source, record.time_error, record.body, record.clock)  # type: ignore[assignment]
        self._connected().execute(INSERT, (*row, crc(*row)))
        self._month = self._month or month
        self._next += 1
        return self._next - 1

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
        """UTC ms of the newest stamped record among the last thousand of a partition, or None. Raises StorageError."""
        statement = "SELECT max(start) FROM (SELECT start FROM records ORDER BY sequence DESC LIMIT 1000)"
        return next((int(rows[0][0]) for rows in self._select(statement, ()) if rows[0][0] is not None), None)

    def eviction(self, unconfirmed: Callable[[], Ranges]) -> Eviction | None:
        """What must go next so that free space stays above the floor, or None. Raises StorageError.

        `unconfirmed`: the numbers that some destination has not confirmed. The newest partition is ended if nothing else is left.
        """
        if not self._room.short():
            return None
        found = self._guarded(lambda: plan(self.path, self._partition, self._room, unconfirmed))
        if found is None and self._room.worth_rolling(self._partition):
            self._guarded(lambda: self._roll(self._month))
            found = self._guarded(lambda: plan(self.path, self._partition, self._room, unconfirmed))
        return found

    def evict(self, what: Eviction) -> None:
        """Do it. Raises StorageError."""
        self._guarded(lambda: rebuild(what.path, what.ranges) if what.kept else files.remove(what.path))

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
            self._next = max(self._next, self._first + files.SPAN)
        if partition.exists():
            self.happenings.append(Replaced(files.set_aside(partition), why))
            self._salvager.begin()

    def _let_go(self) -> None:
        """Close without touching the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _connected(self) -> sqlite3.Connection:
        """The newest partition; one is made if there is none. Raises sqlite3.DatabaseError, OSError or TooNew."""
        if self._database is not None:
            return self._database
        found = files.partitions(self.path)
        if not found:
            self._create("")
            found = files.partitions(self.path)
        newest = found[-1]
        self._partition, self._first = newest.path, newest.first
        had_wal = _bytes(Path(f"{newest.path}-wal")) > 0
        database = sqlite3.connect(newest.path, timeout=5.0, isolation_level=None, check_same_thread=False)
        try:
            set_up(database, WAL_PAGES, may_be_empty=newest.first == 0)
            last, self._month = end_of(database)
            lost = not had_wal and is_marked(database)
            mark(database)
        except (sqlite3.Error, TooNew):
            database.close()
            raise
        self._next = max(self._first, last + 1) if last is not None else self._first or self._next
        self._database = database
        if newest.first:
            files.link(self.path, newest.path)
        if lost:
            self.happenings.append(WalMissing(self._next))
            self._next += files.SPAN
            self._roll(self._month)
        return self._database

    def _create(self, month: str) -> None:
        """A new partition from the next number on, in its place or not at all."""
        path = files.partition_path(self.path, self._next, month)
        part = path.with_suffix(".part")
        create(part).close()
        files.put(part, path)

    def _roll(self, month: str) -> None:
        """Begin the next partition; whatever fails leaves the present one in use."""
        if self._next == self._first:
            return
        database = self._connected()
        self._create(month)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.close()
        self._connected()

    def _is_over(self, month: str) -> bool:
        """Whether the newest partition has had its month, its share of the card, or a write-ahead log that does not end."""
        self._connected()
        if month and self._month and month != self._month:
            return True
        if self._next - self._first >= files.SPAN - 1 or _bytes(self._partition) >= self._room.partition:
            return True
        return _bytes(Path(f"{self._partition}-wal")) >= WAL_LIMIT

    def _look_at_older(self) -> None:
        """Bring older partitions to the newest schema; one that cannot be read is set aside. Raises StorageError, TooNew."""
        self._each(migrate)
        self._guarded(self._follow_suspects)

    def _follow_suspects(self) -> None:
        for path in files.survey(self.path).suspects:
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


def _bytes(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
