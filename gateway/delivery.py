"""One destination's thread: what is new becomes owed, the courier chooses, the link carries, receipts free."""

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from gateway.budget import Budget
from gateway.commands import Commands
from gateway.courier import Courier
from gateway.feed import Feed
from gateway.ledger import Ledger
from gateway.link.hj212.archive import Archive
from gateway.link.link import Command, Confirmed, Down, Event, Heard, Link, Noted, Passed, Place, Refused, TimeTold
from gateway.link.settings import LINKS
from gateway.log.reader import LogReader
from gateway.pace import Pace, share
from gateway.reconcile import Reconciler
from gateway.selection import Selection, affordable
from gateway.told import tell_time

POLL = 0.5
"""s after which the log is looked at even if nobody said that it has grown."""

COMMIT_AFTER = 5.0
"""s after which what changed in the ledger is written, which costs the card as much as an interval does. What a power cut takes
of it is sent again, under the same key."""

FIRST_RETRY, LONGEST_RETRY = 0.5, 120.0
"""s before the next attempt to connect: growing to a tenth of the time down, with jitter."""

SHORT_OUTAGE = 3.0
"""s between attempts at most, however short the outage: the backlog of a minute is to be gone a few seconds after it."""

COUNT = 1.0
"""s between two looks at the bytes that were carried."""

QUIET = 45.0
"""s without any word about what is under way after which a platform counts as silent, though it is connected."""

log = logging.getLogger(__name__)


def pause(down: float) -> float:
    """s to wait before the next attempt to connect, after `down` s without a connection."""
    return min(LONGEST_RETRY, max(FIRST_RETRY, min(SHORT_OUTAGE, down), down / 10))


def told(down: Down) -> dict[str, str]:
    """A fault as it stands in a destination's state."""
    return {"fault": down.kind, "detail": down.detail, "last_error": str(down)}


def _make(kind: str, place: Place, settings: Any) -> Link:
    link: Link = import_module(LINKS[kind].module).Link(place, settings)
    return link


class Delivery:
    """Delivers to one destination, in a thread of its own (`start`), until `stop`.

    `progress` is the monotonic time of its last turn, for the watchdog. Whoever has a clock and a transport of his own hands
    in `monotonic` and `make_link`, and calls `open`, `turn` and `close` himself.
    """

    def __init__(
        self,
        *,
        name: str,
        station: str,
        log_path: Path,
        ledger_path: Path,
        settings: Any,
        requests_dir: Path,
        live_path: Path,
        period: int,
        link: str = "mqtt",
        remote_key: str = "",
        monotonic: Callable[[], float] = time.monotonic,
        make_link: Callable[[], Link] | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._thread = threading.Thread(target=self._run, name=f"to-{name}", daemon=True)
        self.destination = name
        self._monotonic = monotonic
        self._chance = chance or random.Random()
        self.progress = monotonic()
        self._place = Place(
            station, period, log_path, live_path, ledger_path.with_suffix(".json"), requests_dir.parent / f"tap-{name}.sock"
        )
        self._settings = settings
        self._make_link = make_link or partial(_make, link, self._place, settings)
        self._log = LogReader(log_path)
        self._ledger_path = ledger_path
        self.commands = Commands(requests_dir, name, monotonic, station, remote_key)
        self._selection = Selection(getattr(settings, "kinds", ()), getattr(settings, "channels", ()))
        self._newest: int | None = None
        self._stopping = threading.Event()
        self._link: Link | None = None
        self._connected = False
        self._down_since: float | None = None
        self._quiet_since: float | None = None
        self._retry_at = self._look_at = self._commit_at = self._count_at = 0.0
        self._state: dict[str, Any] = {
            "connected": False, "fault": "", "detail": "", "last_error": "", "owed": 0, "sent": 0, "confirmed": 0, "resent": 0,
            "refused": 0, "passed": 0, "lost": 0, "max_owed": 0, "contact": None,
        }  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Counts and the last fault, as `station status` shows them."""
        return dict(self._state)

    def wake(self) -> None:
        """Look at the log now."""
        self._look_at = 0.0
        if self._link is not None:
            self._link.wake()

    def stop(self) -> None:
        """End in order and wait for it."""
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        """Deliver; whatever goes wrong in one session is told and tried again."""
        bugs = 0
        while not self._stopping.is_set():
            try:
                self._deliver()
            except Exception as bug:  # the edge of this thread: a bug must not end delivery for ever
                log.exception("delivery to %s", self.destination)
                self._fault(Down("internal", repr(bug), "send the journal of the gateway to the makers"))
                bugs += 1
                self._stopping.wait(min(bugs * FIRST_RETRY, LONGEST_RETRY))

    def _deliver(self) -> None:
        """Open the ledger and the link, and work until `stop`."""
        self.open()
        try:
            while not self._stopping.is_set():
                self.turn(POLL)
        finally:
            self.close()

    def open(self) -> None:
        """Open the ledger and make the link; nothing is connected yet."""
        settings = self._settings
        self._ledger = Ledger(self._ledger_path)
        steady = math.isinf(settings.patience)  # such a link resends by itself, and has a window of its own
        pace = Pace(settings.backlog_rate, settings.in_flight, share(self._place.station), steady)
        self._courier = Courier(self._log, self._ledger, settings.in_flight, settings.patience, settings.order, pace)
        self._feed = Feed(self._log, self._courier, self._ledger)
        self._reconciler = Reconciler(
            Archive(self._log), self._courier, self._ledger, self._selection, share(self._place.station), self._monotonic
        )
        self._budget = Budget(settings.monthly_mb, settings.interface, self._ledger.notes)
        self._link = self._make_link()
        self._connected, self._retry_at = False, self._monotonic()

    def close(self) -> None:
        """Disconnect in order; what was confirmed is on the card."""
        if self._link is not None:
            self._link.close()
        self._connected = False
        self._courier.down()
        self._ledger.close()
        self._log.close()

    def abandon(self) -> None:
        """Let go of the files without writing anything, as a killed process does."""
        self._ledger.abandon()
        self._log.close()

    def turn(self, patience: float) -> None:
        """Connect if it is time to, else send and receive, waiting up to `patience` s for something to happen."""
        assert self._link is not None
        try:
            if self._connected:
                self._carry(self._link, patience)
            elif self._monotonic() >= self._retry_at:
                self._connect(self._link)
            else:
                self._feed.look()
                self._stopping.wait(max(0.0, min(self._retry_at - self._monotonic(), patience)))
        except Down as down:
            self._fall(down)
        self._report(self._courier, self._ledger)

    def due(self) -> float:
        """Monotonic time at which something is to be done even if nothing happens; infinite if nothing is."""
        if not self._connected:
            return self._retry_at
        commit = self._commit_at if self._ledger.changed else math.inf
        return min(commit, math.inf if (expiry := self._courier.next_deadline()) is None else expiry)

    def _connect(self, link: Link) -> None:
        """Begin a session. Raises Down."""
        self._feed.look()
        self._report(self._courier, self._ledger)  # an attempt may take long
        link.open()
        self._connected, self._down_since, self._quiet_since = True, None, None
        self._state |= {"connected": True, "fault": "", "detail": "", "last_error": ""}
        self._feed.look()
        self._courier.connected(self._monotonic())

    def _fall(self, down: Down) -> None:
        """The session ended, or none began: the next attempt comes after a pause."""
        self._fault(down)
        self._courier.down()
        self._connected = False
        now = self._monotonic()
        self._down_since = self._down_since or now
        self._retry_at = now + pause(now - self._down_since) * self._chance.uniform(0.7, 1.3)

    def _carry(self, link: Link, patience: float) -> None:
        """Send and receive. Raises Down."""
        courier, ledger = self._courier, self._ledger
        now = self._monotonic()
        if now >= self._look_at or not courier.under_way:
            self._look_at = now + POLL
            self._feed.look()
        level = self._spend(link, courier, now)
        for record, replay in courier.next(now, lambda record: affordable(record, level)):
            self._newest = max(self._newest or 0, record.start or 0)
            chosen = self._selection.of(record)
            if chosen is None:
                self._state["passed"] += courier.confirmed(record.sequence, record.sequence)
            else:
                link.send(chosen, replay)
        due = courier.next_deadline()
        for event in link.poll(patience if due is None else max(0.0, min(patience, due - self._monotonic()))):
            self._handle(event, courier)
        self._watch(courier)
        self._reconciler.turn(link, self._newest)
        self.commands.answer(link)
        if not ledger.changed:
            self._commit_at = now + COMMIT_AFTER
        elif now >= self._commit_at:
            ledger.commit()

    def _watch(self, courier: Courier) -> None:
        """A platform that takes everything and confirms nothing is a fault, although there is a connection."""
        now = self._monotonic()
        if self._quiet_since is None and courier.under_way:
            self._quiet_since = now
        elif self._quiet_since is not None and now - self._quiet_since > QUIET and not self._state["fault"]:
            self._state |= told(Down("unconfirmed", f"{courier.under_way} records sent, no receipt", "ask the platform's owner"))

    def _handle(self, event: Event, courier: Courier) -> None:
        if isinstance(event, Confirmed | Refused | Passed):
            self._quiet_since = None
            if self._state["fault"]:
                self._state |= {"fault": "", "detail": "", "last_error": ""}
        match event:
            case Confirmed(first, last):
                self._state["contact"] = self._monotonic()
                courier.confirmed(first, last, self._monotonic())
            case Refused(sequence, reason):
                if courier.refused(sequence, reason, self._monotonic()):
                    log.error("%s refuses record %d for good, it is set aside: %s", self.destination, sequence, reason)
            case Passed(sequence):
                self._state["passed"] += courier.confirmed(sequence, sequence)
            case Noted(what, facts):
                self.commands.note(what, facts)
            case TimeTold():
                with suppress(OSError):  # it will be told again
                    tell_time(self._place.live.parent, event)
            case Heard("digest", text):
                self._reconciler.heard(text)
            case Command(text) if self._link is not None:
                answer = self._reconciler.command(text)
                if answer is None:
                    self.commands.take(text, self._link)
                else:
                    self._link.reply(answer)

    def _spend(self, link: Link, courier: Courier, now: float) -> int:
        """What the month's budget allows; what was held back goes again when it allows more."""
        before = self._budget.level
        if now >= self._count_at:
            self._count_at = now + COUNT
            self._budget.look(int(link.state().get("bytes", 0)), self._newest)
        if self._budget.level < before:
            courier.release()
        return self._budget.level

    def _report(self, courier: Courier, ledger: Ledger) -> None:
        self.progress = self._monotonic()
        self._state |= {
            "owed": ledger.owed.total, "sent": courier.sent, "resent": courier.resent, "confirmed": ledger.confirmed,
            "refused": ledger.refused, "lost": ledger.lost, "max_owed": courier.max_owed,
            "backlog": courier.pace.progress(self.progress, ledger.owed.total), "budget": self._budget.state(),
            "held": courier.held, "reconciled": self._reconciler.state, "sent_unconfirmed": courier.sent_unconfirmed(),
            "link": self._link.state() if self._link else {},
        }  # fmt: skip

    def _fault(self, down: Down) -> None:
        self._state |= {"connected": False, **told(down)}
