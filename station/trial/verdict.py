"""The oracle of a run: is every stored record at the platform once, with equal content? Did the instruments give values?

The platform's side is what the platform itself has stored, never what our ledger believes.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.sample import Flag
from gateway.log.reader import LogReader
from gateway.payload import payload
from gateway.record import ChannelRow, Record
from station.config import Config

DOUBTS = frozenset({"warm_up", "stuck", "out_of_calibration", "maintenance"})
"""Reasons that speak against the numbers themselves; other reasons only say that some are missing."""

START = 5.0
"""s that the processes may take before the first reading: so much later than the run does a warm-up begin."""

ENOUGH = 0.8
"""Share of the expected intervals that must have been stored."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was run: for how many s at which interval, and the largest backlog seen."""

    seconds: float
    interval: int
    max_owed: int
    resent: int = 0
    duplicates: int = 0


def stored_records(log: Path) -> list[Record]:
    """Every record in the log that has a time."""
    reader = LogReader(log)
    try:
        return [r for low, high in reader.runs(0, 2**63 - 1) for r in reader.oldest_first(low, high, high - low + 1)]
    finally:
        reader.close()


def judge(records: Iterable[Record], archive: Mapping[tuple[str, int], str], config: Config, run: Run) -> dict[str, Any]:
    """The verdict as a JSON object; `ok` only if all is as promised."""
    records = list(records)
    station = config.station.id
    delivered = sum(archive.get((station, record.sequence)) == canonical(station, record) for record in records)
    intervals = [record for record in records if record.kind == "interval"]
    instruments = _instruments(intervals, config, run.seconds - run.interval - START)
    enough = len(intervals) >= ENOUGH * (run.seconds // run.interval)
    alive = all(one["usable"] or one["warming_up"] for one in instruments.values())
    missing = len(records) - delivered
    return {
        "ok": bool(records) and not missing and not run.duplicates and enough and alive,
        "stored": len(records),
        "delivered": delivered,
        "duplicates": run.duplicates,
        "resent": run.resent,
        "missing": missing,
        "max_owed": run.max_owed,
        "instruments": instruments,
    }


def canonical(station: str, record: Record) -> str:
    """The payload of a record as the platform keeps it: keys sorted, without `replay`."""
    content = json.loads(payload(station, record, replay=False))
    del content["replay"]
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _instruments(intervals: list[Record], config: Config, seconds: float) -> dict[str, dict[str, Any]]:
    """Usable and expected readings of each instrument, those of its best channel; is it warming up after `seconds`?"""
    sums: dict[tuple[str, str], list[int]] = {}
    newest: dict[str, str] = {}
    for record in intervals:
        for row in (ChannelRow(*row) for row in json.loads(record.body)):
            both = sums.setdefault((row.instrument, row.quantity), [0, 0])
            both[0] += row.count if row.flag <= Flag.SUSPECT and row.reason not in DOUBTS else 0
            both[1] += row.expected
            if row.value is not None or row.reason == "warm_up":
                newest[row.instrument] = row.reason
    found = {}
    for one in config.instruments:
        usable, expected = max((sums.get((one.name, key), [0, 0]) for key in one.channels), default=[0, 0])
        warming = newest.get(one.name) == "warm_up" and seconds <= one.model.warm_up
        found[one.name] = {"usable": usable, "expected": expected, "warming_up": warming}
    return found
