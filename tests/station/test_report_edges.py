"""What a report says when little is stored, and what is refused."""

import json
from datetime import date

import pytest

from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from station.cli.main import main
from station.config import parse
from station.metrics.trend import trend
from station.places import find
from station.report.month import wanted
from station.report.rows import rows
from station.summary.aggregate import folded
from station.summary.rows import intervals, minutes
from station.summary.settings import Aqi, Noise
from tests.station.month_rig import at

CONFIG = """
[station]
id = "E-1"
name = "edge"
language = "en"
interval = 600
[[bus]]
name = "pm"
kind = "uart"
port = "/dev/ttyS9"
[[instrument]]
name = "pm"
driver = "pms5003"
bus = "pm"
quantities = ["pm25", "pm10"]
[metric.aqi]
kind = "aqi"
"""

TOLD = {"code": "metric", "metric": "aqi", "kind": "aqi", "span": "day", "concentrations": {"pm25": 80.0}, "iaqi": {"pm25": 119}}
TOLD |= {"aqi": 119, "publish": True, "primary": ["pm25"], "level": 3, "category_zh": "轻度污染"}


def record(start, kind, body):
    return Record(0, kind, 600 if kind == "interval" else 0, start, 0, "b", start - at(1), "ntp", 10, compact(body))


@pytest.fixture
def where(tmp_path):
    """Of the 5th only what was told is left; of the 6th there are intervals, and something else was told."""
    (tmp_path / "station.toml").write_text(CONFIG, "utf-8")
    where = find(str(tmp_path / "station.toml"), str(tmp_path / "state"), str(tmp_path / "run"))
    where.log.parent.mkdir(parents=True)
    log = RecordLog.open(where.log, first=1)
    log.append(record(at(6), "event", {**TOLD, "begin": at(5), "local": "2026-10-05 00:00"}))
    for step in range(144):
        row = [ChannelRow("pm", key, "", 20.0, 20.0, 20.0, 20.0, 600, 600, 1, "", "").entries() for key in ("pm25", "pm10")]
        log.append(record(at(6) + step * 600_000, "interval", row))
    log.append(record(at(7), "event", {**TOLD, "begin": at(6), "local": "2026-10-06 00:00"}))
    log.close()
    return where


def command(where, *more):
    return main(["report", *more, "--config", str(where.config), "--state", str(where.state), "--run", str(where.run)])


def test_what_was_told_stands_for_records_that_are_gone(where, capsys):
    """And where both are there and differ, that is said."""
    assert command(where, "--month", "2026-10", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    days = {day["date"][8:]: (told["states"][day["date"]], day["values"]["pm25"], day["aqi"]) for day in told["air"][0]["days"]}
    assert days["05"] == ("told", 80.0, 119) and days["04"] == ("before", None, None) and days["07"][0] == "nothing"
    assert days["06"] == ("read", 20.0, 29)  # HJ 633: 20 of 35 µg/m³ are 28.6, rounded up
    (differs,) = told["told_otherwise"]
    assert differs["date"] == "2026-10-06" and differs["told"]["aqi"] == 119 and differs["now"]["aqi"] == 29
    assert {row["value"] for row in rows(told) if row["date"] == "2026-10-06" and row["figure"] == "values.pm25"} == {20.0}


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--month", "2026-13"], 2, "2026-13"),
        (["--month", "november"], 2, "write --month 2026-11"),
        (["--month", "2026-09"], 1, "nothing is stored of 2026-09"),
        (["--month", "2026-10", "--output", "station.toml"], 3, "cannot be written"),
        (["--month", "2026-10", "--targets", "paris"], 2, "miyun"),
    ],
)
def test_what_is_refused(where, capsys, monkeypatch, more, code, said):
    monkeypatch.chdir(where.config.parent)
    try:
        assert command(where, *more) == code
    except SystemExit as end:
        assert end.code == code
    assert said in capsys.readouterr().err


def test_without_a_configuration(tmp_path, capsys):
    assert main(["report", "--month", "2026-10", "--config", str(tmp_path / "none.toml"), "--lang", "en"]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_sections_follow_from_what_is_measured(where):
    """Pollutants have an index and levels a day and a night, whether or not the configuration names a metric."""
    meter = '[[instrument]]\nname = "noise"\ndriver = "rs485_noise"\nbus = "n"\n'
    meter += '[[bus]]\nname = "n"\nkind = "modbus"\nport = "/dev/ttyS8"\n'
    bare = parse(CONFIG.split("[metric")[0] + meter, "bare")
    assert wanted(bare) == [Aqi(name="aqi"), Noise(name="noise.laeq", channel="noise.laeq", zone="")]
    assert wanted(parse(CONFIG, "named")) == [Aqi(name="aqi")]


def test_a_trend():
    """By hand: the slopes between 1, 2, 4, 3, 5 have the median 1; of a series without order nothing is said to be certain."""
    assert trend([(0, 1.0), (1, 2.0), (2, 4.0), (3, 3.0), (4, 5.0)]).slope == pytest.approx(1.0)
    rising = [(float(n), n + (n % 3)) for n in range(12)]
    assert trend(rising).verdict == "rising" and trend([(n, -value) for n, value in rising]).verdict == "falling"
    assert trend([(float(n), float((n * 7) % 12)) for n in range(12)]).verdict == "none"
    assert trend([(float(n), 3.0) for n in range(12)]) == (0.0, None, 12, None)
    few = trend([(0, None), (1, 2.0), (2, None)])
    assert few == (None, None, 1, None)
    assert trend([(0, 1.0), (1, 2.0), (2, 2.0), (3, 4.0)]).rank == pytest.approx(4.5 / (5 * 4.5) ** 0.5)  # ranks 1, 2.5, 2.5, 4


def test_seconds_become_minutes():
    """60 seconds of which 50 are good: their mean; with 40 good ones the minute is doubted: less than three quarters."""
    found = []
    for second in range(120):
        good = second % 60 < (50 if second < 60 else 40)
        level, flag, reason = (10.0 + second % 60, 1, "") if good else (None, 9, "timeout")
        row = ChannelRow("pm", "pm25", "µg/m³", level, level, level, level, int(good), 1, flag, reason, "")
        found.append(Record(second + 1, "interval", 1, at(1) + second * 1000, 0, "b", second, "ntp", 1, compact([row.entries()])))
    (first, one), (second_, other) = minutes(intervals(found))
    assert (first.start, first.period, second_.start) == (at(1), 60, at(1) + 60_000)
    row = one["pm", "pm25"]
    assert row.value == pytest.approx(10 + 49 / 2) and (row.low, row.high) == (10.0, 59.0)
    assert (row.count, row.expected, row.flag, row.reason) == (50, 60, 1, "")
    assert other["pm", "pm25"][7:11] == (40, 60, 3, "timeout")


def test_an_emergency_has_a_pace_of_its_own():
    """Minutes of 12 readings, and for an hour ten-second intervals of 10: neither is measured by what is due of the other."""
    found = []
    for start in [*range(0, 3600, 60), *range(3600, 7200, 10), *range(7200, 10800, 60)]:
        dense = 3600 <= start < 7200
        row = ChannelRow("pm", "pm25", "µg/m³", 20.0, 20.0, 20.0, 20.0, *((10, 10) if dense else (12, 12)), 1, "", "")
        moment = at(1) + start * 1000
        found.append(Record(0, "interval", 10 if dense else 60, moment, 0, "b", start, "ntp", 1, compact([row.entries()])))
    hours = folded(minutes(intervals(found)), date(2026, 10, 1))["pm", "pm25"].hours
    assert [(hour.value, hour.valid) for hour in hours[:4]] == [(20.0, 60), (20.0, 60), (20.0, 60), (None, 0)]


def test_events_without_the_intervals_between_them(where):
    log = LogReader(where.log)
    assert [one.kind for one in log.happenings(0, 2**62, 10)] == ["event", "event"]
    assert len(log.happenings(0, 2**62, 1)) == 1
    log.close()
