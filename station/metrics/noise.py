"""Noise: equivalent levels, percentile levels, day and night, limits by zone (GB 3096), weighting (IEC 61672-1). Levels in dB.

A night belongs to the date on which it begins when nights are formed from a series of days; an array of one day's hours
(from 00:00) is taken as it is: its night is 00 to 06 and 22 to 24 o'clock.
"""

import datetime
import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

from drivers.quantity import mean_of
from station.metrics.statistics import Values, energy, energy_mean, exact, level, percentiles, present, rounded
from station.metrics.tables import Unknown, in_force
from station.words import _

Period = Literal["day", "night"]
Standard = Literal["gb3096", "gb12523", "gb12348"]
Date = datetime.date

POLES = (20.599, 107.653, 737.862, 12194.217)
"""Hz, of the weighting filters (IEC 61672-1)."""


class Percentiles(NamedTuple):
    """Levels exceeded 5, 10, 50, 90 and 95 % of the time, largest and smallest; None without a level."""

    l5: float | None
    l10: float | None
    l50: float | None
    l90: float | None
    l95: float | None
    lmax: float | None
    lmin: float | None


class DayNight(NamedTuple):
    """Levels of day time, night, both with the night weighing more, and the whole day; None if too few hours are valid."""

    ld: float | None
    ln: float | None
    ldn: float | None
    leq24: float | None


class Limits(NamedTuple):
    """Limits of Leq in dB(A)."""

    day: float
    night: float


def leq(levels: Values, durations: Values | None = None) -> float | None:
    """The level of the mean energy; `durations` weigh the levels, else all last equally long. None of none."""
    if durations is None:
        return energy_mean(levels)
    if len(durations) != len(levels):
        raise ValueError(_("give a duration for each level"))
    parts = [(one, time) for one, time in zip(levels, durations, strict=True) if one is not None and time is not None]
    if any(time < 0 for _one, time in parts):
        raise ValueError(_("a duration is not negative"))
    return mean_of("energy", parts) if any(time for _one, time in parts) else None


def level_sum(levels: Values) -> float | None:
    """The level of several sources together; None if one is missing, for the sum is then not known."""
    found = present(levels)
    return level(math.fsum(map(energy, found))) if found and len(found) == len(levels) else None


def level_percentiles(levels: Iterable[float | None]) -> Percentiles:
    """LN is the level exceeded N % of the time, with linear interpolation between ranks."""
    found = present(levels)
    l5, l10, l50, l90, l95 = percentiles(found, (95, 90, 50, 10, 5))
    return Percentiles(l5, l10, l50, l90, l95, max(found, default=None), min(found, default=None))


def day_hours(date: Date | None = None) -> tuple[int, int]:
    """Local hours at which day time begins and ends."""
    begin, end = in_force("gb3096", date).section("hours")["day"]
    return int(begin), int(end)


def hour_valid(valid_minutes: float, date: Date | None = None) -> bool:
    """True if so many minutes make an hourly level."""
    return bool(valid_minutes >= in_force("hj906", date).section("validity")["hour_share"] * 60)


def day_night(hourly: Values, date: Date | None = None) -> DayNight:
    """Ld, Ln, Ldn and the level of a day of 24 hourly levels from 00:00, from so many valid hours as the rules ask."""
    if len(hourly) != 24:
        raise ValueError(_("give 24 hourly values from 00:00, null where one is missing"))
    rule = in_force("hj906", date).section("validity")
    begin, end = day_hours(date)
    ld = energy_mean(hourly[begin:end], rule["day_hours"])
    ln = energy_mean([*hourly[:begin], *hourly[end:]], rule["night_hours"])
    if ld is None or ln is None:
        return DayNight(ld, ln, None, None)
    return DayNight(ld, ln, ldn(ld, ln, date), energy_mean(hourly))


def ldn(ld: float, ln: float, date: Date | None = None) -> float:
    """The day-night level: the night weighs 10 dB more."""
    begin, end = day_hours(date)
    hours, penalty = end - begin, float(in_force("gb3096", date).section("hours")["night_penalty"])
    return mean_of("energy", [(ld, hours), (ln + penalty, 24 - hours)])


def background_correct(measured: float, background: float) -> float | None:
    """`measured` without the background; None if they are so near that it must be measured otherwise."""
    rule = in_force("hj706").section("background")
    difference = exact(measured) - exact(background)
    if difference < rule["least"]:
        return None
    if difference > rule["most"]:
        return measured
    return float(exact(measured) + rule["corrections"][str(rounded(difference, 0))])


def noise_limit(zone: str, standard: Standard = "gb3096", date: Date | None = None) -> Limits:
    """The limits of a functional zone; those of a factory's or a building site's boundary by the other standards."""
    table = in_force(standard, date).section("limits")
    zones = [name for name, pair in table.items() if isinstance(pair, list)]
    if zone not in zones:
        raise Unknown(_("zone"), zone, zones)
    return Limits(*table[zone])


def noise_compliant(zone: str, period: Period, leq: float, standard: Standard = "gb3096", date: Date | None = None) -> bool:
    """True if a level, as it is reported, is not above the zone's limit by day or by night."""
    bounds = noise_limit(zone, standard, date)
    decimals = in_force("gb3096", date).section("decimals")["level"]
    return rounded(leq, decimals) <= (bounds.day if period == "day" else bounds.night)


def a_weighting(hz: float) -> float:
    """The A weighting in dB at a frequency, 0 at 1 kHz."""
    f1, f2, f3, f4 = (pole**2 for pole in POLES)
    f = _squared(hz)
    ratio = f4 * f**2 / ((f + f1) * math.sqrt((f + f2) * (f + f3)) * (f + f4))
    return 20.0 * math.log10(ratio) + 2.000


def c_weighting(hz: float) -> float:
    """The C weighting in dB at a frequency, 0 at 1 kHz."""
    f = _squared(hz)
    return 20.0 * math.log10(POLES[3] ** 2 * f / ((f + POLES[0] ** 2) * (f + POLES[3] ** 2))) + 0.062


def _squared(hz: float) -> float:
    if not 0.1 <= hz <= 1e6:
        raise ValueError(_("hz must lie between 0.1 and 1,000,000"))
    return hz**2
