"""`[alarm.NAME]` of the configuration: what is watched, when it counts, and what is done about it. Each kind has its own keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from station.limit_tables import BadTable, LimitTable, read_table
from station.metrics.noise import noise_limit
from station.metrics.tables import Unknown
from station.settings import Problem, fill, suggestion
from station.toml_lines import Path
from station.words import N_, _

DURATION = {"help": N_("how long it must hold before the alarm is raised, and cleared"), "unit": "s", "low": 0, "high": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What every alarm may say."""

    name: str
    duration: float = field(default=60.0, metadata=DURATION)
    also: tuple[str, ...] = field(default=(), metadata={"help": "more channels whose 1 s data are kept, as climate.humidity"})
    sampling: float | None = field(
        default=None, metadata={"help": "after it is raised its instruments are read as often as this", "unit": "s", "low": 0.1}
    )
    sampling_for: float = field(default=600.0, metadata={"help": "for so long", "unit": "s", "low": 1, "high": 86400})
    output: int | None = field(
        default=None, metadata={"help": "GPIO pin (BCM) that is high while it is raised", "low": 0, "high": 255}
    )
    output_port: str = field(default="gpio", metadata={"help": "where that pin is: gpio or unix:PATH"})
    snapshot: str = field(
        default="", metadata={"help": "http address of a camera's still picture", "pattern": r"(https?://\S+)?"}
    )

    @property
    def watched(self) -> tuple[str, ...]:
        """The channels that decide."""
        raise NotImplementedError

    @property
    def kind(self) -> str:
        """Its kind as the configuration names it."""
        return next(kind for kind, one in KINDS.items() if one is type(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Single(Alarm):
    """One channel decides."""

    channel: str = field(metadata={"help": "what is watched, as pm.pm25"})

    @property
    def watched(self) -> tuple[str, ...]:
        """That channel."""
        return (self.channel,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(Alarm):
    """Several channels decide together."""

    channels: tuple[str, ...] = field(metadata={"help": "what decides, as sonde.ph"})
    duration: float = field(default=600.0, metadata=DURATION)

    @property
    def watched(self) -> tuple[str, ...]:
        """Those channels."""
        return self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold(Single):
    """A value is above or below a bound."""

    above: float | None = field(default=None, metadata={"help": "in the channel's unit"})
    below: float | None = field(default=None, metadata={"help": "in the channel's unit"})
    hysteresis: float = field(default=0.0, metadata={"help": "so far inside the bound it clears", "low": 0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Single):
    """A value rises or falls too fast."""

    per_hour: float = field(metadata={"help": "largest change in an hour, in the channel's unit", "low": 0})
    over: float = field(default=600.0, metadata={"help": "the change is seen over", "unit": "s", "low": 1, "high": 86400})
    hysteresis: float = field(default=0.0, metadata={"help": "so far below per_hour it clears", "low": 0})


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterClass(Several):
    """The water is of a worse class than the section's target (GB 3838)."""

    target: int = field(metadata={"help": "class that the section must have", "low": 1, "high": 5})
    water: str = field(metadata={"help": "whose limits hold", "choices": ("river", "reservoir")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump(Single):
    """A result is many times the one before, or a small part of it, and the next one confirms it."""

    duration: float = field(default=0.0, metadata=DURATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise(Single):
    """Hourly levels are over the zone's limit, or a night's sudden event is; not in wind or rain."""

    zone: str = field(metadata={"help": "zone of the standard, as 2 or 4a"})
    standard: str = field(default="gb3096", metadata={"choices": ("gb3096", "gb12523", "gb12348")})
    hours: int = field(default=2, metadata={"help": "so many hours running", "low": 1, "high": 24})
    duration: float = field(default=0.0, metadata=DURATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline(Single):
    """A value is many times its own rolling baseline."""

    times: float = field(default=5.0, metadata={"help": "so many times the baseline", "low": 1})
    percentile: float = field(
        default=20.0, metadata={"help": "percentile of the window that is the baseline", "low": 0, "high": 100}
    )
    window: float = field(default=86400.0, metadata={"help": "length of the window", "unit": "s", "low": 600, "high": 604800})
    duration: float = field(default=180.0, metadata=DURATION)
    hysteresis: float = field(default=0.2, metadata={"help": "so large a part below the bound it clears", "low": 0, "high": 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Several):
    """A value is outside the limits that the operator has filled in."""

    table: str = field(metadata={"help": "file of the limits, beside the configuration"})
    limits: LimitTable


KINDS: Mapping[str, type[Alarm]] = {
    "threshold": Threshold,
    "rate": Rate,
    "class": WaterClass,
    "jump": Jump,
    "noise": Noise,
    "baseline": Baseline,
    "table": Table,
}
"""Kind → what may be said of it."""


def read_alarms(tables: Any, instruments: Sequence[Any], problems: list[Problem]) -> tuple[Alarm, ...]:
    """Every `[alarm.NAME]`; what is wrong goes into `problems`. `instruments` are the configured ones."""
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        problems.append(Problem(("alarm",), _("write [alarm.NAME] with a name of your own")))
        return ()
    found = []
    for name, table in tables.items():
        path: Path = ("alarm", name)
        kind = table.get("kind")
        if kind not in KINDS:
            text = _("kind is {value!r}; it may be {words}.").format(value=kind, words=", ".join(KINDS))
            problems.append(Problem((*path, "kind"), text + suggestion(str(kind), KINDS)))
            continue
        given = {key: value for key, value in table.items() if key != "kind"}
        own = {"limits": _limits(given, path, problems)} if kind == "table" else {}
        alarm = fill(KINDS[kind], given, path, problems, name=name, **own)
        if alarm is not None:
            _check(alarm, instruments, path, problems)
            found.append(alarm)
    return tuple(found)


def _limits(given: dict[str, Any], path: Path, problems: list[Problem]) -> LimitTable | None:
    """The operator's limits, which must name what is compared."""
    if not isinstance(given.get("table"), str):
        return None
    try:
        found = read_table(FilePath(given["table"]))
    except BadTable as bad:
        problems.append(Problem((*path, "table"), str(bad)))
        return None
    channels = given.get("channels", [])
    for channel in channels if isinstance(channels, list) else []:
        quantity = str(channel).rpartition(".")[2]
        if quantity not in found.limits:
            text = _("the table has no limit of {key!r}.").format(key=quantity)
            problems.append(Problem((*path, "channels"), text + suggestion(quantity, found.limits)))
    return found


def _check(alarm: Alarm, instruments: Sequence[Any], path: Path, problems: list[Problem]) -> None:
    known = {f"{one.name}.{key}": one for one in instruments for key in one.channels}
    for channel in (*alarm.watched, *alarm.also):
        if channel not in known and instruments:
            text = _("nothing here measures {channel!r}.").format(channel=channel)
            problems.append(Problem(path, text + suggestion(channel, known)))
    if isinstance(alarm, Threshold) and alarm.above is None and alarm.below is None:
        problems.append(Problem(path, _("above or below is missing")))
    if isinstance(alarm, Noise):
        try:
            noise_limit(alarm.zone, alarm.standard)  # type: ignore[arg-type] # one of its choices
        except Unknown as error:
            text = _(" Known: {words}.").format(words=", ".join(error.known))
            problems.append(Problem((*path, "zone"), f"{error}{text}"))
    for one in {id(known[channel]): known[channel] for channel in alarm.watched if channel in known}.values():
        if alarm.sampling is not None and (one.sleep or one.model.process or alarm.sampling < one.model.least_interval):
            text = _("{name} cannot be read every {value} s: it sleeps, needs its steady pace, or is slower")
            problems.append(Problem((*path, "sampling"), text.format(name=one.name, value=alarm.sampling)))
