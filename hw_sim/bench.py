"""`make bench`: what the station costs, each figure beside its limit measured in the same run.

Figures of this machine at this moment: compare the ratios. Everything stays on loopback and ends by itself.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hw_sim import bench_samples
from hw_sim.platform import process
from hw_sim.platform.broker import Broker
from hw_sim.scenario import build
from hw_sim.simulation import Simulation

EXAMPLE = "python -m hw_sim.bench --quick"
INTERVAL = 5
VALUES = 8  # of a Y4000 each second: sixteen registers, and a second question for its error register
WEEK = 10_080
TICKS = os.sysconf("SC_CLK_TCK")
SCHEMA = Path(__file__).parents[1] / "gateway" / "payload.schema.json"

Figure = tuple[str, float, float | None, str]
"""What, ours, the limit, the unit."""


def cpu(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> float:
    """Resident memory in MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def written(pid: int) -> int:
    """Bytes that a process caused to be written to storage."""
    line = next(line for line in Path(f"/proc/{pid}/io").read_text().splitlines() if line.startswith("write_bytes"))
    return int(line.split()[1])


class Station:
    """`station acquire` and `station gateway` in a folder, with Modbus instruments on given ports."""

    def __init__(self, folder: Path, buses: dict[str, str], models: list[tuple[str, str, int]], port: int) -> None:
        self.folder = folder
        text = f'[station]\nid = "BENCH"\nname = "bench"\ninterval = {INTERVAL}\n'
        for name, address in buses.items():
            text += f'[[bus]]\nname = "{name}"\nkind = "modbus"\nport = "{address}"\nbaud = 9600\n'
        for number, (model, bus, unit) in enumerate(models):
            text += f'[[instrument]]\nname = "i{number}"\ndriver = "{model}"\nbus = "{bus}"\naddress = {unit}\ninterval = 1.0\n'
        text += f'[[destination]]\nname = "platform"\nhost = "127.0.0.1"\nport = {port}\nin_flight = 100\n'
        (folder / "station.toml").write_text(text, "utf-8")
        self.services: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, sign: str) -> float:
        """Start a service; s until its state file is there."""
        begin = time.monotonic()
        words = ["--config", self.folder / "station.toml", "--state", self.folder / "state", "--run", self.folder / "run"]
        self.services[name] = subprocess.Popen(
            [sys.executable, "-m", "station", name, *map(str, words)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not (self.folder / "run" / sign).exists():
            if self.services[name].poll() is not None or time.monotonic() - begin > 20:
                raise RuntimeError(f"station {name} does not start")
            time.sleep(0.005)
        return time.monotonic() - begin

    def stop(self) -> None:
        """End both."""
        for service in self.services.values():
            service.send_signal(signal.SIGTERM)
        for service in self.services.values():
            service.wait(20)


@contextmanager
def folder() -> Iterator[Path]:
    """A short-named folder that goes away; its `run` lies in memory, as /run does on a station."""
    made = Path(tempfile.mkdtemp(prefix="shbench-"))
    memory = Path(tempfile.mkdtemp(prefix="shbench-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    (made / "run").symlink_to(memory)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(memory, ignore_errors=True)


def bare_poll(port: int, count: int, seconds: float) -> float:
    """CPU s of this thread for 1,000 readings by bare sockets: `count` units once a second each, no checks."""
    channels = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    question = struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 0x2601, 16)
    errors = struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 0x0800, 1)
    begin, polls = time.thread_time(), 0
    for _ in range(max(1, int(seconds))):
        for channel in channels:
            for ask in (question, errors):
                channel.sendall(ask)
                channel.recv(300)
            polls += 1
    spent = time.thread_time() - begin
    for channel in channels:
        channel.close()
    return spent / (polls * VALUES) * 1000


def bare_commits(where: Path, body: str, count: int = 60) -> tuple[float, float]:
    """Bytes written and µs of CPU of a bare SQLite WAL FULL commit of the same row."""
    program = (
        "import sqlite3,sys,time\n"
        "d=sqlite3.connect(sys.argv[1],isolation_level=None)\n"
        "d.execute('PRAGMA journal_mode=WAL');d.execute('PRAGMA synchronous=FULL')\n"
        "d.execute('CREATE TABLE r(n INTEGER PRIMARY KEY,b TEXT)')\n"
        "w=lambda:int(open('/proc/self/io').read().split('write_bytes: ')[1].split()[0])\n"
        "b=sys.stdin.read();w0=w();t=time.process_time()\n"
        f"for i in range({count}): d.execute('INSERT INTO r(b) VALUES(?)',(b,))\n"
        f"print((w()-w0)/{count},(time.process_time()-t)/{count}*1e6)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(where / "bare.db")], input=body, capture_output=True, text=True, check=True
    )
    size, spent = done.stdout.split()
    return float(size), float(spent)


def bare_paho(port: int, payload: bytes, count: int) -> tuple[float, float]:
    """Messages/s and CPU µs per message of bare paho publishing the same bytes with QoS 1, window 100."""
    client = paho.Client(CallbackAPIVersion.VERSION2, "bare", protocol=paho.MQTTv5)
    client.max_inflight_messages_set(100)
    done = [0]
    client.on_publish = lambda *_: done.__setitem__(0, done[0] + 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    while not client.is_connected():
        time.sleep(0.01)
    begin, before = time.monotonic(), time.process_time()
    for _ in range(count):
        client.publish("bare/x", payload, qos=1)
    while done[0] < count and time.monotonic() - begin < 60:
        time.sleep(0.005)
    spent, used = time.monotonic() - begin, time.process_time() - before
    client.disconnect()
    client.loop_stop()
    return done[0] / spent, used / done[0] * 1e6


def load(count: int, seconds: float) -> list[Figure]:
    """`count` Modbus TCP sondes, each on its own connection, for `seconds` s."""
    with folder() as where, ExitStack() as stack:
        lines = [{"name": "tcp", "kind": "modbus_tcp", "instrument": [{"model": "y4000", "address": 1}]}]
        simulation = stack.enter_context(Simulation(build({"line": lines}), where))
        (where / "platform").mkdir()
        platform = stack.enter_context(process.platform(where / "platform", SCHEMA))
        address = simulation.ports["tcp"]
        models = [("y4000", f"b{n}", 1) for n in range(count)]
        station = Station(where, {f"b{n}": address for n in range(count)}, models, platform.ready["port"])
        stack.callback(station.stop)
        ready = [station.start("acquire", "live.json"), station.start("gateway", "delivery.json")]
        time.sleep(INTERVAL + 2)
        pids = [service.pid for service in station.services.values()]
        before, disk = [cpu(pid) for pid in pids], written(pids[0])
        time.sleep(seconds)
        spent = [cpu(pid) - old for pid, old in zip(pids, before, strict=True)]
        disk = written(pids[0]) - disk
        memory = [resident(pid) for pid in pids]
        readings = count * VALUES * seconds / 1000
        bare = bare_poll(int(address.rpartition(":")[2]), count, seconds)
        body, size = _last(where)
        commit, _spent = bare_commits(where, body)
    tag = f"{count} sonde{'s' * (count > 1)}"
    return [
        (f"{tag}: CPU s per 1,000 readings, acquire", spent[0] / readings, bare, "bare socket polls"),
        (f"{tag}: CPU s per 1,000 readings, gateway", spent[1] / readings, None, ""),
        (f"{tag}: resident MB, acquire + gateway", sum(memory), 2 * 8.5, "two bare Pythons"),
        (f"{tag}: bytes to storage per interval", disk / (seconds / INTERVAL), commit, "bare commit of the same row"),
        (f"{tag}: payload bytes per reading (5 s interval)", size / (count * VALUES * INTERVAL), None, ""),
        (f"{tag}: s until ready, acquire", ready[0], None, ""),
        (f"{tag}: s until ready, gateway", ready[1], None, ""),
    ]


def _last(where: Path) -> tuple[str, int]:
    """The body of the newest interval, and the bytes of its payload at the platform."""
    database = sqlite3.connect(where / "state" / "acquire" / "records.db")
    (body,) = database.execute("SELECT body FROM records WHERE kind='interval' ORDER BY sequence DESC LIMIT 1").fetchone()
    database.close()
    archive = sqlite3.connect(where / "platform" / "platform.db")
    newest = "SELECT payload FROM record WHERE kind='interval' ORDER BY sequence DESC LIMIT 1"
    (payload,) = archive.execute(newest).fetchone()
    archive.close()
    return body, len(payload.encode()) + len(',"replay":false')


def line(seconds: float) -> list[Figure]:
    """One 9600 baud line with as many noise meters at 1 Hz as fit."""
    count = 24
    with folder() as where, ExitStack() as stack:
        placed = [{"model": "rs485_noise", "address": n + 1} for n in range(count)]
        scenario = build({"line": [{"name": "rs485", "kind": "modbus_rtu", "instrument": placed}]})
        simulation = stack.enter_context(Simulation(scenario, where))
        station = Station(where, simulation.ports, [("rs485_noise", "rs485", n + 1) for n in range(count)], 1)
        stack.callback(station.stop)
        station.start("acquire", "live.json")
        time.sleep(2)
        pid = station.services["acquire"].pid
        before, asked = cpu(pid), sum(simulation.stats()["rs485"].values())
        time.sleep(seconds)
        spent = cpu(pid) - before
        asked = sum(simulation.stats()["rs485"].values()) - asked
    bits = asked * (8 + 7) * 10
    return [
        (f"9600 baud, {count} noise meters: readings/s", asked / seconds, float(count), "wanted"),
        ("9600 baud: share of the line's bits used", bits / seconds / 9600, 1.0, "the line"),
        ("9600 baud: CPU s per 1,000 readings", spent / asked * 1000, None, ""),
    ]


def drain(records: int) -> list[Figure]:
    """A backlog of `records` minutes of 20 channels: with the platform's receipts, and freed by PUBACK; beside bare paho."""
    row = ["sonde", "turbidity", "NTU", 6.512, 6.1, 7.204, 6.512, 15, 15, 1, "", "3f2a9c01d4e7"]
    body = json.dumps([row] * 20, ensure_ascii=False, separators=(",", ":"))
    with folder() as where:
        broker = Broker(where)
        broker.start()
        bare, bare_cpu = bare_paho(broker.port, b"x" * (len(body.encode()) + 180), min(records, 5000))
        by_ack = _drained(where, body, records, broker.port, 'confirm = "puback"\n')
        broker.kill()
    with folder() as where, ExitStack() as stack:
        (where / "platform").mkdir()
        platform = stack.enter_context(process.platform(where / "platform", SCHEMA))
        by_receipt = _drained(where, body, records, platform.ready["port"], "")
    tag = f"draining {records} minutes"
    return [
        (f"{tag}: records/s, freed by PUBACK", by_ack[0], bare, "bare paho, same bytes"),
        (f"{tag}: CPU µs per record, freed by PUBACK", by_ack[1], bare_cpu, "bare paho, same bytes"),
        (f"{tag}: records/s, the platform checks, stores and receipts", by_receipt[0], None, ""),
        (f"{tag}: CPU µs per record, with receipts", by_receipt[1], bare_cpu, "bare paho, same bytes"),
        (f"{tag}: the gateway's resident MB at its end", by_receipt[2], None, ""),
    ]


def _drained(where: Path, body: str, records: int, port: int, more: str) -> tuple[float, float, float]:
    """Records/s, CPU µs per record and resident MB of a gateway that finds so many records owed."""
    station = Station(where, {"b": "tcp://127.0.0.1:1"}, [("y4000", "b", 1)], port)
    with (where / "station.toml").open("a", encoding="utf-8") as config:
        config.write(more)
    station.start("acquire", "live.json")
    station.services.pop("acquire").terminate()
    _fill(where / "state" / "acquire" / "records.db", body, records)
    station.start("gateway", "delivery.json")
    pid = station.services["gateway"].pid
    begin, before = time.monotonic(), cpu(pid)
    confirmed = 0
    while confirmed < records and time.monotonic() - begin < 120:
        time.sleep(0.1)
        content = json.loads((where / "run" / "delivery.json").read_text("utf-8"))
        confirmed = content["destinations"]["platform"]["confirmed"]
    spent, used, memory = time.monotonic() - begin, cpu(pid) - before, resident(pid)
    station.stop()
    return confirmed / spent, used / max(1, confirmed) * 1e6, memory


def _fill(database: Path, body: str, records: int) -> None:
    connection = sqlite3.connect(database, timeout=20)
    (last,) = connection.execute("SELECT max(sequence) FROM records").fetchone()
    start = 1_793_500_000_000
    rows = ((last + n + 1, start + n * 60_000, n * 60_000, body) for n in range(records))
    connection.executemany("INSERT INTO records VALUES (?, 'interval', 60, ?, 0, 'bench', ?, 'system', NULL, ?)", rows)
    connection.commit()
    connection.close()


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m hw_sim.bench", description=__doc__, epilog=f"example: {EXAMPLE}")
    parser.add_argument("--quick", action="store_true", help="shorter, less steady")
    parser.add_argument("--json", action="store_true", help="one JSON list")
    options = parser.parse_args(argv)
    seconds = 10.0 if options.quick else 30.0
    figures: list[Figure] = []
    jobs: list[tuple[str, Any]] = [(f"{n} Modbus TCP instruments", lambda n=n: load(n, seconds)) for n in (1, 10, 50)]
    jobs += [("what a sample costs", lambda: list(bench_samples.figures(options.quick)))]
    jobs += [("one 9600 baud line", lambda: line(seconds)), ("draining", lambda: drain(1000 if options.quick else WEEK))]
    for what, job in jobs:
        print(f"measuring {what} …", file=sys.stderr, flush=True)
        figures += job()
    if options.json:
        keys = ("what", "ours", "limit", "limit_is")
        print(json.dumps([dict(zip(keys, figure, strict=True)) for figure in figures]))
        return 0
    for what, ours, limit, name in figures:
        beside = f"{limit:10.3f}  {ours / limit:6.2f} ×  {name}" if limit else ""
        print(f"{what:<68} {ours:10.3f} {beside}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
