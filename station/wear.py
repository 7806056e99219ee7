"""How the card wears: what was written to it since the computer started, and what it says of its own life. Reads /sys only.

SD cards say nothing; eMMC reports its life in tenths that are used up (JEDEC eMMC 5.0, EXT_CSD 268 and 269).
"""

import os
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
"""Bytes of the unit in /sys/block/*/stat, whatever the device's own is (Linux, Documentation/block/stat.rst)."""

_SECTORS_WRITTEN = 6
"""Its column of that file, counted from 0."""


@dataclass(frozen=True, slots=True)
class Wear:
    """device      the block device that holds the folder ("mmcblk0"), "" if none does (a folder in memory)
    written     bytes written to it since the computer started, None if unknown
    used        share of its life that is used up, 0.1 to 1.1, the worse of its two kinds of cells; None if it does not say
    """

    device: str
    written: int | None
    used: float | None


def look(folder: Path, system: Path = Path("/sys")) -> Wear:
    """The wear of what holds `folder`. Raises OSError if the folder is not there."""
    number = os.stat(folder).st_dev
    link = system / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
    try:
        found = link.resolve(strict=True)
    except OSError:
        return Wear("", None, None)
    disk = found.parent if (found / "partition").exists() else found
    return Wear(disk.name, _written(disk), _used(disk))


def _written(disk: Path) -> int | None:
    try:
        return int((disk / "stat").read_text("ascii").split()[_SECTORS_WRITTEN]) * SECTOR
    except (OSError, ValueError, IndexError):
        return None


def _used(disk: Path) -> float | None:
    """ "0x01 0x02": tenths used by either kind of cells; 0 says nothing, 11 is beyond the end."""
    try:
        tenths = [int(word, 16) for word in (disk / "device" / "life_time").read_text("ascii").split()]
    except (OSError, ValueError):
        return None
    return max(tenths, default=0) / 10 or None
