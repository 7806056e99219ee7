"""`station emergency`: everything is read, stored and told as often as can be, for a while; --drill: practised."""

import argparse
import getpass

from station.cli._asking import ask, tell
from station.cli.common import configuration, places, seconds
from station.words import _

EXAMPLE = "station emergency on --for 12h --drill --by 'Wang Li' --note 'exercise of the district'"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("switch", choices=("on", "off"), help=_("on, or off before its time is over"))
    parser.add_argument("--for", dest="seconds", type=seconds, default=43200.0, metavar="TIME", help=_("so long (default 12h)"))
    parser.add_argument("--drill", action="store_true", help=_("only practise it: its data and alarms are marked as a drill's"))
    parser.add_argument("--by", default=getpass.getuser(), metavar="NAME", help=_("who orders it (default: the user's name)"))
    parser.add_argument("--note", default="", metavar="TEXT", help=_("what has happened"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """0 if acquisition has switched it, 1 if it refuses, 3 if it does not run."""
    configuration(options)
    on = options.switch == "on"
    asked = {"on": on, "by": options.by, "note": options.note}
    if on:
        asked |= {"seconds": options.seconds, "drill": options.drill}
    if not on:
        done = _("the emergency has ended")
    elif options.drill:
        done = _("drill for {hours:.1f} h: data and alarms are marked as such").format(hours=options.seconds / 3600)
    else:
        done = _("emergency for {hours:.1f} h: read, stored and told as often as can be").format(hours=options.seconds / 3600)
    return tell(ask(places(options), "emergency", asked), done, options.json)
