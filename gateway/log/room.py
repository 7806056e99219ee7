"""Free space: how much of the card the log may use, and what goes first when it gets scarce.

The order is by value: evidence of damage that is mended, raw samples, minutes that every destination has confirmed, minutes that
some have not, and only then hours, alarms and other events; within each the oldest first. A file is dropped whole, or replaced by
one without the rows that go. Each eviction is told in an event before it is done.
"""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
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

LAST_MARGIN = MARGIN // 4
"""The same for what some destination has not confirmed."""

MINUTES = "kind = 'interval' AND period < 3600"
"""Which records go before hours, alarms and other events."""

ACCOUNTS = """kind = 'event' AND body LIKE '{"code":"evicted"%'"""
"""Records that tell what was evicted: they stay until every destination has confirmed them."""

What = Literal["salvaged", "raw", "confirmed", "unconfirmed", "damaged", "everything"]


@dataclass(frozen=True, slots=True)
class Eviction:
    """`path` goes, or of it the `count` records in `ranges` if it has others that are `kept` (how many); `what` kind of data."""

    what: What
    path: Path
    ranges: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """`free` says how many bytes an ordinary user may still write; `capacity`, `floor`: bytes."""

    free: Callable[[], int]
    capacity: int
    floor: int

    @classmethod
    def of(cls, folder: Path, floor: int = FLOOR) -> "Room":
        """The file system of `folder`; the floor is at most an eighth of it. Raises OSError."""
        found = os.statvfs(folder)
        capacity = found.f_blocks * found.f_frsize
        return cls(partial(free_space, folder), capacity, min(floor, capacity // 8))

    @property
    def partition(self) -> int:
        """Bytes at which a partition ends before its month does: a sixteenth of a small card."""
        return max(256 << 10, min(256 << 20, self.capacity // 16))

    def short(self, free: int) -> bool:
        """Whether something must go if so many bytes are `free`."""
        return free < self.floor + MARGIN

    def check(self, path: Path) -> None:
        """Raises StorageError if there is no room for a record at `path`."""
        if (free := self.free()) < self.floor:
            raise StorageError("full", path, f"{free >> 20} MB free, {self.floor >> 20} MB are kept free")

    def worth_rolling(self, newest: Path) -> bool:
        """Whether the newest partition has grown so far that ending it early gives something to evict."""
        return self.free() < self.floor + LAST_MARGIN and newest.stat().st_size >= self.partition // 4


def free_space(folder: Path) -> int:
    """Bytes that an ordinary user may still write in the file system of `folder`. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def plan(path: Path, newest: Path, room: Room, unconfirmed: Callable[[], Ranges]) -> Eviction | None:
    """What goes first of the log at `path`, never its partition `newest`. None if nothing is left, or if it would not help.

    Raises OSError or sqlite3.DatabaseError.
    """
    there = files.survey(path)
    older, damaged = [one.path for one in there.partitions if one.path != newest], there.damaged
    salvaged, raw = files.salvaged(path), raw_files(path)[:-1]
    if room.free() + sum(map(files.size, (*older, *salvaged, *damaged, *raw, newest))) < room.floor:
        return None  # somebody else fills the card
    if salvaged:
        return Eviction("salvaged", salvaged[0])
    if raw:
        return Eviction("raw", raw[0])
    owed = unconfirmed() if older else Ranges()
    for one in older:
        if (found := _records(one, "confirmed", f"{MINUTES} AND NOT owed(sequence)", owed)) and _fits(found, room):
            return found
    if room.free() >= room.floor + LAST_MARGIN:
        return None
    for one in older:
        if found := _records(one, "unconfirmed", MINUTES, owed):
            return found
    if damaged:
        return Eviction("damaged", damaged[0])
    everything = (_records(one, "everything", f"NOT ({ACCOUNTS} AND owed(sequence))", owed) for one in older)
    return next((found for found in everything if found), None)


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


def _records(partition: Path, what: What, where: str, owed: Ranges) -> Eviction | None:
    """The records of a partition for which `where` holds, if they are a tenth of it or more; a damaged one is marked."""
    gone, others = Ranges(), 0
    database = sqlite3.connect(partition, timeout=5.0)
    try:
        database.create_function("owed", 1, owed.__contains__)
        for number, goes in database.execute(f"SELECT sequence, {where} FROM records ORDER BY sequence"):
            if goes:
                gone.add(number, number)
            else:
                others += 1
    except sqlite3.DatabaseError as error:
        _mark_if_damaged(partition, error)
        return None
    finally:
        database.close()
    if gone.total == 0 or gone.total < others // 10:
        return None
    return Eviction(what, partition, list(gone), gone.total, others)


def _fits(found: Eviction, room: Room) -> bool:
    """Whether there is room for the file that replaces it, roughly; below the floor already, a quarter of it is left alone."""
    free = room.free()
    needed = files.size(found.path) * found.kept // (found.kept + found.count)
    return free - needed > (room.floor if free > room.floor else room.floor // 4)


def _mark_if_damaged(partition: Path, error: sqlite3.DatabaseError) -> None:
    """Leave it to be set aside before the next record. Any other error is raised again."""
    if not is_damage(error):
        raise error
    files.suspect(partition).touch()
