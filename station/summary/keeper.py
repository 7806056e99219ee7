"""Lets acquisition store the metrics of each hour and day that is over, one after the other, whatever was missed meanwhile."""

from collections.abc import Callable, Iterator
from typing import Any

from gateway import requests
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.record import Record
from station.config import Config
from station.gaps import remembered
from station.live import write_json
from station.places import Places
from station.summary.aggregate import DAY, HOUR
from station.summary.owed import due, metrics
from station.summary.rows import compact

BEFORE_NOON = 6 * HOUR
"""ms of the next day that a day of noise may need."""

Facts = dict[str, Any]


def told(config: Config, records: Callable[[int, int], Iterator[Record]], end: int) -> Iterator[Facts]:
    """Every metric that is due when the hour ends at `end` (UTC ms); `records` gives those from one UTC ms to another."""
    for span, begin in due(end):
        until = begin + {"hour": HOUR, "day": DAY, "night": DAY + BEFORE_NOON}[span]
        yield from metrics(config.metrics, compact(records(begin, until), begin, until), span, begin)


class MetricKeeper:
    """What the gateway asks acquisition to store."""

    def __init__(self, config: Config, places: Places) -> None:
        self._config = config
        self._folder = places.requests
        self._archive = Archive(LogReader(places.log))
        self._memory = places.ledgers / "metrics.json"
        self._told = remembered(self._memory)

    def turn(self) -> bool:
        """Tell the next hour if it is over; True if it was. Raises OSError if nobody can be told."""
        if not self._config.metrics:
            return False
        newest = self._archive.newest()
        if newest is None or newest.start is None:
            return False
        if self._told is None:
            self._told = newest.start - newest.start % HOUR
        end = self._told + HOUR
        if newest.start < end:
            return False
        for facts in told(self._config, self._archive.between, end):
            requests.put(self._folder, requests.make("metric", "gateway", facts))
        self._told = end
        write_json(self._memory, {"told": end})
        return True
