"""One simulated day of a profile, then delivered for real: what an MQTT platform and each HJ 212 host have of it in the end."""

import json
import shutil
import socket
import tempfile
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.delivery import Delivery
from gateway.link.hj212.verdict import judge
from hw_sim.instruments import INSTRUMENTS
from hw_sim.platform import process
from hw_sim.platform.consumer import archive
from hw_sim.world import World
from station.config import parse
from station.trial.simday import Plan, SimulatedDay
from station.trial.verdict import canonical, stored_records
from station.trial.verdict_hj212 import judge_hj212
from station.upkeep.profile import certify, numbered, profile, put
from tests.system.rig import SCHEMA, wait_for

INTERVAL = 600
"""s: a day of long intervals is a day all the same."""

SLOWEST = 30.0
"""s between readings: every second matters to levels alone."""


def day(name, holds):
    """Everything that the test wants to know."""
    folder = Path(tempfile.mkdtemp(prefix="shp-"))
    try:
        config = _config(name)
        certify(folder / "certificates", config)
        world = World(3)
        date = (datetime.now(UTC) - timedelta(days=2)).date()
        simulated = SimulatedDay(
            folder, config, Plan(date, holds=holds), world, lambda model, told: INSTRUMENTS[model](world, told)
        )
        simulated.run()
        return _delivered(folder, config, simulated)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _config(name):
    source = profile(name)
    planned = parse(source, name)
    source = put(numbered(source, planned), ("station", "interval"), INTERVAL)
    for number, one in enumerate(planned.instruments):
        if one.period < SLOWEST and "laeq" not in one.channels:
            source = put(source, ("instrument", number, "interval"), SLOWEST)
    return parse(source, name)


def _delivered(folder, config, simulated):
    begin = simulated._begin
    records = stored_records(simulated.log)
    found = {"hosts": {}, "records": Counter(record.kind for record in records)}
    (folder / "platform").mkdir()
    with process.platform(folder / "platform", SCHEMA) as mqtt:
        for one in config.destinations:
            if one.link == "mqtt":
                _deliver(folder, config, one, mqtt.ready["port"], simulated.log)
            else:
                with process.hj212_host(folder / f"{one.name}.log") as host:
                    found["hosts"][one.name] = _to_host(folder, config, one, host, simulated.log, begin, records)
        mqtt.stop()
    kept = archive(folder / "platform" / "platform.db")
    station = config.station.id
    found["mqtt_missing"] = sum(kept.get((station, one.sequence)) != canonical(station, one) for one in records)
    found["mqtt"] = [json.loads(text) for text in kept.values()]
    return found


def _deliver(folder, config, one, port, log, ready=lambda: True):
    """Until nothing is owed."""
    settings = replace(one.settings, host="127.0.0.1", port=port, every=0, backlog_rate=10000.0)
    delivery = Delivery(
        name=one.name, station=config.station.id, log_path=log, ledger_path=folder / f"{one.name}.db", settings=settings,
        requests_dir=folder / "requests", live_path=folder / "live.json", period=INTERVAL, link=one.link,
    )  # fmt: skip
    delivery.start()
    try:
        wait_for("all delivered", lambda: delivery.state()["max_owed"] and not delivery.state()["owed"] and ready(), 90)
    finally:
        delivery.stop()


def _listen(tap, frames, over):
    """What the station says, frame by frame, as far as the tap is quick enough."""
    while not over.is_set():
        try:
            data = tap.recv(1 << 16)
        except TimeoutError:
            continue
        if data[:1] == b">":
            frames.extend(b"##" + part for part in data[1:].split(b"##") if part)


def _to_host(folder, config, one, host, log, begin, records):
    """What the host has, and what `station hj212 explain` has to say against the frames that it got."""
    (folder / f"{one.name}.json").write_text(json.dumps({"set": {}, "kept": {"2061": begin, "2031": begin}}))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as tap:
        tap.bind(str(folder / f"tap-{one.name}.sock"))
        tap.settimeout(0.2)
        frames, over = [], threading.Event()
        listener = threading.Thread(target=_listen, args=(tap, frames, over))
        listener.start()
        settings = replace(one.settings, window=20)
        days = lambda: host.order(do="records", cn="2031")["records"]  # noqa: E731
        try:
            _deliver(folder, config, replace(one, settings=settings), host.ready["port"], log, days)
        finally:
            over.set()
            listener.join()
    told, stats = host.order(do="records")["records"], host.order(do="stats")
    odd = [(frame, [f.code for f in verdict.findings]) for frame in frames if (verdict := judge(frame.strip())).findings]
    verdict = judge_hj212(records, one.settings, told, stats)
    return {"told": told, "notices": stats["notices"], "frames": len(frames), "odd": odd, **verdict}
