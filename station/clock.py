"""Two clocks: the monotonic one, on which everything is measured, and UTC, which is a label given when it is trusted.

A Raspberry Pi without a battery clock wakes up in the past, one whose battery clock was set wrongly in another year. Measuring
does not wait for the right time: intervals carry boot id and monotonic time, and are stamped when UTC has become believable.

Who may be believed: a synchronised system clock ("ntp") always. Without it the system clock only if it lies between what has
certainly passed and `AHEAD` later, and if nobody is there who will soon know better ("rtc" with a battery clock, else "system").
Once synchronised, a clock that jumps while it is not is not followed: time goes on from the last good one ("holdover").
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RELEASE = 1_793_491_200_000
"""2026-11-01T00:00Z in epoch ms: the wall clock cannot be before this software was made."""

DAY = 86_400_000
"""ms."""

AHEAD = 200 * DAY
"""ms: an unsynchronised clock that is further ahead of what has certainly passed is not believed."""

STEP = 1000
"""A wall clock that moved by more than so many ms against the monotonic one was stepped, not slewed."""

DRIFT = 50e-6
"""Share by which a free-running crystal may be wrong (50 ppm: usual bound of a Raspberry Pi's over its temperature range)."""

NTP_ERROR = 100
"""ms: the error of a synchronised clock is never taken for less; time over the internet is not better known."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIME_SERVICES = (Path("/run/systemd/timesync"), Path("/run/chrony"))
BATTERY_CLOCK = Path("/sys/class/rtc/rtc0")

STA_UNSYNC = 0x40
"""Bit of the kernel's clock status (adjtimex(2)): nobody disciplines the clock."""


def boot_id() -> str:
    """The kernel's id of this boot: monotonic times of one boot, and only those, can be compared."""
    return BOOT_ID.read_text("ascii").strip()


@dataclass(frozen=True, slots=True)
class Now:
    """One moment on both clocks, in ms.

    utc     the best that is known, trusted or not
    wall    what the system's clock says
    source  who vouches for `utc`: "ntp", "holdover", "rtc", "system", or "" if nobody does
    error   estimated error of `utc` in ms, None if unknown
    """

    monotonic: int
    utc: int
    wall: int
    source: str
    error: int | None = None

    @property
    def trusted(self) -> bool:
        """True if `utc` may be believed."""
        return self.source != ""

    @property
    def offset(self) -> int:
        """UTC minus monotonic, in ms."""
        return self.utc - self.monotonic


class System(Protocol):
    """Who knows how good the system's clock is."""

    def synchronised(self) -> int | None:
        """Estimated error in ms if the clock is disciplined, else None."""
        ...

    def weak_source(self) -> str:
        """Who vouches for a clock that is not: "rtc", "system", or "" if nobody does."""
        ...


class Kernel:
    """What the system says about its own clock."""

    def __init__(self, services: tuple[Path, ...] = TIME_SERVICES, rtc: Path = BATTERY_CLOCK) -> None:
        self._services = services
        self._rtc = rtc

    def synchronised(self) -> int | None:
        """Estimated error in ms if the clock is disciplined, else None.

        systemd-timesyncd and chrony both tell the kernel, and the kernel forgets it when somebody sets the clock by hand.
        """
        status, error = _adjtimex()
        return None if status & STA_UNSYNC else max(NTP_ERROR, error // 1000)

    def weak_source(self) -> str:
        """Who vouches for an unsynchronised clock: "rtc", "system", or "" if a time service is still to set it."""
        if self._rtc.exists():
            return "rtc"
        return "" if any(service.exists() for service in self._services) else "system"


class _Timex(ctypes.Structure):
    """The beginning of the kernel's struct timex; the rest is not read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("maximum_error", ctypes.c_long),
        ("estimated_error", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


_LIBC = ctypes.CDLL(None)


def _adjtimex() -> tuple[int, int]:
    """The kernel's clock status and estimated error in µs; unsynchronised if it cannot be asked."""
    asked = _Timex()
    if _LIBC.adjtimex(ctypes.byref(asked)) < 0:
        return STA_UNSYNC, 0
    return int(asked.status), int(asked.estimated_error)


class Clock:
    """Decides which UTC holds, and whether it may be believed. `floor` is a UTC ms that has certainly passed.

    `now` must be asked regularly, by one thread: a jump is seen between two questions.
    """

    def __init__(
        self,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
        floor: int = RELEASE,
        system: System | None = None,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._system = system or Kernel()
        self._floor = max(floor, RELEASE)
        self._good: Now | None = None

    def now(self) -> Now:
        """This moment, by the best clock that there is."""
        monotonic, wall = round(self._monotonic() * 1000), round(self._wall() * 1000)
        error = self._system.synchronised()
        if error is not None:
            self._good = Now(monotonic, wall, wall, "ntp", error)
            return self._good
        if self._good is not None:
            return _held(monotonic, wall, self._good)
        weak = self._system.weak_source()
        believed = bool(weak) and self._floor <= wall <= self._floor + AHEAD
        return Now(monotonic, wall, wall, weak if believed else "")


def _held(monotonic: int, wall: int, good: Now) -> Now:
    """No longer synchronised: follow the wall clock as long as it runs, not where it jumps."""
    drifted = round((monotonic - good.monotonic) * DRIFT)
    utc = monotonic + good.offset
    if abs(wall - utc) <= STEP + drifted:
        utc = wall
    return Now(monotonic, utc, wall, "holdover", (good.error or 0) + STEP + drifted)


def made(package: Path = Path(__file__)) -> int:
    """UTC ms at which this installation was written: that has certainly passed."""
    return min(round(package.stat().st_mtime * 1000), RELEASE + 30 * 365 * DAY)
