"""`station maintenance`: while somebody works on the station, or on one instrument, the data are flagged; it ends by itself."""

import argparse
import getpass

from station.cli._asking import ask, tell
from station.cli.common import configuration, places, seconds
from station.words import _

EXAMPLE = "station maintenance on --for 30m --by 'Wang Li' --note 'probes cleaned'"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("switch", choices=("on", "off"), help=_("on, or off before its time is over"))
    parser.add_argument("--for", dest="seconds", type=seconds, default=3600.0, metavar="TIME", help=_("so long (default 1h)"))
    parser.add_argument("--instrument", metavar="NAME", help=_("one instrument alone; default: the whole station"))
    parser.add_argument("--by", default=getpass.getuser(), metavar="NAME", help=_("who works (default: the user's name)"))
    parser.add_argument("--note", default="", metavar="TEXT", help=_("what is done"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """0 if acquisition has switched it, 1 if it refuses, 3 if it does not run."""
    configuration(options)
    asked = {"on": options.switch == "on", "by": options.by, "note": options.note}
    if options.instrument:
        asked["instrument"] = options.instrument
    done = _("maintenance has ended")
    if asked["on"]:
        asked["seconds"] = options.seconds
        done = _("maintenance for {minutes:.0f} min: data are flagged and marked M").format(minutes=options.seconds / 60)
    return tell(ask(places(options), "maintenance", asked), done, options.json)
