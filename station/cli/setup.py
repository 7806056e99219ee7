"""`station setup`: from a few questions to an accepted station."""

import argparse
import getpass
import re
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from station import VERSION, words
from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.places import Places
from station.words import _

EXAMPLE = "station setup --from answers.toml"
USUAL = "village-air"
"""The profile that stands in brackets."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--from", dest="answers", metavar="FILE", help=_("answers from a TOML file instead of questions"))
    parser.add_argument("--report", metavar="DIR", help=_("folder of the acceptance report (default: beside the records)"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """0 if the station is accepted, 1 if something is wrong, 2 for bad answers, 3 if files cannot be written."""
    from gateway.log.faults import StorageError
    from station.config import BadConfig
    from station.live import read_fresh
    from station.upkeep.setup import read_answers

    where = places(options)
    if read_fresh(where.live):
        raise Trouble(_("the station runs. Next: sudo systemctl stop station.target, then again"))
    try:
        answers = read_answers(Path(options.answers)) if options.answers else _ask(options.lang)
        if options.lang is None:
            words.use(answers.language)
        return _set_up(answers, where, options)
    except BadConfig as bad:
        raise Trouble("\n" + "\n".join(bad.lines), 2) from None
    except (OSError, StorageError) as error:
        raise Trouble(
            _("cannot be written: {error}. Next: sudo station setup, or --config and --state").format(error=error)
        ) from None


def _set_up(answers: Any, where: Places, options: argparse.Namespace) -> int:
    from station.doctor.host import Host
    from station.doctor.machine import check_machine
    from station.upkeep.acceptance import report
    from station.upkeep.setup import deliver_one, find_devices, first_readings, write

    def say(text: str) -> None:
        if not options.json:
            print(text, flush=True)

    say(_("Looking what is connected …"))
    found = find_devices(answers, lambda what, left: None)
    config = write(answers, found, where)
    say(_("Written: {path}").format(path=where.config))
    say(_("Reading every instrument …"))
    readings = dict(first_readings(config, where))
    say(_("Delivering one record …"))
    host = Host()
    checks, machine = deliver_one(config, host, where), list(check_machine(host, where.state))
    facts = _facts(config.station.id, config.station.name, where, readings)
    made = report(config, readings, checks, machine, facts)
    folder = Path(options.report) if options.report else where.state
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"acceptance-{datetime.now(UTC):%Y%m%d}"
    stem.with_suffix(".txt").write_text(made.text(), "utf-8")
    stem.with_suffix(".html").write_text(made.html(), "utf-8")
    if options.json:
        print_json({"accepted": made.accepted, "config": str(where.config), "report": str(stem.with_suffix(".html"))})
    else:
        print("\n" + made.text())
        print(_("Report: {path}. Next: sudo systemctl restart station.target").format(path=stem.with_suffix(".html")))
    return 0 if made.accepted else 1


def _facts(station: str, name: str, where: Places, readings: dict[str, Any]) -> list[tuple[str, ...]]:
    from station.host.pihealth import machine_serial, wireless

    told = [answer["values"]["signal_strength"] for answer in readings.values() if "signal_strength" in answer["values"]]
    signal = told[0] if told else wireless(Path("/"))

    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    rows = [
        (_("id"), station), (_("name"), name), (_("date"), now), (_("software"), VERSION),
        (_("machine"), machine_serial(Path("/")) or "—"), (_("configuration"), str(where.config)),
        (_("signal"), "—" if signal is None else f"{signal:.0f} dBm"),
    ]  # fmt: skip
    return list(rows)


def _ask(language: str | None) -> Any:
    """The answers of a person at the terminal. Raises Trouble if there is none."""
    from station.upkeep.profile import profiles
    from station.upkeep.setup import Answers

    if not sys.stdin.isatty():
        raise Trouble(_("nobody is there to answer. Next: station setup --from answers.toml"), 2)
    chosen = language or _question("语言 / language (zh, en)", "zh", ("zh", "en"))
    words.use(chosen)
    helps = {one.name: str(one.metadata.get("help", "")) for one in fields(Answers)}
    form = next(one.metadata["pattern"] for one in fields(Answers) if one.name == "id")
    answers: dict[str, Any] = {"id": _question(_(helps["id"]), pattern=lambda given: re.fullmatch(form, given))}
    answers["name"] = _question(_(helps["name"]))
    known = profiles()
    answers["profile"] = _question(f"{_(helps['profile'])} ({', '.join(known)})", USUAL if USUAL in known else known[0], known)
    platform: dict[str, Any] = {}
    if host := _question(_("platform: name or address of its MQTT broker, empty for none"), ""):
        platform = {"host": host, "tls": _question(_("encrypted (TLS)? yes or no"), "yes", ("yes", "no")) == "yes"}
        platform["port"] = int(_question(_("port"), "8883" if platform["tls"] else "1883", pattern=str.isdigit))
        if user := _question(_("user name, empty for none"), ""):
            platform |= {"username": user, "password": getpass.getpass(_("password") + ": ")}
    return Answers(**answers, language=chosen, platform=platform)


def _question(text: str, default: str | None = None, known: Any = (), pattern: Any = bool) -> str:
    """One answer; the question is repeated until it is a possible one."""
    while True:
        shown = f"{text} [{default}]: " if default else f"{text}: "
        given = input(shown).strip() or (default or "")
        if (given in known) if known else (pattern(given) or default == given):
            return given
