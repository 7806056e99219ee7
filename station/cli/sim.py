"""`station sim …`: simulated instruments for people, to try the software, to train, to plant faults; and the oracle's runs."""

import argparse
import getpass
import json
import logging
import os
import queue
import select
import shutil
import signal
import sys
import tempfile
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from drivers.catalogue import CATALOGUE, find
from station import words
from station.cli import _sim_day, _sim_platform
from station.cli.common import print_json, seconds
from station.cli.drivers import PIN, block, said
from station.cli.main import Trouble, common_options
from station.words import N_, _

ROOM = 1 << 30
"""Bytes that a long run may need."""

EXAMPLE = "station sim list"

KEYS: dict[str, tuple[str, str]] = {
    "s": ("silence", N_("silence: cable gnawed through")),
    "n": ("noise", N_("noise before the answer")),
    "c": ("wrong_checksum", N_("wrong checksum")),
    "t": ("loss", N_("a byte is lost")),
    "l": ("late", N_("the answer comes too late")),
    "e": ("echo", N_("the adapter echoes")),
    "f": ("foreign", N_("another unit answers")),
    "u": ("unplug", N_("the adapter is pulled out")),
    "r": ("clear", N_("all is well again")),
}
"""Key → fault, and what it means."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (summary, example, declare, _run) in ACTIONS.items():
        epilog = _("example:\n  {example}").format(example=example)
        form = argparse.RawDescriptionHelpFormatter
        text = _(summary)
        shared = [common_options()]
        declare(actions.add_parser(name, parents=shared, help=text, description=text, epilog=epilog, formatter_class=form))


def run(options: argparse.Namespace) -> int:
    """Run one of them; its exit code."""
    return ACTIONS[options.action][3](options)


def _declare_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("JSON"))


def _declare_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models", metavar="MODEL", nargs="+", help=_("models from `station sim list`, or one scenario, or one recorded .trace")
    )
    parser.add_argument("--for", dest="seconds", type=float, default=1e9, metavar="S", help=_("so many seconds"))
    parser.add_argument("--seed", type=int, default=1, help=_("another world"))
    parser.add_argument("--json", action="store_true", help=_("a JSON object a line"))
    _add_dir(parser)


def _declare_fault(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("line", metavar="LINE", help=_("the line, as `station sim run` names it"))
    parser.add_argument("kind", metavar="KIND", help=_("silence, noise, wrong_checksum … or clear"))
    parser.add_argument("--for", dest="seconds", type=float, default=1e9, metavar="S", help=_("so many seconds"))
    parser.add_argument("--count", type=int, default=-1, metavar="N", help=_("so many answers"))
    parser.add_argument("--instrument", default="", metavar="MODEL", help=_("only this one of the line"))
    _add_dir(parser)


def _add_dir(parser: argparse.ArgumentParser) -> None:
    default = Path(tempfile.gettempdir()) / f"shanshui-sim-{getpass.getuser()}"
    parser.add_argument("--dir", type=Path, default=default, metavar="DIR", help=_("folder of the ports"))


def _list(options: argparse.Namespace) -> int:
    from hw_sim.instruments import INSTRUMENTS
    from hw_sim.scenario import kind_of, shipped_names

    if options.json:
        print_json({"models": {name: kind_of(name) for name in INSTRUMENTS}, "scenarios": shipped_names()})
        return 0
    for name in sorted(INSTRUMENTS):
        title = said((find(name).title, find(name).zh)) if name in CATALOGUE else ""
        print(f"{name:<16} {kind_of(name):<11} {title}")
    print(_("scenarios: {names}").format(names=", ".join(shipped_names())))
    return 0


def _run_models(options: argparse.Namespace) -> int:
    from hw_sim.control import Control
    from hw_sim.scenario import BadScenario, load, of_models, of_trace, shipped_names
    from hw_sim.simulation import Simulation

    one = options.models[0]
    try:
        if len(options.models) == 1 and (one in shipped_names() or one.endswith(".toml")):
            scenario = load(one)
        elif len(options.models) == 1 and one.endswith(".trace"):
            scenario = of_trace(Path(one))
        else:
            scenario = of_models({name: _table(name) for name in options.models}, options.seed)
        options.dir.mkdir(parents=True, exist_ok=True)
        simulation = Simulation(scenario, options.dir)
    except (BadScenario, OSError, ValueError) as error:
        raise Trouble(str(error), 2) from None
    seen: queue.SimpleQueue[tuple[str, str, bytes]] = queue.SimpleQueue()
    simulation.listen(lambda line, direction, data: seen.put((line, direction, data)))
    with simulation:
        control = Control(simulation, options.dir)
        control.start()
        try:
            _say_ports(simulation.ports, options)
            _show(simulation, seen, options)
        except KeyboardInterrupt:
            pass
        finally:
            control.stop()
    return 0


def _table(model: str) -> dict[str, Any]:
    """Address and speed of the data sheet."""
    if model not in CATALOGUE:
        return {}
    driver = find(model)
    sheet = driver.defaults
    address = PIN if driver.port == "gpio" else int(sheet.get("address", sheet.get("unit", 1)))
    return {"address": address, "baud": int(sheet.get("baud", 9600))}


def _say_ports(ports: dict[str, str], options: argparse.Namespace) -> None:
    if options.json:
        print_json({"ports": ports})
        sys.stdout.flush()
        return
    for name, port in ports.items():
        print(_("{name} hangs on {port}; to be pasted into station.toml:").format(name=name, port=port))
        if name in CATALOGUE:
            lines = (f'port = "{port}"' if line.startswith("port = ") else line for line in block(find(name)))
            print("\n".join(f"    {line}" for line in lines))
    if sys.stdin.isatty():
        keys = "  ".join(f"{key} {_(meaning)}" for key, (_kind, meaning) in KEYS.items())
        print(_("keys: {keys}  q ends").format(keys=keys))
    print(_("from another terminal: station sim fault LINE KIND --for 30"), flush=True)


def _show(simulation: Any, seen: "queue.SimpleQueue[tuple[str, str, bytes]]", options: argparse.Namespace) -> None:
    """What travels, line by line, until the time is over or q is pressed."""
    began = time.monotonic()
    with _keys() as key_pressed:
        while time.monotonic() - began < options.seconds:
            key = key_pressed()
            if key == "q":
                return
            if key in KEYS:
                kind, meaning = KEYS[key]
                for name in simulation.ports:
                    simulation.fault(name, kind)
                print(f"--- {_(meaning)}", flush=True)
            try:
                line, direction, data = seen.get(timeout=0.1)
            except queue.Empty:
                continue
            at = time.monotonic() - began
            if options.json:
                print_json({"t": round(at, 3), "line": line, "asked" if direction == ">" else "answered": data.hex(" ")})
                sys.stdout.flush()
            else:
                print(f"{at:9.3f} {line:<14} {direction} {_readable(data)}{_meaning(line, direction, data)}", flush=True)


def _readable(data: bytes) -> str:
    """Text as text, other bytes in hexadecimal."""
    plain = data.isascii() and data.strip().decode("ascii").replace("\r", " ").replace("\n", " ").isprintable()
    return repr(data.decode("ascii")) if plain and len(data) > 1 else data.hex(" ")


def _meaning(line: str, direction: str, data: bytes) -> str:
    """What an answer says, if the line is called like its only instrument."""
    if direction == ">" or line not in CATALOGUE:
        return ""
    from drivers.errors import WireError

    driver = find(line)
    try:
        sample = driver.decode(data, driver.settings())
    except WireError:
        return ""
    from drivers.quantity import quantities

    texts = [f"{quantities()[key].name(words.language())} {quantities()[key].text(v)}" for key, v in sample.values.items()]
    return f"   {', '.join(texts[:4])}" if texts else f"   {sample.reason}"


@contextmanager
def _keys() -> Iterator[Any]:
    """A function that gives the key pressed meanwhile, "" for none; only if a person sits there."""
    if not sys.stdin.isatty():
        yield lambda: ""
        return
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)
    try:
        yield lambda: os.read(fd, 1).decode("ascii", "replace") if select.select([fd], [], [], 0)[0] else ""
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _fault(options: argparse.Namespace) -> int:
    from hw_sim.control import order

    asked = {
        "do": "fault",
        "line": options.line,
        "kind": options.kind,
        "for": options.seconds,
        "instrument": options.instrument,
        "count": options.count,
    }
    try:
        answer = order(options.dir, asked)
    except (OSError, json.JSONDecodeError):
        raise Trouble(_("no simulation runs in {dir}; start one: station sim run pms5003").format(dir=options.dir)) from None
    if not answer["ok"]:
        raise Trouble(str(answer["error"]), 2)
    print(_("{line}: {kind}").format(line=options.line, kind=options.kind))
    return 0


def _declare_chaos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, default=7, metavar="N", help=_("so many simulated days (default 7)"))
    parser.add_argument("--real", action="store_true", help=_("real processes that are killed, instead of simulated days"))
    parser.add_argument("--for", dest="seconds", type=seconds, default=60.0, metavar="S", help=_("--real: run so many seconds"))
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=_("which run; the same seed gives the same run"))
    parser.add_argument("--control", action="store_true", help=_("drop one stored record: must end with missing 1 and code 1"))
    parser.add_argument("--json", action="store_true", help=_("the verdict as one JSON object on the last line"))


def _chaos(options: argparse.Namespace) -> int:
    """0 if every stored record is at the platform exactly once with equal content, 1 if not."""
    if not 1 <= options.days <= 3650:
        raise Trouble(_("--days must lie between 1 and 3650"), 2)
    folder = Path(tempfile.mkdtemp(prefix="shanshui-chaos-", dir=None if options.real else _in_memory()))
    try:
        verdict = (_run_real if options.real else _run_simulated)(folder, options)
    except (RuntimeError, OSError) as error:
        raise Trouble(_("the simulation does not start: {error}").format(error=error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _tell(verdict, options.json)


def _schema() -> Path:
    return Path(str(files("gateway").joinpath("payload.schema.json")))


def _run_simulated(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    from hw_sim.platform.consumer import Consumer, archive
    from station.trial.chaos import Chaos, Parts

    logging.getLogger().addHandler(logging.NullHandler())  # what the services say is not what is asked for
    parts = Parts(lambda database, send: Consumer(database, _schema(), send), archive)
    return Chaos(folder, options.days, options.seed, parts, options.control).run()


def _run_real(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    from hw_sim.platform import process
    from hw_sim.platform.broker import die_with_parent
    from hw_sim.platform.consumer import archive
    from station.trial.rough import RealChaos, RealParts

    parts = RealParts(process.instruments, lambda place: process.platform(place, _schema(), "--proxy"), archive, die_with_parent)
    for number in (signal.SIGTERM, signal.SIGHUP):  # ended, or its terminal closed: the same as Ctrl-C
        signal.signal(number, signal.default_int_handler)
    return RealChaos(folder, options.seconds, options.seed, parts, options.control).run()


def _platform(options: argparse.Namespace) -> int:
    from hw_sim.platform import consumer, hj212, process

    make_mqtt = lambda where, *more: process.platform(where, _schema(), *more)  # noqa: E731
    return _sim_platform.run(options, hj212.Host, make_mqtt, consumer.archive)


def _day(options: argparse.Namespace) -> int:
    from hw_sim.instruments import INSTRUMENTS
    from hw_sim.world import World

    return _sim_day.run(options, World, lambda model, world, settings: INSTRUMENTS[model](world, settings))


def _in_memory() -> str | None:
    """A folder in memory, if there is one with room: the card's speed is not what is tried."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else None


def _tell(verdict: dict[str, Any], as_json: bool) -> int:
    """Print the verdict; the exit code."""
    good = not verdict["missing"] and not verdict["extra"]
    if as_json:
        print_json(verdict)
        return 0 if good else 1
    print(", ".join(f"{kind} {count}" for kind, count in verdict["faults"].items()))
    text = _("seed {seed}: {obligations} records owed, {delivered} delivered, {missing} missing, {extra} too many")
    print(text.format(**verdict))
    print(_("Nothing was lost.") if good else _("This does NOT work; the same seed gives the same run again."))
    return 0 if good else 1


Action = tuple[str, str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]

ACTIONS: dict[str, Action] = {
    "list": (N_("which instruments and scenarios can be simulated"), EXAMPLE, _declare_list, _list),
    "run": (
        N_("run simulated instruments; show what they are asked and answer"),
        "station sim run pms5003 y532",
        _declare_run,
        _run_models,
    ),
    "fault": (
        N_("plant a fault in the simulation that runs"),
        "station sim fault y532 silence --for 30",
        _declare_fault,
        _fault,
    ),
    "platform": (
        N_("be an HJ 212 or MQTT platform: tell what arrives, ask, set, misbehave"),
        "station sim platform --hj212 :9212",
        _sim_platform.declare,
        _platform,
    ),
    "day": (
        N_("one simulated day of a profile in half a minute: what it measures, its metrics and alarms"),
        "station sim day --profile noise-zone",
        _sim_day.declare,
        _day,
    ),
    "chaos": (
        N_("months of faults in a minute, and what became of every record"),
        "station sim chaos --days 7 --seed 1",
        _declare_chaos,
        _chaos,
    ),
}
"""Sub-command → what it does, an example, its arguments, its function."""
