"""Records of earlier boots that never learned the time: what their time was, once this boot knows its own. Pure.

A battery clock that was wrong but ran on says how long the station was off: then every earlier boot gets the same correction,
if it does not lead to a time that cannot be.
A clock that began anew (1970, or the time at which it was last saved) says nothing about that: then the boot is put directly
before the one that followed, which keeps order and spacing, and the time is marked as estimated with the error it may have.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.log.store import Stretch

CRYSTAL = 50e-6
"""Share by which a battery clock may drift (50 ppm)."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """`offset`: UTC minus the monotonic time of `boot`, in ms; `source` and `error` as in a record."""

    boot: str
    offset: int
    source: str
    error: int | None


def resolve(
    waiting: Iterable[Stretch], boot: str, offset: int, begin: int, clock: int | None, floors: Mapping[str, int | None]
) -> list[Resolved]:
    """The offsets of the boots before `boot`, newest first.

    `boot` has just learned its own `offset`; its first record began at `begin` (monotonic ms), when the system's clock was
    wrong by a constant if `clock` (wall minus monotonic) is not None: so it is if a battery keeps it. `floors`: per boot, the
    UTC ms before which it cannot have begun (the end of the newest stamped record before it), None if unknown.
    """
    found = []
    next_utc = begin + offset
    next_wall = begin + clock if clock is not None else None
    for one in sorted((s for s in waiting if s.boot != boot), key=lambda s: s.first, reverse=True):
        floor = floors.get(one.boot)
        latest = next_utc - one.end
        its = latest
        source, error = "estimated", None if floor is None else max(0, latest + one.begin - floor)
        if clock is not None and one.clock is not None and next_wall is not None and next_wall >= one.end + one.clock:
            ran_on = one.clock + offset - clock
            if floor is None or ran_on + one.begin >= floor:
                its, source, error = ran_on, "rtc", 1000 + round((next_utc - one.begin - ran_on) * CRYSTAL)
        found.append(Resolved(one.boot, its, source, error))
        next_utc = one.begin + its
        next_wall = one.begin + one.clock if one.clock is not None else None
    return found
