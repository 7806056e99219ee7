"""A simulated computer for the oracle's runs: its clocks, its card, and what a power cut leaves on that card.

Time and space are simulated; the files are real ones, written by the product's own store and ledger.
"""

import os
import random
import struct
from pathlib import Path

from station.clock import NTP_ERROR

UPTIME = 10_000
"""ms of monotonic time at which the services start."""

CAPACITY = 12 << 20
"""Bytes of the simulated card that are free when it is empty: a small one, which fills within weeks."""

FLOOR = 1 << 20
"""Bytes that the log leaves free."""

PAGE, LEAF, OVERFLOW = 4096, 13, 0
"""Bytes of a page of SQLite; the first byte of one that holds rows of a table, and of one that goes on with a long row."""

_WAL_HEADER, _FRAME_HEADER = 32, 24


class Clocks:
    """True time, and what the device thinks of it. Also what its kernel says (`station.clock.Kernel`)."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.boot_at = now
        self.wrong_by = 0
        self.disciplined = False
        self.battery = True

    def wall(self) -> float:
        """s since 1970, as the device's clock says."""
        return (self.now + self.wrong_by) / 1000

    def monotonic(self) -> float:
        """s since the device started."""
        return (self.now - self.boot_at + UPTIME) / 1000

    def at(self, monotonic: float) -> int:
        """True time in ms at `monotonic` s of this boot."""
        return round(monotonic * 1000) - UPTIME + self.boot_at

    def synchronised(self) -> int | None:
        """Estimated error in ms, or None."""
        return NTP_ERROR if self.disciplined else None

    def weak_source(self) -> str:
        """Who vouches for a clock that is not synchronised."""
        return "rtc" if self.battery else ""


class Card:
    """Free space: a fixed size less our own files less what others have written (`ballast`)."""

    def __init__(self, folder: Path, capacity: int = CAPACITY) -> None:
        self._folder = folder
        self.capacity = capacity
        self.ballast = 0

    def free(self) -> int:
        """Bytes."""
        with os.scandir(self._folder) as entries:
            used = sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
        return self.capacity - used - self.ballast

    def fill(self, variant: float) -> None:
        """Others write so much that nothing helps (`variant` under 0.5), or that the log must give up some of what it has."""
        self.ballast = 0
        free = self.free()
        self.ballast = self.capacity if variant < 0.5 else max(0, free - FLOOR + round((self.capacity - free) * (variant - 0.5)))


def scribble(database: Path, chance: random.Random) -> None:
    """Spoil the head of a file of the log and every page of it that holds no rows; one in four is left without its end, too.

    What has rows stays: every one of them must come back. No page behind the last one with rows is spoiled by cutting it off.
    """
    content = bytearray(database.read_bytes())
    leaves = [at for at in range(0, len(content), PAGE) if content[at] in (LEAF, OVERFLOW)]
    for at in range(0, len(content), PAGE):
        if at == 0 or at not in leaves:
            content[at : at + 512] = chance.randbytes(512)
    if chance.random() < 0.25 and leaves:
        del content[leaves[-1] + PAGE :]
    database.write_bytes(content)


class PowerCut:
    """What a power cut leaves: keep the files as they are, let their owners go, put them back less what was not synced.

    In the write-ahead log of a file with `synchronous=NORMAL` (the ledger) only the frames before the last checkpoint are
    certain; of the rest any number from the first may have reached the card. With FULL every frame was synced when the
    commit returned. Behind the last frame there may be a torn one.
    """

    def __init__(self, certain: Path, loose: Path, chance: random.Random) -> None:
        """`certain` is the folder of files written with FULL, `loose` of those with NORMAL."""
        self._chance = chance
        self._kept: dict[Path, bytes] = {}
        for folder in (certain, loose):
            for path in sorted(folder.glob("*.db*")):
                if path.is_symlink() or path.name.endswith("-shm"):
                    continue
                content = path.read_bytes()
                if path.name.endswith("-wal"):
                    content = self._wal(path, content, folder == certain)
                self._kept[path] = content
        self._folders = (certain, loose)

    def restore(self) -> None:
        """The files as they are when the power comes back; nobody may have them open."""
        for folder in self._folders:
            for path in folder.glob("*.db*"):
                if not path.is_symlink():
                    path.unlink()
        for path, content in self._kept.items():
            path.write_bytes(content)

    def _wal(self, path: Path, content: bytes, certain: bool) -> bytes:
        index = Path(f"{str(path).removesuffix('-wal')}-shm")
        if len(content) < _WAL_HEADER or not index.exists():
            return content
        (page,) = struct.unpack(">I", content[8:12])
        head = index.read_bytes()[:136]
        (frames,) = struct.unpack("=I", head[16:20])
        (checkpointed,) = struct.unpack("=I", head[96:100])
        if not certain:
            frames = self._chance.randint(min(checkpointed, frames), frames)
        size = _FRAME_HEADER + page
        whole = content[: _WAL_HEADER + frames * size]
        torn = self._chance.randbytes(self._chance.randrange(0, size, 512) if self._chance.random() < 0.5 else 0)
        return whole + torn
