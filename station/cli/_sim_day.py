"""`station sim day`: one simulated day of a profile, far faster than time, and what came of it."""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from drivers.quantity import quantities
from gateway.log.files import partitions
from station.cli.common import print_json
from station.cli.main import Trouble
from station.config import parse
from station.summary.aggregate import ZONE
from station.trial.simday import Plan, SimulatedDay, summary
from station.trial.verdict import stored_records
from station.upkeep.profile import certify, numbered, profile, profiles
from station.words import _


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--profile", default="village-air", metavar="NAME", help=_("which: {words}").format(words=", ".join(profiles()))
    )
    parser.add_argument("--day", metavar="DATE", help=_("local day as 2026-11-24 (default: yesterday)"))
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=_("which day; the same seed gives the same weather"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace, world: Callable[[int], Any], make: Callable[[str, Any, dict[str, Any]], Any]) -> int:
    """0 if every interval of the day was stored, 1 if not."""
    if options.profile not in profiles():
        known = ", ".join(profiles())
        raise Trouble(_("there is no profile {name!r}; known: {known}").format(name=options.profile, known=known), 2)
    try:
        day = date.fromisoformat(options.day) if options.day else datetime.now(ZONE).date() - timedelta(1)
    except ValueError:
        raise Trouble(_("{key} is {value!r}; write a date as 2026-03-01").format(key="--day", value=options.day), 2) from None
    folder = Path(tempfile.mkdtemp(prefix="shanshui-day-"))
    began = time.perf_counter()
    try:
        told = simulate(folder, options.profile, day, world(options.seed), make)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told |= {"seconds": round(time.perf_counter() - began, 1)}
    if options.json:
        print_json(told)
    else:
        print("\n".join(_lines(told)))
    return 0 if told["intervals"] >= told["due"] else 1


def simulate(folder: Path, name: str, day: date, world: Any, make: Callable[[str, Any, dict[str, Any]], Any]) -> dict[str, Any]:
    """The day of the profile `name`, its log in `folder`."""
    source = profile(name)
    config = parse(numbered(source, parse(source, name)), name)
    certify(folder / "certificates", config)
    simulated = SimulatedDay(folder, config, Plan(day), world, lambda model, settings: make(model, world, settings))
    simulated.run()
    told = summary(config, stored_records(simulated.log))
    card = sum(one.path.stat().st_size for one in partitions(simulated.log))
    return {"profile": name, "day": str(day), "due": 86400 // config.station.interval, **told, "card_bytes": card}


def _lines(told: dict[str, Any]) -> list[str]:
    out = [_("{profile}, {day}: {intervals} intervals, {records} records in {seconds} s").format(**told)]
    for channel, share in told["completeness"].items():
        out.append(f"  {channel:<34} {100 * share:5.1f} %  {quantities()[channel.rpartition('.')[2]].unit}")
    out += [_("alarm {alarm}: {code}, {channel} {value}").format(**one) for one in told["alarms"]]
    for one in told["metrics"]:
        if one["span"] == "day":
            facts = {
                key: value
                for key, value in one.items()
                if key not in ("code", "metric", "kind", "span", "begin", "local", "rose")
            }
            out.append(f"{one['metric']} ({one['local'][:10]}): " + ", ".join(f"{key} {value}" for key, value in facts.items()))
    out.append(_("bytes: {card_bytes} on the card, {payload_bytes} of payloads").format(**told))
    return out
