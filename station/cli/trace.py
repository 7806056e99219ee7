"""`station trace BUS`: what travels on a bus, byte for byte, through the running acquisition if there is one."""

import argparse
import getpass
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from gateway import requests
from station.cli.common import configuration, places
from station.cli.main import Trouble
from station.config import Bus, Config
from station.live import read_fresh
from station.places import Places
from station.settings import suggestion
from station.tracing import Recording
from station.words import _

EXAMPLE = "station trace rs485 --for 3 --output rs485.trace"
PATIENCE = 5.0
"""s to wait for the running acquisition's answer."""

LOOK = 0.2
"""s between two looks at the file that grows."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("bus", metavar="BUS", help=_("the name of a [[bus]]"))
    parser.add_argument("--for", dest="seconds", type=float, default=60.0, metavar="S", help=_("so many seconds (default 60)"))
    parser.add_argument("--output", type=Path, metavar="FILE", help=_("also into this file, to be replayed later"))


def run(options: argparse.Namespace) -> int:
    """0 if something travelled, 3 if the bus was silent."""
    config = configuration(options)
    buses = {one.name: one for one in config.buses}
    if options.bus not in buses:
        text = _("there is no bus {name!r}.").format(name=options.bus) + suggestion(options.bus, buses)
        raise Trouble(text + _(" Known: {words}.").format(words=", ".join(buses)), 2)
    try:
        output = options.output.open("w", encoding="utf-8") if options.output else None
    except OSError as error:
        raise Trouble(f"{options.output}: {error.strerror}") from None
    where = places(options)
    shown = Shown(output)
    print(_("listening to {bus} for {s:.0f} s; Ctrl-C ends it").format(bus=options.bus, s=options.seconds), file=sys.stderr)
    try:
        if read_fresh(where.live):
            _through_acquisition(where, options, shown)
        else:
            _directly(config, buses[options.bus], options.seconds, where, shown)
    except KeyboardInterrupt:
        pass
    finally:
        if output:
            output.close()
    if not shown.lines:
        print(_("nothing travelled: is an instrument of this bus due within that time?"), file=sys.stderr)
    return 0 if shown.lines else 3


class Shown:
    """Lines of a trace, on stdout and in a file."""

    def __init__(self, output: TextIO | None) -> None:
        self.lines = 0
        self._output = output

    def follow(self, path: Path, until: float) -> None:
        """Show the file at `path` as it grows."""
        with path.open(encoding="utf-8") as file:
            while True:
                late = time.monotonic() >= until
                for line in file:
                    self.lines += not line.startswith("#")
                    sys.stdout.write(line)
                    if self._output:
                        self._output.write(line)
                sys.stdout.flush()
                if late:
                    return
                time.sleep(LOOK)


def _through_acquisition(where: Places, options: argparse.Namespace, shown: Shown) -> None:
    arguments = {"bus": options.bus, "seconds": options.seconds}
    answer = _ask(where, arguments)
    try:
        shown.follow(Path(answer["path"]), time.monotonic() + options.seconds + 2 * LOOK)
    finally:
        _ask(where, {"bus": options.bus, "seconds": 0})
        with suppress(OSError):
            os.unlink(answer["path"])


def _ask(where: Places, arguments: dict[str, object]) -> dict[str, str]:
    request = requests.make("trace", f"cli:{getpass.getuser()}", arguments)
    requests.put(where.requests, request)
    answer = requests.wait_for_answer(where.requests, request, PATIENCE)
    if answer is None:
        raise Trouble(_("acquisition runs but did not answer in {s:.0f} s").format(s=PATIENCE))
    if not answer.get("ok"):
        raise Trouble(str(answer.get("error")))
    return answer


def _directly(config: Config, bus: Bus, seconds: float, where: Places, shown: Shown) -> None:
    """Nobody else holds the bus: read its instruments ourselves meanwhile."""
    from station.buses import open_bus
    from station.worker import Worker

    mine = [one for one in config.instruments if one.bus == bus.name]
    if not mine:
        raise Trouble(_("no instrument is configured on {bus}").format(bus=bus.name), 2)
    where.run.mkdir(parents=True, exist_ok=True)
    path = where.run / f"{bus.name.replace('/', '_')}.trace"
    device = open_bus(bus, mine)
    until = time.monotonic() + seconds
    recording = Recording(bus, device.trace, path, until, time.monotonic)
    worker = Worker(bus.name, device, mine, lambda reading: None, dict, time.monotonic)
    writer = threading.Thread(target=_write, args=(recording, until), daemon=True)
    worker.start()
    writer.start()
    try:
        shown.follow(path, until + 2 * LOOK)
    finally:
        worker.stop()
        worker.join(PATIENCE)
        recording.until = 0.0
        writer.join(PATIENCE)
        path.unlink(missing_ok=True)


def _write(recording: Recording, until: float) -> None:
    while time.monotonic() < min(until, recording.until):
        recording.write()
        time.sleep(LOOK / 2)
    recording.close()
