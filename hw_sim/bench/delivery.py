"""A week's backlog, drained: with the platform's receipts, and freed by PUBACK; beside bare paho with the same bytes."""

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hw_sim.bench import Figure
from hw_sim.bench.rig import SCHEMA, Station, cpu, folder, resident
from hw_sim.platform import process
from hw_sim.platform.broker import Broker

WEEK = 10_080

CHANNELS = ("temperature", "turbidity", "ph", "conductivity", "orp")
"""Of four sondes."""


def _body() -> str:
    """The body of an interval of 20 channels, no two of them alike: equal rows would be compressed away."""
    chance = random.Random("body")
    rows = []
    for sonde in range(4):
        for channel in CHANNELS:
            value = round(chance.uniform(5.0, 900.0), 3)
            low, high = round(value * chance.uniform(0.9, 1.0), 3), round(value * chance.uniform(1.0, 1.1), 3)
            rows.append([f"sonde{sonde}", channel, "NTU", value, low, high, value, 15, 15, 1, "", "3f2a9c01d4e7"])
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


BODY = _body()
"""Of an interval."""


def figures(quick: bool) -> Iterator[Figure]:
    """A week of minutes, or 1,000."""
    yield from drain(1000 if quick else WEEK)


def drain(records: int) -> list[Figure]:
    """A backlog of `records` minutes of 20 channels: with the platform's receipts, and freed by PUBACK; beside bare paho."""
    body = BODY
    with folder() as where:
        broker = Broker(where)
        broker.start()
        bare, bare_cpu = bare_paho(broker.port, b"x" * (len(body.encode()) + 180), min(records, 5000))
        by_ack = drained(where, body, records, broker.port, 'confirm = "puback"\n')
        broker.kill()
    with folder() as where, ExitStack() as stack:
        (where / "platform").mkdir()
        platform = stack.enter_context(process.platform(where / "platform", SCHEMA))
        by_receipt = drained(where, body, records, platform.ready["port"], "")
    tag = f"draining {records} minutes"
    return [
        (f"{tag}: records/s, freed by PUBACK", by_ack[0], bare, "bare paho, same bytes"),
        (f"{tag}: CPU µs per record, freed by PUBACK", by_ack[1], bare_cpu, "bare paho, same bytes"),
        (f"{tag}: records/s, the platform checks, stores and receipts", by_receipt[0], None, ""),
        (f"{tag}: CPU µs per record, with receipts", by_receipt[1], bare_cpu, "bare paho, same bytes"),
        (f"{tag}: the gateway's resident MB at its end", by_receipt[2], None, ""),
        (f"{tag}: s", records / by_receipt[0], None, ""),
        (f"{tag}: bytes on the wire per record, in batches", by_receipt[3], by_ack[3], "one by one"),
    ]


def drained(where: Path, body: str, records: int, port: int, more: str) -> tuple[float, float, float, float]:
    """Records/s, CPU µs and bytes on the wire per record, and resident MB of a gateway that finds so many records owed."""
    station = Station(where, {"b": "tcp://127.0.0.1:1"}, [("y4000", "b", 1)], port)
    with (where / "station.toml").open("a", encoding="utf-8") as config:
        config.write(f"{more}backlog_rate = 100000\n")
    station.start("acquire", "live.json")
    station.services.pop("acquire").terminate()
    fill(where / "state" / "acquire" / "records.db", body, records)
    station.start("gateway", "delivery.json")
    pid = station.services["gateway"].pid
    begin, before = time.monotonic(), cpu(pid)
    confirmed = 0
    while confirmed < records and time.monotonic() - begin < 120:
        time.sleep(0.1)
        content = json.loads((where / "run" / "delivery.json").read_text("utf-8"))
        confirmed = content["destinations"]["platform"]["confirmed"]
    spent, used, memory = time.monotonic() - begin, cpu(pid) - before, resident(pid)
    carried = content["destinations"]["platform"]["link"].get("bytes", 0)
    station.stop()
    return confirmed / spent, used / max(1, confirmed) * 1e6, memory, carried / max(1, confirmed)


def fill(database: Path, body: str, records: int) -> None:
    """Put so many minutes behind what is in the log."""
    connection = sqlite3.connect(database, timeout=20)
    (last,) = connection.execute("SELECT max(sequence) FROM records").fetchone()
    start = 1_793_500_000_000
    rows = ((last + n + 1, start + n * 60_000, n * 60_000, body) for n in range(records))
    columns = "sequence, kind, period, start, revision, boot, monotonic, time_source, body"
    connection.executemany(f"INSERT INTO records ({columns}) VALUES (?, 'interval', 60, ?, 0, 'bench', ?, 'system', ?)", rows)
    connection.commit()
    connection.close()


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
