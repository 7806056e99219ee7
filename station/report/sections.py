"""Air, noise, water and the other metrics of a month, out of the days' figures. Pure.

The figures of a day come from `station.summary`, limits and validity from the tables; here they are only counted and compared.
"""

import datetime
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drivers.quantity import mean_of, quantities
from gateway.gaps import Gap
from station.metrics import air, noise, water
from station.metrics.statistics import mean, plain, present, rounded
from station.metrics.tables import in_force
from station.metrics.trend import trend
from station.summary.aggregate import Part
from station.summary.owed import key_of
from station.summary.periods import GOOD, summary
from station.summary.rows import Key
from station.summary.settings import Aqi, Load, Metric, Noise, WaterClass

Facts = dict[str, Any]

MAIN = {"baseline": "baseline", "total": "total", "battery": "days", "mean": "mean", "difference": "difference"}
"""Kind of a metric → its figure."""


@dataclass(slots=True)
class DayFigures:
    """What is kept of a day. `state`: "read" (validity is each figure's own), "told" (its intervals are gone, the
    metrics are those that were told), "nothing", "not_over", or "before" the station's first record.
    """

    date: datetime.date
    state: str
    channels: Mapping[Key, Part] = field(default_factory=dict)
    pollutants: Mapping[str, float | None] = field(default_factory=dict)
    metrics: dict[str, Facts] = field(default_factory=dict)
    gaps: Sequence[Gap] = ()


def values(days: Sequence[DayFigures], key: Key) -> list[float | None]:
    """A channel's daily values."""
    return [day.channels[key].value if key in day.channels else None for day in days]


def whole(quantity: str, daily: Iterable[float | None]) -> float | None:
    """A month's value of the days that are there, as the quantity's values become one; None of none."""
    found = present(daily)
    return mean_of(quantities()[quantity].mean, [(one, 1.0) for one in found]) if found else None


def share(kept: int, judged: int) -> float | None:
    """%; None of nothing."""
    return 100.0 * kept / judged if judged else None


def of_air(metric: Aqi, days: Sequence[DayFigures], district: str | None) -> Facts:
    """Days by level, each pollutant's mean, its days above the daily limit, and what the targets say."""
    first, last = days[0].date, days[-1].date
    daily = {day.date: dict(day.pollutants) for day in days}
    names = [name for name in air.SIX if any(name in found for found in daily.values())]
    told = summary(daily, first, last, district)
    rows: list[Facts] = []
    levels = Counter[int]()
    for day in days:
        body = day.metrics.get(metric.name, {})
        if body.get("level"):
            levels[body["level"]] += 1
        shown = {key: body.get(key) for key in ("iaqi", "aqi", "publish", "level", "primary")}
        found = {name: daily[day.date].get(name) for name in names}
        rows.append({"date": str(day.date), "values": found, "hours": _hours(day, names), **shown})
    aqis = [row["aqi"] for row in rows if row["aqi"] is not None]
    good = sum(one <= GOOD for one in aqis)
    return {
        "metric": metric.name,
        "measured": names,
        "all_six": len(names) == len(air.SIX),
        "levels": {str(level): levels[level] for level in range(1, 7)},
        "judged": len(aqis),
        "good": {"good": good, "judged": len(aqis), "percent": share(good, len(aqis))},
        "good_days": told["good_days"],
        "pollutants": {name: _pollutant(name, told["pollutants"][name], days) for name in names},
        "targets": _air_targets(told, good, len(aqis), district) if district else [],
        "days": rows,
    }


def _hours(day: DayFigures, names: Sequence[str]) -> dict[str, int]:
    """Valid hours of the first channel of each pollutant."""
    found: dict[str, int] = {}
    for key, part in day.channels.items():
        if key[1] in names:
            found.setdefault(key[1], part.valid)
    return found


def _pollutant(name: str, found: Facts, days: Sequence[DayFigures]) -> Facts:
    known = [(day.pollutants[name], day.date) for day in days if day.pollutants.get(name) is not None]
    span: Any = "8h_max" if name == "o3" else "24h"
    over = [str(date) for value, date in known if air.compliant(name, span, value, date) is False]  # type: ignore[arg-type]
    highest = max(known, default=(None, None), key=lambda one: one[0] or 0.0)
    of_valid = mean(value for value, _date in known)
    last = days[-1].date
    decimals = in_force("hj663", last).section("decimals")[name]
    year: Any = air.limit(name, "annual", last)  # type: ignore[arg-type]
    return {
        **found,
        "reported": None if found["mean"] is None else plain(rounded(found["mean"], decimals)),
        "of_valid_days": of_valid,
        "highest": highest[0],
        "highest_on": str(highest[1]) if highest[1] else None,
        "limit": air.limit(name, span, last),  # type: ignore[arg-type]
        "over": over,
        "annual_limit": year,
        "within_annual": air.compliant(name, "annual", found["mean"], last),  # type: ignore[arg-type]
    }


def _air_targets(told: Facts, good: int, judged: int, district: str) -> list[Facts]:
    """A district's targets are for a year: of a month they are a mark to look at, and `met` says only how it stands."""
    table = in_force(f"targets-{district}").section("targets")
    found = []
    if "pm25" in told["pollutants"]:
        value, bound = told["pollutants"]["pm25"]["mean"], float(table["pm25_annual"])
        found.append({"target": "pm25_annual", "bound": bound, "value": value, "met": None if value is None else value <= bound})
    percent, bound = share(good, judged), float(table["good_days"])
    found.append({"target": "good_days", "bound": bound, "value": percent, "met": None if percent is None else percent >= bound})
    return found


def of_noise(metric: Noise, days: Sequence[DayFigures]) -> Facts:
    """Ld, Ln, Ldn of each day, valid days, and how many of the day and night periods kept the limits."""
    rows = []
    for day in days:
        body = day.metrics.get(metric.name, {})
        levels = {name: body.get(name) for name in ("ld", "ln", "ldn", "leq24")}
        kept = body.get("compliant", {})
        hours = {"hours": body.get("valid", 0)}
        rows.append({"date": str(day.date), **levels, **hours, "day": kept.get("day"), "night": kept.get("night")})
    standard: Any = metric.standard
    limits = noise.noise_limit(metric.zone, standard, days[-1].date)._asdict() if metric.zone else None
    return {
        "metric": metric.name,
        "channel": metric.channel,
        "zone": metric.zone,
        "standard": metric.standard,
        "limits": limits,
        "valid_days": sum(row["ldn"] is not None for row in rows),
        "day": _periods(rows, "day", "ld"),
        "night": _periods(rows, "night", "ln"),
        "days": rows,
    }


def _periods(rows: Sequence[Facts], period: str, level: str) -> Facts:
    judged = [row for row in rows if row[period] is not None]
    kept = sum(row[period] for row in judged)
    highest = max((row for row in rows if row[level] is not None), key=lambda row: float(row[level]), default=None)
    worst = {"highest": highest[level], "highest_on": highest["date"]} if highest else {"highest": None, "highest_on": None}
    return {"judged": len(judged), "kept": kept, "percent": share(kept, len(judged)), **worst}


def of_class(metric: WaterClass, days: Sequence[DayFigures]) -> Facts:
    """The class of each day and what decides it, exceedances of the target, and the class of the month's means."""
    body_of_water: Any = metric.water
    target: Any = metric.target
    rows: list[Facts] = []
    classes = Counter[int]()
    for day in days:
        body = day.metrics.get(metric.name, {})
        found = body.get("class")
        if found is not None:
            classes[found] += 1
        each = body.get("per_parameter", {})
        over = [name for name, one in each.items() if one is not None and one > metric.target]
        times = water.exceedance({name: body["means"][name] for name in over}, target, body_of_water) if over else {}
        shown = {key: body.get(key) for key in ("deciding", "exceeded", "means")}
        rows.append({"date": str(day.date), "class": found, **shown, "per_parameter": each, "over": times})
    means = {key_of(channel)[1]: whole(key_of(channel)[1], values(days, key_of(channel))) for channel in metric.channels}
    month = water.water_class(means, body_of_water)
    judged = [row for row in rows if row["class"] is not None]
    kept = sum(not row["exceeded"] for row in judged)
    return {
        "metric": metric.name,
        "target": metric.target,
        "water": metric.water,
        "channels": list(metric.channels),
        "classes": {str(number): classes[number] for number in range(1, water.WORSE + 1)},
        "judged": len(judged),
        "kept": kept,
        "percent": share(kept, len(judged)),
        "month": {"class": month["class"], "deciding": month["deciding"], "means": means},
        "days": rows,
    }


def of_load(metric: Load, days: Sequence[DayFigures]) -> Facts:
    """kg of each day; their sum is that of the valid days alone."""
    rows: list[Facts] = []
    for day in days:
        body = day.metrics.get(metric.name, {})
        rows.append({"date": str(day.date), **{key: body.get(key) for key in ("load", "concentration", "flow", "valid")}})
    found = present(row["load"] for row in rows)
    total = math.fsum(found) if found else None
    heads = {"metric": metric.name, "channel": metric.channel, "flow": metric.flow, "unit": "kg/d"}
    return {**heads, "valid_days": len(found), "total": total, "mean": mean(found), "days": rows}


def of_nitrogen(key: Key, days: Sequence[DayFigures]) -> Facts:
    """Total nitrogen has no class in a river: its daily means and their trend in mg/L and day."""
    daily = values(days, key)
    found = trend([(float(at), value) for at, value in enumerate(daily)])
    rows = [{"date": str(day.date), "value": value} for day, value in zip(days, daily, strict=True)]
    return {"channel": ".".join(key), "mean": mean(daily), "trend": found._asdict(), "days": rows}


def of_other(metric: Metric, days: Sequence[DayFigures]) -> Facts:
    """One figure of each day."""
    main = MAIN[metric.kind]
    bodies = [day.metrics.get(metric.name, {}) for day in days]
    unit = next((str(body["unit"]) for body in bodies if "unit" in body), _unit(metric))
    rows: list[Facts] = [{"date": str(day.date), "value": body.get(main)} for day, body in zip(days, bodies, strict=True)]
    found = present(row["value"] for row in rows)
    total = math.fsum(found) if found and metric.kind == "total" else None
    ends = {"low": min(found, default=None), "high": max(found, default=None)}
    channel = metric.needs[0]
    return {
        "metric": metric.name,
        "kind": metric.kind,
        "channel": channel,
        "unit": unit,
        "valid_days": len(found),
        "total": total,
        **ends,
        "days": rows,
    }


def _unit(metric: Metric) -> str:
    return "d" if metric.kind == "battery" else quantities()[key_of(metric.needs[0])[1]].unit


def of_channels(days: Sequence[DayFigures]) -> list[Facts]:
    """Every channel: its daily values, their mean and the extremes of all that counts."""
    keys = list(dict.fromkeys(key for day in days for key in day.channels))
    found = []
    for key in keys:
        parts = [(day.date, day.channels[key]) for day in days if key in day.channels]
        known = [part for _date, part in parts if part.low is not None and part.high is not None]
        rows = [{"date": str(date), **part._asdict()} for date, part in parts]
        daily = [part.value for _date, part in parts]
        found.append(
            {
                "instrument": key[0],
                "quantity": key[1],
                "unit": quantities()[key[1]].unit,
                "value": whole(key[1], daily),
                "low": min((part.low for part in known if part.low is not None), default=None),
                "high": max((part.high for part in known if part.high is not None), default=None),
                "valid_days": len(present(daily)),
                "days": rows,
            }
        )
    return found
