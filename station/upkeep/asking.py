"""One reading now: through the acquisition that runs, which holds the bus, or over the bus itself if nobody does."""

import getpass
import threading
import time
from typing import Any

from gateway import requests
from station.attend import outcome
from station.buses import open_bus
from station.config import Config, Instrument
from station.live import read_fresh
from station.places import Places
from station.reading import Reading
from station.words import _
from station.worker import Extra, Worker

PATIENCE = 15.0
"""s to wait for the reading."""


class NoReply(Exception):
    """Nothing came back in time, or nobody could be asked; the text is for a person."""


def read_now(config: Config, instrument: Instrument, where: Places) -> dict[str, Any]:
    """The reading as `station.attend.outcome` gives it. Raises NoReply."""
    if not read_fresh(where.live):
        return _directly(config, instrument)
    return submit(where, "read", {"instrument": instrument.name})


def submit(where: Places, action: requests.Action, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the acquisition that runs answers to a request. Raises NoReply if none runs."""
    request = requests.make(action, f"cli:{getpass.getuser()}", arguments)
    if not read_fresh(where.live):
        raise NoReply(_("acquisition does not run"))
    try:
        requests.put(where.requests, request)
        answer = requests.wait_for_answer(where.requests, request, PATIENCE)
    except OSError as error:
        raise NoReply(_("acquisition cannot be asked: {error}").format(error=error)) from None
    if answer is None:
        raise NoReply(_("acquisition runs but did not answer in {s:.0f} s").format(s=PATIENCE))
    return answer


def _directly(config: Config, instrument: Instrument) -> dict[str, Any]:
    """Open the bus ourselves: nobody else holds it."""
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
        raise NoReply(_("{name} did not come back in {s:.0f} s").format(name=instrument.name, s=PATIENCE))
    return outcome(*got[0], f"{instrument.name} ({instrument.driver}, {bus.port})")
