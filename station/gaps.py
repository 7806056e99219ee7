"""The gap ledger of this station: hour by hour, for `station gaps` and as a record of each hour that platforms get."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway import requests
from gateway.gaps import Gap, as_dict, gaps
from gateway.ledger import Standing, standing
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from station.config import Config
from station.live import read_fresh, write_json
from station.places import Places

HOUR = 3_600_000
"""ms."""

LATE = 300_000
"""ms after an hour's end until it is looked at: its records should have been delivered."""


def standings(config: Config, places: Places) -> dict[str, Standing]:
    """What each destination has, by its ledger and by what the running gateway says that it has sent."""
    delivery = read_fresh(places.delivery) or {"destinations": {}}
    found = {}
    for one in config.destinations:
        sent = delivery["destinations"].get(one.name, {}).get("sent_unconfirmed", [])
        found[one.name] = standing(places.ledgers / f"{one.name}.db", [(first, last) for first, last in sent])
    return found


def span(config: Config, log: LogReader, has: Mapping[str, Standing], begin: int, end: int) -> list[Gap]:
    """One row for each instrument from `begin` to `end` (UTC ms)."""
    rates = {one.name: one.rate for one in config.instruments}
    return gaps(log, begin, end, config.station.interval * 1000, rates, has)


def hourly(config: Config, log: LogReader, has: Mapping[str, Standing], begin: int, end: int) -> Iterator[Gap]:
    """Rows for each hour from `begin` to before `end` (UTC ms, whole hours); the last may not be over."""
    newest = Archive(log).newest()
    until = min(end, (newest.start or 0) + newest.period * 1000) if newest else begin
    for hour in range(begin - begin % HOUR, until, HOUR):
        yield from span(config, log, has, hour, min(hour + HOUR, until))


def remembered_facts(path: Path) -> dict[str, Any]:
    """What was told before, nothing if that cannot be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return {**found, "told": int(found["told"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def remembered(path: Path) -> int | None:
    """How far something was told before, None if never."""
    return remembered_facts(path).get("told")


class Keeper:
    """Lets acquisition store, hour after hour, what the gap ledger says; hours without any record are told as one."""

    def __init__(self, config: Config, places: Places) -> None:
        self._config = config
        self._places = places
        self._log = LogReader(places.log)
        self._memory = places.ledgers / "gaps.json"
        self._told = remembered(self._memory)

    def turn(self) -> bool:
        """Tell the next hour if there is one that is over; True if there was. Raises OSError if nobody can be told."""
        archive = Archive(self._log)
        newest = archive.newest()
        if newest is None or newest.start is None:
            return False
        begin = self._told if self._told is not None else newest.start - newest.start % HOUR
        end = begin + HOUR
        if newest.start < end + LATE:
            self._told = begin
            return False
        following = archive.next_start(begin)
        if following is not None and following >= end:
            end = following - following % HOUR
        rows = [as_dict(row) for row in span(self._config, self._log, standings(self._config, self._places), begin, end)]
        told = [{name: row[name] for name in row if name not in ("begin", "end")} for row in rows]
        requests.put(self._places.requests, requests.make("gaps", "gateway", {"from": begin, "to": end, "instruments": told}))
        self._told = end
        write_json(self._memory, {"told": end})
        return True
