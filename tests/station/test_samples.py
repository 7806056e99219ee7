"""A laboratory's values: beside the series in an export, as the reference of a fit, each a record with mark S."""

import csv
import datetime
import io
import json

import pytest

from calibration.certificate import parse
from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from station import events
from station.cli.main import main
from station.summary.aggregate import midnight
from station.summary.samples import beside, samples

CONFIG = """
[station]
id = "G-1"
name = "river"
language = "en"
[[bus]]
name = "line"
kind = "modbus"
port = "/dev/ttyUSB9"
[[instrument]]
name = "river"
driver = "y532"
bus = "line"
address = 3
serial = "23060017"
"""
BEGIN = midnight(datetime.date(2026, 11, 23))
HOUR = 3_600_000
MINUTE = 60_000
TRUTH = (7.0, 7.4, 7.8, 8.2, 8.6, 9.0)
"""What the laboratory finds at 00:10, 01:10, …; the probe shows 0.9 of it and 0.5 more, and 0.01 now and then."""
ERRORS = (0.01, -0.01, 0.0, 0.01, -0.01, 0.0)


def minute(at, value, flag=1, reason="", taken=""):
    row = ChannelRow("river", "ph", "1", value + 0.3, value, value, value, 60, 60, flag, reason, "", taken)
    return Record(0, "interval", 60, at, 0, "b", 0, "ntp", None, compact([row.entries()]))


def told(at, hour, value, **more):
    facts = {"channel": "river.ph", "value": value, "unit": "1", "taken": f"2026-11-23T{hour:02}:10", "by": "Wang Li"}
    facts |= {"laboratory": "EMC", "method": "HJ 1147-2020", "note": ""} | more
    return Record(0, "event", 0, at, 0, "b", 0, "ntp", None, events.sample(facts))


@pytest.fixture
def station(tmp_path):
    """Six hours of two minutes each, and six samples that the laboratory told two days later."""
    (tmp_path / "station.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "state" / "acquire").mkdir(parents=True)
    log = RecordLog.open(tmp_path / "state" / "acquire" / "records.db", 1)
    for hour, (truth, error) in enumerate(zip(TRUTH, ERRORS, strict=True)):
        begin = BEGIN + hour * HOUR + 10 * MINUTE
        log.append(minute(begin, 0.9 * truth + 0.5 + error, 3, "out_of_calibration"))
        log.append(minute(begin + MINUTE, 4.0, 3, "maintenance"))
    for hour, truth in enumerate(TRUTH):
        log.append(told(BEGIN + 48 * HOUR, hour, truth))
    log.close()
    return tmp_path


def run(station, *words):
    return main([*words, "--config", str(station / "station.toml"), "--state", str(station / "state")])


def fit(station, *words):
    return run(station, "calibrate", "fit", "river.ph", "--samples", *words)


def test_a_line_through_samples_is_a_certificate_that_names_them(station, capsys):
    """Inverse of the probe's 0.9 and 0.5 by hand: gain 1/0.9, offset −0.5/0.9; the small errors move it by less than 0.03."""
    assert fit(station, "--draft", str(station / "draft.toml")) == 0
    out = capsys.readouterr().out
    assert "2026-11-23T00:10  7 1  the station 6.81  (EMC, HJ 1147-2020, Wang Li)" in out and "sign" in out
    text = (station / "draft.toml").read_text("utf-8")
    made = parse(text.replace('author = ""', 'author = "Li Na"'))
    assert (made.model, made.serial, made.quantity, made.method) == ("y532", "23060017", "ph", "linear")
    assert made.reference == "EMC, HJ 1147-2020, Wang Li" and "2026-11-23T05:10 (record 18)" in made.note
    assert made.coefficients["gain"] == pytest.approx(1 / 0.9, abs=0.03)
    assert made.apply(0.9 * 8.0 + 0.5) == pytest.approx(8.0, abs=0.02)
    assert made.before == tuple((t, pytest.approx(0.9 * t + 0.5 + e)) for t, e in zip(TRUTH, ERRORS, strict=True))
    assert made.date == datetime.date(2026, 11, 23), "taken on the 22nd in UTC"


def test_the_same_for_a_program(station, capsys):
    assert fit(station, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["sequence"] for one in found["samples"]] == [13, 14, 15, 16, 17, 18]
    assert found["against"] == [] and found["rmse_unseen"] < 0.03 < found["before"]["rmse"]


def test_too_few_or_too_far_is_refused_with_what_was_found(station, capsys):
    log = RecordLog.open(station / "state" / "acquire" / "records.db", 1)
    log.append(told(BEGIN + 48 * HOUR, 12, 8.8))
    log.close()
    assert fit(station) == 0
    assert "2026-11-23T12:10  8.8 1  no good interval near it" in capsys.readouterr().out
    assert run(station, "calibrate", "fit", "river.water_temperature", "--samples") == 1
    assert "0 samples have a good interval within 30 min; 5 are asked" in capsys.readouterr().err


def test_only_the_samples_since_the_probe_was_exchanged(station, capsys):
    assert fit(station, "--from", "2026-11-23T02:00", "--to", "2026-11-23T05:00") == 1
    assert "3 samples have a good interval" in capsys.readouterr().err


def test_a_line_that_is_no_better_than_none_is_spoken_against(tmp_path, station, capsys):
    """Samples that contradict each other: what fits five of them misses the sixth."""
    log = RecordLog.open(station / "state" / "acquire" / "records.db", 1)
    for hour, (truth, wrong) in enumerate(zip(TRUTH, (3.0, -3.0, 3.0, -3.0, 3.0, -3.0), strict=True)):
        log.append(told(BEGIN + 49 * HOUR, hour, truth + wrong))
    log.close()
    assert fit(station) == 1
    assert "Against it:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calibrate", "fit", "river.pH", "--samples"), "river.ph"),
        (("calibrate", "fit", "river.ph", "--samples", "--from", "yesterday"), "2026-11-01T08:00"),
        (("calibrate", "fit", "river.ph", "--samples", "--html", "page.html"), "--html"),
        (("calibrate", "fit", "a.csv"), "--quantity, --label, --model, --serial is missing"),
    ],
)
def test_wrong_usage(station, capsys, words, said):
    assert run(station, *words) == 2
    assert said in capsys.readouterr().err


def test_an_analyser_is_asked_for_the_time_at_which_it_took_its_sample(tmp_path):
    """Its result of 09:12 is learnt at 10:00; that of 08:00 at 09:10."""
    log = RecordLog.open(tmp_path / "records.db", 1)
    log.append(minute(BEGIN + 9 * HOUR + 10 * MINUTE, 5.0, taken="2026-11-23T08:00:00"))
    log.append(minute(BEGIN + 10 * HOUR, 6.0, taken="2026-11-23T09:12:00"))
    log.append(told(BEGIN + 20 * HOUR, 9, 6.2))
    log.append(told(BEGIN + 20 * HOUR, 9, "six"))
    log.close()
    reader = LogReader(tmp_path / "records.db")
    (one,) = samples(reader, BEGIN, BEGIN + 24 * HOUR)
    assert beside(reader, one, 1800.0) == (6.0, 120.0)
    assert beside(reader, one, 60.0) is None
    assert samples(reader, BEGIN, one.taken) == []
    reader.close()


@pytest.mark.parametrize("level", ["stored", "minute", "hour", "day", "raw"])
def test_they_stand_beside_the_series(station, capsys, level):
    assert run(station, "log", "export", "--level", level, "--channel", "river.ph") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    mine = [row for row in rows if row["mark"] == "S"]
    assert [(row["time"][:16], float(row["value"])) for row in mine][:2] == [("2026-11-23T00:10", 7.0), ("2026-11-23T01:10", 7.4)]
    assert {(row["reason"], row["flag"], row["source"]) for row in mine} == {("manual", "2", "EMC, HJ 1147-2020, Wang Li")}
    assert len(mine) == 6 and all(row["mark"] == "" for row in rows if row not in mine)
    times = [row["time"] for row in rows]
    assert times == sorted(times)


def test_they_are_told_with_the_statistics_of_their_day(station, capsys):
    assert run(station, "statistics", "--day", "2026-11-23") == 0
    assert "river.ph at 00:10: 7 1 (S; EMC, HJ 1147-2020, Wang Li)" in capsys.readouterr().out
    assert run(station, "statistics", "--day", "2026-11-23", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["samples"]) == 6
