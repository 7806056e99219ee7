"""`station instrument replace NAME`: another one hangs in its place."""

import argparse
import getpass
import time
from pathlib import Path

from station.cli.common import configuration, places
from station.cli.main import Trouble
from station.settings import suggestion
from station.words import _

EXAMPLE = "station instrument replace pm --serial PMS-3001 --certificate pms-3001.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("replace",), help=_("what was done"))
    parser.add_argument("instrument", metavar="NAME", help=_("its name in station.toml"))
    parser.add_argument("--serial", required=True, help=_("serial number of the new one, from its label"))
    parser.add_argument(
        "--certificate", action="append", default=[], metavar="FILE", help=_("calibration certificate of the new one")
    )


def run(options: argparse.Namespace) -> int:
    """0 if it is written down, 1 if it cannot be so, 2 for an unknown instrument, 3 if files cannot be written."""
    from gateway.log.faults import StorageError
    from station.clock import Clock
    from station.upkeep.replace import NotReplaced, replace_instrument

    config, where = configuration(options), places(options)
    names = [one.name for one in config.instruments]
    if options.instrument not in names:
        text = _("there is no instrument {name!r}.").format(name=options.instrument)
        raise Trouble(text + suggestion(options.instrument, names) + _(" Known: {words}.").format(words=", ".join(names)), 2)
    now = Clock(time.time, time.monotonic).now()
    files = [Path(one) for one in options.certificate]
    try:
        done = replace_instrument(config, where, options.instrument, options.serial, files, f"cli:{getpass.getuser()}", now)
    except NotReplaced as error:
        raise Trouble(f"{error}. " + _("Nothing was changed."), 1) from None
    except (OSError, StorageError) as error:
        raise Trouble(_("the file cannot be written: {error}").format(error=error)) from None
    shown = {"name": done.instrument, "before": done.before or "—", "serial": done.serial}
    print(_("{name}: {before} has ended, {serial} begins. Next: sudo systemctl restart station-acquire").format(**shown))
    return 0
