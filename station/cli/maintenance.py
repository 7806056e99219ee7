"""`station maintenance`: while somebody works on the station, or on one instrument, the data are flagged; it ends by itself."""

import argparse
import getpass

from station.cli.common import configuration, places, print_json, seconds
from station.cli.main import Trouble
from station.upkeep.asking import NoReply, submit
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
    if asked["on"]:
        asked["seconds"] = options.seconds
    try:
        answer = submit(places(options), "maintenance", asked)
    except NoReply as error:
        raise Trouble(_("{error}. Next: station status").format(error=error), 3) from None
    if options.json:
        print_json(answer)
    elif not answer["ok"]:
        print(answer["error"])
    elif asked["on"]:
        print(_("maintenance for {minutes:.0f} min: data are flagged and marked M").format(minutes=options.seconds / 60))
    else:
        print(_("maintenance has ended"))
    return 0 if answer["ok"] else 1
