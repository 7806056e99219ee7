"""The record log: what `append` has returned is there, whatever happens next."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from gateway.log.faults import StorageError
from gateway.log.reader import LogReader
from gateway.log.salvage import Salvaged
from gateway.log.schema import MIGRATIONS, TooNew
from gateway.log.store import RecordLog
from gateway.log.writer import Replaced
from gateway.record import Record

BODY = '[["pm","pm25","µg/m³",12.3,11.0,14.0,13.1,60,60,1,"","3f2a9c01d4e7"]]'


def record(start=1_793_500_000_000, body=BODY, kind="interval"):
    return Record(0, kind, 60 if kind == "interval" else 0, start, 0, "boot-1", 5000, "system", None, body)


def read_all(path):
    reader = LogReader(path)
    try:
        return [r for low, high in reader.runs(0, 2**62) for r in reader.oldest_first(low, high, 10_000)]
    finally:
        reader.close()


def test_numbers_go_on_where_they_were(tmp_path):
    path = tmp_path / "records.db"
    log = RecordLog.open(path, first=1000)
    assert [log.append(record()) for _ in range(3)] == [1000, 1001, 1002]
    log.close()
    log = RecordLog.open(path, first=5)
    assert log.append(record()) == 1003 and log.newest_start() == record().start
    log.close()
    assert [one.sequence for one in read_all(path)] == [1000, 1001, 1002, 1003]


def test_what_was_reported_stored_survives_kill_9(tmp_path):
    program = """
import sys
from pathlib import Path
from gateway.log.store import RecordLog
from tests.gateway.test_log import record
log = RecordLog.open(Path(sys.argv[1]), first=1)
while True:
    print(log.append(record()), flush=True)
"""
    path = tmp_path / "records.db"
    writer = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    reported = [int(writer.stdout.readline()) for _ in range(200)]
    os.kill(writer.pid, signal.SIGKILL)
    reported += [int(line) for line in writer.communicate()[0].splitlines() if line.strip()]
    log = RecordLog.open(path, first=1)
    log.close()
    assert {one.sequence for one in read_all(path)} >= set(reported)


@pytest.mark.parametrize("damage", [b"", b"this is not a database" * 400, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path, damage):
    path = tmp_path / "records.db"
    (tmp_path / "records-000000000000077-2026-11.db").write_bytes(damage)
    log = RecordLog.open(path, first=5)
    assert log.append(record()) >= 10_000_000, "a number that cannot have been used before"
    log.settle()
    replaced, salvaged = log.happenings
    assert isinstance(replaced, Replaced) and ".damaged-" in replaced.quarantined.name and replaced.why
    assert isinstance(salvaged, Salvaged) and salvaged.count == 0 and salvaged.kept.read_bytes() == damage
    log.close()
    assert len(read_all(path)) == 1


def test_a_newer_schema_is_left_alone(tmp_path):
    path = tmp_path / "records.db"
    RecordLog.open(path, first=1).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(TooNew):
        RecordLog.open(path, first=1)
    assert path.exists()


def test_unstamped_records_wait_and_are_stamped(tmp_path):
    path = tmp_path / "records.db"
    log = RecordLog.open(path, first=1)
    log.append(record(start=None))
    assert read_all(path) == []
    assert log.stamp("another-boot", 1, "ntp", None) == 0
    assert log.stamp("boot-1", 1_793_500_000_000, "ntp", 20) == 1
    assert [(r.start, r.time_source, r.time_error) for r in read_all(path)] == [(1_793_500_005_000, "ntp", 20)]
    log.close()


def test_a_full_card_is_said_and_loses_nothing(tmp_path):
    path = tmp_path / "records.db"
    log = RecordLog.open(path, first=1)
    log._database.execute("PRAGMA max_page_count = 20")  # a card of 80 kB
    stored = []
    with pytest.raises(StorageError) as caught:
        for _ in range(1000):
            stored.append(log.append(record(body=BODY.replace("pm25", "x" * 3000))))
    assert caught.value.reason == "full" and str(path) in str(caught.value) and "card is full" in str(caught.value)
    assert [one.sequence for one in read_all(path)] == stored
    log._database.execute("PRAGMA max_page_count = 1000000")
    assert log.append(record()) == stored[-1] + 1
    log.close()


def test_people_can_read_it_with_plain_sqlite(tmp_path):
    path = tmp_path / "records.db"
    log = RecordLog.open(path, first=1)
    log.append(record())
    log.append(record(kind="event", body='{"code":"started"}'))
    log.close()
    connection = sqlite3.connect(path)
    query = "SELECT time, instrument, quantity, unit, value, raw, flag, certificate FROM readings"
    assert connection.execute(query).fetchall() == [
        ("2026-11-01T10:26:40+08:00", "pm", "pm25", "µg/m³", 12.3, 13.1, 1, "3f2a9c01d4e7")
    ]
    assert connection.execute("SELECT code FROM events").fetchall() == [("started",)]
    assert connection.execute("SELECT channels FROM intervals").fetchall() == [(1,)]
    connection.close()


def test_a_reader_follows_the_file(tmp_path):
    path = tmp_path / "records.db"
    reader = LogReader(path)
    assert reader.runs_after(0) == [] and reader.generation == 0
    log = RecordLog.open(path, first=10)
    log.append(record())
    assert reader.runs_after(0) == [(10, 10)] and reader.generation == 1
    log.close()
    for file in tmp_path.iterdir():
        file.unlink()
    assert reader.runs_after(0) == []
    log = RecordLog.open(path, first=500)
    log.append(record())
    assert reader.runs_after(0) == [(500, 500)] and reader.generation == 3
    log.close()
    reader.close()


def test_holes_are_told_apart_from_records(tmp_path):
    path = tmp_path / "records.db"
    log = RecordLog.open(path, first=1)
    for _ in range(6):
        log.append(record())
    log._database.execute("DELETE FROM records WHERE sequence IN (3, 4)")
    reader = LogReader(path)
    assert reader.runs_after(0) == [(1, 2), (5, 6)] and reader.runs(3, 5) == [(5, 5)]
    assert [r.sequence for r in reader.newest_first(1, 6, 3)] == [6, 5, 2]
    reader.close()
    log.close()
