"""Evidence: the records of each hour are chained by a hash that goes into the next hour's, is stored, and is delivered.

A link names the numbers that it covers: what was stored after those of the link before it, up to the end of its hour; so the
event that holds a link is itself covered by the next one. Whoever changes, removes or adds a record later would have to change
every link behind it, here and at every platform.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway import requests
from gateway.link.hj212.archive import BIGGEST, Archive
from gateway.log.reader import LogReader
from gateway.ranges import Ranges
from gateway.record import Record
from station.gaps import HOUR, remembered_facts
from station.live import write_json
from station.places import Places

BATCH = 500
"""Records read at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of an hour: "good", "evicted", "quarantined" or "tampered", and why."""

    begin: int
    verdict: str
    why: str


def line(record: Record) -> bytes:
    """What of a record is hashed: everything that never changes once it has its time."""
    place = (record.sequence, record.kind, record.period, record.start, record.revision, record.boot, record.monotonic)
    return json.dumps((*place, record.body), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def link(previous: str, records: Iterable[Record]) -> tuple[str, Ranges]:
    """The digest of these records behind the one before, and their numbers."""
    made, numbers = hashlib.sha256(previous.encode()), Ranges()
    for record in records:
        made.update(line(record))
        numbers.add(record.sequence, record.sequence)
    return made.hexdigest(), numbers


def span(log: LogReader, first: int, last: int) -> Iterator[Record]:
    """The records with these numbers that have a time."""
    while found := log.oldest_first(first, last, BATCH):
        yield from found
        first = found[-1].sequence + 1


class ChainKeeper:
    """Lets acquisition store the link of each hour that is over."""

    def __init__(self, places: Places) -> None:
        self._folder = places.requests
        self._log = LogReader(places.log)
        self._archive = Archive(self._log)
        self._memory = places.ledgers / "chain.json"
        found = remembered_facts(self._memory)
        self._told = found.get("told")
        self._last = int(found.get("last", 0))
        self._digest = str(found.get("digest", ""))

    def turn(self) -> bool:
        """Tell the next hour if it is over; True if it was. Raises OSError if nobody can be told."""
        newest = self._archive.newest()
        if newest is None or newest.start is None:
            return False
        hour = newest.start - newest.start % HOUR
        if self._told is None:
            self._told, self._last = hour, self._archive.first_at(hour) - 1
        if hour <= self._told:
            return False
        last = self._archive.first_at(hour) - 1
        digest, numbers = link(self._digest, span(self._log, self._last + 1, last))
        facts = {"from": self._told, "to": hour, "count": numbers.total, "ranges": [list(one) for one in numbers]}
        facts |= {"previous": self._digest, "digest": digest}
        requests.put(self._folder, requests.make("chain", "gateway", facts))
        self._told, self._last, self._digest = hour, last, digest
        write_json(self._memory, {"told": hour, "last": last, "digest": digest})
        return True


def verify(log: LogReader) -> list[Verdict]:
    """Every hour that has a link, in the order in which they were chained."""
    links: list[tuple[int, dict[str, Any]]] = []
    evicted, replaced = Ranges(), [0]
    for record in span(log, 0, BIGGEST):
        if record.kind != "event":
            continue
        body = json.loads(record.body)
        if body["code"] == "chain":
            links.append((record.sequence, body))
        elif body["code"] == "evicted":
            for first, last in body.get("ranges", ()):
                evicted.add(first, last)
        elif body["code"] in ("log_replaced", "log_salvaged"):
            replaced.append(record.sequence)
    found: list[Verdict] = []
    before = ""
    for _sequence, body in links:
        found.append(_judge(log, body, before, evicted, max(replaced)))
        before = str(body.get("digest", ""))
    return found


def _judge(log: LogReader, body: dict[str, Any], before: str, evicted: Ranges, replaced: int) -> Verdict:
    begin, ranges = int(body["from"]), [(int(first), int(last)) for first, last in body["ranges"]]
    told = Ranges()
    for first, last in ranges:
        told.add(first, last)
    records = list(span(log, ranges[0][0], ranges[-1][1])) if ranges else []
    missing = Ranges(told)
    for record in records:
        missing.remove(record.sequence, record.sequence)
    strangers = [record.sequence for record in records if record.sequence not in told]
    if strangers:
        return Verdict(begin, "tampered", f"record {strangers[0]} was added")
    lost = _numbers(missing)
    if lost and all(number in evicted for number in lost):
        return Verdict(begin, "evicted", f"{len(lost)} records were given up for want of space")
    if lost and lost[-1] < replaced:
        return Verdict(begin, "quarantined", f"{len(lost)} records lie in a damaged file that was put aside")
    if lost:
        return Verdict(begin, "tampered", f"{len(lost)} records are gone, the first is {lost[0]}")
    if before and body["previous"] != before:
        return Verdict(begin, "tampered", "its link does not continue the hour before")
    if link(str(body["previous"]), records)[0] != body["digest"]:
        return Verdict(begin, "tampered", "the records are not those that were chained")
    return Verdict(begin, "good", "")


def _numbers(ranges: Ranges) -> Sequence[int]:
    return [number for first, last in ranges for number in range(first, last + 1)]
