"""1, 10 and 50 Modbus TCP sondes: read each second, stored, delivered; beside bare sockets and bare commits."""

import socket
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from hw_sim.bench import Figure
from hw_sim.bench.rig import INTERVAL, SCHEMA, Station, cpu, folder, resident, written
from hw_sim.platform import process
from hw_sim.scenario import build
from hw_sim.simulation import Simulation

VALUES = 8  # of a Y4000 each second: sixteen registers, and a second question for its error register


def figures(quick: bool) -> Iterator[Figure]:
    """1, 10 and 50 of them, 10 or 30 s each."""
    for count in (1, 10, 50):
        yield from load(count, 10.0 if quick else 30.0)


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
