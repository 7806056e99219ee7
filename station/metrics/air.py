"""Ambient air: AQI (HJ 633), limits (GB 3095), validity of hours to years, ozone over eight hours, warnings of heavy pollution.

µg/m³, CO in mg/m³; gases at 298.15 K and 1013.25 hPa, particles at actual conditions. Dates are local days.
"""

import datetime
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple, get_args

from station.metrics.statistics import Values, exact, mean, plain, present, rounded
from station.metrics.tables import Unknown, in_force
from station.words import _

Six = Literal["pm25", "pm10", "o3", "no2", "so2", "co"]
Pollutant = Literal["pm25", "pm10", "o3", "no2", "so2", "co", "tsp", "nox", "pb", "bap"]
Averaging = Literal["1h", "8h", "24h"]
Span = Literal["1h", "8h_max", "24h", "month", "quarter", "annual"]
Grade = Literal[1, 2]
Gas = frozenset({"o3", "no2", "so2", "co", "nox", "no", "nh3", "h2s"})
Warned = Literal["none", "yellow", "orange", "red"]
Date = datetime.date

SIX: tuple[Six, ...] = get_args(Six)
"""The pollutants of the AQI."""

DAY = 24
HOUR = 60


class Iaqi(NamedTuple):
    """An individual index, None where the table has none, and the rounded concentration that it is of."""

    iaqi: int | None
    rounded: float | None


class Category(NamedTuple):
    """Level 1 to 6, its name and colour; None without an AQI."""

    level: int | None
    category_zh: str | None
    rgb_hex: str | None


class Aqi(NamedTuple):
    """The indices, their maximum, whether that may be published as an AQI, and which pollutants it comes from."""

    iaqi: dict[str, int | None]
    aqi: int | None
    publish: bool
    primary: list[str]
    level: int | None
    category_zh: str | None
    rgb_hex: str | None


def iaqi(pollutant: Six, period: Averaging, concentration: float | None, date: Date) -> Iaqi:
    """The individual index of a mean over `period`, rounded up from exact fractions of the rounded concentration."""
    edition = in_force("hj633", date)
    if concentration is None:
        return Iaqi(None, None)
    value = rounded(concentration, edition.section("decimals")[pollutant])
    return Iaqi(_index(edition.section("breakpoints"), pollutant, period, value), plain(value))


def _index(table: Mapping[str, Any], pollutant: str, period: str, value: Decimal) -> int | None:
    over = "24h" if period == "1h" and pollutant in table["daily_for_1h"] else period
    row: list[Decimal | int] | None = table.get(f"{pollutant}_{over}")
    if row is None or value < 0:
        return None
    scale: list[int] = table["iaqi"]
    if value > row[-1]:
        last: int | None = scale[-1] if len(row) == len(scale) else table["above_last"].get(f"{pollutant}_{over}")
        return last
    at = next(at for at, bound in enumerate(row[1:]) if value <= bound)
    share = Fraction(value - row[at]) / Fraction(row[at + 1] - row[at])
    return math.ceil(scale[at] + (scale[at + 1] - scale[at]) * share)


def aqi(period: Literal["1h", "24h"], concentrations: Mapping[str, float | None], date: Date) -> Aqi:
    """The AQI of a real-time ("1h") or daily ("24h", with ozone's maximum 8 h mean) report.

    Published if all six pollutants are there, or if it is above 100 although one is missing.
    """
    rules = in_force("hj633", date).section("report")
    averaging = rules[period]
    for name in concentrations:
        if name not in averaging:
            raise Unknown(_("pollutant"), name, list(averaging))
    found: dict[str, int | None] = {}
    for name, value in concentrations.items():
        found[name] = iaqi(name, averaging[name], value, date).iaqi  # type: ignore[arg-type] # just looked up
    known = present(found.values())
    if not known:
        return Aqi(found, None, False, [], *aqi_category(None))
    highest = int(max(known))
    publish = len(known) == len(averaging) or highest > rules["incomplete_above"]
    primary = [name for name, one in found.items() if one == highest] if highest > rules["primary_above"] else []
    return Aqi(found, highest, publish, primary, *aqi_category(highest, date))


def aqi_category(aqi: float | None, date: Date | None = None) -> Category:
    """Level, name and colour of an AQI; of the newest table without a `date`."""
    if aqi is None:
        return Category(None, None, None)
    if aqi < 0:
        raise ValueError(_("an AQI is not negative"))
    table = in_force("hj633", date).section("categories")
    at = sum(aqi > bound for bound in table["highest"])
    red, green, blue = table["rgb"][at]
    return Category(at + 1, table["zh"][at], f"#{red:02X}{green:02X}{blue:02X}")


def limit(pollutant: Pollutant, period: Span, date: Date, grade: Grade = 2) -> float | None:
    """The highest concentration for a grade on that day; None where the standard has none (an hour of PM2.5)."""
    value = _limit(pollutant, period, date, grade)
    return None if value is None else plain(exact(value))


def _limit(pollutant: str, period: str, date: Date | None, grade: int) -> Decimal | int | None:
    values = in_force("gb3095", date).section("limits", date)["values"]
    found: list[Decimal | int] | None = values.get(pollutant, {}).get(period)
    return None if found is None else found[grade - 1]


def compliant(pollutant: Pollutant, period: Span, value: float | None, date: Date, grade: Grade = 2) -> bool | None:
    """True if the value, rounded as it is reported, is not above the limit; None without a value or a limit."""
    return _compliant(pollutant, period, value, date, grade)


def _compliant(pollutant: str, period: str, value: float | None, date: Date | None, grade: int) -> bool | None:
    bound = _limit(pollutant, period, date, grade)
    if value is None or bound is None:
        return None
    topic = "gb3095" if period in ("1h", "8h_max", "24h") else "hj663"
    decimals = in_force(topic, date).section("decimals").get(pollutant)
    return (exact(value) if decimals is None else rounded(value, decimals)) <= bound


def to_reference_state(pollutant: Pollutant, value: float, t_c: float, p_kpa: float) -> float:
    """A gas measured at `t_c` and `p_kpa` at 298.15 K and 1013.25 hPa; particles stay as they are (GB 3095)."""
    if t_c <= -273.15 or p_kpa <= 0:
        raise ValueError(_("t_c must be above absolute zero and p_kpa above 0"))
    return value * ((t_c + 273.15) / 298.15) * (101.325 / p_kpa) if pollutant in Gas else value


def hour_valid(valid_minutes: float, date: Date | None = None) -> bool:
    """True if so many minutes make an hourly mean."""
    return bool(valid_minutes >= _validity(date)["hour_minutes"])


def day_valid(valid_hours: float, date: Date | None = None) -> bool:
    """True if so many hourly means make a daily mean."""
    return bool(valid_hours >= _validity(date)["day_hours"])


def month_valid(month: int, valid_days: float, date: Date | None = None) -> bool:
    """True if so many daily means make that month's (1 to 12)."""
    if not 1 <= month <= 12:
        raise ValueError(_("month must lie between 1 and 12"))
    return bool(valid_days >= _validity(date)["february_days" if month == 2 else "month_days"])


def year_valid(valid_days: float, all_months_valid: bool, date: Date | None = None) -> bool:
    """True if so many daily means make a year's, every month being valid."""
    return bool(all_months_valid and valid_days >= _validity(date)["year_days"])


def _validity(date: Date | None) -> Mapping[str, int]:
    return in_force("gb3095", date).section("validity")


def hour_mean(minutes: Values, date: Date | None = None) -> float | None:
    """Mean of the minutes that are there; None of too few."""
    return _mean_of(minutes, HOUR, _validity(date)["hour_minutes"])


def day_mean(hours: Values, date: Date | None = None) -> float | None:
    """Mean of the hourly means of a natural day; None of too few."""
    return _mean_of(hours, DAY, _validity(date)["day_hours"])


def _mean_of(values: Values, most: int, least: int) -> float | None:
    if len(values) > most:
        raise ValueError(_("{count} values are too many, there are {most}").format(count=len(values), most=most))
    return mean(values, least)


def mda8(hours: Values, date: Date | None = None, grade: Grade = 2) -> float | None:
    """The largest 8 h mean of ozone in a day of 24 hourly means from 00:00, of windows that end from 08:00 to 24:00.

    None with too few valid windows, unless the largest already exceeds the limit.
    """
    if len(hours) != DAY:
        raise ValueError(_("give 24 hourly values from 00:00, null where one is missing"))
    rule, least = in_force("hj663", date).section("mda8"), _validity(date)["eight_hours"]
    windows = (mean(hours[end - 8 : end], least) for end in range(rule["first_end"], rule["last_end"] + 1))
    found = present(windows)
    highest = max(found, default=None)
    if len(found) >= rule["windows"] or _compliant("o3", "8h_max", highest, date, grade) is False:
        return highest
    return None


def heavy_pollution_warning(forecast: Sequence[float | None]) -> Warned | None:
    """The warning that a forecast of daily AQI, day after day, calls for; None if nothing is forecast."""
    if not present(forecast):
        return None
    found: Warned = "none"
    for step in in_force("beijing-warning").section("warnings")["steps"]:
        if any(_holds(run, step) for run in _runs(forecast, step["above"])):
            found = step["name"]
    return found


def _holds(run: list[float], step: Mapping[str, Any]) -> bool:
    return bool(len(run) >= step["days"] and max(run) > step.get("once_above", step["above"]))


def _runs(forecast: Sequence[float | None], above: float) -> list[list[float]]:
    """The days in a row that are above; a missing day ends a row."""
    runs: list[list[float]] = [[]]
    for one in forecast:
        if one is not None and one > above:
            runs[-1].append(one)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
