"""Free space: how much of the card the log may use, and what goes first when it gets scarce.

The order is by value: evidence of damage that is mended, raw samples, minutes that every destination has confirmed, minutes that
some have not, and only then hours, alarms and other events; within each the oldest first. A file is dropped whole, or replaced by
one without the rows that go. Each eviction is told in an event before it is done.
"""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from gateway.log import files
from gateway.log.faults import StorageError, is_damage
from gateway.log.schema import COLUMNS, create
from gateway.ranges import Ranges

FLOOR = 32 << 20
"""Bytes of the card that are never taken, if nothing else is configured."""

MARGIN = 2 << 20
"""Bytes above the floor at which something must go: room for the write-ahead log and for what replaces a file."""

MINUTES = "kind = 'interval' AND period < 3600"
"""Which records go before hours, alarms and other events."""

What = Literal["salvaged", "raw", "confirmed", "unconfirmed", "damaged", "everything"]


@dataclass(frozen=True, slots=True)
class Eviction:
    """`path` goes, or of it the records in `ranges` only (`partly`); `what` kind of data, `count` records."""

    what: What
    path: Path
    ranges: list[tuple[int, int]]
    count: int
    partly: bool


@dataclass(frozen=True, slots=True)
class Room:
    """`free` says how many bytes an ordinary user may still write; `capacity`, `floor`: bytes."""

    free: Callable[[], int]
    capacity: int
    floor: int

    @classmethod
    def of(cls, folder: Path, floor: int = FLOOR) -> "Room":
        """The file system of `folder`. Raises OSError."""
        found = os.statvfs(folder)
        return cls(partial(free_space, folder), found.f_blocks * found.f_frsize, floor)

    @property
    def partition(self) -> int:
        """Bytes at which a partition ends before its month does: a sixteenth of a small card."""
        return max(256 << 10, min(256 << 20, self.capacity // 16))

    def short(self) -> bool:
        """Whether something must go."""
        return self.free() < self.floor + MARGIN

    def check(self, path: Path) -> None:
        """Raises StorageError if there is no room for a record at `path`."""
        if (free := self.free()) < self.floor:
            raise StorageError("full", path, f"{free >> 20} MB free, {self.floor >> 20} MB are kept free")

    def worth_rolling(self, newest: Path) -> bool:
        """Whether the newest partition has grown so far that ending it early gives something to evict."""
        return files.size(newest) >= self.partition // 4


def free_space(folder: Path) -> int:
    """Bytes that an ordinary user may still write in the file system of `folder`. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def plan(path: Path, newest: Path, room: Room, unconfirmed: Callable[[], Ranges]) -> Eviction | None:
    """What goes first of the log at `path`, never its partition `newest`. None if nothing is left, or if it would not help.

    Raises OSError or sqlite3.DatabaseError.
    """
    older = [one.path for one in files.partitions(path) if one.path != newest]
    salvaged, damaged, raw = files.salvaged(path), files.damaged(path), raw_files(path)[:-1]
    if room.free() + sum(map(files.size, (*older, *salvaged, *damaged, *raw, newest))) < room.floor:
        return None  # somebody else fills the card
    for what, candidates in (("salvaged", salvaged), ("raw", raw)):
        if candidates:
            return Eviction(what, candidates[0], [], 0, False)  # type: ignore[arg-type]
    owed = unconfirmed() if older else Ranges()
    for one in older:
        if (found := _minutes(one, "confirmed", owed)) and room.free() - _kept(one, found) > room.floor:
            return found
    for one in older:
        if found := _minutes(one, "unconfirmed", Ranges()):
            return found
    if damaged:
        return Eviction("damaged", damaged[0], [], 0, False)
    return _everything(older[0]) if older else None


def raw_files(path: Path) -> list[Path]:
    """Files of raw samples beside the log at `path`, oldest first."""
    return sorted(path.parent.glob("raw-*.db"))


def rebuild(path: Path, without: list[tuple[int, int]]) -> None:
    """Replace the partition `path` by one without these numbers. Raises OSError or sqlite3.DatabaseError."""
    part = path.with_suffix(".part")
    database = create(part)
    try:
        database.execute("ATTACH ? AS old", (str(path),))
        database.execute("CREATE TEMP TABLE gone (first INTEGER, last INTEGER)")
        database.executemany("INSERT INTO gone VALUES (?, ?)", without)
        here = "SELECT 1 FROM gone WHERE sequence BETWEEN gone.first AND gone.last"
        database.execute(f"INSERT INTO records SELECT {COLUMNS}, crc FROM old.records WHERE NOT EXISTS ({here})")
    except sqlite3.DatabaseError as error:
        _mark_if_damaged(path, error)
        return
    finally:
        database.close()
    files.put(part, path)


def _minutes(partition: Path, what: What, owed: Ranges) -> Eviction | None:
    """The minutes of a partition that are not in `owed`, if a tenth of its records or more."""
    gone, others = Ranges(), 0
    for number, is_minute in _rows(partition, f"SELECT sequence, {MINUTES} FROM records ORDER BY sequence"):
        if is_minute and number not in owed:
            gone.add(number, number)
        else:
            others += 1
    if gone.total == 0 or gone.total < others // 10:
        return None
    return Eviction(what, partition, list(gone), gone.total, others > 0)


def _everything(partition: Path) -> Eviction:
    gone = Ranges()
    for (number,) in _rows(partition, "SELECT sequence FROM records ORDER BY sequence"):
        gone.add(number, number)
    return Eviction("everything", partition, list(gone), gone.total, False)


def _kept(partition: Path, found: Eviction) -> int:
    """Bytes that the file needs that replaces `partition`, roughly."""
    if not found.partly:
        return 0
    ((count,),) = _rows(partition, "SELECT count(*) FROM records")
    return files.size(partition) * (count - found.count) // count + (64 << 10)


def _rows(partition: Path, statement: str) -> list[tuple[int, ...]]:
    """The rows; none of a damaged file, which is marked."""
    database = sqlite3.connect(partition, timeout=5.0)
    try:
        return database.execute(statement).fetchall()
    except sqlite3.DatabaseError as error:
        _mark_if_damaged(partition, error)
        return []
    finally:
        database.close()


def _mark_if_damaged(partition: Path, error: sqlite3.DatabaseError) -> None:
    """Leave it to be set aside before the next record. Any other error is raised again."""
    if not is_damage(error):
        raise error
    files.suspect(partition).touch()
