"""How fast a backlog may go: no faster than the platform allows, no faster than the line bears, and not with everybody at once.

The rate is a token bucket. The window yields to whatever else the line carries, as LEDBAT does (RFC 6817): it grows while
receipts come about as soon as they ever did, and shrinks when the backlog itself makes them late; so a live record or an alarm
finds the line almost empty, however slow it is. Time (monotonic s) is an argument.
"""

import hashlib
import math

TARGET = 0.5
"""s by which the backlog may delay what is sent behind it."""

FIRST_WINDOW = 2.0
"""Records under way at the beginning of a session."""

MEMORY = 600.0
"""s for which the least delay is remembered: a route may change."""

CHUNK = 0.2
"""s of tokens that are handed out together, so that records can share a message."""

SPREAD = 60.0
"""s over which a district's stations begin at most, after an outage that they had in common."""

SMOOTH = 20.0
"""s over which the measured rate is averaged."""


def share(station: str) -> float:
    """Where in a common span this station has its place: from 0 to below 1, the same each time."""
    return int.from_bytes(hashlib.sha256(station.encode()).digest()[:6]) / 2**48


class Pace:
    """The pace of one destination's backlog: at most `rate` records/s, at most `most` under way.

    `steady` keeps the window at `most`: for a link that has its own.
    """

    def __init__(self, rate: float, most: int, place: float = 0.0, steady: bool = False) -> None:
        self._rate = rate
        self._most = most
        self._place = place
        self._steady = steady
        self._chunk = min(rate, max(1.0, rate * CHUNK))
        self._tokens = max(1.0, rate)
        self._at = -math.inf
        self._least, self._least_at = math.inf, 0.0
        self._starting = True
        self.window = most if steady else min(FIRST_WINDOW, most)
        self.speed = 0.0
        self._freed, self._speed_at = 0, -math.inf

    def begin(self, now: float, owed: int) -> None:
        """A session begins with so many records owed: they start after this station's share of the time that they need."""
        self._tokens = max(1.0, self._rate)
        self._at = now + self._place * min(SPREAD, owed / self._rate)
        self._least, self._starting = math.inf, True
        self.window = self._most if self._steady else min(FIRST_WINDOW, self._most)
        self._freed, self._speed_at, self.speed = 0, now, 0.0

    def ready(self, now: float) -> bool:
        """May one more go? `next_at` says when, if not."""
        if now > self._at:
            if self._at > -math.inf:
                self._tokens = min(max(1.0, self._rate), self._tokens + (now - self._at) * self._rate)
            self._at = now
        return now >= self._at and self._tokens >= 1.0

    def spend(self) -> None:
        """One has gone."""
        self._tokens -= 1.0

    def next_at(self) -> float:
        """When `ready` turns true: with a few tokens at once."""
        return self._at + max(0.0, max(1.0, self._chunk) - self._tokens) / self._rate

    def arrived(self, delay: float, now: float) -> None:
        """A record of the backlog was confirmed `delay` s after it was sent."""
        self._freed += 1
        if self._steady:
            return
        if delay <= self._least or now - self._least_at > MEMORY:
            self._least, self._least_at = delay, now
        late = (delay - self._least) / TARGET
        if late > 0.5:
            self._starting = False
        step = 1.0 if self._starting else max(-0.5, (1.0 - late) / self.window)
        self.window = min(self._most, max(1.0, self.window + step))

    def silent(self) -> None:
        """Something was not confirmed in time: begin anew with one record."""
        if not self._steady:
            self.window, self._starting = 1.0, False

    def progress(self, now: float, owed: int) -> dict[str, float | None]:
        """How fast the backlog goes (records/s), and how long it will take (s; None if nobody knows)."""
        speed = self.measure(now)
        return {"speed": round(speed, 1), "left": round(owed / speed) if speed >= 0.05 else None}

    def measure(self, now: float) -> float:
        """Records/s of the backlog that were confirmed lately."""
        passed = now - self._speed_at
        if passed >= 1.0:
            weight = -math.expm1(-passed / SMOOTH) if self.speed else 1.0
            self.speed += (self._freed / passed - self.speed) * weight if passed < math.inf else 0.0
            self._freed, self._speed_at = 0, now
        return self.speed
