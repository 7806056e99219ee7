"""Where the log lies: partitions, their names, and changes of names that a power cut leaves undone or done.

    records-001793577600000-2026-11.db          a partition: the number of its first record, and its month for people
    records.db                                  a link to the newest one
    records-….damaged-20261124T101500.db        set aside because it was damaged; its rows are being salvaged
    records-….salvaged-20261124T101500.db       the same when that is done
    records-….suspect                           a reader found that partition damaged: its writer sets it aside

A partition covers the numbers from its first up to the next partition's. It is never renamed while it is in use, it ends with
its month (or with its share of a small card), and it is dropped or replaced whole: no file is ever vacuumed.
"""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

SPAN = 10_000_000
"""A partition holds fewer numbers than this (four months of seconds): so far ahead no number was ever used."""

ENDINGS = ("", "-wal", "-shm", "-journal")
"""What may lie beside a database of SQLite, and itself."""

TICK = 20_000_000
"""ns within which two changes of a folder may have the same time: two ticks of the slowest kernel."""

COARSE = 1_000_000
"""ns: a time that is a multiple of this comes from a file system that keeps no finer ones."""

_ASIDE = re.compile(r"(?:-(\d{15})(?:-\d{4}-\d\d)?)?\.(damaged|salvaged)-[\dT-]+\.db")
_NAME = re.compile(r"-(\d{15})(-\d{4}-\d\d)?\.db")


@dataclass(frozen=True, slots=True)
class Partition:
    """One file of the log. `inode` tells one that was replaced from the one before."""

    first: int
    path: Path
    inode: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in the folder of a log.

    partitions, oldest first; damaged files still to be salvaged; suspects: partitions marked by a reader; spoiled: the highest
    first number of a file that was ever set aside, -1 if none was: what came back of it may lack its end
    """

    partitions: list[Partition]
    damaged: list[Path]
    suspects: list[Path]
    spoiled: int


def survey(path: Path) -> Survey:
    """What lies there of the log at `path` (its stable name). Raises OSError."""
    stem, found, damaged, marked, spoiled = path.stem, [], [], set(), -1
    with os.scandir(path.parent) as entries:
        for entry in entries:
            name = entry.name
            if not name.startswith(stem):
                continue
            if match := _NAME.fullmatch(name, len(stem)):
                found.append(Partition(int(match[1]), path.with_name(name), entry.inode()))
            elif name == path.name:
                if not entry.is_symlink():
                    found.append(Partition(0, path, entry.inode()))  # the single file of version 0.1
            elif name.endswith(".suspect"):
                marked.add(name)
            elif (aside := _ASIDE.fullmatch(name, len(stem))) is not None:
                spoiled = max(spoiled, int(aside[1] or 0))
                if aside[2] == "damaged":
                    damaged.append(path.with_name(name))
    found.sort(key=lambda one: one.first)
    suspects = [one.path for one in found if marked and suspect(one.path).name in marked]
    return Survey(found, sorted(damaged), suspects, spoiled)


class Lookout:
    """`survey` of one log again and again: the folder is read only if a name in it may have changed, whoever changed it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = os.fspath(path.parent)
        self._changed = (-1, -1)
        self._last = Survey([], [], [], -1)

    def survey(self) -> Survey:
        """What lies there now. Raises OSError."""
        now = time.time_ns()
        folder = os.stat(self._folder)
        changed = (folder.st_ino, folder.st_mtime_ns)
        if changed != self._changed:
            self._last = survey(self._path)
            self._changed = changed if _is_settled(folder.st_mtime_ns, now) else (-1, -1)
        return self._last


def _is_settled(changed: int, now: int) -> bool:
    """Whether one more change of a folder would show in its time (ns): the clock ticks, and some cards keep seconds only."""
    return changed % COARSE != 0 and now - changed > TICK


def partitions(path: Path) -> list[Partition]:
    """The partitions of the log at `path`, oldest first. Raises OSError."""
    return survey(path).partitions


def partition_path(path: Path, first: int, month: str) -> Path:
    """The name of the partition that begins with number `first` in `month` ("2026-11", "" if not known)."""
    return path.with_name(f"{path.stem}-{first:015d}{'-' * bool(month)}{month}.db")


def day_of(start: int) -> str:
    """The day in Beijing of a time in UTC ms: "2026-11-24"."""
    return time.strftime("%Y-%m-%d", time.gmtime(start / 1000 + 8 * 3600))


def month_of(start: int | None) -> str:
    """The month in Beijing of a time in UTC ms: "2026-11"; "" without a time."""
    return "" if start is None else day_of(start)[:7]


def size(path: Path) -> int:
    """Bytes of a database and what lies beside it."""
    total = 0
    for ending in ENDINGS:
        try:
            total += os.stat(f"{path}{ending}").st_size
        except FileNotFoundError:
            continue
    return total


def sync_folder(folder: Path) -> None:
    """Changes of names in `folder` are on the card when this returns. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put(part: Path, path: Path) -> None:
    """`part`, complete and synced, becomes `path`, whatever lay there before. Raises OSError.

    A write-ahead log left by a lost predecessor must not be taken for that of the new file.
    """
    remove_beside(path)
    os.replace(part, path)
    sync_folder(path.parent)


def remove_beside(path: Path) -> None:
    """Remove what lies beside the database `path`. Raises OSError."""
    for ending in ENDINGS[1:]:
        Path(f"{path}{ending}").unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Drop a file of the log and what lies beside it. Raises OSError."""
    path.unlink(missing_ok=True)
    remove_beside(path)
    sync_folder(path.parent)


def link(path: Path, target: Path) -> None:
    """Make `path`, the stable name, a link to `target`; a regular file of that name is left alone. Raises OSError."""
    if os.readlink(path) == target.name if path.is_symlink() else path.exists():
        return
    part = path.with_suffix(".link")
    part.unlink(missing_ok=True)
    part.symlink_to(target.name)
    os.replace(part, path)
    sync_folder(path.parent)


def set_aside(path: Path) -> Path:
    """Put a damaged partition under a dated name, with its write-ahead log; that name. Raises OSError."""
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.stem}.damaged-{stamp}.db")
    number = 1
    while aside.exists():
        aside = path.with_name(f"{path.stem}.damaged-{stamp}-{number}.db")
        number += 1
    os.replace(path, aside)
    take_wal(path, aside)
    remove_beside(path)
    suspect(path).unlink(missing_ok=True)
    sync_folder(path.parent)
    return aside


def take_wal(path: Path, aside: Path) -> None:
    """The write-ahead log of `path` belongs to `aside` now, if there is one that is not there yet. Raises OSError."""
    wal = Path(f"{path}-wal")
    if wal.exists() and not Path(f"{aside}-wal").exists():
        os.replace(wal, f"{aside}-wal")


def original(damaged: Path) -> Path:
    """The name that a file had before it was set aside."""
    return damaged.with_name(damaged.name.partition(".damaged-")[0] + ".db")


def is_single(path: Path) -> bool:
    """Whether this is the name of the single file of version 0.1, and not that of a partition."""
    return _NAME.search(path.name) is None


def salvaged(path: Path) -> list[Path]:
    """Damaged files whose rows have been salvaged: kept as evidence while there is room, oldest first."""
    return sorted(path.parent.glob(f"{path.stem}*.salvaged-*.db"))


def suspect(partition: Path) -> Path:
    """The mark that says: a reader found this partition damaged."""
    return partition.with_suffix(".suspect")
