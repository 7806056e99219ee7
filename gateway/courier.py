"""Decides what one destination gets next. No clock, no network: time is an argument, the log and the ledger are handed in.

Alarms and calibration events go first, whenever they were made; then live records; then the backlog, however large it is, newest
hour first (or oldest first). The backlog keeps within `window` and its pace (`pace.py`); what is live may go beyond. What is not
confirmed within `patience` seconds is sent again under the same key.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Literal, NamedTuple, Protocol

from gateway.ledger import Ledger
from gateway.pace import Pace
from gateway.ranges import Ranges
from gateway.record import Record

BATCH = 500
"""Records fetched from the log at once."""

LOOK = 50
"""Ranges looked at for something that can be sent; beyond them are only records that still wait for the time."""

HOUR = 3_600_000
"""ms."""

RESERVE = 10
"""So many urgent and live records may be under way beyond the window."""

NO_SESSION = 2**63 - 1
"""The number from which on records are live while there is no session: none is."""

FIRST = ('{"code":"calibrat', '{"code":"certified"', '{"code":"requested","action":"emergency"')
"""How the bodies of events begin that go before everything else: about the calibration, or an emergency's start and end."""

LOOK_AGAIN = 5.0
"""s until the log is searched again for urgent records after nothing new was found."""

REFUSALS = (60.0, 600.0, 3600.0, 21600.0)
"""s after which a refused record is offered again; one that is refused more often, while others are confirmed, is set aside."""

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


def urgent(record: Record) -> bool:
    """True for what goes before everything else: an alarm, an emergency, or something about the calibration."""
    return record.kind == "alarm" or (record.kind == "event" and record.body.startswith(FIRST))


Look = Callable[[int, int, int], list[Record]]
"""From a range of numbers and a limit to records."""


class UnderWay(NamedTuple):
    """A record that was sent: when it is sent again, when it was sent, and whether it belongs to the backlog."""

    deadline: float
    since: float
    backlog: bool


class Refusal(NamedTuple):
    """How often a record was refused, how many of these count, and how much the destination had confirmed at the last one.

    One that refuses whatever comes is not well; only if it has confirmed something since does it speak against the record.
    """

    times: int
    counted: int
    accepted: int


class Refusals:
    """What the destination has refused, and when each is offered again."""

    def __init__(self) -> None:
        self._known: dict[int, Refusal] = {}
        self._parked: list[tuple[float, int]] = []

    def add(self, sequence: int, accepted: int, now: float) -> bool:
        """One more refusal at `now`, when `accepted` records had been confirmed. False if it is the last: it is set aside."""
        before = self._known.get(sequence, Refusal(0, 0, -1))
        counted = before.counted + (before.accepted != accepted)
        if counted > len(REFUSALS):
            return False
        self._known[sequence] = Refusal(before.times + 1, counted, accepted)
        heapq.heappush(self._parked, (now + REFUSALS[min(before.times, len(REFUSALS) - 1)], sequence))
        return True

    @property
    def many(self) -> bool:
        """True if the destination refuses everything."""
        return len(self._parked) >= PARKED

    def due(self, now: float) -> Iterator[int]:
        """Those that are offered again now."""
        while self._parked and self._parked[0][0] <= now:
            yield heapq.heappop(self._parked)[1]

    def next_due(self) -> list[float]:
        """When the next one is due, if there is one."""
        return [due for due, _ in self._parked[:1]]

    def forget(self, first: int, last: int) -> None:
        """These are settled."""
        for number in [number for number in self._known if first <= number <= last]:
            del self._known[number]


class Courier:
    """The sending order of one destination."""

    def __init__(
        self,
        log: Log,
        ledger: Ledger,
        window: int,
        patience: float,
        order: Literal["newest", "oldest"] = "newest",
        pace: Pace | None = None,
    ) -> None:
        self._log = log
        self._ledger = ledger
        self._window = window
        self._patience = patience
        self._order = order
        self.pace = pace or Pace(1e9, window, steady=True)
        self._to_send = Ranges(ledger.owed)
        self._first = Ranges()
        self._urgent: set[int] = set()
        self._unseen = Ranges(ledger.owed)
        self._look_at = 0.0
        self._paced = False
        self._front: deque[Record] = deque()
        self._ready: deque[Record] = deque()
        self._live: deque[Record] = deque()
        self._live_from = NO_SESSION
        self._under_way: dict[int, UnderWay] = {}
        self._sent_before = Ranges()
        self._held = Ranges()
        self._refusals = Refusals()
        self.sent = 0
        self.resent = 0
        self.max_owed = ledger.owed.total

    def appeared(self, first: int, last: int) -> None:
        """The log has these new records."""
        self._ledger.extend(first, last)
        self._to_send.add(first, last)
        self._unseen.add(first, last)
        self.max_owed = max(self.max_owed, self._ledger.owed.total)

    def connected(self, now: float = 0.0) -> None:
        """A session begins: what exists already is backlog."""
        self._live_from = self._ledger.head + 1
        self.pace.begin(now, self._ledger.owed.total)

    def next(self, now: float, wanted: Callable[[Record], bool] = lambda _: True) -> Iterator[tuple[Record, bool]]:
        """What to send at `now` (monotonic s), each with its replay mark; what is not `wanted` stays owed until `release`."""
        self._expire(now)
        self._seek_urgent(now)
        while not self._refusals.many:
            if len(self._under_way) < self._window + RESERVE and (self._front or self._fetch_urgent()):
                queue = self._front
            elif len(self._under_way) < self._window + RESERVE and (self._live or self._fetch_live()):
                queue = self._live
            elif self._backlog_may(now) and (self._ready or self._fetch_backlog()):
                queue = self._ready
            else:
                return
            record = queue.popleft()
            number = record.sequence
            if number not in self._ledger.owed:
                continue
            if not wanted(record):
                self._held.add(number, number)
                continue
            again = number in self._sent_before
            self._under_way[number] = UnderWay(now + self._patience, now, queue is self._ready)
            if queue is self._ready:
                self.pace.spend()
            self.resent += again
            self.sent += 1
            yield record, again or number < self._live_from

    def _backlog_may(self, now: float) -> bool:
        room = len(self._under_way) < min(self._window, int(self.pace.window))
        self._paced = room and not self.pace.ready(now)
        return room and not self._paced

    def release(self) -> None:
        """What was held back may go again."""
        for first, last in self._held:
            self._to_send.add(first, last)
        self._held = Ranges()

    @property
    def held(self) -> int:
        """Records that are owed and not wanted at present."""
        return self._held.total

    def owe(self, first: int, last: int) -> None:
        """These turned out not to be there: they go again, marked as replay."""
        self._ledger.owe(first, last)
        self._sent_before.add(first, last)
        self._to_send.add(first, last)

    def confirmed(self, first: int, last: int, now: float | None = None) -> int:
        """The destination has these (it said so at `now`); how many of them were owed."""
        freed = self._ledger.confirm(first, last)
        self._settle(first, last, now)
        return freed

    def refused(self, sequence: int, reason: str, now: float) -> bool:
        """The destination will not have this one at `now`; it is offered again later. True if it is set aside for good."""
        if sequence not in self._ledger.owed:
            return False
        if self._refusals.add(sequence, self._ledger.confirmed, now):
            self._under_way.pop(sequence, None)
            self._sent_before.add(sequence, sequence)
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
        self._return(record.sequence for record in (*self._front, *self._live, *self._ready))
        for queue in (self._front, self._live, self._ready):
            queue.clear()
        self._live_from = NO_SESSION

    @property
    def under_way(self) -> int:
        """Records sent and not yet confirmed."""
        return len(self._under_way)

    def sent_unconfirmed(self, limit: int = 100) -> list[tuple[int, int]]:
        """The newest ranges of what was sent and is still owed."""
        if not self._under_way:
            return list(islice(self._sent_before.newest(), limit))
        found = Ranges(islice(self._sent_before.newest(), limit))
        for number in self._under_way:
            found.add(number, number)
        return list(islice(found.newest(), limit))

    def next_deadline(self) -> float | None:
        """Monotonic time at which something may or must be sent, or None."""
        deadlines = [*(one.deadline for one in islice(self._under_way.values(), 1)), *self._refusals.next_due()]
        if self._paced:
            deadlines.append(self.pace.next_at())
        if any(True for _ in self._unlooked()):
            deadlines.append(self._look_at)
        return min(deadlines, default=None)

    def _settle(self, first: int, last: int, now: float | None = None) -> None:
        for ranges in (self._to_send, self._first, self._unseen, self._sent_before, self._held):
            ranges.remove(first, last)
        self._refusals.forget(first, last)
        self._urgent -= {number for number in self._urgent if first <= number <= last}
        few = last - first < len(self._under_way)
        numbers = range(first, last + 1) if few else [number for number in self._under_way if first <= number <= last]
        for number in numbers:
            one = self._under_way.pop(number, None)
            if one is not None and one.backlog and now is not None:
                self.pace.arrived(now - one.since, now)

    def _expire(self, now: float) -> None:
        late = [number for number, _ in _while_before(self._under_way, now)]
        if late:
            self.pace.silent()
        for number in late:
            del self._under_way[number]
            self._sent_before.add(number, number)
        self._return([*late, *self._refusals.due(now)])

    def _return(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if number in self._ledger.owed:
                (self._first if number in self._urgent else self._to_send).add(number, number)

    def alarmed(self, now: float) -> bool:
        """True if something urgent is owed, between two sessions: everything that exists is backlog then."""
        self._live_from = self._ledger.head + 1
        self._seek_urgent(now)
        return bool(self._urgent)

    def _unlooked(self) -> Iterator[tuple[int, int]]:
        """What of the backlog nobody has looked at; what is live is looked at when it is fetched."""
        if self._unseen.total:
            for first, last in self._unseen.newest():
                if first < self._live_from:
                    yield first, min(last, self._live_from - 1)

    def _seek_urgent(self, now: float) -> None:
        """Look through the next batch of what nobody has looked at."""
        if not self._unseen.total or now < self._look_at:
            return
        for first, last in islice(self._unlooked(), LOOK):
            found = self._log.newest_first(first, last, BATCH)
            if found:
                found.reverse()
                _take(self._unseen, found)
                for record in found:
                    if urgent(record) and self._to_send.remove(record.sequence, record.sequence):
                        self._urgent.add(record.sequence)
                        self._first.add(record.sequence, record.sequence)
                return
        self._look_at = now + LOOK_AGAIN

    def _fetch_urgent(self) -> bool:
        """Alarms and calibration events, the newest first."""
        return self._fetch(self._first, self._first.newest(), self._front, self._log.oldest_first)

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
                _take(self._to_send, fresh)
                _take(self._unseen, fresh)
                self._urgent.update(record.sequence for record in fresh if urgent(record))
                self._live.extend(sorted(fresh, key=urgent, reverse=True))
                return True
        return False

    def _fetch_backlog(self) -> bool:
        """The next hours (or batch) of the backlog."""
        if self._order == "newest":
            return self._fetch(self._to_send, self._to_send.newest(), self._ready, partial(_newest_hours, self._log))
        return self._fetch(self._to_send, iter(self._to_send), self._ready, self._log.oldest_first)

    def _fetch(self, source: Ranges, ranges: Iterator[tuple[int, int]], queue: deque[Record], look: Look) -> bool:
        """Bring what `look` finds in the first of these ranges of `source` that has something into the queue."""
        for first, last in islice(ranges, LOOK):
            if found := look(first, last, BATCH):
                _take(source, found)
                queue.extend(found)
                return True
        return False


def _newest_hours(log: Log, first: int, last: int, limit: int) -> list[Record]:
    """The newest records: the newest hour first, in each the oldest first; only whole hours, if one fits into `limit`."""
    found = log.newest_first(first, last, limit)
    if len(found) == limit:
        cut = _hour(found[-1])
        found = [record for record in found if _hour(record) != cut] or found
    return sorted(found, key=lambda record: (-_hour(record), record.sequence))


def _take(numbers: Ranges, records: list[Record]) -> None:
    """Remove the numbers of `records`: run by run, for most are in rising order."""
    first = previous = records[0].sequence
    for record in records[1:]:
        if record.sequence != previous + 1:
            numbers.remove(first, previous)
            first = record.sequence
        previous = record.sequence
    numbers.remove(first, previous)


def _hour(record: Record) -> int:
    return (record.start or 0) // HOUR


def _while_before(under_way: dict[int, UnderWay], now: float) -> Iterator[tuple[int, UnderWay]]:
    for number, one in under_way.items():
        if one.deadline > now:
            return
        yield number, one
