"""Gathers what others say that the time is, for acquisition's clock, and asks root to set the system's by it if it may."""

import logging
from datetime import datetime
from pathlib import Path

from drivers.sample import Sample
from gateway import requests
from gateway.link.link import TimeTold
from gateway.told import heard_time
from station.clock import STEP, Clock, Floor, Now
from station.config import Config

GPS = "nmea"
"""The driver whose samples carry the time."""

GPS_ERROR = 1500
"""ms: sentences come up to a second after the instant that they tell, and take their time on the line."""

ASK_AGAIN = 3_600_000
"""ms between two requests to set the clock."""

log = logging.getLogger(__name__)


class Timekeeper:
    """Of one station. Used by acquisition's main loop."""

    def __init__(self, clock: Clock, floor: Floor, config: Config, run: Path) -> None:
        self._clock = clock
        self._floor = floor
        self._from = config.station.time_from
        self._set_clock = config.station.set_clock
        self._receivers = {one.name for one in config.instruments if one.driver == GPS and "gps" in self._from}
        self._run = run
        self._heard: dict[str, TimeTold] = {}
        self._ask_at = 0

    def receive(self, instrument: str, sample: Sample, moment: float) -> None:
        """A sample that was complete at `moment` (monotonic s): a receiver with a position knows the time."""
        if instrument not in self._receivers or not sample.usable or "date" in sample.fields:
            return
        day, clock = sample.status.get("date"), sample.status.get("time")
        try:
            utc = datetime.fromisoformat(f"{day}T{clock}")
        except ValueError:
            return
        self._clock.hear(TimeTold(round(utc.timestamp() * 1000), round(moment * 1000), GPS_ERROR, "gps"))

    def turn(self, now: Now) -> None:
        """Each second or so: listen, keep the floor, ask root."""
        for source in self._from:
            told = heard_time(self._run, source) if source != "gps" else None
            if told is not None and told != self._heard.get(source):
                self._heard[source] = told
                self._clock.hear(told)
        try:
            self._floor.keep(now)
            if self._set_clock and now.source in self._from and abs(now.wall - now.utc) > STEP and now.monotonic >= self._ask_at:
                self._ask_at = now.monotonic + ASK_AGAIN
                wanted = {"by": now.utc - now.wall, "how": "step"}
                requests.put(self._run / requests.PRIVILEGED, requests.make("set_clock", f"station:{now.source}", wanted))
        except OSError as error:
            log.warning("clock: %s", error)
