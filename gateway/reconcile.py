"""Reconciliation: once a day, and on request, the platform is told what it should have, and says what it has not.

`confirmed` is the platform's own word; but a database can be restored from an old backup, or a disk lost behind a broker. So each
day, at this station's own time of the night, a digest of the day before goes up, hour by hour; what differs is owed again.
"""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from gateway.courier import Courier
from gateway.digest import HOUR, digest
from gateway.ledger import Ledger
from gateway.link.hj212.archive import Archive
from gateway.link.link import Link
from gateway.record import Record, compact
from gateway.selection import Selection

DAY = 24 * HOUR
BEIJING = 8 * HOUR

NIGHT = 6 * HOUR
"""ms after midnight in Beijing within which the stations have their turns."""

PATIENCE = 600.0
"""s for an answer; then it is asked again."""

TRIES = 5
"""Times that an hour is told; a platform that never answers does not do this."""

MOST = 31 * 24
"""Hours of one request at most."""

NOTE = "reconciled_day"


class Reconciler:
    """Of one destination. `place`: this station's share of the night, from 0 to 1."""

    def __init__(
        self,
        archive: Archive,
        courier: Courier,
        ledger: Ledger,
        selection: Selection,
        place: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._archive = archive
        self._courier = courier
        self._ledger = ledger
        self._selection = selection
        self._place = place
        self._monotonic = monotonic
        self._hours: deque[int] = deque()
        self._asked: int | None = None
        self._again_at = 0.0
        self._tries = 0
        self.state: dict[str, int] = {"hours": 0, "holes": 0, "resent": 0}

    def request(self, begin: int, end: int) -> int:
        """Compare the hours from `begin` to `end` (UTC ms) as soon as possible; how many."""
        hours = range(begin - begin % HOUR, end, HOUR)[:MOST]
        self._hours.extend(hour for hour in hours if hour not in self._hours)
        return len(hours)

    def turn(self, link: Link, newest: int | None) -> None:
        """Tell the next hour, if it is time to; `newest` is the time of the newest record that was delivered."""
        self._daily(newest)
        if not self._hours or self._monotonic() < self._again_at:
            return
        hour = self._hours[0]
        if hour != self._asked:
            self._asked, self._tries = hour, 0
        if self._tries >= TRIES:
            self._hours.clear()
            return
        self._tries += 1
        self._again_at = self._monotonic() + PATIENCE
        rows = digest(self._of(hour))
        if not link.tell("digest", compact({"id": str(hour), "start": hour, "channels": rows})):
            self._hours.clear()  # this link has no form for it

    def _daily(self, newest: int | None) -> None:
        if newest is None:
            return
        local = newest + BEIJING
        day, into = local // DAY, local % DAY
        if day > self._ledger.notes.get(NOTE, 0) and into >= self._place * NIGHT:
            self._ledger.notes[NOTE] = day
            begin = (day - 1) * DAY - BEIJING
            self.request(begin, begin + DAY)

    def heard(self, text: str) -> None:
        """The platform's answer: nothing if the hour agrees, else which numbers of that hour it has."""
        try:
            content = json.loads(text)
            hour = int(content["id"])
            has = None if content.get("same") else [(int(first), int(last)) for first, last in content["has"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return
        if hour != self._asked:
            return
        self._hours.popleft()
        self._asked, self._again_at = None, 0.0
        self.state["hours"] += 1
        if has is None:
            return
        self.state["holes"] += 1
        there = [record.sequence for record in self._of(hour)]
        lacking = [number for number in there if not any(first <= number <= last for first, last in has)]
        for number in lacking or there:  # all are there, but not as they are here
            if number not in self._ledger.owed:
                self._courier.owe(number, number)
                self.state["resent"] += 1

    def _of(self, hour: int) -> list[Record]:
        """The records of that hour that this destination should have."""
        refused = self._ledger.refusals()
        chosen = (self._selection.of(record) for record in self._archive.records(hour, hour + HOUR))
        return [record for record in chosen if record is not None and record.sequence not in refused]

    def command(self, text: str) -> str | None:
        """The answer to a platform's command `digest` with `from` and `to` (UTC ms); None if it is another command."""
        try:
            content: dict[str, Any] = json.loads(text)
            if content["action"] != "digest":
                return None
            number, wanted = str(content["id"])[:64], content["arguments"]
            hours = self.request(int(wanted["from"]), int(wanted["to"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return compact({"id": number, "action": "digest", "ok": True, "hours": hours})
