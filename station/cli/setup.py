"""`station setup`: from a few questions to an accepted station."""

import argparse
import getpass
import re
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from station import words
from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.places import Places, shared
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
        with shared():
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
    checks, machine = deliver_one(config, host, where, readings), list(check_machine(host, where.state))
    made = report(config, where, host, readings, checks, machine)
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
    kind = _question(_("platform: mqtt, hj212 or none"), "mqtt", ("mqtt", "hj212", "none"))
    ask = {"mqtt": _ask_mqtt, "hj212": _ask_hj212, "none": dict}[kind]
    return Answers(**answers, language=chosen, platform=ask())


def _ask_mqtt() -> dict[str, Any]:
    """The keys of a destination that speaks MQTT."""
    platform: dict[str, Any] = {"link": "mqtt", "host": _question(_("name or address of the MQTT broker"))}
    platform["tls"] = _question(_("encrypted (TLS)? yes or no"), "yes", ("yes", "no")) == "yes"
    platform["port"] = int(_question(_("port"), "8883" if platform["tls"] else "1883", pattern=_is_port))
    if user := _question(_("user name, empty for none"), ""):
        platform |= {"username": user, "password": getpass.getpass(_("password") + ": ")}
    return platform


def _ask_hj212() -> dict[str, Any]:
    """The keys of a destination that speaks HJ 212: all of it comes from the platform's owner."""
    platform: dict[str, Any] = {"link": "hj212", "host": _question(_("name or address of the HJ 212 platform"))}
    platform["port"] = int(_question(_("port"), pattern=_is_port))
    platform["edition"] = int(_question(_("edition of the standard"), "2017", ("2017", "2025")))
    platform["mn"] = _question(
        _("MN, the station's number there"), pattern=lambda given: re.fullmatch("[0-9A-Za-z_]{1,24}", given)
    )
    systems = _("ST: 22 air, 21 surface water, 23 noise, 32 waste water, empty as in the profile")
    if st := _question(systems, "", pattern=lambda given: re.fullmatch("[0-9]{2}", given)):
        platform["st"] = st
    if password := getpass.getpass(_("password of 6 characters, empty for 123456") + ": "):
        platform["password"] = password
    return platform


def _is_port(given: str) -> bool:
    return given.isdigit() and 0 < int(given) < 65536


def _question(text: str, default: str | None = None, known: Any = (), pattern: Any = bool) -> str:
    """One answer; the question is repeated until it is a possible one."""
    while True:
        shown = f"{text} [{default}]: " if default else f"{text}: "
        given = input(shown).strip() or (default or "")
        if (given in known) if known else (pattern(given) or default == given):
            return given
