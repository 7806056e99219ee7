"""What storing costs: bytes on the card beside a bare SQLite commit, days of outage in a gigabyte, memory with a backlog."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from hw_sim.bench import Figure
from hw_sim.bench.instruments import bare_commits
from hw_sim.bench.rig import Station, folder, resident
from hw_sim.platform.broker import Broker

DAY = 1440
"""Records of a day."""

BODY = json.dumps(
    [["sonde", "turbidity", "NTU", 6.512, 6.1, 7.204, 6.512, 60, 60, 1, "", "3f2a9c01d4e7"]] * 20,
    ensure_ascii=False,
    separators=(",", ":"),
)
"""A minute of twenty channels."""

# a process of the product's own, which stores `count` minutes: what it wrote, and how much the files have grown
STORE = """
import sys
from pathlib import Path
from gateway.log.files import partitions, size
from gateway.log.store import RecordLog
from gateway.record import Record
path, count, body = Path(sys.argv[1]), int(sys.argv[2]), sys.stdin.read()
path.parent.mkdir(parents=True, exist_ok=True)
log = RecordLog.open(path, 1_793_577_600_000)
written = lambda: int(open("/proc/self/io").read().split("write_bytes: ")[1].split()[0])
before = written()
for n in range(count):
    log.append(Record(0, "interval", 60, 1_793_577_600_000 + n * 60_000, 0, "bench", n * 60_000, "ntp", 50, body))
spent = written() - before
log.close()
print(spent / count, sum(one.path.stat().st_size for one in partitions(path)) / count)
"""


def figures(quick: bool) -> Iterator[Figure]:
    """Two days of minutes stored, or a few hundred; 0, 1 and 90 days of backlog, or 0, 1 and 10."""
    yield from storing(300 if quick else 2880)
    yield from backlog((0, 1, 10 if quick else 90))


def stored(path: Path, count: int) -> tuple[float, float]:
    """Store so many minutes in the log at `path`: bytes written and bytes of file, each per record."""
    command = [sys.executable, "-c", STORE, str(path), str(count)]
    done = subprocess.run(command, input=BODY, capture_output=True, text=True, check=True)
    written, kept = map(float, done.stdout.split())
    return written, kept


def storing(count: int) -> list[Figure]:
    """`count` minutes of twenty channels, one commit each."""
    with folder() as where:
        written, kept = stored(where / "state" / "acquire" / "records.db", count)
        bare, _spent = bare_commits(where, BODY, count)
    return [
        ("storing: bytes to storage per interval of 20 channels", written, bare, "bare commit of the same row"),
        ("storing: MB to storage a day, a minute an interval", written * DAY / 1e6, bare * DAY / 1e6, "bare commits"),
        ("storing: days of outage that fit into 1 GB", 1e9 / kept / DAY, 1e9 / len(BODY.encode()) / DAY, "the bodies alone"),
    ]


def backlog(days: tuple[int, ...]) -> list[Figure]:
    """Resident memory of a gateway that drains a backlog, the first without one."""
    found = [_memory(one) for one in days]
    return [
        (f"backlog of {one} days: the gateway's resident MB", memory, found[0], f"with {days[0]} days")
        for one, memory in zip(days, found, strict=True)
    ]


def _memory(days: int) -> float:
    with folder() as where, ExitStack() as stack:
        broker = Broker(where)
        broker.start()
        stack.callback(broker.kill)
        station = Station(where, {"b": "tcp://127.0.0.1:1"}, [("y4000", "b", 1)], broker.port)
        with (where / "station.toml").open("a", encoding="utf-8") as config:
            config.write('confirm = "puback"\n')
        stack.callback(station.stop)
        stored(where / "run" / "records.db", max(1, days * DAY))  # in memory; the card is not what is measured
        (where / "state" / "acquire").mkdir(parents=True)
        for one in (where / "run").glob("records*"):
            (where / "state" / "acquire" / one.name).symlink_to(one.resolve())
        station.start("gateway", "delivery.json")
        time.sleep(10.0)
        return resident(station.services["gateway"].pid)
