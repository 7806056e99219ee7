"""Two clocks: the monotonic one, on which everything is measured, and UTC, which is a label given when it is trusted.

A Raspberry Pi without a battery clock wakes up in the past. Measuring does not wait for the right time: intervals carry
boot id and monotonic time, and are stamped when the wall clock has become believable.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

RELEASE = 1_793_491_200_000
"""2026-11-01T00:00Z in epoch ms: the wall clock cannot be before this software was made."""

STEP = 1000
"""A wall clock that moved by more than so many ms against the monotonic one was stepped, not slewed."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


def boot_id() -> str:
    """The kernel's id of this boot: monotonic times of one boot, and only those, can be compared."""
    return BOOT_ID.read_text("ascii").strip()


@dataclass(frozen=True, slots=True)
class Now:
    """One moment on both clocks, in ms; `utc` is what the wall clock says, trusted or not."""

    monotonic: int
    utc: int

    @property
    def offset(self) -> int:
        """UTC minus monotonic, in ms."""
        return self.utc - self.monotonic


class Clock:
    """Decides whether UTC may be believed. `floor` is a UTC ms that has certainly passed (the newest stored record)."""

    def __init__(
        self,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
        floor: int = RELEASE,
        synchronised: Path = SYNCHRONISED,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._floor = max(floor, RELEASE)
        self._synchronised = synchronised

    def now(self) -> Now:
        """This moment."""
        return Now(round(self._monotonic() * 1000), round(self._wall() * 1000))

    def trusted(self, now: Now) -> bool:
        """True if `now.utc` can be right: not before what has certainly passed."""
        return now.utc >= self._floor

    def source(self) -> str:
        """Who vouches for UTC: "ntp" if the system says that it is synchronised, else "system"."""
        return "ntp" if self._synchronised.exists() else "system"
