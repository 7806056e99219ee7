"""`station restore FILE`: a backup onto a new card or another machine."""

import argparse
from pathlib import Path

from station.cli.common import places
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station restore station.tar.gz --old-is-gone"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help=_("a file from `station backup`"))
    parser.add_argument(
        "--old-is-gone", action="store_true", help=_("the machine of the backup will never run again as this station")
    )


def run(options: argparse.Namespace) -> int:
    """0 if it is in place, 1 if it must not be, 3 if files cannot be written."""
    import time

    from gateway.log.faults import StorageError
    from station.clock import Clock
    from station.host.pihealth import machine_serial
    from station.upkeep.keep import NotRestored, OtherMachine, restore

    where = places(options)
    now = Clock(time.time, time.monotonic).now()
    try:
        manifest = restore(Path(options.file), where, machine_serial(Path("/")), now, options.old_is_gone)
    except OtherMachine as error:
        text = _(
            "this backup is of another machine ({error}). Two machines with one identity would overwrite each other's records"
            " at the platform. Next: switch the old one off for good, then again with --old-is-gone"
        )
        raise Trouble(text.format(error=error), 1) from None
    except NotRestored as error:
        text = _("nothing is restored: {error}. Next: take a sound backup, and a card without a station on it")
        raise Trouble(text.format(error=error), 1) from None
    except StorageError as error:
        raise Trouble(
            _("cannot be written: {error}. Next: sudo station restore, or --config and --state").format(error=error)
        ) from None
    print(
        _("{station} is in place. Next: sudo systemctl restart station.target, then station doctor").format(
            station=manifest.station
        )
    )
    return 0
