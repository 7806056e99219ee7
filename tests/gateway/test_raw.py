"""Raw samples: every number for some days, never in the way of what is worth more."""

import sqlite3

from gateway.log.raw import RawLog, read
from gateway.log.room import Room, raw_files

DAY = 86_400_000
NOON = 1_793_505_600_000
"""2026-11-01T12:00+08:00"""


def minute(raw, n, offset=NOON, values=True):
    for second in range(60):
        said = {"pm25": 10 + second / 10, "pm10": 20.0} if values else {}
        raw.add("pm", n * 60_000 + second * 1000, said, "" if values else "timeout")
        raw.tick(n * 60_000 + second * 1000, offset)
    raw.tick((n + 1) * 60_000, offset)


def roomy(free=1 << 30):
    return Room(lambda: free, 1 << 30, 1 << 20)


def test_every_number_comes_back(tmp_path):
    path = tmp_path / "records.db"
    raw = RawLog(path, 7, "boot", roomy())
    minute(raw, 0)
    minute(raw, 1, values=False)
    raw.close()
    found = list(read(path, 0, 2**62))
    assert len(found) == 120 + 60 and raw.lost == 0
    assert found[2] == (NOON + 1000, "boot", 1000, "pm", "pm25", 10.1, "") and found[-1].reason == "timeout"
    assert [one.start for one in read(path, NOON + 5000, NOON + 6000)] == [NOON + 5000] * 2
    (row,) = sqlite3.connect(raw_files(path)[0]).execute("SELECT count(*), sum(length(body)) FROM raw")
    assert row[0] == 2 and row[1] < 180 * 4, "packed: a few bytes a number"


def test_one_file_a_day_and_the_oldest_go(tmp_path):
    path = tmp_path / "records.db"
    raw = RawLog(path, 3, "boot", roomy())
    for day in range(10):
        minute(raw, day * 1440)
    raw.close()
    assert [one.name for one in raw_files(path)] == [f"raw-2026-11-{day:02}.db" for day in (7, 8, 9, 10)]


def test_without_the_time_they_go_on_in_the_newest_file(tmp_path):
    path = tmp_path / "records.db"
    raw = RawLog(path, 3, "boot", roomy())
    minute(raw, 0, None)
    minute(raw, 1)
    minute(raw, 2, None)
    raw.close()
    assert [one.name for one in raw_files(path)] == ["raw-0000-undated.db", "raw-2026-11-01.db"]
    assert [one.start is None for one in read(path, 0, 2**62)].count(True) == 240


def test_they_are_not_written_while_space_is_short_or_if_nobody_wants_them(tmp_path):
    path = tmp_path / "records.db"
    for raw in (RawLog(path, 3, "boot", roomy(2 << 20)), RawLog(path, 0, "boot", roomy())):
        minute(raw, 0)
        raw.close()
    assert raw_files(path) == []


def test_a_damaged_day_is_dropped_and_begun_anew(tmp_path):
    path = tmp_path / "records.db"
    (tmp_path / "raw-2026-11-01.db").write_bytes(b"rubbish" * 4096)
    raw = RawLog(path, 3, "boot", roomy())
    minute(raw, 0)
    minute(raw, 1)
    raw.close()
    assert raw.lost == 1 and len(list(read(path, 0, 2**62))) == 120
