"""How soon a new interval is at the platform while a month's backlog drains, and what an interval costs on the wire.

Through mosquitto where it is installed: the simulated broker checks and stores a batch before it hands on what comes behind it,
which is most of the time that is measured then.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hw_sim.bench import Figure
from hw_sim.bench.delivery import BODY, fill
from hw_sim.bench.rig import SCHEMA, Station, folder
from hw_sim.platform import process
from hw_sim.scenario import build
from hw_sim.simulation import Simulation

MONTH = 43_200
"""Minutes."""


def figures(quick: bool) -> Iterator[Figure]:
    """15 s or a minute of one-second intervals, without a backlog and with one."""
    seconds = 15.0 if quick else 60.0
    calm, wire, size = _run(seconds, 0)
    busy, _wire, _size = _run(seconds, MONTH)
    through = "mosquitto" if mosquitto() else "the simulated broker"
    for part in (50, 95):
        what = f"live latency p{part}, ms, a month's backlog draining, {through}"
        yield what, _part(busy, part / 100), _part(calm, part / 100), "no backlog"
    yield "bytes on the wire per interval, live", wire, size, "its payload"


def _run(seconds: float, backlog: int) -> tuple[list[float], float, float]:
    """ms from the end of each live interval to the broker's subscriber; bytes carried for each, and bytes of its payload."""
    with folder() as where, ExitStack() as stack:
        lines = [{"name": "tcp", "kind": "modbus_tcp", "instrument": [{"model": "y4000", "address": 1}]}]
        simulation = stack.enter_context(Simulation(build({"line": lines}), where))
        (where / "platform").mkdir()
        port = stack.enter_context(_platform(where))
        station = Station(where, {"b": simulation.ports["tcp"]}, [("y4000", "b", 1)], port)
        stack.callback(station.stop)
        config = where / "station.toml"
        config.write_text(config.read_text("utf-8").replace("interval = 5\n", "interval = 1\n"), "utf-8")
        if backlog:
            station.start("acquire", "live.json")
            station.end("acquire")
            fill(where / "state" / "acquire" / "records.db", BODY, backlog)
            (where / "run" / "live.json").unlink(missing_ok=True)
        station.start("acquire", "live.json")
        station.start("gateway", "delivery.json")
        time.sleep(3.0)
        before = _bytes(where)
        latencies, sizes = _listen(port, seconds)
        carried = _bytes(where) - before
    return latencies, carried / len(latencies), sum(sizes) / len(sizes)


def mosquitto() -> str | None:
    """The program, if it is installed."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def _platform(where: Path) -> Iterator[int]:
    """The port of the platform's broker."""
    program = mosquitto()
    if program is None:
        with process.platform(where / "platform", SCHEMA) as own:
            yield own.ready["port"]
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true\n"
    (where / "mosquitto.conf").write_text(settings, "utf-8")
    broker = subprocess.Popen([program, "-c", str(where / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    try:
        with process.platform(where / "platform", SCHEMA, "--broker", f"127.0.0.1:{port}"):
            yield port
    finally:
        broker.terminate()
        broker.wait(10)


def _listen(port: int, seconds: float) -> tuple[list[float], list[int]]:
    latencies: list[float] = []
    sizes: list[int] = []

    def heard(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        record = json.loads(message.payload)
        if record["kind"] == "interval" and not record["replay"]:
            latencies.append(time.time() * 1000 - record["start"] - record["period"] * 1000)
            sizes.append(len(message.payload))

    client = paho.Client(CallbackAPIVersion.VERSION2, "listener", protocol=paho.MQTTv5)
    client.on_message = heard
    client.connect("127.0.0.1", port)
    client.subscribe("shanshui/v1/BENCH/record", 1)
    client.loop_start()
    time.sleep(seconds)
    client.disconnect()
    client.loop_stop()
    return latencies, sizes


def _bytes(where: Path) -> int:
    content = json.loads((where / "run" / "delivery.json").read_text("utf-8"))
    return int(content["destinations"]["platform"]["link"]["bytes"])


def _part(numbers: list[float], share: float) -> float:
    return sorted(numbers)[int(share * (len(numbers) - 1))]
