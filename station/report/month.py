"""The report of one month as one JSON object: read once, day by day, so that memory does not grow with it."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from calibration.certificate import load as load_certificates
from gateway.gaps import Hole
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.record import ChannelRow, Record
from station.config import Config
from station.gaps import standings
from station.intervals import LEVEL
from station.metrics.tables import in_force
from station.places import Places
from station.report import basis, sections
from station.report.days import Days, Month
from station.report.happened import Happened, happened, told
from station.report.sections import DayFigures
from station.summary.aggregate import DAY, HOUR, midnight
from station.summary.rows import Key
from station.summary.settings import Aqi, Load, Metric, Noise, WaterClass

EARLIER, LATER = 31 * DAY, 92 * DAY
"""ms before and after the month in which events are looked for: an alarm that goes on, a laboratory's value that comes late."""

LIVE = HOUR
"""ms that the newest record of a station may lie back before what follows it counts as missing."""

NITROGEN = "total_nitrogen"

Facts = dict[str, Any]
Rows = list[tuple[Record, dict[Key, ChannelRow]]]


def month_of(text: str) -> tuple[datetime.date, datetime.date]:
    """First and last day of "2026-11". Raises ValueError."""
    first = datetime.date.fromisoformat(f"{text}-01")
    return first, (first + datetime.timedelta(31)).replace(day=1) - datetime.timedelta(1)


def report(
    config: Config,
    places: Places,
    log: LogReader,
    span: tuple[datetime.date, datetime.date],
    now: int,
    district: str | None = None,
    progress: Callable[[datetime.date], None] = lambda _day: None,
) -> Facts | None:
    """Everything of the month from the first to the last day of `span`; None if nothing is stored of it. Raises OSError.

    `now` in UTC ms; `district` names a table of targets; `progress` is told each day that was read.
    """
    archive = Archive(log)
    newest = archive.newest()
    month = _month(span, newest, now)
    found = happened(archive.events(month.begin - EARLIER, month.end + LATER), month.begin, month.until)
    metrics = wanted(config)
    read = Days(config, log, standings(config, places), metrics)
    read.read(month, found, progress)
    days = read.days
    if not any(day.channels or day.state == "told" for day in days):
        return None
    certificates, _bad = load_certificates(places.certificates)
    return {
        "report": "month",
        "month": f"{month.first:%Y-%m}",
        "first": str(month.first),
        "last": str(month.last),
        "over": month.until >= month.end,
        "reported_until": told(month.until),
        "newest_record": told(newest.start or 0) if newest else None,
        "made": told(now),
        "time_zone": "UTC+08:00",
        "states": {str(day.date): day.state for day in days},
        **basis.station(config, places),
        **_measured(config, metrics, days, district),
        "channels": sections.of_channels(days),
        "completeness": _completeness(days, read.holes),
        "calibration": {**read.certified.told(certificates), "events": found.calibrations},
        "works": found.works,
        "alarms": found.alarms,
        "samples": [_beside(one, read.hours.get(number)) for number, one in enumerate(found.samples)],
        "asked": found.asked,
        "events": found.others,
        "chain": found.chain,
        "told_otherwise": _differing(days, found),
        "standards": basis.standards(metrics, district, span),
    }


def _month(span: tuple[datetime.date, datetime.date], newest: Record | None, now: int) -> Month:
    """A station that runs is reported up to its newest record: what follows is not missing yet."""
    begin, end = midnight(span[0]), midnight(span[1]) + DAY
    until = max(begin, min(end, now))
    if newest is not None and newest.start is not None:
        stored = newest.start + newest.period * 1000
        if begin < stored < until and until - stored < max(LIVE, 2000 * newest.period):
            until = stored
    return Month(*span, begin, end, until, now)


def _beside(sample: Facts, hour: float | None) -> Facts:
    return {**sample, "station_hour": hour, "difference": None if hour is None else hour - sample["value"]}


def _measured(config: Config, metrics: Sequence[Metric], days: Sequence[DayFigures], district: str | None) -> Facts:
    """The sections of what is measured here."""
    found: Facts = {}
    for one in metrics:
        if isinstance(one, Aqi):
            found.setdefault("air", []).append(sections.of_air(one, days, district))
        elif isinstance(one, Noise):
            found.setdefault("noise", []).append(sections.of_noise(one, days))
        elif isinstance(one, WaterClass):
            found.setdefault("water_class", []).append(sections.of_class(one, days))
        elif isinstance(one, Load):
            found.setdefault("load", []).append(sections.of_load(one, days))
        else:
            found.setdefault("metrics", []).append(sections.of_other(one, days))
    for key in _channels(config):
        if key[1] == NITROGEN:
            found.setdefault("nitrogen", []).append(sections.of_nitrogen(key, days))
    return found


def wanted(config: Config) -> list[Metric]:
    """The station's metrics, and those that follow from what it measures: an index of its pollutants, levels of its noise."""
    found, keys = list(config.metrics), list(_channels(config))
    pollutants = set(in_force("hj633").section("report")["24h"])
    if any(key[1] in pollutants for key in keys) and not any(isinstance(one, Aqi) for one in found):
        found.append(Aqi(name="aqi"))
    judged = {one.channel for one in found if isinstance(one, Noise)}
    for key in keys:
        if key[1] == LEVEL and ".".join(key) not in judged:
            found.append(Noise(name=".".join(key), channel=".".join(key), zone=""))
    return found


def _channels(config: Config) -> Iterator[Key]:
    return ((one.name, key) for one in config.instruments for key in one.channels)


def _differing(days: Sequence[DayFigures], found: Happened) -> list[Facts]:
    """Metrics that were told with other figures than the records give now."""
    differ = []
    for day in days:
        for name, body in day.metrics.items():
            before = found.metrics.get((name, str(day.date)))
            if before is not None and before != body:
                differ.append({"date": str(day.date), "metric": name, "told": before, "now": body})
    return differ


def _completeness(days: Sequence[DayFigures], holes: Sequence[Hole]) -> Facts:
    """By instrument, by day and by cause; readings that were due, and those that are good."""
    total: dict[str, Facts] = {}
    rows = []
    for day in days:
        for gap in day.gaps:
            missing = sum(gap.why.values())
            one = total.setdefault(gap.instrument, {"expected": 0, "missing": 0, "due": 0, "stored": 0, "why": Counter()})
            one["expected"] += gap.expected
            one["missing"] += missing
            one["due"] += gap.due
            one["stored"] += gap.stored
            one["why"].update(gap.why)
            row = {"date": str(day.date), "instrument": gap.instrument, "expected": gap.expected, "missing": missing}
            rows.append({**row, "percent": _percent(gap.expected, missing), "why": gap.why, "confirmed": gap.confirmed})
    instruments = [
        {"instrument": name, **one, "percent": _percent(one["expected"], one["missing"]), "why": dict(sorted(one["why"].items()))}
        for name, one in total.items()
    ]
    shown = [{"from": told(one.begin), "to": told(one.end), "cause": one.cause} for one in holes]
    delivered: Counter[str] = Counter()
    for day in days:
        for gap in day.gaps[:1]:
            delivered.update(gap.confirmed)
    return {"instruments": instruments, "days": rows, "outages": shown, "confirmed": dict(delivered)}


def _percent(expected: int, missing: int) -> float | None:
    """Share of the readings that were due and are good."""
    return 100.0 * max(0, expected - missing) / expected if expected else None
