"""Decides what one destination gets next. No clock, no network: time is an argument, the log and the ledger are handed in.

Live records go before the backlog, however large that is; the backlog goes newest hour first (or oldest first), at most `window`
records are under way, and what is not confirmed within `patience` seconds is sent again under the same key.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, Protocol

from gateway.ledger import Ledger
from gateway.ranges import Ranges
from gateway.record import Record

BATCH = 500
"""Records fetched from the log at once."""

LOOK = 50
"""Ranges looked at for something that can be sent; beyond them are only records that still wait for the time."""

HOUR = 3_600_000
"""ms."""

REFUSALS = (60.0, 600.0, 3600.0, 21600.0)
"""s after which a refused record is offered again; refused once more after the last, it is set aside."""

PARKED = 1000
"""So many refused records wait at most: a platform that refuses everything is sent nothing more until the first is due."""


class Log(Protocol):
    """What the courier reads."""

    def oldest_first(self, first: int, last: int, limit: int) -> list[Record]:
        """Stamped records from `first` upwards."""
        ...

    def newest_first(self, first: int, last: int, limit: int) -> list[Record]:
        """Stamped records from `last` downwards."""
        ...


class Courier:
    """The sending order of one destination."""

    def __init__(
        self, log: Log, ledger: Ledger, window: int, patience: float, order: Literal["newest", "oldest"] = "newest"
    ) -> None:
        self._log = log
        self._ledger = ledger
        self._window = window
        self._patience = patience
        self._order = order
        self._to_send = Ranges(ledger.owed)
        self._ready: deque[Record] = deque()
        self._live: deque[Record] = deque()
        self._live_from = ledger.head + 1
        self._under_way: dict[int, float] = {}
        self._sent_before = Ranges()
        self._refusals: dict[int, int] = {}
        self._parked: list[tuple[float, int]] = []
        self.sent = 0
        self.resent = 0
        self.max_owed = ledger.owed.total

    def appeared(self, first: int, last: int) -> None:
        """The log has these new records."""
        self._ledger.extend(first, last)
        self._to_send.add(first, last)
        self.max_owed = max(self.max_owed, self._ledger.owed.total)

    def connected(self) -> None:
        """A session begins: what exists already is backlog."""
        self._live_from = self._ledger.head + 1

    def next(self, now: float) -> Iterator[tuple[Record, bool]]:
        """What to send at `now` (monotonic s), each with its replay mark, until the window is full."""
        self._expire(now)
        while len(self._under_way) < self._window and len(self._parked) < PARKED:
            live = bool(self._live) or self._fetch_live()
            queue = self._live if live else self._ready
            if not queue and not self._fetch_backlog():
                return
            record = queue.popleft()
            number = record.sequence
            if number not in self._ledger.owed:
                continue
            self._under_way[number] = now + self._patience
            again = number in self._sent_before
            self.resent += again
            self.sent += 1
            yield record, again or not live

    def confirmed(self, first: int, last: int) -> int:
        """The destination has these; how many of them were owed."""
        freed = self._ledger.confirm(first, last)
        self._settle(first, last)
        return freed

    def refused(self, sequence: int, reason: str, now: float) -> bool:
        """The destination will not have this one at `now`; it is offered again later. True if it is set aside for good."""
        if sequence not in self._ledger.owed:
            return False
        tries = self._refusals.get(sequence, 0)
        if tries < len(REFUSALS):
            self._under_way.pop(sequence, None)
            self._sent_before.add(sequence, sequence)
            self._refusals[sequence] = tries + 1
            heapq.heappush(self._parked, (now + REFUSALS[tries], sequence))
            return False
        self._ledger.refuse(sequence, reason)
        self._settle(sequence, sequence)
        return True

    def gone(self, first: int, last: int) -> None:
        """These are no longer in the log."""
        self._ledger.forget(first, last)
        self._settle(first, last)

    def down(self) -> None:
        """The session ended: what was under way, or fetched, is owed as before."""
        for number in self._under_way:
            self._sent_before.add(number, number)
        self._return(self._under_way)
        self._under_way.clear()
        self._return(record.sequence for record in (*self._ready, *self._live))
        self._ready.clear()
        self._live.clear()

    @property
    def under_way(self) -> int:
        """Records sent and not yet confirmed."""
        return len(self._under_way)

    def next_deadline(self) -> float | None:
        """Monotonic time at which something must be sent again, or None."""
        deadlines = [*islice(self._under_way.values(), 1), *(due for due, _ in self._parked[:1])]
        return min(deadlines, default=None)

    def _settle(self, first: int, last: int) -> None:
        self._to_send.remove(first, last)
        self._sent_before.remove(first, last)
        for number in [number for number in self._refusals if first <= number <= last]:
            del self._refusals[number]
        if last - first < len(self._under_way):
            for number in range(first, last + 1):
                self._under_way.pop(number, None)
        else:
            for number in [number for number in self._under_way if first <= number <= last]:
                del self._under_way[number]

    def _expire(self, now: float) -> None:
        late = [number for number, _ in _while_before(self._under_way, now)]
        for number in late:
            del self._under_way[number]
            self._sent_before.add(number, number)
        while self._parked and self._parked[0][0] <= now:
            late.append(heapq.heappop(self._parked)[1])
        self._return(late)

    def _return(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if number in self._ledger.owed:
                self._to_send.add(number, number)

    def _fetch_live(self) -> bool:
        """Records that appeared since the session began and have not been sent."""
        if self._ledger.head < self._live_from:
            return False
        for first, last in self._to_send.newest():
            if last < self._live_from:
                return False
            found = self._log.oldest_first(max(first, self._live_from), last, BATCH)
            fresh = [record for record in found if record.sequence not in self._sent_before]
            if fresh:
                self._take(fresh)
                self._live.extend(fresh)
                return True
        return False

    def _fetch_backlog(self) -> bool:
        """The next hour (or batch) of the backlog."""
        ranges = self._to_send.newest() if self._order == "newest" else iter(self._to_send)
        for first, last in islice(ranges, LOOK):
            if self._order == "newest":
                found = self._log.newest_first(first, last, BATCH)
                found = [r for r in found if _hour(r) == _hour(found[0])]
                found.reverse()
            else:
                found = self._log.oldest_first(first, last, BATCH)
            if found:
                self._take(found)
                self._ready.extend(found)
                return True
        return False

    def _take(self, records: list[Record]) -> None:
        """These are fetched, so they need not be fetched again."""
        first = previous = records[0].sequence
        for record in records[1:]:
            if record.sequence != previous + 1:
                self._to_send.remove(first, previous)
                first = record.sequence
            previous = record.sequence
        self._to_send.remove(first, previous)


def _hour(record: Record) -> int:
    return (record.start or 0) // HOUR


def _while_before(deadlines: dict[int, float], now: float) -> Iterator[tuple[int, float]]:
    for number, deadline in deadlines.items():
        if deadline > now:
            return
        yield number, deadline
