"""What a station of each profile costs: bytes on the card and on the wire, CPU share, memory; each beside nothing, for comparison
among themselves.

Real processes at the profile's own settings, to MQTT and HJ 212, watched for minutes of real time and scaled up to a day. Only
`well` is hurried: its ten minutes become twenty seconds and its radio's hour two minutes, while its CPU share is what it uses
between samples and a thirtieth of what it uses beyond that when hurried. Once-a-day work (metrics of a day) is not in it.

written  what the kernel was asked to write for both services meanwhile, whole pages, and once more what is kept: it goes from
         the write-ahead log into its file later
kept     what the rows hold that were stored: records, and raw samples
wire     both directions, IPv4 and TCP headers (40 bytes a segment) and resent segments included, as the kernel counts them;
         TCP's time stamps (12 bytes a segment) and TLS (22 bytes a record, some 5 kB a handshake) would come on top
"""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from hw_sim.bench import Figure
from hw_sim.bench.rig import SCHEMA, Services, cpu, folder, memory, written
from hw_sim.platform import process

NAMES = (
    "village-air", "park-voc", "ozone", "noise-zone", "noise-road", "noise-site", "reservoir-inflow", "outfall", "well", "mobile",
)  # fmt: skip
HURRIED = {"well": 30.0}
"""Profile → by how much its pauses are shortened."""

SETTLE = 70.0
"""s until what happens once at the start is over."""

AT_ONCE = 5
"""So many stations at the same time; they mostly wait."""

DAY = 86_400.0
CYCLE = 3600.0
"""s from one result of an analyser to the next."""

# a process of the product's own: the scenario of a profile, or, once its ports are known, its configuration
PREPARE = """
import json, sys
from pathlib import Path
from station.config import load, parse
from station.places import find
from station.upkeep.profile import certify, connected, numbered, profile, put, scenario
folder, name, given = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[5])
faster, cycle = map(float, sys.argv[3:5])
source = profile(name)
plan = parse(source, name)
if not given:
    print(json.dumps({"scenario": scenario(plan, cycle), "links": {one.name: one.link for one in plan.destinations}}))
    sys.exit()
source = connected(numbered(source, plan), plan, given["ports"], given["hosts"])
source = put(source, ("station", "id"), "BENCH")
if faster > 1:
    source = put(source, ("station", "interval"), round(plan.station.interval / faster))
    for number, one in enumerate(plan.instruments):
        source = put(source, ("instrument", number, "interval"), max(one.period / faster, one.model.least_interval))
    for number, one in enumerate(plan.destinations):
        source = put(source, ("destination", number, "every"), round(one.settings.every / faster))
path = folder / "station.toml"
path.write_text(source, "utf-8")
certify(find(str(path), str(folder / "state"), str(folder / "run")).certificates, load(path))
"""


def figures(quick: bool) -> Iterator[Figure]:
    """Two minutes of each, or one."""
    seconds = 60.0 if quick else 120.0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        plain = {name: pool.submit(_watch, name, 1.0, seconds) for name in NAMES}
        hurried = {name: pool.submit(_watch, name, faster, seconds) for name, faster in HURRIED.items()}
        for name in NAMES:
            found, faster = plain[name].result(), HURRIED.get(name, 1.0)
            if name in hurried:
                quickly = hurried[name].result()
                found |= {what: each / faster for what, each in quickly.items() if what.endswith("a day")}
                for what in (one for one in found if one.startswith("CPU")):
                    found[what] += max(0.0, quickly[what] - found[what]) / faster
            for what, each in found.items():
                yield f"{name}: {what}", each, None, ""


def _watch(name: str, faster: float, seconds: float) -> dict[str, float]:
    """What a station of the profile costs, `faster` than it is."""
    with folder() as where, ExitStack() as stack:
        station = _start(where, name, faster, stack)
        time.sleep(SETTLE)
        pids = {one: service.pid for one, service in station.services.items()}
        begin, spent = time.monotonic(), {one: cpu(pid) for one, pid in pids.items()}
        put, last = sum(map(written, pids.values())), _last(where)
        wire = _wire(where, begin + seconds)
        took = time.monotonic() - begin
        put = sum(map(written, pids.values())) - put
        found = {f"CPU %, {one}": 100 * (cpu(pid) - spent[one]) / took for one, pid in pids.items()}
        for one, pid in pids.items():
            uses = memory(pid)
            found |= {f"RSS, MB, {one}": uses["rss"], f"USS, MB, {one}": uses["uss"]}
        share = DAY / took / 1e6
        kept = _kept(where, last)
        found |= {f"{kind} kept, MB a day": size * share for kind, size in kept.items()}
    found["written to the card, MB a day"] = (put + sum(kept.values())) * share
    return found | {f"wire, {one}, MB a day": size * share for one, size in wire.items()}


def _start(where: Path, name: str, faster: float, stack: ExitStack) -> Services:
    """Instruments, platforms and both services, until `stack` ends."""
    plan = _prepare(where, name, faster, {})
    (where / "scenario.json").write_text(json.dumps(plan["scenario"]), "utf-8")
    for part in ("ports", "platform"):
        (where / part).mkdir()
    sensors = stack.enter_context(process.instruments(str(where / "scenario.json"), where / "ports"))
    mqtt = stack.enter_context(process.platform(where / "platform", SCHEMA))
    hosts = {
        one: mqtt if link == "mqtt" else stack.enter_context(process.hj212_host(where / f"{one}.log"))
        for one, link in plan["links"].items()
    }
    ports = {one: host.ready["port"] for one, host in hosts.items()}
    _prepare(where, name, faster, {"ports": sensors.ready["ports"], "hosts": ports})
    station = Services(where)
    stack.callback(station.stop)
    station.start("acquire", "live.json")
    station.start("gateway", "delivery.json")
    return station


def _prepare(where: Path, name: str, faster: float, given: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-c", PREPARE, str(where), name, str(faster), str(CYCLE), json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    plan: dict[str, Any] = json.loads(done.stdout or "{}")
    return plan


def _wire(where: Path, until: float) -> dict[str, int]:
    """Bytes both ways of each destination from now on; where the radio rests, each of its windows counts from nothing."""
    before: dict[str, int] = {}
    sums: dict[str, int] = {}
    while True:
        content = json.loads((where / "run" / "delivery.json").read_text("utf-8"))
        for name, one in content["destinations"].items():
            count = int(one["link"].get("bytes", 0))
            last = before.get(name, count)
            sums[name] = sums.get(name, 0) + (count - last if count >= last else count)
            before[name] = count
        if time.monotonic() >= until:
            return sums
        time.sleep(0.5)


def _files(where: Path) -> dict[str, list[Path]]:
    """The files of the record log and those of raw samples."""
    found = [one for one in (where / "state" / "acquire").glob("*.db") if not one.is_symlink()]
    raw = [one for one in found if one.name.startswith("raw-")]
    return {"records": [one for one in found if one not in raw], "raw samples": raw}


def _rows(path: Path, statement: str, *values: int) -> tuple[Any, ...]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20.0)) as database:
        row: tuple[Any, ...] = database.execute(statement, values).fetchone()
    return row


def _last(where: Path) -> dict[Path, int]:
    """The number of the last row of each file."""
    numbers = {"records": "sequence", "raw samples": "number"}
    table = {"records": "records", "raw samples": "raw"}
    return {
        path: int(_rows(path, f"SELECT coalesce(max({numbers[kind]}), 0) FROM {table[kind]}")[0])
        for kind, files in _files(where).items()
        for path in files
    }


def _kept(where: Path, last: dict[Path, int]) -> dict[str, int]:
    """Bytes of the rows behind those: their bodies, and some sixty for the columns beside."""
    count = "SELECT coalesce(sum(length(CAST(body AS BLOB)) + 60), 0) FROM"
    wanted = {"records": f"{count} records WHERE sequence > ?", "raw samples": f"{count} raw WHERE number > ?"}
    return {
        kind: sum(int(_rows(path, wanted[kind], last.get(path, 0))[0]) for path in files) for kind, files in _files(where).items()
    }
