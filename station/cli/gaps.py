"""`station gaps`: for each instrument and hour what was due, stored, sent and confirmed, and why what is missing is missing."""

import argparse
import time
from datetime import datetime

from gateway.gaps import Gap, as_dict
from gateway.log.reader import LogReader
from station.cli.common import BEIJING, configuration, places, print_json
from station.cli.main import Trouble
from station.gaps import HOUR, hourly, standings
from station.words import N_, _

EXAMPLE = "station gaps --from 2026-11-23 --to 2026-11-24"

CAUSES = {
    "power_off": N_("power off"),
    "not_running": N_("the service did not run"),
    "stopped": N_("the service was stopped"),
    "silent": N_("no answer"),
    "bus_fault": N_("bus fault"),
    "quality": N_("not good enough"),
    "clock": N_("clock doubtful"),
    "clock_unknown": N_("waits for the time"),
    "evicted": N_("evicted for want of space"),
}
"""Why readings are missing."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--from", dest="begin", type=moment, metavar="TIME", help=_("begin, Beijing time; default: a day ago"))
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help=_("end; default: now"))
    parser.add_argument("--all", action="store_true", help=_("also the hours in which nothing is missing"))
    parser.add_argument("--json", action="store_true", help=_("one JSON list"))


def moment(text: str) -> int:
    """UTC ms of a date, or a date and a time of day, in Beijing. Raises argparse.ArgumentTypeError."""
    try:
        return round(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp() * 1000)
    except ValueError:
        raise argparse.ArgumentTypeError(_("write 2026-11-23 or 2026-11-23T14:00")) from None


def run(options: argparse.Namespace) -> int:
    """0 if nothing is missing, 1 if something is."""
    config, where = configuration(options), places(options)
    end = options.end if options.end is not None else round(time.time() * 1000)
    begin = options.begin if options.begin is not None else end - 24 * HOUR
    if begin >= end:
        raise Trouble(_("--from must lie before --to"), 2)
    log = LogReader(where.log)
    try:
        rows = list(hourly(config, log, standings(config, where), begin, end))
    finally:
        log.close()
    shown = [row for row in rows if options.all or not row.complete]
    if options.json:
        print_json([as_dict(row) | {"complete": row.complete} for row in shown])
    else:
        print("\n".join(map(line, shown)) if shown else _("nothing is missing in {count} hours").format(count=_hours(rows)))
    return 0 if all(row.complete for row in rows) else 1


def _hours(rows: list[Gap]) -> int:
    return len({row.begin for row in rows})


def line(row: Gap) -> str:
    """One row for a person."""
    hour = datetime.fromtimestamp(row.begin / 1000, BEIJING)
    text = _(
        "{hour:%Y-%m-%d %H:%M}  {instrument:<10} readings {valid} good, {received}/{expected} received; records {stored}/{due}"
    )
    out = text.format(hour=hour, **as_dict(row))
    for name, confirmed in row.confirmed.items():
        out += _(", {name}: {sent} sent, {confirmed} confirmed").format(name=name, sent=row.sent[name], confirmed=confirmed)
        if row.refused[name]:
            out += _(", {count} refused").format(count=row.refused[name])
    why = ", ".join(f"{_(CAUSES[cause])} {count}" for cause, count in row.why.items())
    return out + (f"; {why}" if why else "")
