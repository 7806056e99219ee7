"""The platform: once by key, receipts only for what is stored, junk refused."""

import json
import os
import signal
import sqlite3
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hw_sim.platform import process
from hw_sim.platform.consumer import Consumer, archive

SCHEMA = Path(__file__).parents[2] / "gateway" / "payload.schema.json"


def record(sequence, start=1000, **other):
    content = {
        "version": 1, "station": "S", "sequence": sequence, "kind": "event", "period": 0, "start": start, "revision": 0,
        "time": {"source": "ntp", "error": None}, "replay": False, "body": {"code": "x"},
    }  # fmt: skip
    return json.dumps(content | other).encode()


@pytest.fixture
def consumer(tmp_path):
    receipts = []
    made = Consumer(tmp_path / "p.db", SCHEMA, lambda station, content: receipts.append((station, content)))
    made.sent = receipts
    yield made
    made.close()


def test_a_record_is_stored_once_and_receipted_each_time(consumer, tmp_path):
    for payload in (record(1), record(2), record(1, replay=True)):
        consumer.arrived("S", payload)
    consumer.work(0.0, idle=True)
    assert consumer.sent == [("S", {"ranges": [[1, 2]], "refused": []})]
    assert consumer.counts["stored"] == 2 and consumer.counts["resent"] == 1
    assert set(archive(tmp_path / "p.db")) == {("S", 1), ("S", 2)}


def test_other_content_under_the_same_key_is_a_conflict(consumer, tmp_path):
    consumer.arrived("S", record(1))
    consumer.arrived("S", record(1, start=2000))
    consumer.work(0.0, idle=True)
    assert consumer.sent[0][1] == {"ranges": [[1, 1]], "refused": [[1, "conflict"]]} and consumer.counts["conflicts"] == 1
    assert '"start":1000' in archive(tmp_path / "p.db")["S", 1]


HOSTILE = {
    "not UTF-8": b"\xff",
    "a list": b"[]",
    "empty": b"{}",
    "another kind": record(3, kind="x"),
    "another version": record(3, version=2),
    "more than the schema": record(3, extra=1),
    "deep": b"[" * 200_000,
    "a number beyond 64 bits": record(2**70),
    "a fraction for a number": record(5.0),
    "not a number": record(3, body={"code": "x", "n": float("nan")}),
    "half a character": record(3, body={"code": "\ud800"}),
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_what_does_not_fit_the_schema_is_refused(consumer, payload):
    consumer.arrived("S", payload)
    consumer.work(0.0, idle=True)
    assert consumer.counts["invalid"] == 1 and consumer.counts["stored"] == 0
    assert consumer.sent[0][1]["refused"] in ([], [[3, "schema"]])


def test_a_station_speaks_only_for_itself(consumer):
    consumer.arrived("OTHER", record(1))
    consumer.work(0.0, idle=True)
    assert consumer.counts["invalid"] == 1 and consumer.counts["stored"] == 0


def test_the_same_interval_under_two_numbers_is_a_duplicate(consumer):
    row = ["pm", "pm25", "µg/m³", 1, 1, 1, 1, 1, 1, 1, "", ""]
    for sequence in (1, 2):
        consumer.arrived("S", record(sequence, kind="interval", period=60, body=[row]))
    consumer.work(0.0, idle=True)
    assert consumer.duplicates() == 1


def test_what_it_has_receipted_survives_kill_9(tmp_path):
    """And two platforms run side by side; nothing is left when they end."""
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    with process.platform(folders[0], SCHEMA) as first, process.platform(folders[1], SCHEMA) as second:
        assert first.ready["port"] != second.ready["port"]
        promised = set()
        client = paho.Client(CallbackAPIVersion.VERSION2, "t", protocol=paho.MQTTv5)
        client.on_message = lambda _c, _d, message: promised.update(
            n for a, b in json.loads(message.payload)["ranges"] for n in range(a, b + 1)
        )
        client.connect("127.0.0.1", first.ready["port"])
        client.subscribe("shanshui/v1/S/receipt", 1)
        sent = 0
        while len(promised) < 50:
            if sent < 1000:
                sent += 1
                client.publish("shanshui/v1/S/record", record(sent), qos=1)
            client.loop(0.01)
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        client.disconnect()
        assert promised <= {sequence for _, sequence in archive(folders[0] / "platform.db")}
        database = sqlite3.connect(folders[0] / "platform.db")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        assert second.order(do="stats")["stored"] == 0 and not second.order(do="nonsense")["ok"]
