"""Reads a month once, as it lies in the log: a day at a time, or an hour where seconds are stored, becomes the day's figures."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway.gaps import Gap, Hole, examine
from gateway.ledger import Standing
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.record import Record
from station.config import Config
from station.metrics import noise
from station.report.basis import Certified
from station.report.happened import Facts, Happened
from station.report.sections import DayFigures
from station.summary.aggregate import DAY, HOUR, ZONE, Day, concentrations, folded, midnight, noise_hours
from station.summary.owed import Span, bodies, key_of
from station.summary.rows import Key, Row, chunks, intervals, minutes
from station.summary.settings import Metric, Noise


class Month(NamedTuple):
    """First and last day; UTC ms: its begin, its end, up to where it is reported, and the present."""

    first: datetime.date
    last: datetime.date
    begin: int
    end: int
    until: int
    now: int


class Read(NamedTuple):
    """A day as it was read."""

    date: datetime.date
    rows: list[Row]
    gaps: list[Gap]


class Days:
    """What is made of a month: `days`, the `holes` in it, which certificates were in force, the station's hour of each sample."""

    def __init__(self, config: Config, log: LogReader, has: Mapping[str, Standing], wanted: Sequence[Metric]) -> None:
        self._config = config
        self._log = log
        self._has = has
        self._wanted = wanted
        self.days: list[DayFigures] = []
        self.holes: list[Hole] = []
        self.certified = Certified(config)
        self.hours: dict[int, float | None] = {}
        """Place of a sample in the list of them → the channel's mean of that hour."""

    def read(self, month: Month, found: Happened, progress: Callable[[datetime.date], None]) -> None:
        """Take every day; a night is judged when the morning after it is there too. `progress` is told each day that was read."""
        before: tuple[DayFigures, dict[Key, Day]] | None = None
        for one in self._read(month):
            by_channel = folded(one.rows, one.date)
            if before is not None:
                self._night(*before, by_channel)
            if one.date > month.last:
                return
            progress(one.date)
            day = self._day(one, by_channel, month)
            self.certified.take(one.rows, one.date)
            for number, sample in enumerate(found.samples):
                taken = str(sample["taken"])
                if taken[:10] == str(one.date) and (series := by_channel.get(key_of(sample["channel"]))):
                    self.hours[number] = series.hours[int(taken[11:13])].value
            _recall(day, self._wanted, found)
            self.days.append(day)
            before = (day, by_channel)

    def _read(self, month: Month) -> Iterator[Read]:
        """Each day of the month, and the one after it for its morning."""
        length = HOUR if self._config.station.interval < 60 else DAY
        stop = min(month.end + DAY, month.until if month.until < month.end else month.now)
        found = chunks(Archive(self._log).records(month.begin, stop), month.begin, month.end + DAY, length)
        rows: list[Row] = []
        gaps: list[Gap] = []
        for begin, records in found:
            rows += minutes(intervals(records))
            if begin < month.until:
                gaps += self._gaps(records, begin, min(begin + length, month.until))
            if (begin + length - month.begin) % DAY == 0:
                yield Read(datetime.datetime.fromtimestamp(begin / 1000, ZONE).date(), rows, summed(gaps))
                rows, gaps = [], []

    def _gaps(self, records: Sequence[Record], begin: int, stop: int) -> list[Gap]:
        rates = {one.name: one.rate for one in self._config.instruments}
        rows, holes = examine(self._log, records, begin, stop, self._config.station.interval * 1000, rates, self._has)
        for hole in holes:
            last = self.holes[-1] if self.holes else None
            if last is not None and (last.end, last.cause) == (hole.begin, hole.cause):
                self.holes[-1] = last._replace(end=hole.end)
            else:
                self.holes.append(hole)
        return rows

    def _day(self, one: Read, by_channel: Mapping[Key, Day], month: Month) -> DayFigures:
        begin = midnight(one.date)
        day = DayFigures(one.date, "nothing", gaps=one.gaps)
        if one.rows:
            span = Span(one.rows, by_channel, None, {}, one.date)
            day.state = "read"
            day.channels = {key: series.whole for key, series in by_channel.items()}
            day.pollutants = concentrations(by_channel, one.date)
            day.metrics = {body["metric"]: body for body in bodies(self._named(), span, "day", begin)}
        if begin + DAY > month.until:
            day.state = "not_over"
        elif all(gap.due == 0 for gap in one.gaps):
            day.state = "before"
        return day

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
        """The metrics without those levels that have no zone to be judged by."""
        return (one for one in self._wanted if not isinstance(one, Noise) or one.zone)


def _recall(day: DayFigures, metrics: Sequence[Metric], found: Happened) -> None:
    """Of a day whose intervals are gone the metrics that were told are what is known, even if the log begins behind it now."""
    if day.state not in ("nothing", "before"):
        return
    known: dict[str, Facts] = {
        one.name: found.metrics[one.name, str(day.date)] for one in metrics if (one.name, str(day.date)) in found.metrics
    }
    if known:
        day.state, day.metrics = "told", known
        day.pollutants = next((body["concentrations"] for body in known.values() if body["kind"] == "aqi"), {})


def summed(gaps: Sequence[Gap]) -> list[Gap]:
    """One row for each instrument, of all that are there of it."""
    found: dict[str, Gap] = {}
    for one in gaps:
        known = found.get(one.instrument)
        if known is None:
            found[one.instrument] = one
            continue
        known.end = one.end
        for name in ("expected", "received", "valid", "due", "stored"):
            setattr(known, name, getattr(known, name) + getattr(one, name))
        for name in ("sent", "confirmed", "refused", "why"):
            setattr(known, name, dict(Counter(getattr(known, name)) + Counter(getattr(one, name))))
    return list(found.values())
