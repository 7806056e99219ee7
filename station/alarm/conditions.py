"""When does an alarm count? One class a kind; each looks at points of its channels and says what it finds.

Only numbers that nothing but a missing calibration speaks against come here: a doubtful value raises no alarm and clears none.
"""

import datetime
import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Protocol

from station.alarm.settings import Alarm, Baseline, Jump, Noise, Rate, Table, Threshold, WaterClass
from station.metrics.noise import day_hours, noise_compliant, noise_limit
from station.metrics.statistics import energy, level, percentile
from station.metrics.tables import in_force
from station.metrics.water import exceedance, jump, water_class

ZONE = datetime.timezone(datetime.timedelta(hours=8))
"""Local time of day and night."""

MINUTE, HOUR = 60_000, 3_600_000
"""ms."""

RESULT_AGE = 6 * 3600.0
SAMPLE_AGE = 600.0
"""s for which an analyser's result, or a probe's sample, still stands for the water."""

LEAST_BASELINE = 0.25
"""A baseline is one when so much of its window has values (design)."""


class Point(NamedTuple):
    """One good number: its channel, quantity, value, moment (monotonic s), UTC in ms (None: not trusted), and whether it is the
    result of an analyser rather than one of many samples."""

    channel: str
    quantity: str
    value: float
    moment: float
    utc: int | None
    result: bool


class Finding(NamedTuple):
    """Whether the bound is passed (`beyond`), whether it is safely kept (`within`), the number, its bound, and more facts."""

    beyond: bool
    within: bool
    value: float
    bound: float
    facts: Mapping[str, Any]


class Condition(Protocol):
    """What a kind of alarm looks for."""

    def find(self, point: Point) -> Finding | None:
        """Look at one point; None if it decides nothing."""
        ...


class _Threshold:
    def __init__(self, alarm: Threshold) -> None:
        self._alarm = alarm

    def find(self, point: Point) -> Finding | None:
        above, below, slack = self._alarm.above, self._alarm.below, self._alarm.hysteresis
        value = point.value
        if above is not None and value > above:
            return Finding(True, False, value, above, {})
        if below is not None and value < below:
            return Finding(True, False, value, below, {})
        within = (above is None or value <= above - slack) and (below is None or value >= below + slack)
        bound = above if above is not None else below
        assert bound is not None
        return Finding(False, within, value, bound, {})


class _Rate:
    """The change between now and `over` s ago, per hour."""

    def __init__(self, alarm: Rate) -> None:
        self._alarm = alarm
        self._past: deque[tuple[float, float]] = deque()

    def find(self, point: Point) -> Finding | None:
        over, past = self._alarm.over, self._past
        if not past or point.moment - past[-1][0] >= over / 60.0:
            past.append((point.moment, point.value))
        while len(past) > 1 and point.moment - past[1][0] >= over:
            past.popleft()
        moment, value = past[0]
        if not over <= point.moment - moment <= 2.0 * over:
            if point.moment - moment > 2.0 * over:
                past.popleft()
            return None
        change = (point.value - value) / (point.moment - moment) * 3600.0
        beyond = abs(change) > self._alarm.per_hour
        within = abs(change) <= self._alarm.per_hour - self._alarm.hysteresis
        return Finding(beyond, within, change, self._alarm.per_hour, {})


class _WaterClass:
    def __init__(self, alarm: WaterClass) -> None:
        self._alarm = alarm
        self._newest: dict[str, Point] = {}

    def find(self, point: Point) -> Finding | None:
        self._newest[point.quantity] = point
        fresh = {
            key: one.value
            for key, one in self._newest.items()
            if point.moment - one.moment <= (RESULT_AGE if one.result else SAMPLE_AGE)
        }
        water: Literal["river", "reservoir"] = "river" if self._alarm.water == "river" else "reservoir"
        found = water_class(fresh, water)
        if found["class"] is None:
            return None
        worse = found["class"] > self._alarm.target
        facts: dict[str, Any] = {"deciding": found["deciding"], "classes": found["per_parameter"], "sample": fresh}
        if worse:
            target: Any = self._alarm.target
            facts["exceedance"] = exceedance({key: fresh[key] for key in found["deciding"]}, target, water)
            facts["source"] = in_force("gb3838").cite("limits").text
        return Finding(worse, not worse, found["class"], self._alarm.target, facts)


class _Table:
    """Each channel against the operator's limit of its quantity."""

    def __init__(self, alarm: Table) -> None:
        self._limits = alarm.limits
        self._passed: dict[str, bool] = {}

    def find(self, point: Point) -> Finding | None:
        if point.utc is None:
            return None
        day = datetime.datetime.fromtimestamp(point.utc / 1000, ZONE).date()
        if not self._limits.begins <= day <= self._limits.ends:
            return None
        bound = self._limits.bound(point.quantity, point.value)
        self._passed[point.channel] = bound is not None
        beyond = any(self._passed.values())
        if beyond and bound is None:
            return None  # this one is fine; the one that is not speaks for itself
        low, high = self._limits.limits[point.quantity]
        facts = {"table": self._limits.title, "source": self._limits.source}
        kept = high if math.isfinite(high) else low
        return Finding(beyond, not beyond, point.value, kept if bound is None else bound, facts)


class _Jump:
    """Results are an analyser's, or the means of a probe's minutes."""

    def __init__(self, _alarm: Jump) -> None:
        self._base: float | None = None
        self._suspected = False
        self._minute: tuple[float, float, int] = (-1.0, 0.0, 0)

    def find(self, point: Point) -> Finding | None:
        if point.result:
            return self._result(point.value)
        number, total, count = self._minute
        if point.moment // 60.0 == number:
            self._minute = (number, total + point.value, count + 1)
            return None
        self._minute = (point.moment // 60.0, point.value, 1)
        return self._result(total / count) if count else None

    def _result(self, value: float) -> Finding | None:
        if self._base is None:
            self._base = value
            return None
        jumped = bool(jump(self._base, value))
        confirmed, self._suspected = jumped and self._suspected, jumped
        finding = Finding(confirmed, not jumped, value, self._base, {"previous": self._base})
        if not jumped:
            self._base = value
        return finding


class _Noise:
    """Leq of local clock hours of minutes without wind and rain; and, at night, single samples far over the limit."""

    def __init__(self, alarm: Noise, rate: float) -> None:
        self._alarm = alarm
        self._due = 60.0 * rate
        self._share = float(in_force("hj906").section("validity")["hour_share"])
        self._wind = float(in_force("gb3096").section("weather")["wind"])
        self._minute = self._hour = -1
        self._energy = self._sum = 0.0
        self._count = self._minutes = self._samples = self._over = 0
        self._calm = self._was_calm = True

    def find(self, point: Point) -> Finding | None:
        if point.utc is None:
            return None
        finding = self._turn(point.utc)
        if point.quantity == "wind_speed":
            self._calm = self._calm and point.value <= self._wind
        elif point.quantity == "rain":
            self._calm = self._calm and point.value <= 0
        elif point.channel == self._alarm.channel:
            self._energy += energy(point.value)
            self._count += 1
            return finding or self._sudden(point)
        return finding

    def _turn(self, utc: int) -> Finding | None:
        """Close the minute and the hour that are over."""
        if utc // MINUTE != self._minute:
            if self._calm and self._count >= self._share * self._due:
                self._sum += self._energy
                self._samples += self._count
                self._minutes += 1
            self._minute, self._energy, self._count = utc // MINUTE, 0.0, 0
            self._was_calm, self._calm = self._calm, True
        if utc // HOUR == self._hour:
            return None
        begin, self._hour = self._hour * HOUR, utc // HOUR
        total, samples, minutes = self._sum, self._samples, self._minutes
        self._sum, self._samples, self._minutes = 0.0, 0, 0
        if minutes < self._share * 60 or begin < 0:
            self._over = 0  # an hour without enough quiet weather proves nothing
            return None
        leq = level(total / samples)
        bound, period, day = self._bound(begin)
        over = not noise_compliant(self._alarm.zone, period, leq, self._standard, day)
        self._over = self._over + 1 if over else 0
        facts = {"period": period, "hours": self._over, "source": in_force(self._standard, day).cite("limits").text}
        return Finding(self._over >= self._alarm.hours, not over, leq, bound, facts)

    def _sudden(self, point: Point) -> Finding | None:
        bound, period, day = self._bound(point.utc or 0)
        more = float(in_force(self._standard, day).section("limits")["sudden_night"])
        if period == "day" or point.value <= bound + more or not (self._calm and self._was_calm):
            return None
        return Finding(True, False, point.value, bound + more, {"period": period, "sudden": True})

    @property
    def _standard(self) -> Literal["gb3096", "gb12523", "gb12348"]:
        return self._alarm.standard  # type: ignore[return-value] # one of its choices

    def _bound(self, utc: int) -> tuple[float, Literal["day", "night"], datetime.date]:
        """The limit at that moment, by day or by night, and the date."""
        local = datetime.datetime.fromtimestamp(utc / 1000, ZONE)
        begin, end = day_hours(local.date())
        limits = noise_limit(self._alarm.zone, self._standard, local.date())
        return (limits.day, "day", local.date()) if begin <= local.hour < end else (limits.night, "night", local.date())


class _Baseline:
    """The baseline is a percentile of the minutes before this one."""

    def __init__(self, alarm: Baseline) -> None:
        self._alarm = alarm
        self._minutes: deque[tuple[float, float]] = deque()
        self._now: tuple[float, float, int] = (-1.0, 0.0, 0)
        self._base: float | None = None

    def find(self, point: Point) -> Finding | None:
        number, total, count = self._now
        if point.moment // 60.0 != number:
            if count:
                self._minutes.append((number, total / count))
                self._rebase(point.moment // 60.0)
            number, total, count = point.moment // 60.0, 0.0, 0
        self._now = (number, total + point.value, count + 1)
        if self._base is None or self._base <= 0:
            return None
        bound = self._alarm.times * self._base
        beyond, within = point.value > bound, point.value <= bound * (1.0 - self._alarm.hysteresis)
        return Finding(beyond, within, point.value, bound, {"baseline": self._base, "ratio": point.value / self._base})

    def _rebase(self, minute: float) -> None:
        span = self._alarm.window / 60.0
        while minute - self._minutes[0][0] > span:
            self._minutes.popleft()
        enough = len(self._minutes) >= LEAST_BASELINE * span
        self._base = percentile([one for _at, one in self._minutes], self._alarm.percentile) if enough else None


_MAKERS: Mapping[type[Alarm], Callable[..., Condition]] = {
    Threshold: _Threshold,
    Rate: _Rate,
    WaterClass: _WaterClass,
    Table: _Table,
    Jump: _Jump,
    Baseline: _Baseline,
}


def condition(alarm: Alarm, rate: float) -> Condition:
    """What `alarm` looks for; `rate` is how many readings a second its channel gives."""
    return _Noise(alarm, rate) if isinstance(alarm, Noise) else _MAKERS[type(alarm)](alarm)
