"""Alarms: raised, kept with their second-by-second data, cleared; each step is a record of kind "alarm".

A condition must hold for the alarm's duration before it is raised, and its bound must be safely kept for as long before it
clears. Doubtful numbers (maintenance among them) decide nothing: nothing is raised on them and nothing cleared. In a drill alarms
are raised as ever, but each record says so; what was raised before it stays as it is, and its own are cleared when it ends. Pure:
readings and times come in, notices go out; `actions.py` switches and fetches, `recorder.py` stores.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from gateway.record import compact
from station.alarm.conditions import Condition, Finding, Point, condition
from station.alarm.settings import Alarm
from station.channel import Channel

BEFORE, AFTER = 120.0, 600.0
"""s before and after it is raised of which every sample is kept."""

PART = 60.0
"""s of samples in one record: what a power cut may take."""

WIND = frozenset({"wind_speed", "wind_direction"})
"""Kept with every alarm, from whatever instrument measures it."""

WEATHER = frozenset({"wind_speed", "rain"})
"""What a condition on noise wants to know besides its own channel."""

PAUSE = 30.0
"""A condition must hold anew after a gap of so many s, or of three readings."""

LATE = 5.0
"""s that a sample may be under way from its instrument."""

Row = tuple[int, float, float, float, int]
"""Number of its arrival, moment (monotonic s), value, raw, flag."""


class Notice(NamedTuple):
    """What happened: the alarm, its step, and the record's body."""

    alarm: Alarm
    step: Literal["raised", "cleared", "series"]
    body: str


class Tape:
    """The newest samples of the channels that alarms keep."""

    def __init__(self, channels: Iterable[str]) -> None:
        self._rows: dict[str, deque[Row]] = {channel: deque() for channel in channels}
        self.count = 0
        """Samples that have arrived."""

    def take(self, name: str, channel: Channel) -> None:
        """Note the newest number of a channel."""
        latest, rows = channel.latest, self._rows.get(name)
        if rows is None or latest is None or latest.value is None or latest.raw is None:
            return
        self.count += 1
        rows.append((self.count, latest.moment, latest.value, latest.raw, int(latest.flag)))
        while rows[0][1] < latest.moment - BEFORE - PART - PAUSE:
            rows.popleft()

    def cut(self, channels: Iterable[str], beyond: int, after: float, until: float, zero: float) -> dict[str, list[list[float]]]:
        """The samples that arrived as later than the `beyond`th and were read from `after` (excluded) to `until`.

        [ms from `zero`, value, raw, flag] by channel.
        """
        found = {}
        for name in channels:
            rows = (row for row in self._rows[name] if row[0] > beyond and after < row[1] <= until)
            part = [[round((row[1] - zero) * 1000), *row[2:]] for row in rows]
            if part:
                found[name] = part
        return found


@dataclass(slots=True)
class Watch:
    """One alarm's state. `since`: when what would change it began to hold."""

    alarm: Alarm
    condition: Condition
    gap: float
    raised: bool = False
    drill: bool = False
    """It was raised, or its samples are kept, in a drill."""
    since: float | None = None
    seen: float = 0.0
    kept: tuple[str, ...] = ()
    """Channels of the tape."""
    trail: int | None = None
    """So many arrived samples are stored, or not wanted, while there are more to come."""
    due: float = 0.0
    """Moment at which the next ones are stored."""
    end: float = 0.0
    """Moment of the last sample that is wanted."""
    worst: tuple[float, float] | None = None
    """Moment at which it was raised, and the value furthest beyond its bound since then; None if an earlier run raised it."""

    def take(self, point: Point) -> Finding | None:
        """What changes the alarm's state at this point, or None."""
        finding = self.condition.find(point)
        if finding is None:
            return None
        if not point.result and point.moment - self.seen > self.gap:
            self.since = None
        self.seen = point.moment
        if self.worst and finding.beyond and abs(finding.value - finding.bound) > abs(self.worst[1] - finding.bound):
            self.worst = (self.worst[0], finding.value)
        if not (finding.within if self.raised else finding.beyond):
            self.since = None
            return None
        if self.since is None:
            self.since = point.moment
        if point.moment - self.since < self.alarm.duration:
            return None
        self.raised, self.since = not self.raised, None
        if self.raised:
            self.worst = (point.moment, finding.value)
        return finding


class Alarms:
    """Every alarm of the station. Used by one thread."""

    def __init__(
        self,
        alarms: Sequence[Alarm],
        channels: Mapping[str, Mapping[str, Channel]],
        raised: Iterable[str] = (),
        practised: Iterable[str] = (),
    ) -> None:
        """`channels` as the pipeline has them; `raised`: what an earlier run had raised, of which some `practised` in a drill."""
        names = [f"{name}.{key}" for name, group in channels.items() for key in group]
        wind = [name for name in names if name.rpartition(".")[2] in WIND]
        periods = {name: one.instrument.period for name, group in channels.items() for one in group.values()}
        rates = {name: one.instrument.rate for name, group in channels.items() for one in group.values()}
        self.watches = [_watch(one, wind, periods, rates, one.name in set(raised), one.name in set(practised)) for one in alarms]
        self._drill = False
        self._tape = Tape({name for watch in self.watches for name in watch.kept})
        self._feeds: dict[str, list[Watch]] = {name: [] for name in names}
        for watch in self.watches:
            weather = [name for name in names if name.rpartition(".")[2] in WEATHER] if watch.alarm.kind == "noise" else []
            for name in dict.fromkeys((*watch.alarm.watched, *weather)):
                self._feeds[name].append(watch)

    @property
    def raised(self) -> list[str]:
        """Names of the alarms that are raised."""
        return [watch.alarm.name for watch in self.watches if watch.raised]

    @property
    def practised(self) -> list[str]:
        """Those of them that a drill has raised."""
        return [watch.alarm.name for watch in self.watches if watch.raised and watch.drill]

    def drill(self, on: bool) -> list[Notice]:
        """Whether a drill goes on; when there is none, what one has raised is cleared."""
        self._drill = on
        over = [watch for watch in self.watches if watch.raised and watch.drill] if not on else []
        for watch in over:
            watch.raised, watch.since, watch.worst = False, None, None
        return [Notice(one.alarm, "cleared", _body("cleared", one, because="the drill has ended")) for one in over]

    def take(self, instrument: str, channels: Mapping[str, Channel], zero: float, utc: int | None, result: bool) -> list[Notice]:
        """Look at the newest numbers of an instrument that has just been read.

        `zero`: monotonic s to which the times in records are relative; `utc`: that moment in epoch ms, None if not trusted;
        `result`: an analyser told a new result.
        """
        if not self.watches:
            return []
        notices = []
        for key, channel in channels.items():
            name = f"{instrument}.{key}"
            self._tape.take(name, channel)
            latest = channel.latest
            if latest is None or latest.value is None or not latest.believed:
                continue
            for watch in self._feeds[name]:
                if self._drill and watch.raised and not watch.drill:
                    continue
                moment = None if utc is None else utc + round((latest.moment - zero) * 1000)
                finding = watch.take(Point(name, key, latest.value, latest.moment, moment, result))
                if finding is not None:
                    notices.append(self._change(watch, finding, name, latest.moment, zero))
        return notices

    def _change(self, watch: Watch, finding: Finding, channel: str, moment: float, zero: float) -> Notice:
        step: Literal["raised", "cleared"] = "raised" if watch.raised else "cleared"
        watch.drill = self._drill if watch.raised else watch.drill
        facts = {"value": finding.value, "bound": finding.bound, **finding.facts}
        series: dict[str, Any] = {}
        if not watch.raised and watch.worst:
            facts |= {"lasted": round(moment - watch.worst[0], 1), "worst": watch.worst[1]}
            watch.worst = None
        if watch.raised:
            watch.end = moment + AFTER
            if watch.trail is None:
                series = {"series": self._tape.cut(watch.kept, 0, moment - BEFORE, watch.end, zero)}
                watch.trail, watch.due = self._tape.count, moment + PART
        return Notice(watch.alarm, step, _body(step, watch, channel=channel, **facts, **series))

    def tick(self, now: float, last: bool = False) -> list[Notice]:
        """The samples that belong to alarms and are to be stored at `now` (monotonic s); `last`: all of them."""
        notices = []
        for watch in self.watches:
            if watch.trail is None or (now < watch.due and not last):
                continue
            series = self._tape.cut(watch.kept, watch.trail, -math.inf, watch.end, now)
            watch.trail = self._tape.count if now < watch.end + LATE else None
            watch.due = min(watch.due + PART, watch.end + LATE)
            if series:
                notices.append(Notice(watch.alarm, "series", _body("series", watch, series=series)))
        return notices


def removed(name: str) -> str:
    """The body of the record that ends an alarm which is no longer configured."""
    return compact({"code": "cleared", "alarm": name, "because": "removed"})


def _watch(
    alarm: Alarm, wind: list[str], periods: Mapping[str, float], rates: Mapping[str, float], raised: bool, drill: bool
) -> Watch:
    slowest = max(periods[name.rpartition(".")[0]] for name in alarm.watched)
    rate = rates[alarm.watched[0].rpartition(".")[0]]
    kept = tuple(dict.fromkeys((*alarm.watched, *alarm.also, *wind)))
    return Watch(alarm, condition(alarm, rate), max(PAUSE, 3.0 * slowest), raised, drill, kept=kept)


def _body(code: str, watch: Watch, **facts: Any) -> str:
    mark = {"drill": True} if watch.drill else {}
    return compact({"code": code, "alarm": watch.alarm.name, "kind": watch.alarm.kind, **mark, **facts})
