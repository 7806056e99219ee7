"""A destination whose radio is on only now and then: a battery lasts so much longer.

A window opens every `every` s, at a phase of the station's own so that a district's stations do not come all at once; it closes
when everything owed has arrived and nothing came for a while. An alarm opens one at once, and so does an emergency, in which
windows are as frequent as `emergency_every` says (0: the radio stays on). What a broken connection owes is tried again within the
window as ever.
"""

from typing import Any

from gateway.delivery import POLL, Delivery
from gateway.live import in_emergency, read_live
from gateway.pace import share

LINGER = 15.0
"""s that a window stays open after the last word, for what the platform wants to say …"""

PART = 0.25
"""… but not more than this share of the time between two windows."""


class Windows(Delivery):
    """Delivers in windows; the first opens at once."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._open = True
        self._busy_at = self._seen = 0.0

    def turn(self, patience: float) -> None:
        """As any other while the window is open; else wait for the next one, or for an alarm."""
        now = self._monotonic()
        if self._open:
            super().turn(patience)
            self._consider(now)
            return
        self._feed.look()
        if now >= self._retry_at or self._courier.alarmed(now):
            self._open, self._busy_at, self._retry_at = True, now, now
            self._state["resting"] = False
        else:
            self._stopping.wait(max(0.0, min(self._retry_at - now, patience, POLL)))
        self._report(self._courier, self._ledger)

    def _consider(self, now: float) -> None:
        """Close the window if there is nothing left to do in it."""
        confirmed = float(self._ledger.confirmed + self._state["passed"])
        owed = self._ledger.owed.total > self._courier.held
        if not self._connected or self._courier.under_way or owed or confirmed != self._seen:
            self._busy_at, self._seen = now, confirmed
        every = self._settings.emergency_every if in_emergency(read_live(self._place.live)) else self._settings.every
        if not every or now - self._busy_at < min(LINGER, PART * every) or self._link is None:
            return
        self._link.close()
        self._link = self._make_link()
        self._courier.down()
        self._ledger.commit()
        self._open = self._connected = False
        self._state["resting"] = True
        self._retry_at = now + every - (now - share(self._place.station) * every) % every
        self._state["connected"] = False
