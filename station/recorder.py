"""Forms intervals on two clocks and stores each as one record, whatever the clock and the card are doing.

Intervals end on multiples of their length in UTC. One that began or ended elsewhere (start, stop, a stepped clock) is
stored with its true start and flagged if too little of it is left. While UTC is not trusted records are stored without
a start, and stamped when it is. What the card refuses waits in memory and is tried again.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from gateway.log.faults import StorageError
from gateway.log.salvage import Salvaged
from gateway.log.store import RecordLog
from gateway.log.writer import Replaced, WalDamaged
from gateway.ranges import Ranges
from gateway.record import Record, RecordKind, compact
from station import events
from station.boots import resolve
from station.clock import STEP, Clock, Now
from station.intervals import SHARE
from station.pipeline import Pipeline
from station.words import _

RETRY = 5000
"""ms between attempts to store what the card refused."""

WAITING_LIMIT = 100_000
"""So many records may wait in memory for the card (two months of minutes); then the oldest are dropped and counted."""


RANGES = 300
"""So many ranges of numbers are named in one event."""

log = logging.getLogger(__name__)


class Witness(Protocol):
    """Hears what the recorder does to the log, from the recorder itself: what an oracle books from."""

    def storing(self, record: Record) -> None:
        """This record is about to be stored; its number is not known yet."""
        ...

    def stored(self, record: Record) -> None:
        """The store has reported this record as stored."""
        ...

    def stamped(self, boot: str, offset: int, source: str, error: int | None) -> None:
        """Every record of `boot` that had no time now begins at its monotonic time + `offset` ms."""
        ...


class Recorder:
    """Owns the interval being formed and the log's writing end. Used by one thread."""

    def __init__(
        self,
        record_log: RecordLog,
        clock: Clock,
        boot: str,
        period: int,
        pipeline: Pipeline,
        stored: Callable[[], None],
        witness: Witness | None = None,
        unconfirmed: Callable[[], Ranges] = Ranges,
    ) -> None:
        """`period` in s; `stored` is called after each commit; `unconfirmed`: the numbers that a destination still lacks."""
        self._witness = witness
        self._log = record_log
        self._clock = clock
        self._boot = boot
        self._period = period * 1000
        self._pipeline = pipeline
        self._stored = stored
        self._unconfirmed = unconfirmed
        self._waiting: deque[Record] = deque()
        self._retry_at = 0
        self.fault: StorageError | None = None
        self.stored = 0
        self.last_sequence = 0
        self.dropped = 0
        self._trusted = False
        self._newest = record_log.newest_start() or 0
        self._begin(clock.now())

    @property
    def boundary(self) -> int:
        """Monotonic ms at which the interval being formed ends."""
        return self._boundary

    @property
    def trusted(self) -> bool:
        """True if the interval being formed has a time that may be believed."""
        return self._trusted

    @property
    def waiting(self) -> int:
        """Records that are only in memory because the card refused them."""
        return len(self._waiting)

    def change_period(self, seconds: int, now: Now) -> None:
        """From now on intervals last so many s; the one being formed ends here."""
        if seconds * 1000 != self._period:
            self._close(now)
            self._period = seconds * 1000
            self._begin(now)

    def tick(self, now: Now) -> None:
        """Do what is due at `now`: follow the clock, close the interval, try the card again."""
        stepped = now.offset - self._open.offset
        if abs(stepped) > STEP:
            self._close(now, "clock")
            self.event(events.clock_stepped(stepped), now)
            self._begin(now)
        elif self._trusted != now.trusted:
            self._close(now)
            self._begin(now)
        elif now.monotonic >= self._boundary:
            self._close(now)
            self._begin(now, self._open.utc // self._period + 1)
        if self._waiting and now.monotonic >= self._retry_at:
            self._flush(now)
        while self._log.happenings:
            self._tell(now)

    def event(self, body: str, now: Now, kind: RecordKind = "event") -> None:
        """Store an event, or an alarm, that happened at `now`."""
        self._store(self._record(kind, 0, now, now.utc if now.trusted else None, body), now)

    def finish(self, now: Now) -> None:
        """Store the interval being formed, short as it may be, and close the log."""
        self._close(now)
        self.event(events.stopped(), now)
        self._log.close()

    def _begin(self, now: Now, slot: int = 0) -> None:
        """Open an interval at `now`, in the period number `slot` of UTC or a later one: no two begin in the same."""
        was_trusted = self._trusted
        self._open = now
        self._trusted = now.trusted
        left = self._period - now.utc % self._period if self._trusted else self._period
        if self._trusted and now.utc < slot * self._period:  # a clock that is slewed back: this is the next one already
            self._open = replace(now, utc=now.utc + left)
            left += self._period
        self._boundary = now.monotonic + left
        self._pipeline.choose_certificates(datetime.fromtimestamp(now.utc / 1000, UTC).date())
        if self._trusted and not was_trusted:
            stamped = self._stamp(now)
            if stamped:
                self.event(events.clock_trusted(now.source, stamped), now)

    def _stamp(self, now: Now) -> int:
        """Give the records that wait for it the time they lacked, those of earlier boots too; how many."""
        lacking = [record for record in self._waiting if record.start is None]
        self._waiting = deque(
            replace(record, start=record.monotonic + now.offset, time_source=now.source, time_error=now.error, clock=None)
            if record.start is None
            else record
            for record in self._waiting
        )
        try:
            return len(lacking) + self._stamp_stored(now)
        except StorageError as error:
            self._refused(error, now)
            return len(lacking)

    def _stamp_stored(self, now: Now) -> int:
        waiting = self._log.unstamped()
        mine = next((one for one in waiting if one.boot == self._boot), None)
        count = self._log.stamp(self._boot, now.offset, now.source, now.error)
        self._tell_stamped(self._boot, now.offset, now.source, now.error)
        begin, clock = (mine.begin, mine.clock) if mine else (now.monotonic, None)
        if not self._clock.battery:
            clock = None
        floors = {one.boot: max(self._clock.floor, self._log.newest_before(one.first) or 0) for one in waiting}
        for one in resolve(waiting, self._boot, now.offset, begin, clock, floors):
            count += self._log.stamp(one.boot, one.offset, one.source, one.error)
            self._tell_stamped(one.boot, one.offset, one.source, one.error)
        return count

    def _tell_stamped(self, boot: str, offset: int, source: str, error: int | None) -> None:
        if self._witness is not None:
            self._witness.stamped(boot, offset, source, error)

    def _close(self, now: Now, because: str = "") -> None:
        """Store the interval that ends at `now`."""
        length = min(now.monotonic, self._boundary) - self._open.monotonic
        if length <= 0:
            return
        short = "gap" if length < SHARE * self._period else ""
        doubt = "clock" if self._trusted and self._open.doubtful else short
        rows = self._pipeline.close(length / 1000, because or doubt, self._period / 1000)
        start = self._open.utc if self._trusted else None
        body = compact([row.entries() for row in rows])
        self._store(self._record("interval", self._period // 1000, self._open, start, body), now)

    def _record(self, kind: RecordKind, period: int, at: Now, start: int | None, body: str) -> Record:
        """`at`: the moment of its start. Without `start`, the system's clock is kept to relate this boot to others."""
        revision = 0
        if start is None:
            return Record(0, kind, period, None, 0, self._boot, at.monotonic, "", None, body, at.wall - at.monotonic)
        if kind == "interval":
            revision = self._revision(period, start)
        return Record(0, kind, period, start, revision, self._boot, at.monotonic, at.source, at.error, body)

    def _revision(self, period: int, start: int) -> int:
        """0, or more if the clock was set back and an interval of this start exists already."""
        if start > self._newest:
            self._newest = start
            return 0
        waiting = [r.revision + 1 for r in self._waiting if (r.kind, r.period, r.start) == ("interval", period, start)]
        try:
            return max([self._log.revision(period, start), *waiting])
        except StorageError:
            return max(waiting, default=0)

    def _store(self, record: Record, now: Now) -> None:
        self._waiting.append(record)
        if len(self._waiting) > WAITING_LIMIT:
            self._waiting.popleft()
            self.dropped += 1
        if self.fault is None or now.monotonic >= self._retry_at:
            self._flush(now)

    def _flush(self, now: Now) -> None:
        """Write what waits, oldest first, as far as the card takes it."""
        try:
            self._make_room(now)
            while self._waiting:
                self._append(self._waiting[0])
                self._waiting.popleft()
        except StorageError as error:
            self._refused(error, now)
        else:
            if self.fault is not None:
                log.info("the record log can be written again")
            self.fault = None
            self._stored()

    def _append(self, record: Record, reserve: bool = False) -> None:
        """Store one record and tell the witness."""
        if self._witness is not None:
            self._witness.storing(record)
        self.last_sequence = self._log.append(record, reserve)
        self.stored += 1
        if self._witness is not None:
            self._witness.stored(replace(record, sequence=self.last_sequence))

    def _tell(self, now: Now) -> None:
        """What befell the log becomes an event, and a line for the journal."""
        happened = self._log.happenings.popleft()
        if isinstance(happened, Replaced):
            log.error(_("a file of the record log was damaged and lies in %s; another one was begun"), happened.quarantined)
            self.event(events.log_replaced(happened.quarantined.name, happened.why), now)
        elif isinstance(happened, Salvaged):
            log.warning(_("%d records of a damaged file are back; the file is kept as %s"), happened.count, happened.kept)
            self.event(events.log_salvaged(happened.kept.name, happened.count, happened.first, happened.last), now)
            if self._trusted:
                self._stamp(now)
        elif isinstance(happened, WalDamaged):
            log.error(_("the write-ahead log was damaged; %d of the last records are back"), happened.count)
            self.event(events.wal_damaged(happened.cut_off, happened.count), now)
        else:
            log.error(_("the write-ahead log was gone: the last records before the start may be lost"))
            self.event(events.wal_missing(happened.after), now)

    def _make_room(self, now: Now) -> None:
        """Give up the least valuable thing if space is short; the event that tells it is stored first."""
        what = self._log.eviction(self._unconfirmed)
        if what is None:
            return
        log.warning(_("the card is nearly full: %s is given up (%s, %d records)"), what.path.name, what.what, what.count)
        pieces = [what.ranges[n : n + RANGES] for n in range(0, len(what.ranges), RANGES)] or [[]]
        for piece in pieces:
            count = sum(last - first + 1 for first, last in piece)
            body = events.evicted(what.what, what.path.name, piece, count)
            self._append(self._record("event", 0, now, now.utc if now.trusted else None, body), reserve=True)
        self._log.evict(what)

    def _refused(self, error: StorageError, now: Now) -> None:
        if self.fault is None or self.fault.reason != error.reason:
            log.error("%s; %d records wait in memory", error, len(self._waiting))
        self.fault = error
        self._retry_at = now.monotonic + RETRY
