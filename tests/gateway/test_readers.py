"""Many read while one writes: nobody is told that the database is locked, and the write-ahead log stays small."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from gateway.log import files
from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.log.writer import WAL_LIMIT
from gateway.record import Record

BODY = '[["pm","pm25","µg/m³",12.3,11.0,14.0,13.1,60,60,1,"","' + "f" * 2000 + '"]]'

LOOK = """
import sqlite3, sys
while sys.stdin.readable():
    database = sqlite3.connect(sys.argv[1], timeout=0)
    print(database.execute("SELECT count(*), max(value) FROM readings").fetchone()[0], flush=True)
    database.close()
"""


@pytest.fixture
def place():
    """A folder in memory, if there is such: how fast this card syncs is not what is tried."""
    folder = Path(tempfile.mkdtemp(prefix="shst-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    (folder / "acquire").mkdir()
    yield folder / "acquire" / "records.db"
    shutil.rmtree(folder)


def record(n):
    return Record(0, "interval", 60, 1_793_500_000_000 + n * 1000, 0, "b", n, "ntp", 50, BODY)


def wal_of(path):
    sizes = [Path(f"{one.path}-wal").stat().st_size for one in files.partitions(path) if Path(f"{one.path}-wal").exists()]
    return max(sizes, default=0)


def test_the_courier_the_command_line_and_sqlite_read_at_once(place):
    log = RecordLog.open(place, 1)
    log.append(record(0))
    done, seen, commands = threading.Event(), [], []

    def courier():
        reader, head = LogReader(place), 0
        while not done.is_set() or head < len(numbers):
            for first, last in reader.runs_after(head):
                seen.extend(one.sequence for one in reader.oldest_first(first, last, last - first + 1))
                head = last
        reader.close()

    def command_line():
        while not done.is_set():
            words = [sys.executable, "-m", "station", "log", "tail", "-n", "3", "--json", "--state", str(place.parents[1])]
            commands.append(subprocess.run(words, capture_output=True, text=True))

    numbers = [1]
    sqlite = subprocess.Popen(
        [sys.executable, "-c", LOOK, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    threads = [threading.Thread(target=one) for one in (courier, courier, command_line)]
    for thread in threads:
        thread.start()
    largest = 0
    while len(numbers) < 1500 or len(commands) < 3:
        numbers.append(log.append(record(len(numbers))))
        largest = max(largest, wal_of(place))
    done.set()
    sqlite.terminate()
    counts, errors = sqlite.communicate()
    for thread in threads:
        thread.join(60)
    log.close()
    assert sorted(seen) == sorted(2 * numbers), "each courier saw each record once"
    assert all(not one.returncode and one.stdout.count("\n") == 3 for one in commands), commands
    assert "locked" not in errors and len(counts.splitlines()) > 1
    assert largest < WAL_LIMIT + (1 << 20)


def test_a_reader_that_stays_for_long_does_not_make_the_write_ahead_log_grow_without_end(place):
    log = RecordLog.open(place, 1)
    log.append(record(0))
    database = sqlite3.connect(place, isolation_level=None)
    database.execute("BEGIN")
    (count,) = database.execute("SELECT count(*) FROM records").fetchone()
    for n in range(1, 3 * WAL_LIMIT // 4096):
        log.append(record(n))
    assert wal_of(place) < WAL_LIMIT + (1 << 20) and len(files.partitions(place)) >= 2
    assert database.execute("SELECT count(*) FROM records").fetchone() == (count,) == (1,)
    database.close()
    assert sum(last - first + 1 for first, last in LogReader(place).runs_after(0)) == 3 * WAL_LIMIT // 4096
    log.close()


def test_a_folder_is_read_again_whenever_a_name_in_it_may_have_changed(place, mocker):
    lookout, read = files.Lookout(place), mocker.spy(os, "scandir")
    old = 1_700_000_000_123_456_789

    def names(changed=old):
        os.utime(place.parent, ns=(changed, changed))
        return [one.path.name for one in lookout.survey().partitions]

    assert names() == []
    files.partition_path(place, 1, "").touch()
    assert names(old + 4_000_000) == ["records-000000000000001.db"], "a change that another process made"
    assert read.call_count == 2
    assert names(old + 4_000_000) == names(old + 4_000_000) == ["records-000000000000001.db"]
    assert read.call_count == 2, "nothing has changed: the folder is not read"
    files.suspect(files.partition_path(place, 1, "")).touch()
    assert lookout.survey().suspects == [files.partition_path(place, 1, "")]


@pytest.mark.parametrize("changed", [None, 1_700_000_000_000_000_000])
def test_two_changes_of_one_instant_are_both_seen(place, changed):
    """Of a time that is not over yet, or that a file system keeps in whole seconds, a second change does not show."""
    lookout, now = files.Lookout(place), changed or time.time_ns() // 1000 * 1000 + 3_600_000_000_001
    for number in range(1, 4):
        files.partition_path(place, number, "").touch()
        os.utime(place.parent, ns=(now, now))
        assert len(lookout.survey().partitions) == number
