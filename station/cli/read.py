"""`station read INSTRUMENT`: one reading now, through the running acquisition if there is one."""

import argparse
import getpass
import threading
import time
from typing import Any

from drivers.quantity import quantities
from gateway import requests
from station import words
from station.attend import outcome
from station.cli.common import configuration, places, print_json
from station.cli.main import Trouble
from station.config import Config, Instrument
from station.live import read_fresh
from station.reading import Reading
from station.settings import suggestion
from station.words import _

EXAMPLE = "station read river --raw"
PATIENCE = 15.0
"""s to wait for the running acquisition's answer."""


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
    where = places(options)
    if read_fresh(where.live):
        arguments = {"instrument": options.instrument}
        request = requests.make("read", f"cli:{getpass.getuser()}", arguments)
        requests.put(where.requests, request)
        answer = requests.wait_for_answer(where.requests, request, PATIENCE)
        if answer is None:
            raise Trouble(_("acquisition runs but did not answer in {s:.0f} s").format(s=PATIENCE))
    else:
        answer = _directly(config, names[options.instrument])
    return _show(answer, options)


def _directly(config: Config, instrument: Instrument) -> dict[str, Any]:
    """Open the bus ourselves: nobody else holds it."""
    from station.buses import open_bus
    from station.worker import Extra, Worker

    bus = next(one for one in config.buses if one.name == instrument.bus)
    device = open_bus(bus, [instrument])
    got: list[tuple[Reading, bytes]] = []
    done = threading.Event()

    def finish(reading: Reading, raw: bytes) -> None:
        got.append((reading, raw))
        done.set()

    worker = Worker(bus.name, device, [], lambda reading: None, dict, time.monotonic)
    worker.add(instrument)
    worker.ask(Extra(instrument.name, finish))
    worker.start()
    done.wait(PATIENCE)
    worker.stop()
    worker.join(PATIENCE)
    if not got:
        raise Trouble(_("{name} did not come back in {s:.0f} s").format(name=instrument.name, s=PATIENCE))
    return outcome(*got[0], f"{instrument.name} ({instrument.driver}, {bus.port})")


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
