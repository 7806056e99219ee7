"""`station sim …`: simulated instruments for people: to try the software, to train, to plant faults."""

import argparse
import getpass
import json
import os
import queue
import select
import sys
import tempfile
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drivers.catalogue import CATALOGUE, find
from station import words
from station.cli.common import print_json
from station.cli.drivers import block, said
from station.cli.main import Trouble, common_options
from station.words import N_, _

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
    """Declare the arguments."""
    shared = [common_options()]
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")

    def sub(name: str, text: str, example: str) -> argparse.ArgumentParser:
        epilog = _("example:\n  {example}").format(example=example)
        form = argparse.RawDescriptionHelpFormatter
        return what.add_parser(name, parents=shared, help=text, epilog=epilog, formatter_class=form)

    listing = sub("list", _("which instruments and scenarios can be simulated"), EXAMPLE)
    listing.add_argument("--json", action="store_true", help=_("JSON"))
    running = sub("run", _("run simulated instruments; show what they are asked and answer"), "station sim run pms5003 y532")
    running.add_argument("models", metavar="MODEL", nargs="+", help=_("models from `station sim list`, or one scenario"))
    running.add_argument("--for", dest="seconds", type=float, default=1e9, metavar="S", help=_("so many seconds"))
    running.add_argument("--seed", type=int, default=1, help=_("another world"))
    running.add_argument("--json", action="store_true", help=_("a JSON object a line"))
    _add_dir(running)
    planting = sub("fault", _("plant a fault in the simulation that runs"), "station sim fault y532 silence --for 30")
    planting.add_argument("line", metavar="LINE", help=_("the line, as `station sim run` names it"))
    planting.add_argument("kind", metavar="KIND", help=_("silence, noise, wrong_checksum … or clear"))
    planting.add_argument("--for", dest="seconds", type=float, default=1e9, metavar="S", help=_("so many seconds"))
    planting.add_argument("--count", type=int, default=-1, metavar="N", help=_("so many answers"))
    planting.add_argument("--instrument", default="", metavar="MODEL", help=_("only this one of the line"))
    _add_dir(planting)


def _add_dir(parser: argparse.ArgumentParser) -> None:
    default = Path(tempfile.gettempdir()) / f"shanshui-sim-{getpass.getuser()}"
    parser.add_argument("--dir", type=Path, default=default, metavar="DIR", help=_("folder of the ports"))


def run(options: argparse.Namespace) -> int:
    """Do what is asked."""
    return {"list": _list, "run": _run, "fault": _fault}[options.what](options)


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


def _run(options: argparse.Namespace) -> int:
    from hw_sim.control import Control
    from hw_sim.scenario import BadScenario, load, of_models, shipped_names
    from hw_sim.simulation import Simulation

    one = options.models[0]
    try:
        if len(options.models) == 1 and (one in shipped_names() or one.endswith(".toml")):
            scenario = load(one)
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
    sheet = find(model).defaults
    return {"address": int(sheet.get("address", sheet.get("unit", 1))), "baud": int(sheet.get("baud", 9600))}


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
                print(f"{at:9.3f} {line:<14} {direction} {data.hex(' ')}{_meaning(line, direction, data)}", flush=True)


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
