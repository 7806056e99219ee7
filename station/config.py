"""The configuration: one TOML file that a person can read aloud, checked without opening anything.

`load` reports all problems at once, each with its line, and what to write instead. `example.toml` beside this file is
a complete, commented configuration that passes.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, TypeVar

from calibration.limits import Limits
from drivers.catalogue import UnknownDriver, described, find
from drivers.description import BadDescription
from drivers.driver import Driver
from gateway.told import SOURCES
from station.alarm.settings import Alarm, read_alarms
from station.destinations import Destination, check_factors, read_destinations
from station.host.panel import PanelSettings
from station.intervals import LEVEL, PERCENTILES
from station.limit_settings import read_limits
from station.remote.changes import Route, apply, dotted, fingerprint
from station.remote.settings import Remote, read_remote
from station.settings import Problem, fill, named_tables, no_driver, suggestion, unknown_keys
from station.site import Site, read_site
from station.summary.settings import Metric, read_metrics
from station.toml_lines import Path, key_lines, nearest, syntax
from station.words import _

T = TypeVar("T")

BUS_KINDS = ("uart", "i2c", "modbus", "gpio", "program")
MAP = "modbus_map"
SECTIONS = ("station", "site", "bus", "instrument", "destination", "quality", "alarm", "metric", "panel", "remote")


class BadConfig(Exception):
    """The configuration cannot be used; `lines` holds one `FILE:LINE: what is wrong` each."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Station:
    """`[station]`: who this is."""

    id: str = field(metadata={"help": "at most 32 letters, digits, - and _", "pattern": r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"})
    name: str = field(metadata={"help": "the name people use"})
    language: str = field(default="zh", metadata={"choices": ("zh", "en")})
    interval: int = field(default=60, metadata={"help": "length of an interval", "unit": "s", "low": 1, "high": 3600})
    emergency_interval: int = field(
        default=10, metadata={"help": "the same in an emergency, if it is shorter", "unit": "s", "low": 1, "high": 3600}
    )
    keep_free: int = field(
        default=32, metadata={"help": "space on the card that is never taken, at most an eighth of it", "unit": "MB", "low": 2}
    )
    raw_days: int = field(default=7, metadata={"help": "how long raw samples are kept; 0: not at all", "unit": "d", "low": 0})
    time_from: tuple[str, ...] = field(
        default=SOURCES, metadata={"help": "whose time is believed while the clock is not synchronised", "choices": SOURCES}
    )
    time_url: str = field(
        default="", metadata={"help": "web server that is asked for the time, for time_from http", "pattern": r"(https?://\S+)?"}
    )
    set_clock: bool = field(default=False, metadata={"help": "let root set the system's clock by such a time"})


@dataclass(frozen=True, slots=True)
class Bus:
    """`[[bus]]`: one port. `baud`, `parity` and `stopbits` are the instruments' own unless given."""

    name: str = field(metadata={"help": "a short name", "pattern": r"\S.{0,31}"})
    kind: str = field(metadata={"help": "what kind of bus", "choices": BUS_KINDS})
    port: str = field(
        metadata={
            "help": "/dev/serial/by-path/… (auto or with *: the one that answers), /dev/i2c-1, tcp://host:502, "
            "rfc2217://host:port, socket://host:port or unix:PATH"
        }
    )
    baud: int | None = field(default=None, metadata={"unit": "bit/s", "low": 300, "high": 4000000})
    parity: str | None = field(default=None, metadata={"choices": ("N", "E", "O")})
    stopbits: int | None = field(default=None, metadata={"choices": (1, 2)})
    echo: bool = field(default=False, metadata={"help": "the RS-485 adapter sends back what it is told"})
    power: int | None = field(
        default=None, metadata={"help": "GPIO pin (BCM) that switches the sensors' supply", "low": 0, "high": 255}
    )
    power_port: str = field(default="gpio", metadata={"help": "where that pin is: gpio or unix:PATH"})

    @property
    def sought(self) -> bool:
        """True if the port is to be found by what answers there."""
        return self.kind in ("uart", "modbus") and (self.port == "auto" or ("://" not in self.port and "*" in self.port))


@dataclass(frozen=True, slots=True)
class Instrument:
    """`[[instrument]]`: one device on a bus. What the driver lets one set stands in the same table."""

    name: str = field(metadata={"help": "a short name", "pattern": r"\S.{0,31}"})
    driver: str = field(metadata={"help": "a name from `station drivers`"})
    bus: str = field(metadata={"help": "the name of a [[bus]]"})
    model: Driver
    settings: Any
    serial: str = field(default="", metadata={"help": "serial number, for its calibration certificates"})
    address: int | None = field(default=None, metadata={"help": "I2C address or Modbus unit", "low": 0, "high": 247})
    interval: float | None = field(default=None, metadata={"help": "time between readings", "unit": "s", "low": 0.1})
    quantities: tuple[str, ...] = field(default=(), metadata={"help": "only these quantities; all if absent"})
    emergency_interval: float | None = field(
        default=None, metadata={"help": "the same in an emergency; if absent as short as it can be", "unit": "s", "low": 0.1}
    )
    sleep: bool = field(
        default=False, metadata={"help": "rest between readings, where the device can (laser and fan live longer)"}
    )
    burst: int = field(default=1, metadata={"help": "readings each time it is awake", "low": 1, "high": 600})
    warm_up: float | None = field(
        default=None,
        metadata={"help": "values are flagged so long after a start, if not as the driver says", "unit": "s", "low": 0},
    )
    wears: tuple[str, ...] = field(default=(), metadata={"help": 'parts and their life in hours, as "membrane 8760"'})
    baud: int | None = field(default=None, metadata={"help": "if not the bus's", "unit": "bit/s", "low": 300, "high": 4000000})

    @property
    def channels(self) -> tuple[str, ...]:
        """The quantity keys that are stored."""
        if self.quantities:
            return self.quantities
        return self.model.measures(self.settings) if self.model.measures else self.model.quantities

    @property
    def resolution(self) -> Mapping[str, float]:
        """Quantity key → smallest step of the device."""
        return self.model.resolution

    @property
    def derived(self) -> tuple[str, ...]:
        """The percentile levels stored beside LAeq, of a meter that is read each second and does not tell them itself."""
        told = set(self.channels)
        return PERCENTILES if LEVEL in told and self.period <= 1.0 and not told & set(PERCENTILES) else ()

    @property
    def period(self) -> float:
        """Seconds between readings, or between bursts of them for an instrument that sleeps."""
        return self.model.interval if self.interval is None else self.interval

    @property
    def rate(self) -> float:
        """Readings per second."""
        return (self.burst if self.sleep else 1) / self.period


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration that has passed every check."""

    station: Station
    buses: tuple[Bus, ...]
    instruments: tuple[Instrument, ...]
    destinations: tuple[Destination, ...]
    alarms: tuple[Alarm, ...]
    limits: Mapping[str, Limits]
    """By quantity key, and by "instrument.quantity" for one channel alone."""
    panel: PanelSettings | None = None
    metrics: tuple[Metric, ...] = ()
    site: Site | None = None
    remote: Remote = field(default_factory=Remote)
    hash: str = ""
    """SHA-256 of what the file says, changes from afar included; `measured`: the same without [[destination]] and [remote]."""
    measured: str = ""


def load(path: FilePath) -> Config:
    """The configuration in `path`. Raises BadConfig with every problem."""
    return parse(read(path), str(path))


def read(path: FilePath) -> str:
    """The text of a configuration. Raises BadConfig."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        text = _("there is no such file; copy the example there: station config example > {path}").format(path=path)
        raise BadConfig([f"{path}:1: {text}"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig([f"{path}:1: {_('cannot be read: {error}').format(error=error)}"]) from None


def read_map(path: FilePath) -> Driver:
    """The driver of the Modbus description in `path`. Raises BadConfig with every problem."""
    try:
        return described(MAP, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig([f"{path}:1: {_('cannot be read: {error}').format(error=error)}"]) from None
    except BadDescription as bad:
        raise BadConfig([f"{path}: {problem}" for problem in bad.problems]) from None


def parse(source: str, name: str, changes: Mapping[Route, Any] = MappingProxyType({})) -> Config:
    """The configuration in the text `source` of a file called `name`, with `changes` over it.

    Raises BadConfig with every problem; one of a changed setting names that instead of a line.
    """
    try:
        tables = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig([syntax(str(error), name, source)]) from None
    changed = apply(tables, changes)
    whole, measured = fingerprint(tables), fingerprint(tables, without=("destination", "remote"))
    _absolute_paths(tables, FilePath(name).parent)
    problems: list[Problem] = []
    config = _build(tables, problems)
    if problems or config is None:
        lines = key_lines(source)
        bad = [f"{dotted(changed[one.path])}: {one.text}" for one in problems if one.path in changed]
        found = sorted({(nearest(one.path, lines), one.text) for one in problems if one.path not in changed})
        raise BadConfig(bad + [f"{name}:{line}: {text}" for line, text in found])
    return replace(config, hash=whole, measured=measured)


def _absolute_paths(tables: dict[str, Any], folder: FilePath) -> None:
    """A `map`, and the limits of an alarm, are found beside the configuration that names them."""
    alarms = tables.get("alarm")
    for table in alarms.values() if isinstance(alarms, dict) else []:
        if isinstance(table, dict) and isinstance(table.get("table"), str):
            table["table"] = str(folder / table["table"])
    instruments = tables.get("instrument")
    for table in instruments if isinstance(instruments, list) else []:
        if isinstance(table, dict) and isinstance(table.get("map"), str):
            table["map"] = str(folder / table["map"])


def _build(tables: dict[str, Any], problems: list[Problem]) -> Config | None:
    unknown_keys(tables, SECTIONS, (), problems)
    station = _station(tables.get("station"), problems)
    buses = _named(Bus, tables, "bus", problems)
    instruments = _instruments(tables, buses, problems)
    destinations = read_destinations(tables, problems)
    if not problems:
        check_factors(destinations, [(one.name, key) for one in instruments for key in (*one.channels, *one.derived)], problems)
    channels = [f"{one.name}.{key}" for one in instruments for key in one.channels]
    limits = read_limits(tables.get("quality", {}), channels, problems)
    alarms = read_alarms(tables.get("alarm", {}), instruments, problems)
    metrics = read_metrics(tables.get("metric", {}), channels, problems)
    site = read_site(tables.get("site"), problems)
    table = tables.get("panel")
    panel = fill(PanelSettings, table, ("panel",), problems) if isinstance(table, dict) else None
    if table is not None and not isinstance(table, dict):
        problems.append(Problem(("panel",), _("write [panel] as a section")))
    remote = read_remote(tables.get("remote"), destinations, problems)
    if not instruments and not problems:
        problems.append(Problem((), _("there is no [[instrument]]; add at least one")))
    if station is None:
        return None
    return Config(station, tuple(buses), tuple(instruments), tuple(destinations), alarms, limits, panel, metrics, site, remote)


def _station(table: Any, problems: list[Problem]) -> Station | None:
    if not isinstance(table, dict):
        problems.append(Problem((), _("the section [station] with id and name is missing")))
        return None
    return fill(Station, table, ("station",), problems)


def _named(kind: type[T], tables: dict[str, Any], section: str, problems: list[Problem]) -> list[T]:
    filled = (fill(kind, t, (section, i), problems) for i, t in enumerate(named_tables(tables, section, problems)))
    return [one for one in filled if one is not None]


def _instruments(tables: dict[str, Any], buses: list[Bus], problems: list[Problem]) -> list[Instrument]:
    kinds = {bus.name: bus.kind for bus in buses}
    names = [str(table.get("name")) for table in named_tables(tables, "bus", [])]
    taken: dict[tuple[str, int | str], str] = {}
    found = []
    for index, table in enumerate(named_tables(tables, "instrument", problems)):
        instrument = _instrument(table, ("instrument", index), problems)
        if instrument is None:
            continue
        _check_bus(instrument, kinds, names, ("instrument", index), problems)
        _check_address(instrument, taken, ("instrument", index), problems)
        found.append(instrument)
    return found


def _instrument(table: dict[str, Any], path: Path, problems: list[Problem]) -> Instrument | None:
    try:
        model = find(str(table.get("driver", "")))
    except UnknownDriver as error:
        if "driver" in table:
            problems.append(Problem((*path, "driver"), no_driver(error.name)))
        else:
            problems.append(Problem(path, _("driver is missing: a name from `station drivers`")))
        return None
    model = _mapped(model, table, path, problems)
    own = {name for name in Instrument.__dataclass_fields__ if name not in ("model", "settings")}
    setting_names = set(model.settings.__dataclass_fields__)  # type: ignore[attr-defined]
    before = len(problems)
    settings_table = {key: value for key, value in table.items() if key in setting_names}
    rest = {key: value for key, value in table.items() if key not in setting_names}
    unknown_keys(rest, own | setting_names, path, problems)
    settings = fill(model.settings, settings_table, path, problems)
    if settings is None:
        return None
    known = {key: value for key, value in rest.items() if key in own}
    instrument = fill(Instrument, known, path, problems, model=model, settings=settings)
    if instrument is None or len(problems) > before:
        return None
    if instrument.warm_up is not None:
        instrument = replace(instrument, model=replace(model, warm_up=instrument.warm_up))
    _check_instrument(instrument, path, problems)
    return instrument


def _mapped(model: Driver, table: dict[str, Any], path: Path, problems: list[Problem]) -> Driver:
    """For a `modbus_map` the driver of its description; `map` is then done with and taken out of `table`."""
    if model.name != MAP or not isinstance(table.get("map"), str):
        return model
    try:
        return read_map(FilePath(table.pop("map")))
    except BadConfig as bad:
        problems += [Problem((*path, "map"), line) for line in bad.lines]
        return model


def _check_instrument(instrument: Instrument, path: Path, problems: list[Problem]) -> None:
    model = instrument.model
    try:
        measured = model.measures(instrument.settings) if model.measures else model.quantities
    except ValueError as error:
        problems.append(Problem(path, str(error)))
        return
    for key, value in (("interval", instrument.period), ("emergency_interval", instrument.emergency_interval)):
        if value is not None and value < model.least_interval:
            text = _("{key} is {value} s; {driver} cannot be read more often than every {least} s")
            problems.append(
                Problem((*path, key), text.format(key=key, value=value, driver=model.name, least=model.least_interval))
            )
    _check_sleep(instrument, path, problems)
    for part in instrument.wears:
        if not part.rpartition(" ")[2].isdigit() or not part.rpartition(" ")[0]:
            text = _('wears holds {part!r}; write a part and its life in hours, as "membrane 8760"')
            problems.append(Problem((*path, "wears"), text.format(part=part)))
    for key in instrument.quantities:
        if key not in measured:
            text = _("{driver} does not measure {key!r}.").format(driver=model.name, key=key)
            text += suggestion(key, measured)
            problems.append(Problem((*path, "quantities"), text + _(" Known: {words}.").format(words=", ".join(measured))))


def _check_sleep(instrument: Instrument, path: Path, problems: list[Problem]) -> None:
    model = instrument.model
    if instrument.burst > 1 and not instrument.sleep:
        problems.append(Problem((*path, "burst"), _("burst is for an instrument with sleep = true")))
    if not instrument.sleep:
        return
    if model.wake is None or model.sleep is None:
        problems.append(Problem((*path, "sleep"), _("{driver} cannot be put to sleep").format(driver=model.name)))
        return
    awake = model.warm_up + (instrument.burst - 1) * model.least_interval
    if instrument.period <= awake:
        text = _("interval is {value} s; awake it needs {awake} s (warm-up and {burst} readings): take a longer one")
        text = text.format(value=instrument.period, awake=awake, burst=instrument.burst)
        problems.append(Problem((*path, "interval"), text))


def _check_bus(instrument: Instrument, kinds: dict[str, str], names: list[str], path: Path, problems: list[Problem]) -> None:
    if instrument.bus not in names:
        text = _("there is no bus {name!r}.").format(name=instrument.bus) + suggestion(instrument.bus, names)
        problems.append(Problem((*path, "bus"), text))
    elif instrument.model.port not in BUS_KINDS:
        text = _("{driver} can only be decoded (station decode): there is no bus for it")
        problems.append(Problem((*path, "driver"), text.format(driver=instrument.driver)))
    elif instrument.bus in kinds and kinds[instrument.bus] != instrument.model.port:
        text = _("{driver} needs a bus of kind {port!r}, but {bus!r} is of kind {kind!r}").format(
            driver=instrument.driver, port=instrument.model.port, bus=instrument.bus, kind=kinds[instrument.bus]
        )
        problems.append(Problem((*path, "bus"), text))


def _check_address(instrument: Instrument, taken: dict[tuple[str, int | str], str], path: Path, problems: list[Problem]) -> None:
    """Two instruments may not answer to one address, and a serial line without addresses carries only one."""
    shared = instrument.model.port in ("i2c", "modbus", "gpio")
    if instrument.model.port == "gpio" and instrument.address is None:
        problems.append(Problem(path, _("address is missing: the number of the GPIO pin (BCM)")))
    place = (instrument.bus, address_of(instrument) if shared else "")
    if place in taken:
        text = _("{bus!r} already has {other!r} there; give each instrument its own address or bus")
        problems.append(Problem((*path, "address" if shared else "bus"), text.format(bus=instrument.bus, other=taken[place])))
    taken.setdefault(place, instrument.name)


def address_of(instrument: Instrument) -> int:
    """The I2C address or Modbus unit: as configured, else the data sheet's."""
    if instrument.address is not None:
        return instrument.address
    return int(instrument.model.defaults.get("address", instrument.model.defaults.get("unit", 1)))
