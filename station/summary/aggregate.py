"""Hours and days out of stored intervals, by the validity rules of the tables: sample → minute → hour → day.

Pure functions of the records: where a restart cut a minute in two, its readings are put together again; a record that is there
twice counts once (the newest revision); the order does not matter. A value is a mean of the valid values one level finer, never
of partly filled means. How values become one is the quantity's own (`drivers/quantity.py`). A reading of a slow instrument stands
for the time until its next one; an analyser's day is the mean of its results, for which no rule of completeness is known.

What counts: readings that passed, and those against which only a missing certificate speaks; the result then says so. Percentile
and peak levels do not follow from those of shorter times: an hour's are formed from raw samples, as long as these are kept.
"""

import datetime
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from drivers.quantity import mean_of, quantities
from gateway.record import ChannelRow, Record
from station.channel import OUT_OF_CALIBRATION
from station.intervals import LEVEL, PERCENTILES, SHARE
from station.metrics import air, noise
from station.metrics.tables import in_force
from station.summary.rows import EXTREME, MINUTE, Key, Row, intervals, pace, sound

ZONE = datetime.timezone(datetime.timedelta(hours=8))
"""Days and hours are those of Beijing."""

HOUR, DAY = 3_600_000, 86_400_000
"""ms."""

NOT_FOLDED = frozenset({*PERCENTILES, *EXTREME})


class Part(NamedTuple):
    """A value over some time: None if too little of it is valid. `valid` of `due` finer ones count; `reason`: most frequent of
    what is wrong with the others, or `out_of_calibration`."""

    value: float | None
    low: float | None
    high: float | None
    valid: int
    due: int
    reason: str


class Day(NamedTuple):
    """One channel's day: its 24 hours from 00:00, and the whole."""

    hours: list[Part]
    whole: Part


class Slot(NamedTuple):
    """One minute, or one longer interval: so many `minutes`, the value None if too few readings are there."""

    start: int
    minutes: float
    value: float | None
    low: float
    high: float
    reason: str


def midnight(day: datetime.date) -> int:
    """UTC ms at which a day begins in Beijing."""
    return round(datetime.datetime.combine(day, datetime.time(), ZONE).timestamp() * 1000)


def days(records: Iterable[Record], day: datetime.date) -> dict[Key, Day]:
    """Every channel of a day, from the interval records of that day; others are ignored."""
    return folded(intervals(_of_day(records, midnight(day))), day)


def folded(found: Iterable[Row], day: datetime.date) -> dict[Key, Day]:
    """The same from the day's `intervals`, where somebody has them already."""
    begin = midnight(day)
    rows = _rows(found)
    slots = {key: _slots(key, found) for key, found in rows.items()}
    rough = _rough(slots, day)
    analysers = {key for key, found in rows.items() if any(row.taken for _record, row in found)}
    return {key: _day(key, found, begin, day, rough, key in analysers) for key, found in slots.items()}


def _of_day(records: Iterable[Record], begin: int) -> Iterator[Record]:
    return (one for one in records if begin <= (one.start or 0) < begin + DAY)


def _rows(found: Iterable[Row]) -> dict[Key, list[tuple[Record, ChannelRow]]]:
    rows: dict[Key, list[tuple[Record, ChannelRow]]] = defaultdict(list)
    for record, channels in found:
        for key, row in channels.items():
            if row.quantity not in NOT_FOLDED:
                rows[key].append((record, row))
    return dict(rows)


def _slots(key: Key, rows: Sequence[tuple[Record, ChannelRow]]) -> list[Slot]:
    """The minutes of one channel. What was stored in shorter intervals, in an emergency, has a pace of its own."""
    paces: dict[int, list[tuple[Record, ChannelRow]]] = defaultdict(list)
    for record, row in rows:
        paces[pace(record)].append((record, row))
    found = [slot for group in paces.values() for slot in _paced(key, group)]
    return sorted(found, key=lambda slot: slot.start)


def _paced(key: Key, rows: Sequence[tuple[Record, ChannelRow]]) -> list[Slot]:
    """The minutes of intervals of one length; longer ones, and the readings of slow instruments, stay as they are."""
    spacing = _spacing([record.start or 0 for record, _row in rows])
    if spacing > 1.25 * max(record.period for record, _row in rows):
        return [_slot(record.start or 0, spacing, [row], row.expected / spacing, key) for record, row in rows]
    rate = max(row.expected / record.period for record, row in rows)
    grouped: dict[tuple[int, int], list[ChannelRow]] = defaultdict(list)
    for record, row in rows:
        span = max(60, record.period)
        start = record.start or 0
        grouped[start - start % (span * 1000), span].append(row)
    return [_slot(start, span, group, rate, key) for (start, span), group in sorted(grouped.items())]


def _spacing(starts: Sequence[int], steps: int = 4) -> float:
    """s between records, as they usually follow each other; 0 of too few."""
    over = sorted((after - before) / steps / 1000 for before, after in zip(starts, starts[steps:], strict=False))
    return over[len(over) // 2] if over else 0.0


def _slot(start: int, span: float, rows: Sequence[ChannelRow], rate: float, key: Key) -> Slot:
    good = [row for row in rows if row.value is not None and sound(row)]
    reasons = Counter(row.reason for row in rows if row.reason)
    doubt = OUT_OF_CALIBRATION if any(row.reason == OUT_OF_CALIBRATION for row in good) else ""
    if not good or sum(row.count for row in good) < SHARE * rate * span:
        return Slot(start, span / 60, None, math.inf, -math.inf, reasons.most_common(1)[0][0] if reasons else "gap")
    value = mean_of(quantities()[key[1]].mean, [(row.value, row.count) for row in good if row.value is not None])
    low = min(row.low for row in good if row.low is not None)
    high = max(row.high for row in good if row.high is not None)
    return Slot(start, span / 60, value, low, high, doubt)


def _rough(slots: Mapping[Key, Sequence[Slot]], day: datetime.date) -> frozenset[int]:
    """The minutes (UTC ms) of rain, or of wind above what noise may be measured in."""
    wind = float(in_force("gb3096", day).section("weather")["wind"])
    bounds = {"wind_speed": wind, "rain": 0.0}
    return frozenset(
        slot.start + minute * MINUTE
        for (_instrument, quantity), found in slots.items()
        if quantity in bounds
        for slot in found
        if slot.value is not None and slot.value > bounds[quantity]
        for minute in range(max(1, round(slot.minutes)))
    )


def _day(key: Key, slots: Sequence[Slot], begin: int, day: datetime.date, rough: frozenset[int], results: bool) -> Day:
    by_hour: dict[int, list[Slot]] = defaultdict(list)
    loud = quantities()[key[1]].mean == "energy"
    for slot in slots:
        if loud and slot.value is not None and slot.start in rough:
            slot = slot._replace(value=None, reason="weather")
        by_hour[(slot.start - begin) // HOUR].append(slot)
    if results:
        return Day([_results(key, by_hour[number]) for number in range(24)], _results(key, slots))
    hours = [_hour(key, by_hour[number], day) for number in range(24)]
    valid = [one for one in hours if one.value is not None]
    whole = _whole(key, [(one, 1.0) for one in valid], len(valid), 24, hours)
    return Day(hours, whole if air.day_valid(len(valid), day) else whole._replace(value=None))


def _results(key: Key, slots: Sequence[Slot]) -> Part:
    """The mean of an analyser's results, which all weigh the same."""
    valid = [slot for slot in slots if slot.value is not None]
    return _whole(key, [(slot, 1.0) for slot in valid], len(valid), len(slots), slots)


def _hour(key: Key, slots: Sequence[Slot], day: datetime.date) -> Part:
    valid = [slot for slot in slots if slot.value is not None]
    minutes = round(sum(slot.minutes for slot in valid))
    found = _whole(key, [(slot, slot.minutes) for slot in valid], minutes, 60, slots)
    rule = noise.hour_valid if quantities()[key[1]].mean == "energy" else air.hour_valid
    return found if rule(minutes, day) else found._replace(value=None)


def _whole(key: Key, parts: Sequence[tuple[Any, float]], valid: int, due: int, every: Sequence[Any]) -> Part:
    """One value of its parts, valid or not."""
    reasons = Counter(one.reason for one in every if one.reason)
    doubt = OUT_OF_CALIBRATION if OUT_OF_CALIBRATION in reasons else ""
    worst = reasons.most_common(1)[0][0] if reasons else "gap"
    reason = doubt or (worst if valid < due else "")
    if not parts:
        return Part(None, None, None, valid, due, reason)
    value = mean_of(quantities()[key[1]].mean, [(one.value, weight) for one, weight in parts])
    return Part(value, min(one.low for one, _w in parts), max(one.high for one, _w in parts), valid, due, reason)


def noise_hours(today: Day | None, tomorrow: Day | None) -> list[float | None]:
    """The hours of a day with the night that begins in it, as `noise.day_night` wants them: a night belongs to its first date."""
    begin, _end = noise.day_hours()
    after = [one.value for one in tomorrow.hours[:begin]] if tomorrow else [None] * begin
    return [*after, *([one.value for one in today.hours[begin:]] if today else [None] * (24 - begin))]


def percentile_hours(
    records: Iterable[Record], samples: Iterable[tuple[str, int, float]], day: datetime.date
) -> dict[str, list[noise.Percentiles]]:
    """Percentile levels of each hour of a day by instrument, from raw `samples` of LAeq: (instrument, UTC ms, dB).

    Only samples of valid minutes without wind and rain count, each with its minute's correction; an hour needs enough of them.
    """
    begin = midnight(day)
    rows = _rows(intervals(_of_day(records, begin)))
    slots = {key: _slots(key, found) for key, found in rows.items()}
    rough = _rough(slots, day)
    shift: dict[tuple[str, int], float] = {}
    for key in (key for key in rows if key[1] == LEVEL):
        quiet = {slot.start for slot in slots[key] if slot.value is not None} - rough
        for record, row in rows[key]:
            minute = (record.start or 0) // MINUTE * MINUTE
            if minute in quiet and sound(row) and row.value is not None and row.raw is not None:
                shift[key[0], minute] = row.value - row.raw
    levels: dict[str, list[list[float]]] = {name: [[] for _hour in range(24)] for name, _minute in shift}
    for instrument, moment, level in samples:
        if (correction := shift.get((instrument, moment // MINUTE * MINUTE))) is not None:
            levels[instrument][(moment - begin) // HOUR].append(level + correction)
    minutes = Counter((name, (minute - begin) // HOUR) for name, minute in shift)
    return {
        name: [noise.level_percentiles(one if noise.hour_valid(minutes[name, at], day) else ()) for at, one in enumerate(hours)]
        for name, hours in levels.items()
    }


def concentrations(found: Mapping[Key, Day], day: datetime.date) -> dict[str, float | None]:
    """What a daily AQI is made of: daily means, and ozone's largest 8 h mean; the first channel of each pollutant."""
    rule = in_force("hj633", day).section("report")["24h"]
    values: dict[str, float | None] = {}
    for (_instrument, quantity), one in found.items():
        if quantity in rule and quantity not in values:
            ozone = rule[quantity] == "8h"
            values[quantity] = air.mda8([hour.value for hour in one.hours], day) if ozone else one.whole.value
    return values
