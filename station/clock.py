"""Two clocks: the monotonic one, on which everything is measured, and UTC, which is a label given when it is trusted.

A Raspberry Pi without a battery clock wakes up in the past, one whose battery clock was set wrongly in another year. Measuring
does not wait for the right time: intervals carry boot id and monotonic time, and are stamped when UTC has become believable.

Who may be believed: a synchronised system clock ("ntp") always. Without it the system clock only if it lies between what has
certainly passed and `AHEAD` later, and if nobody is there who will soon know better ("rtc" with a battery clock, else "system").
Once synchronised, a clock that jumps while it is not is not followed: time goes on from the last good one ("holdover").
What a platform, a web server or a GPS receiver tells ("platform", "http", "gps") is used while its error is the smallest; the
system's clock is left alone, and root is asked to set it only if the configuration says so.
"""

import ctypes
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.link.link import TimeTold
from station.live import write_json

RELEASE = 1_793_491_200_000
"""2026-11-01T00:00Z in epoch ms: the wall clock cannot be before this software was made."""

DAY = 86_400_000
"""ms."""

AHEAD = 200 * DAY
"""ms: an unsynchronised clock that is further ahead of what has certainly passed is not believed."""

LATEST = 20 * 365 * DAY
"""ms: nobody's word for a time that much later than what has certainly passed is taken."""

TOO_FAR = 30_000
"""ms: a clock that may be wrong by more is flagged (HJ 212 platforms ask for half a minute of Beijing time)."""

STEP = 1000
"""A wall clock that moved by more than so many ms against the monotonic one was stepped, not slewed."""

TOGETHER, LOOKS = 0.002, 5
"""s between which two readings of the clocks count as one moment, and how often that is tried."""

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
    source  who vouches for `utc`: "ntp", "holdover", "platform", "http", "gps", "rtc", "system", or "" if nobody does
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
    def doubtful(self) -> bool:
        """True if it may be wrong by more than a platform puts up with."""
        return self.error is not None and self.error > TOO_FAR

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
        self._told: TimeTold | None = None

    @property
    def floor(self) -> int:
        """UTC ms that had certainly passed when the software was released or the station last knew the time."""
        return self._floor

    @property
    def battery(self) -> bool:
        """True if a battery keeps the system's clock while the power is off."""
        return self._system.weak_source() == "rtc"

    def hear(self, told: TimeTold) -> None:
        """Somebody else tells the time. What cannot be is not believed, nor what is worse than what was told before."""
        if not self._floor <= told.utc <= self._floor + LATEST:
            return
        if self._told is None or told.error <= _aged(self._told, told.monotonic):
            self._told = told

    def _both(self) -> tuple[int, int]:
        """Both clocks of one moment, in ms: on a busy machine anything may pass between two looks, so the closest pair counts."""
        closest = math.inf
        monotonic, wall = 0.0, 0.0
        for _ in range(LOOKS):
            before, seen, after = self._monotonic(), self._wall(), self._monotonic()
            if after - before < closest:
                closest, monotonic, wall = after - before, (before + after) / 2, seen
            if closest <= TOGETHER:
                break
        return round(monotonic * 1000), round(wall * 1000)

    def now(self) -> Now:
        """This moment, by the best clock that there is."""
        monotonic, wall = self._both()
        error = self._system.synchronised()
        if error is not None:
            self._good = Now(monotonic, wall, wall, "ntp", error)
            return self._good
        held = _held(monotonic, wall, self._good) if self._good is not None else None
        if self._told is not None:
            age = _aged(self._told, monotonic)
            if held is None or held.error is None or age < held.error:
                return Now(monotonic, self._told.utc + monotonic - self._told.monotonic, wall, self._told.source, age)
        if held is not None:
            return held
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


def _aged(told: TimeTold, monotonic: int) -> int:
    """The error of what was told, at a later moment."""
    return told.error + round(max(0, monotonic - told.monotonic) * DRIFT)


class Floor:
    """A UTC that has certainly passed, kept in a file: even if the record log is lost, no clock is believed that is before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = 0

    def read(self) -> int:
        """UTC ms; 0 if there is none."""
        try:
            return int(json.loads(self._path.read_text("ascii"))["utc"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def keep(self, now: Now) -> None:
        """Write a trusted time down, each hour. Raises OSError."""
        if now.trusted and now.monotonic >= self._next:
            self._next = now.monotonic + 3_600_000
            write_json(self._path, {"utc": now.utc})


def made(package: Path = Path(__file__)) -> int:
    """UTC ms at which this installation was written: that has certainly passed."""
    return min(round(package.stat().st_mtime * 1000), RELEASE + 30 * 365 * DAY)
