"""Export by channel and level, and the track of a mobile station."""

import csv
import json
from datetime import date
from io import StringIO

import pytest

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
