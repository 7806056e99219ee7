"""Bytes that a destination may cost in a month of a metered SIM: counted from the interface, kept over restarts.

A month is one of the calendar in Beijing. What the time is comes from the records themselves, which are never delivered without
a trusted one; so a wrong clock does not begin a new month.
"""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from gateway.selection import FULL, SCARCE, THIN

THIN_AT, SCARCE_AT = 0.80, 0.95
"""Shares of the budget."""

MB = 1_000_000
"""Bytes, as mobile networks count."""

BEIJING = timezone(timedelta(hours=8))
INTERFACES = Path("/sys/class/net")
LEVELS = {FULL: "full", THIN: "thin", SCARCE: "scarce"}


class Budget:
    """Of one destination: `monthly` MB (0: no limit) on `interface` ("": what the link itself counts).

    `kept` lasts: the month (year * 12 + month - 1), bytes used in it, and the counter when it was read last.
    """

    def __init__(self, monthly: float, interface: str, kept: dict[str, int], interfaces: Path = INTERFACES) -> None:
        self._monthly = monthly * MB
        self._statistics = interfaces / interface / "statistics" if interface else None
        self._kept = kept
        self._fresh = interface == ""

    def look(self, link_bytes: int, utc: int | None) -> None:
        """Count what has been carried since the last look; `utc` (ms) is the newest record's time."""
        if not self._monthly:
            return
        now = link_bytes if self._statistics is None else self._counter()
        if now is not None:
            before = 0 if self._fresh else self._kept.get("budget_counter", now)
            self._kept["budget_used"] = self._kept.get("budget_used", 0) + (now - before if now >= before else now)
            self._kept["budget_counter"] = now
            self._fresh = False
        if utc is not None:
            local = datetime.fromtimestamp(utc / 1000, BEIJING)
            month = local.year * 12 + local.month - 1
            if month > self._kept.get("budget_month", 0):
                self._kept |= {"budget_month": month, "budget_used": 0}

    @property
    def level(self) -> int:
        """FULL, THIN or SCARCE."""
        if not self._monthly:
            return FULL
        share = self._kept.get("budget_used", 0) / self._monthly
        return SCARCE if share >= SCARCE_AT else THIN if share >= THIN_AT else FULL

    def state(self) -> dict[str, Any]:
        """For `station status`; empty without a budget."""
        if not self._monthly:
            return {}
        month = self._kept.get("budget_month", 0)
        return {
            "month": f"{month // 12:04}-{month % 12 + 1:02}",
            "used_mb": round(self._kept.get("budget_used", 0) / MB, 3),
            "of_mb": self._monthly / MB,
            "level": LEVELS[self.level],
        }

    def _counter(self) -> int | None:
        """Bytes both ways since the interface came up; None if it is away. The kernel begins at 0 after a restart."""
        assert self._statistics is not None
        try:
            return sum(int((self._statistics / name).read_text("ascii")) for name in ("rx_bytes", "tx_bytes"))
        except (OSError, ValueError):
            return None
