"""Export by channel and level, and the track of a mobile station."""

import csv
import json
from datetime import date
from io import StringIO

import pytest

from gateway.log.raw import RawLog
from gateway.log.room import Room
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from station.cli.main import main
from station.summary.aggregate import midnight

BEGIN = midnight(date(2026, 11, 23))


def row(instrument, quantity, unit, value, flag=1, reason=""):
    return ChannelRow(instrument, quantity, unit, value, value, value, value, 60, 60, flag, reason, "").entries()


@pytest.fixture
def state(tmp_path):
    """An hour of minutes; in one the position is not good."""
    (tmp_path / "acquire").mkdir()
    log = RecordLog.open(tmp_path / "acquire" / "records.db", 1)
    for minute in range(60):
        place = [row("gnss", "latitude", "°", 40.4 + minute / 1000), row("gnss", "longitude", "°", 116.8)]
        if minute == 7:
            place = [row("gnss", "latitude", "°", 40.4, 3, "gap"), row("gnss", "longitude", "°", 116.8)]
        dust = [row("wheel", "pm10", "µg/m³", 100.0 + minute, 3 if minute == 9 else 1, "spike" if minute == 9 else "")]
        dust.append(row("roof", "pm10", "µg/m³", 30.0))
        log.append(Record(0, "interval", 60, BEGIN + minute * 60_000, 0, "b", minute, "ntp", 10, compact([*place, *dust])))
    log.close()
    return tmp_path


def export(state, capsys, *words):
    assert main(["log", "export", *words, "--state", str(state)]) == 0
    return capsys.readouterr().out


def test_a_track_with_values(state, capsys):
    """RFC 7946: longitude first."""
    found = json.loads(export(state, capsys, "--format", "geojson", "--channel", "wheel.pm10"))
    assert found["type"] == "FeatureCollection" and len(found["features"]) == 59
    first, flagged = found["features"][0], found["features"][8]
    assert first["geometry"] == {"type": "Point", "coordinates": [116.8, 40.4]}
    assert first["properties"] == {"time": "2026-11-23T00:00:00.000+08:00", "wheel.pm10": 100.0}
    assert flagged["properties"]["wheel.pm10.flag"] == "3 spike"


def test_an_hour_of_one_channel(state, capsys):
    (found,) = csv.DictReader(StringIO(export(state, capsys, "--level", "hour", "--channel", "roof.pm10")))
    assert (found["time"], found["period"], found["unit"]) == ("2026-11-23T00:00:00+08:00", "3600", "µg/m³")
    assert (found["value"], found["valid"], found["due"]) == ("30.0", "60", "60")


def test_a_day_of_one_hour_has_no_value(state, capsys):
    (found,) = csv.DictReader(StringIO(export(state, capsys, "--level", "day", "--channel", "roof.pm10")))
    assert (found["value"], found["valid"], found["due"]) == ("", "1", "24")


def test_stored_rows_of_one_channel(state, capsys):
    found = list(csv.DictReader(StringIO(export(state, capsys, "--channel", "wheel.pm10"))))
    assert (
        len(found) == 60 and {one["quantity"] for one in found} == {"pm10"} and {one["instrument"] for one in found} == {"wheel"}
    )


def rows(state, capsys, *words):
    return list(csv.DictReader(StringIO(export(state, capsys, *words))))


def test_where_an_interval_is_a_minute_the_minutes_are_the_records(state, capsys):
    stored, minute = rows(state, capsys), rows(state, capsys, "--level", "minute")
    assert [row | {"sequence": ""} for row in stored] == minute and len(minute) == 240


@pytest.fixture
def dense(tmp_path_factory):
    """Two minutes in records of 10 s, of which the second has no good value in two thirds; raw samples of a minute."""
    folder = tmp_path_factory.mktemp("dense")
    path = folder / "acquire" / "records.db"
    path.parent.mkdir()
    log = RecordLog.open(path, 1)
    for n in range(12):
        flag, reason = (3, "spike") if n >= 8 else (1, "")
        one = ChannelRow("pm", "pm25", "µg/m³", 10.0 + n, 9.0, 90.0, 20.0 + n, 10, 10, flag, reason, "1f0c83a9b2d4")
        log.append(Record(0, "interval", 10, BEGIN + n * 10_000, 0, "b", n, "ntp", 10, compact([one.entries()])))
    log.close()
    raw = RawLog(path, 7, "b", Room.of(path.parent, 0))
    raw.add("pm", 0, {"pm25": 20.5}, "")
    raw.add("pm", 1000, {}, "timeout")
    raw.tick(60_000, BEGIN, last=True)
    raw.close()
    return folder


def test_shorter_intervals_are_folded_to_minutes(dense, capsys):
    """10 to 15 give 12.5; of the second minute only 16 and 17 are good, too few for it to pass."""
    first, second = rows(dense, capsys, "--level", "minute")
    assert (first["time"], first["period"], first["value"], first["count"]) == ("2026-11-23T00:00:00+08:00", "60", "12.5", "60")
    assert (first["flag"], first["certificate"], first["unit"]) == ("1", "1f0c83a9b2d4", "µg/m³")
    assert (second["value"], second["flag"], second["reason"]) == ("16.5", "3", "spike")


def test_an_hour_tells_its_flag_and_its_certificates(state, dense, capsys):
    (found,) = rows(dense, capsys, "--level", "hour")
    assert (found["value"], found["flag"], found["certificate"]) == ("", "9", "1f0c83a9b2d4")
    (found,) = rows(state, capsys, "--level", "hour", "--channel", "roof.pm10")
    assert (found["flag"], found["certificate"], found["mark"]) == ("1", "", "")


def test_raw_samples_with_their_unit(dense, capsys):
    value, silence = rows(dense, capsys, "--level", "raw")
    assert (value["time"], value["value"], value["unit"]) == ("2026-11-23T00:00:00.000+08:00", "20.5", "µg/m³")
    assert (silence["time"][:19], silence["value"], silence["reason"]) == ("2026-11-23T00:00:01", "", "timeout")
    assert (value["flag"], silence["flag"]) == ("2", "9")


@pytest.mark.parametrize(("level", "count"), [("stored", 6), ("minute", 1), ("hour", 0), ("day", 1), ("raw", 0)])
def test_every_level_takes_channel_and_time_and_is_told_to_programs(dense, capsys, level, count):
    """The day and nothing else is told whole if it is touched."""
    some = ("--channel", "pm.pm25", "--from", "2026-11-23T00:01", "--to", "2026-11-23T00:02")
    found = [json.loads(line) for line in export(dense, capsys, "--level", level, *some, "--json").splitlines()]
    assert len(found) == count and all(one["time"].endswith("+08:00") for one in found)
    assert export(dense, capsys, "--level", level, "--channel", "pm.pm10").count("\n") == 1, "the head alone"


def test_a_track_has_no_hours(state, capsys):
    assert main(["log", "export", "--format", "geojson", "--level", "hour", "--state", str(state)]) == 2
    assert "--level" in capsys.readouterr().err
