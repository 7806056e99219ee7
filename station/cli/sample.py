"""`station sample`: a laboratory's, a person's or a third party's value, kept and delivered beside the station's own."""

import argparse
import getpass
import time
from datetime import datetime

from drivers.quantity import quantities
from gateway.log.faults import StorageError
from station import events
from station.cli.common import BEIJING, configuration, places, print_json
from station.cli.main import Trouble, common_options
from station.clock import Clock
from station.live import read_fresh
from station.settings import suggestion
from station.upkeep.asking import NoReply, submit
from station.upkeep.storing import store_event
from station.words import _

EXAMPLE = "station sample add ph.ph 8.04 --taken 2026-11-24T09:30 --laboratory 'Miyun EMC' --method 'HJ 1147-2020'"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-command."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="add")
    add = parts.add_parser(
        "add",
        help=_("add one value"),
        description=_("add one value"),
        epilog=_("example:\n  {example}").format(example=EXAMPLE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options()],
    )
    add.add_argument("channel", metavar="CHANNEL", help=_("what it stands beside, as tn.total_nitrogen"))
    add.add_argument("value", type=float, help=_("in the channel's unit"))
    add.add_argument("--taken", metavar="TIME", help=_("when it was taken, Beijing time, as 2026-11-24T09:30 (default: now)"))
    add.add_argument("--by", default=getpass.getuser(), metavar="NAME", help=_("who took it (default: the user's name)"))
    add.add_argument("--laboratory", required=True, metavar="NAME", help=_("who analysed it; own for the station's people"))
    add.add_argument("--method", required=True, metavar="TEXT", help=_("by which method"))
    add.add_argument("--note", default="", metavar="TEXT", help=_("whatever else"))
    add.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """0 if it is stored; 2 for a channel or a time that is none, 3 if it cannot be stored."""
    config, where = configuration(options), places(options)
    known = [f"{one.name}.{key}" for one in config.instruments for key in one.channels]
    if options.channel not in known:
        text = _("nothing here measures {channel!r}.").format(channel=options.channel)
        raise Trouble(text + suggestion(options.channel, known), 2)
    if not abs(options.value) < 1e12:
        raise Trouble(_("the value must be a number"), 2)
    facts = {
        "channel": options.channel,
        "value": options.value,
        "unit": quantities()[options.channel.rpartition(".")[2]].unit,
        "taken": _taken(options.taken),
        "by": options.by,
        "laboratory": options.laboratory,
        "method": options.method,
        "note": options.note,
    }
    try:
        if read_fresh(where.live):
            submit(where, "sample", facts)
        else:
            store_event(where, events.sample(facts), Clock(time.time, time.monotonic).now(), skip=True)
    except (NoReply, StorageError, OSError) as error:
        raise Trouble(_("cannot be stored: {error}").format(error=error), 3) from None
    if options.json:
        print_json(facts)
    else:
        print(_("stored: {channel} {value} {unit}, taken {taken}").format(**facts))
    return 0


def _taken(text: str | None) -> str:
    """Beijing time as 2026-11-24T09:30. Raises Trouble."""
    if text is None:
        return datetime.now(BEIJING).isoformat("T", "minutes")[:16]
    try:
        return datetime.fromisoformat(text).isoformat("T", "minutes")[:16]
    except ValueError:
        raise Trouble(_("{key} is {value!r}; write 2026-11-24T09:30").format(key="--taken", value=text), 2) from None
