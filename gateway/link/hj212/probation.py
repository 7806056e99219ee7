"""What a platform has set (1000, 1062, 1064, 1072) is tried first. The standard wants it done and answered at once, and it is.

It is kept when the platform has acknowledged something that was sent after it; if nothing is for ten minutes of connection (two
uploads, if those are rarer), the settings before it return. Meanwhile requests with the old password are taken too. Time without
a connection says nothing of the settings and does not count; after a restart the time begins anew, since the platform, which has
its 9012, goes on with the new ones. With a host that never acknowledges there is nothing to wait for.
MN (1002) and key (1014) are not tried: with them the platform's register of stations changes too.
"""

from gateway.link.hj212.memory import Memory

TRIAL = 600.0
"""s of connection."""


class Probation:
    """The trial of one connection; it goes on over the next ones in the memory."""

    def __init__(self, memory: Memory, *, waits: bool) -> None:
        self._memory = memory
        self._waits = waits
        self._since = ""
        self._at: float | None = None

    def change(self, name: str, value: object, number: str, rarest: float) -> None:
        """Set and remember; `number`: the newest QN so far, `rarest`: s between two uploads. Raises OSError."""
        self._memory.left, self._since = max(TRIAL, 2 * rarest), number
        self._memory.change(name, value, tried=self._waits)

    def passwords(self) -> tuple[object, ...]:
        """Those that a request may carry now."""
        tried = self._memory.tried
        return (self._memory["password"], *([tried["password"]] if "password" in tried else []))

    def acknowledged(self, number: str) -> list[str]:
        """The platform has what was sent under this QN: the settings that are kept for that."""
        if number <= self._since:  # sent under the old ones
            return []
        names = list(self._memory.tried)
        if names:
            self._memory.settle()
        return names

    def tick(self, monotonic: float) -> list[str]:
        """The settings that have returned because nothing was acknowledged."""
        passed, self._at = monotonic - (monotonic if self._at is None else self._at), monotonic
        names = list(self._memory.tried)
        if not names:
            return []
        self._memory.left -= passed
        if self._memory.left > 0:
            return []
        self._memory.take_back()
        return names
