"""Months and years out of daily values: validity by GB 3095, percentiles by HJ 663, good days by HJ 633, targets of a district.

A daily value is the mean of a valid day, of ozone the largest 8 h mean. A day is judged good or not only if all six pollutants of
the AQI are there: what a single sensor sees is no air quality.
"""

import datetime
from collections.abc import Mapping
from typing import Any, NamedTuple

from station.metrics import air
from station.metrics.statistics import mean, percentile, present
from station.metrics.tables import in_force

GOOD = 100
"""Highest AQI of a good day."""

Daily = Mapping[datetime.date, Mapping[str, float | None]]
"""Date → pollutant → daily value."""


class Period(NamedTuple):
    """A pollutant over a month or year: its mean (None if not valid), a percentile of the daily values, and valid days of all."""

    mean: float | None
    percentile: float | None
    p: int
    valid: int
    due: int


def dates(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """Every day from `first` to `last`."""
    return [first + datetime.timedelta(number) for number in range((last - first).days + 1)]


def pollutant(daily: Daily, name: str, first: datetime.date, last: datetime.date) -> Period:
    """One pollutant from `first` to `last`: a whole month, or a whole year."""
    every = dates(first, last)
    values = [daily.get(day, {}).get(name) for day in every]
    months = sorted({(day.year, day.month) for day in every})
    valid = [month_is_valid(daily, name, year, month) for year, month in months]
    count = len(present(values))
    holds = valid[0] if len(months) == 1 else air.year_valid(count, all(valid), last)
    p = int(in_force("hj663", last).section("percentiles")[name])
    return Period(mean(values) if holds else None, percentile(values, p) if holds else None, p, count, len(every))


def month_is_valid(daily: Daily, name: str, year: int, month: int) -> bool:
    """True if the pollutant has enough daily values in that month."""
    days = [day for day in daily if (day.year, day.month) == (year, month) and daily[day].get(name) is not None]
    return air.month_valid(month, len(days), datetime.date(year, month, 1))


def good_days(daily: Daily) -> tuple[int, int]:
    """(good days, days judged)."""
    judged = [air.aqi("24h", values, day) for day, values in daily.items() if len(present(values.values())) == len(air.SIX)]
    return sum(one.aqi is not None and one.aqi <= GOOD for one in judged), len(judged)


def summary(daily: Daily, first: datetime.date, last: datetime.date, district: str | None) -> dict[str, Any]:
    """A month or year as one JSON object; `district` names a table of targets."""
    names = [name for name in air.SIX if any(name in values for values in daily.values())]
    found = {name: pollutant(daily, name, first, last) for name in names}
    good, judged = good_days(daily)
    percent = 100.0 * good / judged if judged else None
    told: dict[str, Any] = {
        "first": str(first),
        "last": str(last),
        "pollutants": {name: one._asdict() for name, one in found.items()},
        "good_days": {"good": good, "judged": judged, "percent": percent},
    }
    year = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    for name, one in found.items() if year else ():
        told["pollutants"][name]["compliant"] = air.compliant(name, "annual", one.mean, last)
    if district:
        targets = in_force(f"targets-{district}").section("targets")
        pm25 = found["pm25"].mean if "pm25" in found and year else None
        told["targets"] = {
            "pm25_annual": None if pm25 is None else pm25 <= targets["pm25_annual"],
            "good_days": None if percent is None else percent >= targets["good_days"],
        }
    return told
