"""A device's own clock, which shows Beijing time whatever the station's machine shows."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any


class Clock:
    """settings: `midnight` Unix time in s at the scenario's midnight (otherwise the device goes right), `utc_offset` h (8)."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._zone = timezone(timedelta(hours=float(settings.get("utc_offset", 8))))
        self._midnight: float | None = settings.get("midnight")

    def shows(self, at: float, now: float) -> datetime:
        """What it showed, or will show, at `at` s since the scenario's midnight; it is `now`."""
        if self._midnight is None:
            self._midnight = time.time() - now
        return datetime.fromtimestamp(self._midnight + at, self._zone)
