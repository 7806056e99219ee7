"""`station read INSTRUMENT`: one reading now, through the running acquisition if there is one."""

import argparse
from typing import Any

from drivers.quantity import quantities
from station import words
from station.cli.common import configuration, places, print_json
from station.cli.main import Trouble
from station.settings import suggestion
from station.upkeep.asking import NoReply, read_now
from station.words import _

EXAMPLE = "station read river --raw"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("instrument", metavar="INSTRUMENT", help=_("its name in station.toml"))
    parser.add_argument("--raw", action="store_true", help=_("show the bytes received"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """0 if there was a usable reading, 3 if the device or port failed, 1 if it answered without a usable value."""
    config = configuration(options)
    names = {one.name: one for one in config.instruments}
    if options.instrument not in names:
        text = _("there is no instrument {name!r}.").format(name=options.instrument)
        text += suggestion(options.instrument, names) + _(" Known: {words}.").format(words=", ".join(names))
        raise Trouble(text, 2)
    try:
        answer = read_now(config, names[options.instrument], places(options))
    except NoReply as error:
        raise Trouble(str(error)) from None
    return _show(answer, options)


def _show(answer: dict[str, Any], options: argparse.Namespace) -> int:
    if not options.raw:
        answer.pop("raw", None)
    if options.json:
        print_json(answer)
    else:
        for key, value in answer.get("values", {}).items():
            quantity = quantities()[key]
            print(f"{quantity.name(words.language()):<24} {quantity.text(value)}")
        for key, reason in answer.get("fields", {}).items():
            print(f"{quantities()[key].name(words.language()):<24} — ({reason})")
        for key, value in answer.get("status", {}).items():
            print(f"{key:<24} {value}")
        if options.raw:
            print(_("bytes received: {raw}").format(raw=answer["raw"]))
        if answer.get("error") or answer.get("reason"):
            print(answer.get("error") or _("not usable: {reason}").format(reason=answer["reason"]))
    return 0 if answer["ok"] else 3 if answer.get("error") else 1
