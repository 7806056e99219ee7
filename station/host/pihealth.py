"""The health of the computer itself, read from /proc and /sys below `root`. What a machine lacks is None.

Sources: the Raspberry Pi's throttle bits as in `vcgencmd get_throttled` (bit 0 under-voltage now, 1 frequency capped,
2 throttled, 3 soft temperature limit; the same at 16 to 19 since the start); proc(5); the kernel's Documentation/block/stat.rst
and Documentation/ABI/testing/sysfs-fs-ext4; JEDEC eMMC 5.0 for a card's life in tenths.
"""

import os
from pathlib import Path
from typing import NamedTuple

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
UNDER_VOLTAGE, CAPPED, SLOWED, HOT = 0x1, 0x2, 0x4, 0x8
SINCE_START = 16
"""The same bits shifted by so many: it has happened since the start."""

RSTS = "proc/device-tree/chosen/bootloader/rsts"
CARD_RESET, POWER_ON, ANY_RESET = 0x20, 0x1000, 0x60

SECTOR = 512
"""Bytes of a sector in /sys/block/*/stat, whatever the device's own are."""


def text_of(root: Path, name: str) -> str | None:
    """The text of a file, or None."""
    try:
        return (root / name).read_text("utf-8", "replace").strip("\0 \n")
    except OSError:
        return None


def _number(text: str | None, base: int = 10) -> int | None:
    try:
        return int(text, base) if text else None
    except ValueError:
        return None


def throttled(root: Path) -> int | None:
    """The throttle bits; of a Pi without that file only the voltage alarm of its firmware's sensor."""
    bits = _number(text_of(root, THROTTLED), 16)
    if bits is not None:
        return bits
    for name in sorted(root.glob("sys/class/hwmon/hwmon*/name")):
        if name.read_text("ascii", "replace").strip() == "rpi_volt":
            return _number(text_of(name.parent, "in0_lcrit_alarm"))
    return None


def temperature(root: Path) -> float | None:
    """°C of the processor."""
    milli = _number(text_of(root, "sys/class/thermal/thermal_zone0/temp"))
    return None if milli is None else milli / 1000


def memory_free(root: Path) -> int | None:
    """MB that programs may still get (MemAvailable)."""
    for line in (text_of(root, "proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) >> 10
    return None


def load(root: Path) -> float | None:
    """Mean number of runnable processes over five minutes."""
    fields = (text_of(root, "proc/loadavg") or "").split()
    return float(fields[1]) if len(fields) > 1 else None


def uptime(root: Path) -> float | None:
    """s since the machine's start."""
    fields = (text_of(root, "proc/uptime") or "").split()
    return float(fields[0]) if fields else None


def wireless(root: Path) -> float | None:
    """dBm of the first WLAN interface (proc(5) lists them in /proc/net/wireless; the level is in the fourth column)."""
    for line in (text_of(root, "proc/net/wireless") or "").splitlines()[2:]:
        fields = line.split()
        if len(fields) > 3:
            return float(fields[3].rstrip("."))
    return None


def reset_cause(root: Path) -> str:
    """What the last start came from: "power", "watchdog", "restart" (any without the power being away), "" where nothing tells.

    A Raspberry Pi's driver does not tell of its watchdog (no WDIOF_CARDRESET in bcm2835_wdt.c); its firmware hands on PM_RSTS,
    whose bit 12 is a power-on and bits 5 and 6 a full or hard reset, by watchdog or by command alike.
    """
    status = _number(text_of(root, "sys/class/watchdog/watchdog0/bootstatus"))
    if status is not None and status & CARD_RESET:
        return "watchdog"
    try:
        bits = int.from_bytes((root / RSTS).read_bytes(), "big")
    except OSError:
        return ""
    return "power" if bits & (POWER_ON | ANY_RESET) == POWER_ON else "restart"


def machine_serial(root: Path) -> str:
    """The computer's own serial number (a Raspberry Pi's is in its device tree), else the id of its system, "" if neither."""
    return text_of(root, "proc/device-tree/serial-number") or text_of(root, "etc/machine-id") or ""


def standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


class Mount(NamedTuple):
    """Where a folder lies: its device ("mmcblk0p2"), where that is mounted, of which type, and whether it may be written."""

    device: str
    point: str
    kind: str
    writable: bool


def mount_of(root: Path, folder: Path) -> Mount | None:
    """The mount that holds `folder`, by /proc/mounts."""
    best: Mount | None = None
    for line in (text_of(root, "proc/mounts") or "").splitlines():
        device, point, kind, options = line.split()[:4]
        inside = point == "/" or folder == Path(point) or Path(point) in folder.parents
        if inside and (best is None or len(point) >= len(best.point)):
            best = Mount(os.path.basename(device), point, kind, "ro" not in options.split(","))
    return best


class Card(NamedTuple):
    """The disk under a folder.

    name     "mmcblk0"
    written  MB written since the start
    worn     tenths of its life that are used up (1 to 10, 11: past it), for those that tell
    errors   errors that the file system has counted
    """

    name: str
    written: int | None
    worn: int | None
    errors: int | None


def card_of(root: Path, mount: Mount) -> Card:
    """What is known of the disk of a mount."""
    name = mount.device
    if not (root / f"sys/block/{name}").exists():
        name = next((d.parent.name for d in root.glob(f"sys/block/*/{mount.device}")), name)
    fields = (text_of(root, f"sys/block/{name}/stat") or "").split()
    written = int(fields[6]) * SECTOR >> 20 if len(fields) > 6 else None
    ages = (text_of(root, f"sys/block/{name}/device/life_time") or "").split()
    worn = max((age for text in ages if (age := _number(text, 16))), default=None)
    return Card(name, written, worn, _number(text_of(root, f"sys/fs/ext4/{mount.device}/errors_count")))
