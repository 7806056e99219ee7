"""`gateway/log/reading.md`: every example on it works while the station writes, with Python's sqlite3 and with sqlite-utils."""

import json
import re
import shlex
import sqlite3
from importlib.resources import files

import pytest
from click.testing import CliRunner
from sqlite_utils.cli import cli

from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from station import events

PAGE = files("gateway.log").joinpath("reading.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
LINES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()

OCTOBER = 1_793_458_800_000
"""2026-10-31T23:00 in Beijing."""
MINUTE = 60_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two minutes of October and three of November, an alarm, maintenance and a sample; still open for writing."""
    log = RecordLog.open(tmp_path / "records.db", 1)

    def store(minute, kind, body):
        period = 60 if kind == "interval" else 0
        log.append(Record(0, kind, period, OCTOBER + minute * MINUTE, 0, "b", minute, "ntp", 10, body))

    for minute, value, flag, reason in (
        (0, 8.0, 1, ""),
        (1, 8.0, 1, ""),
        (60, 10.0, 1, ""),
        (61, 90.0, 3, "spike"),
        (62, 20.0, 1, ""),
    ):
        row = ChannelRow("pm", "pm25", "µg/m³", value, value, value, value, 60, 60, flag, reason, "1f0c83a9b2d4")
        store(minute, "interval", compact([row.entries()]))
    facts = {"channel": "pm.pm25", "value": 19.0, "unit": "µg/m³", "taken": "2026-11-01T00:02", "by": "Wang Li"}
    store(63, "event", events.sample(facts | {"laboratory": "EMC", "method": "HJ 618", "note": ""}))
    store(63, "event", events.requested("maintenance", "cli:pi", {"on": True, "by": "Wang Li", "note": "filter"}, "on"))
    raised = {"code": "raised", "alarm": "dust", "kind": "threshold", "value": 90.0, "bound": 75.0, "drill": True}
    store(63, "alarm", compact(raised))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    log.close()


FOUND = [
    [("2026-11-01T00:02:00+08:00", "pm", "pm25", 20.0, "µg/m³", 1, "")],
    [("2026-11-01T00", 15.0, 2)],
    [("pm", "pm25", 3, "spike", 1)],
    [("2026-11-01T00:03:00+08:00", "raised", "dust", 90.0, 75.0, 1)],
    [("2026-11-01T00:03:00+08:00", "maintenance", "Wang Li", "filter", "on")],
    [("2026-11-01T00:02", 19.0, 20.0, "µg/m³")],
    [("2026-10", 2), ("2026-11", 3)],
]


def test_every_query_of_the_page_says_what_is_stored(folder):
    before = {path.name: path.read_bytes() for path in folder.glob("records-*.db")}
    assert len(before) == 2 and len(QUERIES) == len(FOUND)
    for query, found in zip(QUERIES, FOUND, strict=True):
        database = sqlite3.connect("file:records.db?mode=ro", uri=True)
        query = query.replace("records-001790870400000-2026-10.db", min(before))
        *first, last = filter(None, map(str.strip, query.split(";")))
        for statement in first:
            database.execute(statement)
        assert database.execute(last).fetchall() == found, query
        database.close()
    assert {path.name: path.read_bytes() for path in folder.glob("records-*.db")} == before, "whoever reads changes nothing"


def test_views_and_columns_are_those_of_the_page(folder):
    database = sqlite3.connect("file:records.db?mode=ro", uri=True)
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| `([^`]+)` \|$", PAGE, re.MULTILINE))
    views = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    assert sorted(told) == sorted(views)
    for view, columns in told.items():
        assert [row[1] for row in database.execute(f"PRAGMA table_info({view})")] == columns.split()
    database.close()


def test_the_lines_of_sqlite_utils_work_beside_the_writer(folder):
    said = []
    for line in LINES:
        program, *words = shlex.split(line)
        assert program == "sqlite-utils"
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        said.append(done.output)
    assert {one["view"]: one["count"] for one in json.loads(said[0])} == {"readings": 3, "intervals": 3, "events": 3}
    assert "2026-11-01T00:02:00+08:00" in said[1] and "spike" in said[2] and "maintenance" in said[3]
    reader = LogReader(folder / "records.db")
    assert reader.complete and not list(folder.glob("*.suspect")), "nothing was taken for damage"
    reader.close()
