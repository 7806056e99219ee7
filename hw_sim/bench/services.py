"""What each service costs by itself: s until it tells systemd that it is ready, and its memory once it measures and delivers.

Beside a bare Python, and one that only imports the library of its wire. RSS counts pages that both services share, PSS their
share of them, USS only what goes away with the process.
"""

import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from hw_sim.bench import Figure
from hw_sim.bench.rig import INTERVAL, SCHEMA, Station, folder, memory
from hw_sim.platform import process
from hw_sim.scenario import build
from hw_sim.simulation import Simulation

BARE = "pass"
WIRES = {"acquire": "import pymodbus.client", "gateway": "import paho.mqtt.client"}
"""What a service could not do without, were it written on these libraries alone."""


def figures(quick: bool) -> Iterator[Figure]:
    """Three starts, or seven; the middle one counts."""
    starts = 3 if quick else 7
    python, uses = _bare(BARE, starts)
    with folder() as where, ExitStack() as stack:
        lines = [{"name": "tcp", "kind": "modbus_tcp", "instrument": [{"model": "y4000", "address": 1}]}]
        simulation = stack.enter_context(Simulation(build({"line": lines}), where))
        (where / "platform").mkdir()
        platform = stack.enter_context(process.platform(where / "platform", SCHEMA))
        station = Station(where, {"b": simulation.ports["tcp"]}, [("y4000", "b", 1)], platform.ready["port"])
        stack.callback(station.stop)
        ready = {name: _starts(station, name, starts) for name in WIRES}
        time.sleep(2 * INTERVAL)
        found = {name: memory(service.pid) for name, service in station.services.items()}
    for name, wire in WIRES.items():
        alone, least = _bare(wire, starts)
        what = wire.removeprefix("import ")
        yield f"{name}: s until READY=1", ready[name], python, "python -c pass"
        yield f"{name}: s until READY=1", ready[name], alone, f"import {what}"
        for kind in ("rss", "pss", "uss"):
            yield f"{name}: {kind.upper()}, MB", found[name][kind], uses[kind], "python -c pass"
            yield f"{name}: {kind.upper()}, MB", found[name][kind], least[kind], f"import {what}"
    ours, theirs = list(found.values()), [uses, uses]
    yield "both services: RSS, MB", sum(one["rss"] for one in ours), sum(one["rss"] for one in theirs), "two bare Pythons"
    yield "both services: MB, what they may share counted once", _together(ours), _together(theirs), "two bare Pythons"


def _starts(station: Station, name: str, times: int) -> float:
    """s until the service says READY=1, the middle of so many starts; the last one goes on."""
    found = []
    for number in range(times):
        if number:
            station.end(name)
        path = station.folder / "run" / "notify.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(str(path))
            systemd.settimeout(20.0)
            begin = time.monotonic()
            station.launch(name, NOTIFY_SOCKET=str(path))
            while b"READY=1" not in systemd.recv(4096):
                pass
            found.append(time.monotonic() - begin)
    return statistics.median(found)


def _together(some: list[dict[str, float]]) -> float:
    """MB that processes occupy alone on a machine: each its own, and one of them what is shared."""
    return sum(one["uss"] for one in some) + max(one["rss"] - one["uss"] for one in some)


def _bare(program: str, times: int) -> tuple[float, dict[str, float]]:
    """s until a Python has run this, the middle of so many, and the memory that it has then."""
    command = [sys.executable, "-c", f"{program}\nprint(flush=True)\ninput()"]
    found = []
    for _ in range(times):
        begin = time.monotonic()
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
            assert started.stdout is not None
            started.stdout.readline()
            found.append(time.monotonic() - begin)
            uses = memory(started.pid)
            started.communicate(b"\n")
    return statistics.median(found), uses
