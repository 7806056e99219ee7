"""Who may know whom, and through which door a library comes in (DESIGN, "The house")."""

import ast
import sys

import pytest

from tests.house.source import PACKAGES, Import, Module, complain, kinds, modules, of

STARTERS = {"station.cli.demo", "station.cli.sim"}
"""The only modules that may know the simulator, and only inside a function."""

WORLD = {
    *(
        "serial",
        "smbus2",
        "pymodbus",
        "RPi",
        "lgpio",
        "gpiod",
        "paho",
        "sqlite3",
        "socket",
        "ssl",
        "select",
        "selectors",
    ),
    *("termios", "fcntl", "os", "time", "threading", "subprocess", "multiprocessing", "asyncio", "logging", "queue"),
    *("signal", "urllib", "http"),
}
"""What reaches the world, the clock or other threads: not for the vocabulary, and not for a family."""

DOORS: dict[str, tuple[str, ...]] = {
    "serial": ("drivers.bus.uart",),
    "smbus2": ("drivers.bus.i2c",),
    "pymodbus": ("drivers.bus.modbus",),
    "RPi": ("drivers.bus.gpio",),
    "lgpio": ("drivers.bus.gpio",),
    "gpiod": ("drivers.bus.gpio",),
    "paho": ("gateway.link.mqtt",),
    "sqlite3": ("gateway.log", "gateway.ledger"),
    "sqlite_utils": ("station.cli.log",),
    "cryptography": ("gateway.link.hj212",),
}
"""Library → the modules (or packages) that may import it. hw_sim and the tests open their own."""


def room(name: str) -> str:
    """Where a module lives: "bus", "vocabulary", a kind of driver such as "pm", or its package."""
    top, _, rest = name.partition(".")
    if top != "drivers":
        return top
    first = rest.partition(".")[0]
    if first == "bus" or first in kinds():
        return first
    return "vocabulary"


def may(source: str, target: str) -> bool:
    """Whether our module `source` may import our module `target`."""
    here, there = room(source), room(target)
    if here == "station":
        return there != "hw_sim" or source in STARTERS
    if here in ("calibration", "gateway"):
        return there == here or target in ("drivers.quantity", "drivers.sample")
    if here == "bus":
        return there == "bus" or target == "drivers.errors"
    if here in kinds():
        helper = there == here and target.rpartition(".")[2].startswith("_")
        return helper or (there == "vocabulary" and target != "drivers.catalogue")
    return there == here  # the vocabulary and hw_sim keep to themselves


def told(module: Module, wanted: Import) -> str:
    return f"{module.where}:{wanted.line}: {module.name} imports {wanted.target}"


def behind(name: str, doors: tuple[str, ...]) -> bool:
    return any(name == door or name.startswith(door + ".") for door in doors)


def test_only_downwards() -> None:
    offenders = [
        told(module, wanted)
        for module in modules().values()
        for wanted in module.imports
        if wanted.top in PACKAGES and not may(module.name, wanted.target)
    ]
    complain(offenders, "these imports go up, or sideways into another room (DESIGN section 2 has the table):")


def test_nobody_imports_tests_or_systemd() -> None:
    offenders = [told(m, i) for m in modules().values() for i in m.imports if i.top in ("tests", "systemd")]
    complain(offenders, "tests/ and systemd/ are not for import:")


def test_the_simulator_is_started_from_two_commands_only() -> None:
    eager = [
        f"{told(module, wanted)} at its top; do it inside the function"
        for module in of("station")
        for wanted in module.imports
        if wanted.top == "hw_sim" and not wanted.lazy
    ]
    named = [
        f"{module.where}:{line}: names {text!r}"
        for module in of("station", "drivers", "gateway", "calibration")
        if module.name not in STARTERS
        for line, text in module.strings()
        if "hw_sim" in text
    ]
    complain(eager + named, "only station/cli/demo.py and station/cli/sim.py start hw_sim, lazily:")


def test_the_catalogue_alone_names_families() -> None:
    families = {name for name in modules() if name.startswith("drivers.") and room(name) in kinds()}
    offenders = [
        f"{module.where}:{line}: names {text!r}"
        for module in of("drivers")
        if room(module.name) in ("vocabulary", "bus") and module.name != "drivers.catalogue"
        for line, text in module.strings()
        if text in families
    ]
    complain(offenders, "only drivers/catalogue.py names families:")


def test_vocabulary_and_families_do_not_reach_the_world() -> None:
    offenders = [
        told(module, wanted)
        for module in of("drivers")
        if room(module.name) != "bus"
        for wanted in module.imports
        if wanted.top in WORLD
    ]
    complain(offenders, "a driver is pure: no I/O, clock, log or thread (only drivers/bus/ has them):")


def test_calibration_reads_no_clock() -> None:
    clocks = {"now", "utcnow", "today", "time", "monotonic", "time_ns", "monotonic_ns"}
    imported = [told(m, i) for m in of("calibration") for i in m.imports if i.top in WORLD | {"random"}]
    called = [
        f"{module.where}:{node.lineno}: calls {node.func.attr}()"
        for module in of("calibration")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in clocks
    ]
    complain(imported + called, "in calibration/ the time is an argument, and nothing reaches the world:")


def test_one_door_for_each_library() -> None:
    offenders = [
        f"{told(module, wanted)}; its door is {' or '.join(DOORS[wanted.top])}"
        for module in of("drivers", "gateway", "calibration", "station")
        for wanted in module.imports
        if wanted.top in DOORS and not behind(module.name, DOORS[wanted.top])
    ]
    complain(offenders, "a library comes in through its own door only:")


def test_no_library_without_a_door() -> None:
    known = set(sys.stdlib_module_names) | set(PACKAGES) | set(DOORS)
    simulators = known | {"iotcore", "fastjsonschema"}  # the extra `demo`
    offenders = [
        told(module, wanted)
        for module in modules().values()
        for wanted in module.imports
        if wanted.top not in (simulators if room(module.name) == "hw_sim" else known)
    ]
    complain(offenders, "a library needs a door (DOORS in this file) and a pin in pyproject.toml:")


def test_no_circle() -> None:
    graph = {
        module.name: {wanted.target for wanted in module.imports if wanted.target in modules()} - {module.name}
        for module in modules().values()
    }
    complain([" → ".join(circle) for circle in circles(graph)], "modules that import each other in a circle:")


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """At least one circle for each knot of modules that reach each other."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> None:
        if name in trail:
            found.append([*trail[trail.index(name) :], name])
        elif name not in done:
            for target in sorted(graph[name]):
                walk(target, [*trail, name])
            done.add(name)

    for name in sorted(graph):
        walk(name, [])
    return found


@pytest.mark.parametrize(
    ("source", "target", "right"),
    [
        ("drivers.pm.plantower", "drivers.sample", True),
        ("drivers.pm.plantower", "drivers.pm._shared", True),
        ("drivers.pm.plantower", "drivers.pm.honeywell", False),
        ("drivers.pm.plantower", "drivers.gas._index", False),
        ("drivers.pm.plantower", "drivers.bus.uart", False),
        ("drivers.pm.plantower", "drivers.catalogue", False),
        ("drivers.quantity", "drivers.pm.plantower", False),
        ("drivers.quantity", "drivers.bus", False),
        ("drivers.bus.uart", "drivers.errors", True),
        ("drivers.bus.uart", "drivers.sample", False),
        ("calibration.correct", "drivers.quantity", True),
        ("calibration.correct", "station.clock", False),
        ("gateway.courier", "drivers.sample", True),
        ("gateway.courier", "calibration.correct", False),
        ("gateway.courier", "drivers.bus.uart", False),
        ("station.worker", "drivers.bus.uart", True),
        ("station.worker", "hw_sim.world", False),
        ("station.cli.demo", "hw_sim.world", True),
        ("hw_sim.world", "drivers.quantity", False),
    ],
)
def test_the_table_of_rooms(source: str, target: str, right: bool) -> None:
    assert may(source, target) is right


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c", "a"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
