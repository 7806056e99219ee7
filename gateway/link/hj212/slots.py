"""Stored intervals gathered into the minute data that the platform wants: several of one minute become one of ten."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.record import Record

GRACE = 5_000
"""ms after its end until an interval of which records are missing is sent as it is."""

TAIL, LATE = 500, 100
"""ms: so long the last piece of an interval that was cut may be under way; so much later than its time may one begin."""

OFFSET = 8 * 3_600_000
"""ms by which local intervals are shifted: days begin at midnight in Beijing."""


def slot_of(start: int, length: int) -> int:
    """The beginning (UTC ms) of the interval of `length` ms, counted from local midnight, in which `start` lies."""
    return start - (start + OFFSET) % length


@dataclass(slots=True)
class Slot:
    """Records that go to the platform as one, from `start` for `length` ms."""

    start: int
    length: int
    resent: bool
    records: list[Record] = field(default_factory=list)
    complete: bool = False
    cut: bool = False
    """Its interval was cut into pieces."""


class Slots:
    """The intervals that are being gathered."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], Slot] = {}

    def add(self, record: Record, replay: bool, minutes: int, utc: int, usual: int = 0) -> None:
        """One more interval record that has a time, at `utc` ms; minutes 0 keeps each for itself, but for the pieces of one that
        a start, a stop or the clock has cut: such a one begins late, or comes before its time. Those of an emergency, which are
        shorter than the `usual` s, make one of that length.
        """
        start, period = record.start or 0, record.period * 1000
        length = max(minutes * 60_000, period, usual * 1000)
        begin = slot_of(start, length)
        slot = self._open.setdefault((begin, length), Slot(begin, length, replay))
        slot.resent = slot.resent and replay
        slot.records.append(record)
        slot.cut |= length == period and (start - begin > LATE or utc < start + period - LATE)
        slot.complete |= start + period >= begin + length <= utc

    def ready(self, utc: int) -> Iterator[Slot]:
        """Take out what is complete at `utc` (ms), or over."""
        for key, slot in list(self._open.items()):
            wait = 0 if slot.complete and not slot.cut else TAIL if slot.complete else GRACE
            if utc >= slot.start + slot.length + wait:
                del self._open[key]
                yield slot

    def clear(self) -> None:
        """Forget everything: the connection is gone, and what is owed comes again."""
        self._open.clear()
