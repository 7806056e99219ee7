"""The report of one month as one JSON object: read once, day by day, so that memory does not grow with it."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from calibration.certificate import load as load_certificates
from gateway.gaps import Gap, Hole, examine
from gateway.ledger import Standing
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.record import ChannelRow, Record
from station.config import Config
from station.gaps import standings
from station.intervals import LEVEL
from station.metrics import noise
from station.metrics.tables import in_force
from station.places import Places
from station.report import basis, sections
from station.report.happened import Happened, happened, told
from station.report.sections import DayFigures
from station.summary.aggregate import DAY, HOUR, Day, Key, concentrations, folded, midnight, noise_hours
from station.summary.owed import Span, bodies, key_of
from station.summary.periods import dates
from station.summary.rows import intervals
from station.summary.settings import Aqi, Load, Metric, Noise, WaterClass

EARLIER, LATER = 31 * DAY, 92 * DAY
"""ms before and after the month in which events are looked for: an alarm that goes on, a laboratory's value that comes late."""

LIVE = HOUR
"""ms that the newest record of a station may lie back before what follows it counts as missing."""

NITROGEN = "total_nitrogen"

Facts = dict[str, Any]
Rows = list[tuple[Record, dict[Key, ChannelRow]]]


class Month(NamedTuple):
    """From `first` to `last`, and UTC ms: its begin, its end, and up to where it is reported."""

    first: datetime.date
    last: datetime.date
    begin: int
    end: int
    until: int


def month_of(text: str) -> tuple[datetime.date, datetime.date]:
    """First and last day of "2026-11". Raises ValueError."""
    first = datetime.date.fromisoformat(f"{text}-01")
    return first, (first + datetime.timedelta(31)).replace(day=1) - datetime.timedelta(1)


class Reader:
    """Reads a station's month. `progress` is told each day that is about to be read."""

    def __init__(
        self, config: Config, places: Places, log: LogReader, now: int, progress: Callable[[datetime.date], None]
    ) -> None:
        self._config = config
        self._places = places
        self._log = log
        self._archive = Archive(log)
        self._now = now
        self._progress = progress
        self._wanted = wanted(config)
        self._certified = basis.Certified(config)
        self._holes: list[Hole] = []
        self._at_samples: dict[int, float | None] = {}

    def report(self, first: datetime.date, last: datetime.date, district: str | None) -> Facts | None:
        """Everything of the month; None if nothing is stored of it. Raises OSError."""
        month = self._month(first, last)
        events = self._archive.events(month.begin - EARLIER, month.end + LATER)
        found = happened(events, month.begin, month.until)
        days = self._days(month, found)
        if all(day.state in ("nothing", "not_over", "before") for day in days):
            return None
        certificates, _bad = load_certificates(self._places.certificates)
        newest = self._archive.newest()
        head = {
            "report": "month",
            "month": f"{first:%Y-%m}",
            "first": str(first),
            "last": str(last),
            "over": month.until >= month.end,
            "reported_until": told(month.until),
            "newest_record": told(newest.start or 0) if newest else None,
            "made": told(self._now),
            "time_zone": "UTC+08:00",
            "states": {str(day.date): day.state for day in days},
        }
        return {
            **head,
            **basis.station(self._config, self._places),
            **self._measured(days, district),
            "channels": sections.of_channels(days),
            "completeness": _completeness(days, self._holes),
            "calibration": {**self._certified.told(certificates), "events": found.calibrations},
            "works": found.works,
            "alarms": found.alarms,
            "samples": [self._beside(one) for one in found.samples],
            "asked": found.asked,
            "events": found.others,
            "chain": found.chain,
            "told_otherwise": _differing(days, found),
            "standards": basis.standards(self._wanted, district, (first, last)),
        }

    def _month(self, first: datetime.date, last: datetime.date) -> Month:
        begin, end = midnight(first), midnight(last) + DAY
        newest = self._archive.newest()
        until = max(begin, min(end, self._now))
        if newest is not None and newest.start is not None:
            stored = newest.start + newest.period * 1000
            if begin < stored < until and until - stored < max(LIVE, 2000 * newest.period):
                until = stored
        return Month(first, last, begin, end, until)

    def _days(self, month: Month, found: Happened) -> list[DayFigures]:
        """Each day of the month; a night is judged when the morning after it is read too."""
        has, days = standings(self._config, self._places), list[DayFigures]()
        nightly = any(isinstance(one, Noise) for one in self._wanted)
        before: tuple[DayFigures, dict[Key, Day]] | None = None
        for date in [*dates(month.first, month.last), month.last + datetime.timedelta(1)]:
            mine = date <= month.last
            begin = midnight(date)
            if begin < self._now and (mine or nightly):
                self._progress(date)
                records = list(self._archive.records(begin, min(begin + DAY, month.until if mine else self._now)))
                rows = list(intervals(records))
                by_channel = folded(rows, date)
            else:
                records, rows, by_channel = [], [], {}
            if before is not None:
                self._night(*before, by_channel)
            if not mine:
                break
            day = self._day(date, rows, by_channel)
            before = (day, by_channel)
            if begin < month.until:
                stop = min(begin + DAY, month.until)
                day.gaps = self._gaps(records, has, begin, stop)
                if all(one.due == 0 for one in day.gaps):
                    day.state = "before"
                elif stop < begin + DAY:
                    day.state = "not_over"
            else:
                day.state = "not_over"
            self._certified.take(rows, date)
            self._sampled(found.samples, date, by_channel)
            _recall(day, self._wanted, found)
            days.append(day)
        return days

    def _day(self, date: datetime.date, rows: Rows, by_channel: dict[Key, Day]) -> DayFigures:
        if not rows:
            return DayFigures(date, "nothing")
        span = Span(rows, by_channel, None, {}, date)
        made = {body["metric"]: body for body in bodies(self._named(), span, "day", midnight(date))}
        return DayFigures(
            date, "read", {key: one.whole for key, one in by_channel.items()}, concentrations(by_channel, date), made
        )

    def _night(self, day: DayFigures, by_channel: dict[Key, Day], after: dict[Key, Day]) -> None:
        """What is over with the night that begins in a day; of a day whose intervals are gone, what was told stays."""
        if day.state == "told":
            return
        span = Span((), by_channel, None, after, day.date)
        day.metrics |= {body["metric"]: body for body in bodies(self._named(), span, "night", midnight(day.date))}
        for one in self._wanted:
            if isinstance(one, Noise) and not one.zone:
                hours = noise_hours(by_channel.get(key_of(one.channel)), after.get(key_of(one.channel)))
                valid = sum(hour is not None for hour in hours)
                day.metrics[one.name] = {**noise.day_night(hours, day.date)._asdict(), "valid": valid}

    def _named(self) -> Iterator[Metric]:
        return (one for one in self._wanted if not isinstance(one, Noise) or one.zone)

    def _gaps(self, records: Sequence[Record], has: dict[str, Standing], begin: int, stop: int) -> list[Gap]:
        rates = {one.name: one.rate for one in self._config.instruments}
        rows, holes = examine(self._log, records, begin, stop, self._config.station.interval * 1000, rates, has)
        for hole in holes:
            last = self._holes[-1] if self._holes else None
            if last is not None and (last.end, last.cause) == (hole.begin, hole.cause):
                self._holes[-1] = last._replace(end=hole.end)
            else:
                self._holes.append(hole)
        return rows

    def _sampled(self, samples: Iterable[Facts], date: datetime.date, by_channel: dict[Key, Day]) -> None:
        """The station's mean of the hour in which each sample was taken."""
        for one in samples:
            if str(one["taken"])[:10] == str(date):
                day = by_channel.get(key_of(one["channel"]))
                self._at_samples[id(one)] = day.hours[int(str(one["taken"])[11:13])].value if day else None

    def _beside(self, sample: Facts) -> Facts:
        hour = self._at_samples.get(id(sample))
        return {**sample, "station_hour": hour, "difference": None if hour is None else hour - sample["value"]}

    def _measured(self, days: Sequence[DayFigures], district: str | None) -> Facts:
        """The sections of what is measured here."""
        found: Facts = {}
        for one in self._wanted:
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
        for key in _channels(self._config):
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


def _recall(day: DayFigures, metrics: Sequence[Metric], found: Happened) -> None:
    """Of a day whose intervals are gone the metrics that were told are what is known."""
    if day.state != "nothing":
        return
    known = {one.name: found.metrics[one.name, str(day.date)] for one in metrics if (one.name, str(day.date)) in found.metrics}
    if known:
        day.state, day.metrics = "told", known
        day.pollutants = next((body["concentrations"] for body in known.values() if body["kind"] == "aqi"), {})


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
