"""Rows out of a damaged file: every page is looked at by itself, whatever has become of the file's head and its inner pages.

A row counts if its check number is right, so that nothing is invented; rows of version 0.1, which have none, if their
body is whole JSON. They come back as a partition of the old name, under their own numbers: who was owed them is still owed them,
who has confirmed them is not. SQLite's file format: https://www.sqlite.org/fileformat2.html.
"""

import json
import logging
import mmap
import os
import sqlite3
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

from gateway.log import files
from gateway.log.room import Room
from gateway.log.schema import INSERT, crc, create
from gateway.record import RecordKind

PAGE = 4096
"""Bytes of a page: SQLite's default, which the log has always had."""

_LEAF = 13
_WAL_HEADER, _FRAME_HEADER = 32, 24
_FRAME = PAGE + _FRAME_HEADER
_COLUMNS = 11

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """From the damaged file now called `kept`, `count` rows came back; their numbers lie from `first` to `last`."""

    kept: Path
    count: int
    first: int
    last: int


class Salvager:
    """Salvages every damaged file of the log at `path`, in a thread of its own if `background`; `done` hears of each."""

    def __init__(self, path: Path, room: Room, done: Callable[[Salvaged], None], background: bool) -> None:
        self._path = path
        self._room = room
        self._done = done
        self._background = background
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin, if there is something to salvage and it does not go on already."""
        if (self._thread is not None and self._thread.is_alive()) or not files.survey(self._path).damaged:
            return
        if self._background:
            self._thread = threading.Thread(target=self._work, name="salvage", daemon=True)
            self._thread.start()
        else:
            self._work()

    def settle(self, patience: float) -> None:
        """Wait up to `patience` s for the thread."""
        if self._thread is not None:
            self._thread.join(patience)

    def _work(self) -> None:
        tried: set[Path] = set()
        while waiting := [one for one in files.survey(self._path).damaged if one not in tried]:
            damaged = waiting[0]
            tried.add(damaged)
            try:
                if self._room.free() - files.size(damaged) < self._room.floor:
                    continue
                self._done(salvage(damaged))
            except (OSError, ValueError, sqlite3.Error) as error:
                log.warning("%s: not salvaged yet: %s", damaged, error)


def salvage(damaged: Path) -> Salvaged:
    """Put the rows of a damaged file back in its old place. Raises OSError, ValueError or sqlite3.Error: then it stays."""
    place = files.original(damaged)
    files.take_wal(place, damaged)
    part = place.with_suffix(".part")
    database = create(part)
    try:
        database.execute("BEGIN")
        # the newest version of a row wins: the write-ahead log's after the file's, one with a time before one without
        statement = f"{INSERT} ON CONFLICT (sequence) DO UPDATE SET start = excluded.start, time_source = excluded.time_source, "
        statement += "time_error = excluded.time_error, crc = excluded.crc WHERE records.start IS NULL"
        database.executemany(statement, rows(damaged))
        count, first, last = database.execute("SELECT count(*), min(sequence), max(sequence) FROM records").fetchone()
        database.execute("COMMIT")
    finally:
        database.close()
    if count:
        files.put(part, files.partition_path(place, first, "") if files.is_single(place) else place)
    else:
        part.unlink()
    kept = damaged.with_name(damaged.name.replace(".damaged-", ".salvaged-"))
    wal = Path(f"{damaged}-wal")
    if wal.exists():
        os.replace(wal, f"{kept}-wal")
    os.replace(damaged, kept)
    files.sync_folder(place.parent)
    return Salvaged(kept, count, first or 0, last or 0)


def rows(damaged: Path) -> Iterator[tuple[Any, ...]]:
    """The rows that can be read and believed, each with its check number; one may come twice. Raises OSError."""
    with _mapped(damaged) as main, _mapped(Path(f"{damaged}-wal")) as wal:
        get = _pages(main, wal)
        for at in range(0, len(main) - PAGE + 1, PAGE):
            yield from _leaf(main[at : at + PAGE], get)
        for frame in _frames(wal):
            yield from _leaf(wal[frame.at : frame.at + PAGE], get)


def cut_off(partition: Path, wal: bytes, valid: int, last: int) -> tuple[list[tuple[Any, ...]], int]:
    """The rows above number `last` in `wal` behind its first `valid` frames, and how many transactions were there.

    SQLite ends at the first frame whose checksum is wrong: after a power cut that is the torn last one, with a flipped bit
    everything behind it would be lost. Raises OSError.
    """
    found: dict[int, tuple[Any, ...]] = {}
    behind = [frame for frame in _frames(wal) if frame.number > valid]
    with _mapped(partition) as main:
        get = _pages(main, wal)
        for frame in behind:
            found |= {row[0]: row for row in _leaf(wal[frame.at : frame.at + PAGE], get) if row[0] > last}
    return list(found.values()), sum(frame.commits and frame.present for frame in behind)


def _pages(main: "mmap.mmap | bytes", wal: "mmap.mmap | bytes") -> Callable[[int], bytes]:
    """Every page by its number, as it was last written."""
    frames = list(_frames(wal))
    newest = {frame.page: frame.at for frame in frames} | {frame.page: frame.at for frame in frames if frame.present}

    def page(number: int) -> bytes:
        at = newest.get(number)
        return main[(number - 1) * PAGE : number * PAGE] if at is None else wal[at : at + PAGE]

    return page


class _mapped:  # noqa: N801  # used like a function
    """The bytes of a file, not all in memory at once; none if it is not there or empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map: mmap.mmap | None = None

    def __enter__(self) -> "mmap.mmap | bytes":
        if not self._path.exists() or self._path.stat().st_size == 0:
            return b""
        with self._path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._map

    def __exit__(self, *_: object) -> None:
        if self._map is not None:
            self._map.close()


class _Place(NamedTuple):
    """Where in a write-ahead log which page lies.

    `number` counts from 1; `commits`: it ends a transaction; `present`: of the present round, not left from an earlier one
    """

    number: int
    page: int
    at: int
    commits: bool
    present: bool


def _frames(wal: "mmap.mmap | bytes") -> Iterator[_Place]:
    """The frames of a write-ahead log."""
    for number, at in enumerate(range(_WAL_HEADER, len(wal) - _FRAME + 1, _FRAME), 1):
        page, pages = struct.unpack(">II", wal[at : at + 8])
        yield _Place(number, page, at + _FRAME_HEADER, pages > 0, wal[at + 8 : at + 16] == wal[16:24])


def _leaf(page: bytes, get: Callable[[int], bytes]) -> Iterator[tuple[Any, ...]]:
    """The rows of one page, if it is a leaf of a table; what cannot be read or believed is left out."""
    if len(page) < PAGE or page[0] != _LEAF:
        return
    (count,) = struct.unpack(">H", page[3:5])
    for n in range(min(count, (PAGE - 8) // 2)):
        (at,) = struct.unpack(">H", page[8 + 2 * n : 10 + 2 * n])
        try:
            row = _row(page, at, get)
        except (IndexError, ValueError, struct.error):
            continue
        if row is not None:
            yield row


def _row(page: bytes, at: int, get: Callable[[int], bytes]) -> tuple[Any, ...] | None:
    size, at = _varint(page, at)
    sequence, at = _varint(page, at)
    content = _content(page, at, size, get)
    head, here = _varint(content, 0)
    here, values = here, []
    there = head
    while here < head:
        kind, here = _varint(content, here)
        value, there = _value(content, there, kind)
        values.append(value)
    row = (sequence, *values[1:_COLUMNS])
    row += (None,) * (_COLUMNS - len(row))
    check = values[_COLUMNS] if len(values) > _COLUMNS else None
    if check is not None:
        return (*row, check) if check == crc(*row) else None
    return (*row, crc(*row)) if _plausible(row) else None


def _plausible(row: tuple[Any, ...]) -> bool:
    """Whether this is a row of the log: nothing else vouches for it."""
    _sequence, kind, period, start, revision, boot, monotonic, source, _error, body, _clock = row
    if kind not in get_args(RecordKind) or not all(isinstance(one, int) for one in (period, revision, monotonic)):
        return False
    if not isinstance(boot, str) or not isinstance(source, str) or not isinstance(start, int | None):
        return False
    return isinstance(json.loads(body), list if kind == "interval" else dict)


def _content(page: bytes, at: int, size: int, get: Callable[[int], bytes]) -> bytes:
    """The payload of a cell: what lies in the page, and the rest along its chain of overflow pages."""
    most = PAGE - 35
    if size <= most:
        return page[at : at + size]
    least = (PAGE - 12) * 32 // 255 - 23
    local = least + (size - least) % (PAGE - 4)
    local = local if local <= most else least
    content = page[at : at + local]
    (next_page,) = struct.unpack(">I", page[at + local : at + local + 4])
    while next_page and len(content) < size:
        more = get(next_page)
        (next_page,) = struct.unpack(">I", more[:4])
        content += more[4:]
    if len(content) < size:
        raise ValueError("the chain of pages ends too early")
    return content[:size]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for n in range(9):
        byte = data[at + n]
        if n == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    raise AssertionError("unreachable")


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    """A column's value by its serial type, and where it ends."""
    if kind in (0, 8, 9):
        return (None, 0, 1)[(0, 8, 9).index(kind)], at
    if kind <= 6:
        end = at + (1, 2, 3, 4, 6, 8)[kind - 1]
        return int.from_bytes(data[at:end], "big", signed=True), end
    if kind < 13 or kind % 2 == 0:
        raise ValueError("no column of ours has this type")
    end = at + (kind - 13) // 2
    if end > len(data):
        raise ValueError("the text ends too early")
    return str(data[at:end], "utf-8"), end
