"""A week's backlog, drained: with the platform's receipts, and freed by PUBACK; beside bare paho with the same bytes."""

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
    """A week of minutes, or 3,000."""
    yield from drain(3000 if quick else WEEK)


def drain(records: int) -> list[Figure]:
    """A backlog of `records` minutes of 20 channels: with the platform's receipts, and freed by PUBACK; beside bare paho."""
    body = BODY
    with folder() as where:
        broker = Broker(where)
        broker.start()
        bare, bare_cpu = bare_paho(broker.port, b"x" * (len(body.encode()) + 180), min(records, 5000))
        with heard(broker.port) as arrived:
            by_ack = drained(where, body, records, broker.port, 'confirm = "puback"\n', arrived)
        broker.kill()
    with folder() as where, ExitStack() as stack:
        (where / "platform").mkdir()
        platform = stack.enter_context(process.platform(where / "platform", SCHEMA))
        before = cpu(platform.process.pid)
        by_receipt = drained(where, body, records, platform.ready["port"], "", stored(platform))
        theirs = (cpu(platform.process.pid) - before) / records * 1e6
    tag = f"draining {records} minutes"
    return [
        (f"{tag}: records/s, freed by PUBACK", by_ack[0], bare, "bare paho, same bytes"),
        (f"{tag}: CPU µs per record, freed by PUBACK", by_ack[1], bare_cpu, "bare paho, same bytes"),
        (f"{tag}: records/s, the platform checks, stores and receipts", by_receipt[0], None, ""),
        (f"{tag}: CPU µs per record, with receipts", by_receipt[1], bare_cpu, "bare paho, same bytes"),
        (f"{tag}: CPU µs per record of the simulated platform", theirs, None, ""),
        (f"{tag}: the gateway's resident MB at its end", by_receipt[2], None, ""),
        (f"{tag}: s", records / by_receipt[0], None, ""),
        (f"{tag}: bytes on the wire per record, in batches", by_receipt[3], by_ack[3], "one by one"),
    ]


def stored(platform: process.SimulatedPart) -> Callable[[], int]:
    """How to ask a simulated platform or host how many records it has stored."""
    return lambda: int(platform.order(do="stats").get("stored", 0))


@contextmanager
def heard(port: int) -> Iterator[Callable[[], int]]:
    """How many records a subscriber of the broker has been told of; it slows the broker a little, and with it only us."""
    count = [0]
    client = paho.Client(CallbackAPIVersion.VERSION2, "heard", protocol=paho.MQTTv5)
    client.on_message = lambda *_: count.__setitem__(0, count[0] + 1)
    client.connect("127.0.0.1", port)
    client.subscribe("shanshui/v1/BENCH/record", 0)
    client.loop_start()
    try:
        yield lambda: count[0]
    finally:
        client.disconnect()
        client.loop_stop()


def drained(
    where: Path, body: str, records: int, port: int, more: str, arrived: Callable[[], int]
) -> tuple[float, float, float, float]:
    """Records/s, CPU µs and bytes on the wire per record, and resident MB of a gateway that finds so many records owed.

    Between the first and the last that has `arrived`, as the far end says; no rate limits what goes. The bytes are told by the
    gateway once a second.
    """
    station = Station(where, {"b": "tcp://127.0.0.1:1"}, [("y4000", "b", 1)], port)
    with (where / "station.toml").open("a", encoding="utf-8") as config:
        config.write(f"{more}backlog_rate = 100000\n")
    station.start("acquire", "live.json")
    station.end("acquire")
    fill(where / "state" / "acquire" / "records.db", body, records)
    station.start("gateway", "delivery.json")
    pid = station.services["gateway"].pid
    limit = time.monotonic() + 120
    while not (first := arrived()) and time.monotonic() < limit:
        time.sleep(0.005)
    begin, before, last = time.monotonic(), cpu(pid), first
    while last < records and time.monotonic() < limit:
        time.sleep(0.02)
        last = arrived()
    spent, used = time.monotonic() - begin, cpu(pid) - before
    time.sleep(2.5)
    memory = resident(pid)
    carried = json.loads((where / "run" / "delivery.json").read_text("utf-8"))["destinations"]["platform"]["link"].get("bytes", 0)
    station.stop()
    if last < records:
        raise RuntimeError(f"of {records} records {last} have arrived in 120 s")
    return (last - first) / spent, used / (last - first) * 1e6, memory, carried / last


def fill(database: Path, body: str, records: int) -> None:
    """Put so many minutes, up to now, behind what is in the log: with later ones the station would not believe its clock."""
    connection = sqlite3.connect(database, timeout=20)
    (last,) = connection.execute("SELECT max(sequence) FROM records").fetchone()
    start = (int(time.time()) // 60 - records) * 60_000
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
