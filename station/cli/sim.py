"""`station sim`: the simulated world, as sub-commands."""

import argparse
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from station.cli.common import print_json, seconds
from station.cli.main import Trouble
from station.words import N_, _

ROOM = 1 << 30
"""Bytes that a long run may need."""

EXAMPLE = "station sim chaos --days 7 --seed 1"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (summary, example, declare, _run) in ACTIONS.items():
        epilog = _("example:\n  {example}").format(example=example)
        form = argparse.RawDescriptionHelpFormatter
        declare(actions.add_parser(name, help=_(summary), description=_(summary), epilog=epilog, formatter_class=form))


def run(options: argparse.Namespace) -> int:
    """Run one of them; its exit code."""
    return ACTIONS[options.action][3](options)


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
    from station.chaos import Chaos, Parts

    logging.getLogger().addHandler(logging.NullHandler())  # what the services say is not what is asked for
    parts = Parts(lambda database, send: Consumer(database, _schema(), send), archive)
    return Chaos(folder, options.days, options.seed, parts, options.control).run()


def _run_real(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    from hw_sim.platform import process
    from hw_sim.platform.broker import die_with_parent
    from hw_sim.platform.consumer import archive
    from station.rough import RealChaos, RealParts

    parts = RealParts(process.instruments, lambda place: process.platform(place, _schema(), "--proxy"), archive, die_with_parent)
    for number in (signal.SIGTERM, signal.SIGHUP):  # ended, or its terminal closed: the same as Ctrl-C
        signal.signal(number, signal.default_int_handler)
    return RealChaos(folder, options.seconds, options.seed, parts, options.control).run()


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
    "chaos": (N_("months of faults in a minute, and what became of every record"), EXAMPLE, _declare_chaos, _chaos),
}
"""Sub-command → what it does, an example, its arguments, its function."""
