"""`[metric.NAME]` of the configuration: what this station owes when an hour and a day are over. Each kind has its own keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from station.metrics.noise import noise_limit
from station.metrics.tables import Unknown
from station.settings import Problem, fill, suggestion
from station.toml_lines import Path
from station.words import _

CHANNEL = {"help": "what it is made of, as pm.pm25"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What every metric has."""

    name: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The channels that it is made of."""
        return (str(getattr(self, "channel")),)  # noqa: B009 - most kinds have it

    @property
    def kind(self) -> str:
        """Its kind as the configuration names it."""
        return next(kind for kind, one in KINDS.items() if one is type(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aqi(Metric):
    """The AQI's items of what is measured here (HJ 633), ozone's largest 8 h mean among them; each pollutant's first channel."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Whatever there is."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise(Metric):
    """Leq and LN of an hour; Ld, Ln, Ldn of a day, with the night that begins in it; against the zone's limits."""

    channel: str = field(metadata={"help": "a level, as noise.laeq"})
    zone: str = field(metadata={"help": "zone of the standard, as 2 or 4a"})
    standard: str = field(default="gb3096", metadata={"choices": ("gb3096", "gb12523", "gb12348")})


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterClass(Metric):
    """The class of the day's means (GB 3838) and the parameters that decide it."""

    channels: tuple[str, ...] = field(metadata={"help": "what decides on the class, as sonde.dissolved_oxygen"})
    target: int = field(metadata={"help": "class that the section must have", "low": 1, "high": 5})
    water: str = field(metadata={"help": "whose limits hold", "choices": ("river", "reservoir")})

    @property
    def needs(self) -> tuple[str, ...]:
        """The channels that decide."""
        return self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Load(Metric):
    """kg that the water carries in a day."""

    channel: str = field(metadata={"help": "a concentration in mg/L, as tn.total_nitrogen"})
    flow: str = field(metadata={"help": "a flow in m³/s, as flow.flow"})

    @property
    def needs(self) -> tuple[str, ...]:
        """Concentration and flow."""
        return (self.channel, self.flow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline(Metric):
    """The low percentile that is the background, and the mean by the sector that the wind comes from."""

    channel: str = field(metadata=CHANNEL)
    percentile: float = field(default=20.0, metadata={"help": "percentile that is the baseline", "low": 0, "high": 100})


@dataclass(frozen=True, slots=True, kw_only=True)
class Total(Metric):
    """How much it became: a counter's growth, hours of running, a flow's volume, a rain's height."""

    channel: str = field(metadata=CHANNEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery(Metric):
    """Days that a full battery lasts at the day's mean power."""

    channel: str = field(metadata={"help": "a power in W, as battery.load_power"})
    capacity: float = field(metadata={"help": "what may be taken out of the battery", "unit": "Wh", "low": 0.1})
    days: float = field(default=7.0, metadata={"help": "it should last so long", "unit": "d", "low": 0.1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Metric):
    """Mean, lowest and highest."""

    channel: str = field(metadata=CHANNEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Metric):
    """The mean of one channel less that of another."""

    channel: str = field(metadata=CHANNEL)
    minus: str = field(metadata={"help": "what is taken off, as roof.pm10"})

    @property
    def needs(self) -> tuple[str, ...]:
        """Both."""
        return (self.channel, self.minus)


KINDS: Mapping[str, type[Metric]] = {
    "aqi": Aqi,
    "noise": Noise,
    "class": WaterClass,
    "load": Load,
    "baseline": Baseline,
    "total": Total,
    "battery": Battery,
    "mean": Mean,
    "difference": Difference,
}
"""Kind → what may be said of it."""

WANTED: Mapping[str, tuple[str, ...]] = {
    "noise": ("laeq",),
    "total": ("volume_total", "energy", "running", "flow", "rain"),
    "battery": ("load_power",),
}
"""Kind → the only quantities that it can be made of."""


def read_metrics(tables: Any, channels: Sequence[str], problems: list[Problem]) -> tuple[Metric, ...]:
    """Every `[metric.NAME]`; what is wrong goes into `problems`. `channels` are those that exist."""
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        problems.append(Problem(("metric",), _("write [metric.NAME] with a name of your own")))
        return ()
    found = []
    for name, table in tables.items():
        path: Path = ("metric", name)
        kind = table.get("kind")
        if kind not in KINDS:
            text = _("kind is {value!r}; it may be {words}.").format(value=kind, words=", ".join(KINDS))
            problems.append(Problem((*path, "kind"), text + suggestion(str(kind), KINDS)))
            continue
        metric = fill(KINDS[kind], {key: value for key, value in table.items() if key != "kind"}, path, problems, name=name)
        if metric is not None:
            _check(metric, channels, path, problems)
            found.append(metric)
    return tuple(found)


def _check(metric: Metric, known: Sequence[str], path: Path, problems: list[Problem]) -> None:
    for channel in metric.needs:
        if channel not in known and known:
            text = _("nothing here measures {channel!r}.").format(channel=channel)
            problems.append(Problem(path, text + suggestion(channel, known)))
    wanted = WANTED.get(metric.kind)
    if wanted and metric.needs[0].rpartition(".")[2] not in wanted:
        text = _("a metric of kind {kind} is made of one of {words}").format(kind=metric.kind, words=", ".join(wanted))
        problems.append(Problem((*path, "channel"), text))
    if isinstance(metric, Noise):
        try:
            noise_limit(metric.zone, metric.standard)  # type: ignore[arg-type] # one of its choices
        except Unknown as error:
            problems.append(Problem((*path, "zone"), f"{error}" + _(" Known: {words}.").format(words=", ".join(error.known))))
