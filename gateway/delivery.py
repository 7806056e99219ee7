"""One destination's thread: what is new becomes owed, the courier chooses, the link carries, receipts free."""

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from gateway import requests
from gateway.courier import Courier
from gateway.ledger import Ledger
from gateway.link.link import Command, Confirmed, Down, Event, Link, Noted, Passed, Place, Refused
from gateway.link.settings import LINKS
from gateway.log.reader import LogReader
from gateway.pace import Pace, share

POLL = 0.5
"""s after which the log is looked at even if nobody said that it has grown."""

COMMIT_AFTER = 0.5
"""s after which confirmations are written to the ledger."""

FIRST_RETRY, LONGEST_RETRY = 0.5, 120.0
"""s before the next attempt to connect: growing to a tenth of the time down, with jitter."""

SHORT_OUTAGE = 3.0
"""s between attempts at most, however short the outage: the backlog of a minute is to be gone a few seconds after it."""

COMMAND_PATIENCE = 30.0
"""s for acquisition to answer a platform's command."""

log = logging.getLogger(__name__)


def pause(down: float) -> float:
    """s to wait before the next attempt to connect, after `down` s without a connection."""
    return min(LONGEST_RETRY, max(FIRST_RETRY, min(SHORT_OUTAGE, down), down / 10))


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
        monotonic: Callable[[], float] = time.monotonic,
        make_link: Callable[[], Link] | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._thread = threading.Thread(target=self._run, name=f"to-{name}", daemon=True)
        self.destination = name
        self._monotonic = monotonic
        self._make_link = make_link or self._configured_link
        self._chance = chance or random.Random()
        self.progress = monotonic()
        self._place = Place(
            station, period, log_path, live_path, ledger_path.with_suffix(".json"), requests_dir.parent / f"tap-{name}.sock"
        )
        self._settings = settings
        self._link_kind = link
        self._log = LogReader(log_path)
        self._ledger_path = ledger_path
        self._requests = requests_dir
        self._pending: list[tuple[requests.Request, float]] = []
        self._stopping = threading.Event()
        self._link: Link | None = None
        self._connected = False
        self._down_since: float | None = None
        self._retry_at = 0.0
        self._look_at = self._commit_at = 0.0
        self._state: dict[str, Any] = {
            "connected": False, "fault": "", "last_error": "", "owed": 0, "sent": 0, "confirmed": 0, "resent": 0,
            "refused": 0, "passed": 0, "lost": 0, "max_owed": 0,
        }  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Counts and the last fault, as `station status` shows them."""
        return dict(self._state)

    def wake(self) -> None:
        """Look at the log now."""
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
                self._fault("internal", f"internal error: {bug!r}")
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
        self._link = self._make_link()
        self._connected, self._retry_at = False, self._monotonic()

    def close(self) -> None:
        """Disconnect in order; what was confirmed is on the card."""
        if self._connected and self._link is not None:
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
                self._look(self._courier, self._ledger)
                self._stopping.wait(max(0.0, min(self._retry_at - self._monotonic(), patience)))
        except Down as down:
            self._fall(down)
        self._report(self._courier, self._ledger)

    def due(self) -> float:
        """Monotonic time at which something is to be done even if nothing happens; infinite if nothing is."""
        if not self._connected:
            return self._retry_at
        expiry = self._courier.next_deadline()
        commit = self._commit_at if self._ledger.changed else math.inf
        return min(commit, math.inf if expiry is None else expiry)

    def _configured_link(self) -> Link:
        link: Link = import_module(LINKS[self._link_kind].module).Link(self._place, self._settings)
        return link

    def _connect(self, link: Link) -> None:
        """Begin a session. Raises Down."""
        link.open()
        self._connected, self._down_since = True, None
        self._state |= {"connected": True, "fault": "", "last_error": ""}
        self._look(self._courier, self._ledger)
        self._courier.connected(self._monotonic())

    def _fall(self, down: Down) -> None:
        """The session ended, or none began: the next attempt comes after a pause."""
        self._fault(down.kind, str(down))
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
            self._look(courier, ledger)
        for record, replay in courier.next(now):
            link.send(record, replay)
        due = courier.next_deadline()
        for event in link.poll(patience if due is None else max(0.0, min(patience, due - self._monotonic()))):
            self._handle(event, courier)
        self._answer_commands(link)
        if ledger.changed and now >= self._commit_at:
            self._commit_at = now + COMMIT_AFTER
            ledger.commit()

    def _handle(self, event: Event, courier: Courier) -> None:
        match event:
            case Confirmed(first, last):
                courier.confirmed(first, last, self._monotonic())
            case Refused(sequence, reason):
                if courier.refused(sequence, reason, self._monotonic()):
                    log.error("%s refuses record %d for good, it is set aside: %s", self.destination, sequence, reason)
            case Passed(sequence):
                self._state["passed"] += courier.confirmed(sequence, sequence)
            case Noted(what, facts):
                self._note(what, facts)
            case Command(text):
                self._command(text)

    def _note(self, what: str, facts: Mapping[str, Any]) -> None:
        """Let acquisition, which owns the log, store an event."""
        log.warning("%s: %s %s", self.destination, what, dict(facts))
        try:
            requests.put(self._requests, requests.make("note", f"platform:{self.destination}", {"what": what, **facts}))
        except OSError as error:
            log.error("this cannot be put into the record log: %s", error)

    def _look(self, courier: Courier, ledger: Ledger) -> None:
        """What is new in the log becomes owed; what has gone from it is forgotten."""
        generation = self._log.generation
        for first, last in self._log.runs_after(ledger.head):
            courier.appeared(first, last)
        if self._log.generation != generation:
            self._audit(courier, ledger)

    def _audit(self, courier: Courier, ledger: Ledger) -> None:
        """Another file than before: what is owed but not in it cannot be sent."""
        for first, last in ledger.owed:
            at = first
            for low, high in self._log.runs(first, last):
                courier.gone(at, low - 1)
                at = high + 1
            courier.gone(at, last)

    def _report(self, courier: Courier, ledger: Ledger) -> None:
        self.progress = self._monotonic()
        self._state |= {
            "owed": ledger.owed.total, "sent": courier.sent, "resent": courier.resent, "confirmed": ledger.confirmed,
            "refused": ledger.refused, "lost": ledger.lost, "max_owed": courier.max_owed,
            "backlog": self._progress(courier, ledger),
            "link": self._link.state() if self._link else {},
        }  # fmt: skip

    def _progress(self, courier: Courier, ledger: Ledger) -> dict[str, Any]:
        """How fast the backlog goes (records/s) and how long it will take (s; None if nobody knows)."""
        speed = courier.pace.measure(self._monotonic()) if self._connected else 0.0
        return {"speed": round(speed, 1), "left": round(ledger.owed.total / speed) if speed >= 0.05 else None}

    def _fault(self, kind: str, text: str) -> None:
        self._state |= {"connected": False, "fault": kind, "last_error": text}

    def _command(self, text: str) -> None:
        """Hand a platform's command to acquisition as a request file; refuse what is none."""
        try:
            asked = requests.parse(text, who=f"platform:{self.destination}")
            if asked.action in requests.INTERNAL:
                raise requests.BadRequest(f"unknown action {asked.action!r}")
            requests.put(self._requests, asked)
        except (requests.BadRequest, OSError) as error:
            log.warning("command of %s: %s", self.destination, error)
            if self._link is not None:
                self._link.reply(requests.refusal(text, str(error)))
        else:
            self._pending.append((asked, self._monotonic() + COMMAND_PATIENCE))

    def _answer_commands(self, link: Link) -> None:
        for pair in list(self._pending):
            asked, until = pair
            found = requests.take_answer(self._requests, asked)
            if found is None and self._monotonic() >= until:
                requests.withdraw(self._requests, asked)
                found = {"ok": False, "error": "acquisition does not answer"}
            if found is not None:
                self._pending.remove(pair)
                link.reply(requests.reply(asked, found))
