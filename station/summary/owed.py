"""What a station owes when an hour and a day are over: `[metric.…]` out of the stored intervals. Pure functions of the records.

They are made by the functions that `station compute` and `station statistics` offer. What cannot be said is null; nothing is
made up from too few minutes or hours. Hours and days are those of Beijing; a day of noise has the night that begins in it, and
so is over with that night.
"""

import datetime
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

from drivers.quantity import mean_of, quantities
from gateway.link.hj212.fold import PERCENTILES, fold
from gateway.record import ChannelRow, Record
from station.metrics import air, noise, water
from station.metrics.statistics import percentile
from station.summary.aggregate import DAY, HOUR, ZONE, Day, Part, concentrations, folded, midnight, noise_hours
from station.summary.rows import Key, Row, sound
from station.summary.settings import Aqi, Baseline, Battery, Difference, Load, Mean, Metric, Noise, Total, WaterClass

SECTORS = 16
"""Of a wind rose, the first round north."""

CALM = 0.5
"""m/s below which wind has no direction (design)."""

COUNTERS = frozenset({"volume_total", "energy"})
"""Quantities that only grow."""

RESET = 0.01
"""A counter that falls by more than this share of itself was reset; less is the jitter of its last digits."""

Facts = dict[str, Any]


class Span(NamedTuple):
    """What a metric is made of: its rows, each channel's day, the hour of that day (None: all of it), the day after it."""

    rows: Sequence[Row]
    days: Mapping[Key, Day]
    hour: int | None
    after: Mapping[Key, Day]
    date: datetime.date

    def part(self, channel: str) -> Part:
        """A channel's mean over the span."""
        found = self.days.get(key_of(channel))
        if found is None:
            return Part(None, None, None, 0, 60 if self.hour is not None else 24, "gap")
        return found.whole if self.hour is None else found.hours[self.hour]

    def values(self, channel: str) -> list[float]:
        """The stored values of a channel that are good."""
        return [row.value for _record, row in self._good(channel) if row.value is not None]

    def _good(self, channel: str) -> Iterator[tuple[Record, ChannelRow]]:
        key = key_of(channel)
        return ((record, rows[key]) for record, rows in self.rows if key in rows and sound(rows[key]))


def key_of(channel: str) -> Key:
    """Instrument and quantity of "pm.pm25"."""
    instrument, _dot, quantity = channel.rpartition(".")
    return instrument, quantity


def due(end: int) -> Iterator[tuple[str, int]]:
    """(span, UTC ms of its begin) of what is over when the hour ends at `end`: the hour; at midnight the day; in the morning
    the day with its night, as noise counts it.
    """
    yield "hour", end - HOUR
    hour = datetime.datetime.fromtimestamp(end / 1000, ZONE).hour
    today = end - hour * HOUR
    if hour == 0:
        yield "day", today - DAY
    if hour == noise.day_hours()[0]:
        yield "night", today - DAY


def metrics(wanted: Iterable[Metric], found: Sequence[Row], span: str, begin: int) -> list[Facts]:
    """The bodies of every metric of `span` ("hour", "day" or "night") that begins at `begin`; nothing without an interval.

    `found` are the intervals of the day of `begin` and, for a night, of the morning after.
    """
    date = datetime.datetime.fromtimestamp(begin / 1000, ZONE).date()
    end = begin + (HOUR if span == "hour" else DAY)
    rows = [one for one in found if begin <= (one[0].start or 0) < end]
    if not rows:
        return []
    tomorrow = date + datetime.timedelta(1)
    after = folded([one for one in found if (one[0].start or 0) >= end], tomorrow) if span == "night" else {}
    hour = (begin - midnight(date)) // HOUR if span == "hour" else None
    return bodies(wanted, Span(rows, folded(rows, date), hour, after, date), span, begin)


def bodies(wanted: Iterable[Metric], found: Span, span: str, begin: int) -> list[Facts]:
    """The same from what they are made of."""
    told = []
    for one in wanted:
        make = _MAKERS[type(one)]
        if span not in make.spans:
            continue
        head = {"code": "metric", "metric": one.name, "kind": one.kind, "span": "hour" if span == "hour" else "day"}
        local = datetime.datetime.fromtimestamp(begin / 1000, ZONE).isoformat(" ", "minutes")[:16]
        told.append({**head, "begin": begin, "local": local, **make.function(one, found)})
    return told


def _shown(value: float | None, quantity: str, more: int = 1) -> float | None:
    """`value` with one decimal more than is shown to people."""
    return None if value is None else round(value, quantities()[quantity].decimals + more)


def _aqi(_metric: Aqi, span: Span) -> Facts:
    if span.hour is None:
        values = concentrations(span.days, span.date)
        report = air.aqi("24h", values, span.date)
    else:
        values = {}
        for (_instrument, quantity), one in span.days.items():
            if quantity in air.SIX and quantity not in values:
                values[quantity] = one.hours[span.hour].value
        report = air.aqi("1h", values, span.date)
    told = {name: _shown(value, name) for name, value in values.items()}
    return {"concentrations": told, **{key: value for key, value in report._asdict().items() if key != "rgb_hex"}}


def _noise(metric: Noise, span: Span) -> Facts:
    standard: Any = metric.standard
    limits = noise.noise_limit(metric.zone, standard, span.date)
    told: Facts = {"zone": metric.zone, "standard": metric.standard}
    if span.hour is None:
        key = key_of(metric.channel)
        hours = noise_hours(span.days.get(key), span.after.get(key))
        levels = noise.day_night(hours, span.date)
        told |= {name: _shown(value, "laeq") for name, value in levels._asdict().items()}
        valid = sum(one is not None for one in hours)
        judged = {"day": levels.ld, "night": levels.ln}
        return told | {"valid": valid, "due": 24, "limits": list(limits), "compliant": _kept(metric, judged, span.date)}
    part = span.part(metric.channel)
    first, last = noise.day_hours(span.date)
    period = "day" if first <= span.hour < last else "night"
    told |= {"leq": _shown(part.value, "laeq"), "lmax": part.high, "lmin": part.low, "valid": part.valid, "due": part.due}
    told |= _levels(metric, span) if part.value is not None else {}
    kept = _kept(metric, {period: part.value}, span.date)[period]
    return told | {"period": period, "limit": limits[period == "night"], "compliant": kept}


def _kept(metric: Noise, levels: Mapping[str, float | None], date: datetime.date) -> dict[str, bool | None]:
    """Whether the limits of day and night are kept; None where there is no level."""
    standard: Any = metric.standard
    return {
        period: None if level is None else noise.noise_compliant(metric.zone, period, level, standard, date)  # type: ignore[arg-type]
        for period, level in levels.items()
    }


def _levels(metric: Noise, span: Span) -> Facts:
    """L5 to L95 of the hour, from those of its minutes (`fold` says how good that is)."""
    instrument = key_of(metric.channel)[0]
    parts = [[row for key, row in rows.items() if key[0] == instrument] for _record, rows in span.rows]
    folded = {row.quantity: row.value for row in fold(parts, len(parts))}
    return {key: _shown(folded[key], key) for key in sorted(PERCENTILES) if folded.get(key) is not None}


def _class(metric: WaterClass, span: Span) -> Facts:
    sample = {key_of(channel)[1]: span.part(channel).value for channel in metric.channels}
    body: Any = metric.water
    found = water.water_class(sample, body)
    shown = {name: _shown(value, name) for name, value in sample.items()}
    over = None if found["class"] is None else found["class"] > metric.target
    return {"target": metric.target, "exceeded": over, **found, "means": shown}


def _load(metric: Load, span: Span) -> Facts:
    """The mean of hourly loads; a result stands until the next one, the day's first also for the hours before it."""
    contents, flows = span.days.get(key_of(metric.channel)), span.days.get(key_of(metric.flow))
    hourly: list[float] = []
    if contents and flows:
        known = [one.value for one in contents.hours]
        newest = next((one for one in known if one is not None), None)
        for content, flow in zip(known, flows.hours, strict=True):
            newest = newest if content is None else content
            if newest is not None and flow.value is not None:
                hourly.append(water.load_kg_per_day(newest, flow.value))
    enough = air.day_valid(len(hourly), span.date)
    load = math.fsum(hourly) / len(hourly) if enough else None
    told: Facts = {"channel": metric.channel, "load": None if load is None else round(load, 3), "unit": "kg/d"}
    means = {"concentration": span.part(metric.channel).value, "flow": span.part(metric.flow).value}
    told |= {name: None if one is None else round(one, 4) for name, one in means.items()}
    return told | {"valid": len(hourly), "due": 24}


def _baseline(metric: Baseline, span: Span) -> Facts:
    quantity, found = key_of(metric.channel)[1], span.values(metric.channel)
    low = percentile(found, metric.percentile) if found else None
    told = {"channel": metric.channel, "percentile": metric.percentile, "baseline": _shown(low, quantity), "count": len(found)}
    return told | {"rose": _rose(metric.channel, span)}


def _rose(channel: str, span: Span) -> list[list[float | None]]:
    """[mean, intervals] for each sector that the wind comes from, north first; empty without wind."""
    sectors: list[list[float]] = [[] for _sector in range(SECTORS)]
    for _record, rows in span.rows:
        row = rows.get(key_of(channel))
        wind = {key[1]: one.value for key, one in rows.items() if key[1] in ("wind_speed", "wind_direction")}
        direction, speed = wind.get("wind_direction"), wind.get("wind_speed")
        if row is None or not sound(row) or row.value is None or direction is None or (speed is not None and speed < CALM):
            continue
        sectors[round(direction / (360 / SECTORS)) % SECTORS].append(row.value)
    quantity = key_of(channel)[1]
    if not any(sectors):
        return []
    return [[_shown(math.fsum(one) / len(one), quantity) if one else None, len(one)] for one in sectors]


def _total(metric: Total, span: Span) -> Facts:
    """A counter's growth is that between the first and the last of the span's intervals; over a reset it is not known."""
    quantity = key_of(metric.channel)[1]
    part, seconds = span.part(metric.channel), 3600.0 if span.hour is not None else 86400.0
    total: float | None
    if quantity in COUNTERS:
        found = span.values(metric.channel)
        back = max((early - late for early, late in pairwise(found)), default=math.inf)
        reset = back > RESET * max(found, default=0.0)
        total, unit = (None if reset else found[-1] - found[0]), quantities()[quantity].unit
    elif quantity == "running":
        total, unit = (None if part.value is None else part.value * seconds / 3600.0), "h"
    elif quantity == "flow":
        total, unit = (None if part.value is None else part.value * seconds), "m³"
    else:
        found = span.values(metric.channel)
        total, unit = (math.fsum(found) if found else None), quantities()[quantity].unit
    told = {"channel": metric.channel, "total": None if total is None else round(total, 3), "unit": unit}
    return {**told, "valid": part.valid, "due": part.due}


def _battery(metric: Battery, span: Span) -> Facts:
    found = span.values(metric.channel)
    power = mean_of("arithmetic", [(one, 1.0) for one in found]) if found else None
    days_left = None if power is None or power <= 0 else metric.capacity / (24.0 * power)
    told = {"capacity": metric.capacity, "power": None if power is None else round(power, 3)}
    told |= {"days": None if days_left is None else round(days_left, 1), "target": metric.days}
    return told | {"enough": None if days_left is None else days_left >= metric.days}


def _mean(metric: Mean, span: Span) -> Facts:
    part, quantity = span.part(metric.channel), key_of(metric.channel)[1]
    told = {"channel": metric.channel, "mean": _shown(part.value, quantity), "unit": quantities()[quantity].unit}
    return told | {"low": _shown(part.low, quantity), "high": _shown(part.high, quantity), "valid": part.valid, "due": part.due}


def _difference(metric: Difference, span: Span) -> Facts:
    one, other, quantity = span.part(metric.channel), span.part(metric.minus), key_of(metric.channel)[1]
    found = None if one.value is None or other.value is None else one.value - other.value
    told = {"channel": metric.channel, "minus": metric.minus, "difference": _shown(found, quantity)}
    told |= {"mean": _shown(one.value, quantity), "background": _shown(other.value, quantity)}
    return told | {"unit": quantities()[quantity].unit, "valid": min(one.valid, other.valid), "due": one.due}


@dataclass(frozen=True, slots=True)
class _Maker:
    """How a kind is made, and of which spans."""

    function: Callable[[Any, Span], Facts]
    spans: tuple[str, ...] = ("hour", "day")


_MAKERS: Mapping[type[Metric], _Maker] = MappingProxyType(
    {
        Aqi: _Maker(_aqi),
        Noise: _Maker(_noise, ("hour", "night")),
        WaterClass: _Maker(_class, ("day",)),
        Load: _Maker(_load, ("day",)),
        Baseline: _Maker(_baseline),
        Total: _Maker(_total),
        Battery: _Maker(_battery, ("day",)),
        Mean: _Maker(_mean),
        Difference: _Maker(_difference),
    }
)
