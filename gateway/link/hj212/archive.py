"""Stored intervals by their time. Numbers of records grow with time, so a time is found by halving, without an index.

Where the clock was stepped the order is disturbed; an hour is read beyond both ends to find what lies there.
"""

from collections.abc import Callable, Iterator

from gateway.log.reader import LogReader
from gateway.record import Record

SLACK = 3_600_000
"""ms of disorder that is put up with."""

BATCH = 200
"""Records read at once."""

BIGGEST = 2**62


class Archive:
    """The interval records of one log."""

    def __init__(self, log: LogReader) -> None:
        self._log = log

    def newest(self) -> Record | None:
        """The newest interval that has a time, among the last records."""
        found = self._log.newest_first(0, BIGGEST, 50)
        return next((record for record in found if record.kind == "interval"), None)

    def following(self, sequence: int) -> Record | None:
        """The first interval that has a time behind this number, but for the events of a start."""
        for count in (1, 50):  # nearly always it is the very next record
            for record in self._log.oldest_first(sequence + 1, BIGGEST, count):
                if record.kind == "interval":
                    return record
        return None

    def last(self) -> int:
        """The highest number of a record that has a time, 0 if there is none."""
        found = self._log.newest_first(0, BIGGEST, 1)
        return found[0].sequence if found else 0

    def between(self, begin: int, end: int) -> Iterator[Record]:
        """The intervals whose start (UTC ms) is from `begin` to before `end`, in the order of their numbers."""
        return (record for record in self.records(begin, end) if record.kind == "interval")

    def events(self, begin: int, end: int) -> Iterator[Record]:
        """The events and alarms of that time."""
        return self._walk(self._log.happenings, begin, end)

    def records(self, begin: int, end: int) -> Iterator[Record]:
        """Everything of that time."""
        return self._walk(self._log.oldest_first, begin, end)

    def _walk(self, read: Callable[[int, int, int], list[Record]], begin: int, end: int) -> Iterator[Record]:
        at = self.first_at(begin - SLACK)
        while found := read(at, BIGGEST, BATCH):
            for record in found:
                start = record.start or 0
                if start >= end + SLACK:
                    return
                if begin <= start < end:
                    yield record
            at = found[-1].sequence + 1

    def next_start(self, after: int) -> int | None:
        """Start of the first interval at or after `after`, or None."""
        at = self.first_at(after)
        while found := self._log.oldest_first(at, BIGGEST, BATCH):
            for record in found:
                if record.kind == "interval" and (record.start or 0) >= after:
                    return record.start
            at = found[-1].sequence + 1
        return None

    def first_at(self, begin: int) -> int:
        """The least number whose record starts at `begin` or later."""
        oldest, newest = self._log.oldest_first(0, BIGGEST, 1), self._log.newest_first(0, BIGGEST, 1)
        if not oldest or not newest:
            return BIGGEST
        low, high = oldest[0].sequence, newest[0].sequence + 1
        while low < high:
            middle = (low + high) // 2
            found = self._log.oldest_first(middle, high - 1, 1)
            if found and (found[0].start or 0) < begin:
                low = found[0].sequence + 1
            else:
                high = middle
        return low
