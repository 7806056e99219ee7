"""A scenario: which instruments hang on which lines, and which faults come when. Written in TOML, by a program in JSON."""

import json
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from hw_sim.instruments import INSTRUMENTS, Chip, Pin, Talker, Tool
from hw_sim.instruments.replay import BadTrace, pieces
from hw_sim.line import FAULTS

KINDS = ("uart", "modbus_rtu", "modbus_tcp", "i2c", "gpio", "program")


class BadScenario(ValueError):
    """The text says everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An instrument on a line: its model, its address (I2C) or unit (Modbus), its settings."""

    model: str
    address: int
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    name: str
    kind: str
    baud: int
    instruments: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault of a line (of one instrument there if named) from `at` s for `seconds` s, or for `count` replies."""

    line: str
    kind: str
    at: float
    seconds: float
    count: int
    instrument: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """All of it. `day` is the length of the simulated day in s, `start` its hour at the beginning, `speed` how many
    simulated seconds pass in one: to get through warm-ups; lines keep their real speed."""

    seed: int
    day: float
    start: float
    lines: tuple[Line, ...]
    faults: tuple[Planned, ...] = field(default=())
    speed: float = 1.0


def load(name: str) -> Scenario:
    """A scenario by its file, or by the name of one in `hw_sim/scenarios`. Raises BadScenario."""
    shipped = files("hw_sim").joinpath("scenarios", f"{name}.toml")
    try:
        text = shipped.read_text("utf-8") if shipped.is_file() else Path(name).read_text("utf-8")
        return build(json.loads(text) if name.endswith(".json") else tomllib.loads(text))
    except OSError as error:
        raise BadScenario(f"{name}: {error.strerror}; shipped ones: {', '.join(shipped_names())}") from None
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadScenario(f"{name}: {error}") from None


def shipped_names() -> list[str]:
    """The scenarios that come with it."""
    folder = files("hw_sim").joinpath("scenarios")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def kind_of(model: str) -> str:
    """The kind of line that a model hangs on."""
    made = INSTRUMENTS[model]
    kinds = ((Talker, "uart"), (Chip, "i2c"), (Pin, "gpio"), (Tool, "program"))
    return next((kind for parent, kind in kinds if issubclass(made, parent)), "modbus_rtu")


def of_models(models: dict[str, dict[str, Any]], seed: int = 1, start: float = 9.0) -> Scenario:
    """Each model on a line of its own, called like it; its table holds baud, address and settings. Raises BadScenario."""
    unknown = [model for model in models if model not in INSTRUMENTS]
    if unknown:
        raise BadScenario(f"there is no model {unknown[0]!r}; known: {', '.join(INSTRUMENTS)}")
    lines = [
        {"name": model, "kind": kind_of(model), "baud": table.get("baud", 9600), "instrument": [{"model": model, **table}]}
        for model, table in models.items()
    ]
    return build({"seed": seed, "start": start, "line": lines})


def of_trace(path: Path) -> Scenario:
    """A recorded trace as a line with the devices that were asked there. Raises BadScenario."""
    try:
        text = path.read_text("utf-8")
        asked = [data for _at, sent, data in pieces(text) if sent]
    except (OSError, BadTrace) as error:
        raise BadScenario(f"{path}: {error}") from None
    name, kind, port = (*text.partition("\n")[0].removeprefix("# shanshui trace 1 ").split(" ", 2), "", "")[:3]
    found: dict[str, tuple[str, str, set[int]]] = {
        "i2c": ("i2c", "replay_i2c", {data[0] for data in asked}),
        "gpio": ("gpio", "replay_gpio", {int(data[1:]) for data in asked if data[1:].isdigit()}),
        "program": ("program", "replay_program", {1}),
        "tcp": ("modbus_tcp", "replay_tcp", {data[6] for data in asked if len(data) > 6}),
    }
    line, model, addresses = found.get("tcp" if port.startswith("tcp://") else kind, ("uart", "replay", {1}))
    placed = [{"model": model, "address": one, "trace": str(path)} for one in sorted(addresses)]
    return build({"line": [{"name": name.strip("# ") or path.stem, "kind": line, "baud": 0, "instrument": placed}]})


def build(content: dict[str, Any]) -> Scenario:
    """A scenario from its TOML content. Raises BadScenario."""
    wrong: list[str] = []
    lines = tuple(_line(table, wrong) for table in content.get("line", []))
    names = {line.name for line in lines}
    faults = []
    for table in content.get("fault", []):
        if table.get("line") not in names:
            wrong.append(f"fault: there is no line {table.get('line')!r}")
        if table.get("kind") not in FAULTS:
            wrong.append(f"fault: there is no kind {table.get('kind')!r}; known: {', '.join(FAULTS)}")
        one = (float(table.get("at", 0)), float(table.get("for", 1e9)), int(table.get("count", -1)))
        faults.append(Planned(str(table.get("line")), str(table.get("kind")), *one, str(table.get("instrument", ""))))
    if not lines:
        wrong.append("there is no [[line]]")
    if wrong:
        raise BadScenario("\n".join(wrong))
    seed, day, start = int(content.get("seed", 1)), float(content.get("day", 86400)), float(content.get("start", 9))
    return Scenario(seed, day, start, lines, tuple(faults), float(content.get("speed", 1)))


def _line(table: dict[str, Any], wrong: list[str]) -> Line:
    name, kind = str(table.get("name", "")), str(table.get("kind", ""))
    if not name:
        wrong.append("line: name is missing")
    if kind not in KINDS:
        wrong.append(f"line {name}: kind is {kind!r}; known: {', '.join(KINDS)}")
    placed = []
    for one in table.get("instrument", []):
        model = str(one.get("model", ""))
        if model not in INSTRUMENTS:
            wrong.append(f"line {name}: there is no model {model!r}; known: {', '.join(INSTRUMENTS)}")
        settings = {key: value for key, value in one.items() if key not in ("model", "address", "baud")}
        placed.append(Placed(model, int(one.get("address", 1)), settings))
    return Line(name, kind, int(table.get("baud", 9600)), tuple(placed))
