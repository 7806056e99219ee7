"""Operation with a trace: maintenance that ends by itself, values of a laboratory; each is a record."""

import json

import pytest

from gateway import requests
from gateway.log.reader import LogReader
from station import attend as module
from station.attend import Attendant
from station.cli.main import main
from station.config import parse
from station.pipeline import Pipeline
from station.places import Places
from tests.station.test_gaps import CONFIG


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def attended(tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    config = parse(CONFIG, "c")
    pipeline = Pipeline(config.instruments, {}, [])
    places = Places(tmp_path / "station.toml", tmp_path / "state", tmp_path)
    made = Attendant(places, {}, pipeline, config)

    def ask(**arguments):
        request = requests.make("maintenance", "cli:test", arguments)
        requests.put(places.requests, request)
        return [json.loads(body) for body in made.attend()], requests.take_answer(places.requests, request)

    return made, pipeline, clock, ask


def test_maintenance_ends_by_itself(attended):
    made, pipeline, clock, ask = attended
    (told,), answer = ask(on=True, seconds=1800, by="Wang Li", note="probes cleaned")
    assert answer["ok"] and pipeline.maintenance
    assert told["arguments"]["by"] == "Wang Li" and told["arguments"]["note"] == "probes cleaned" and told["result"] == "on"
    clock.now += 1799
    assert made.attend() == [] and pipeline.maintenance
    clock.now += 1
    (body,) = made.attend()
    assert not pipeline.maintenance and json.loads(body)["who"] == "station"
    clock.now += 1e6
    assert made.attend() == []


def test_one_instrument_and_off_before_its_time(attended):
    made, pipeline, clock, ask = attended
    ask(on=True, seconds=60, instrument="pm")
    assert pipeline.maintained == {"pm"} and not pipeline.maintenance
    ask(on=False, instrument="pm")
    assert pipeline.maintained == set()
    ask(on=True, instrument="pm")
    clock.now += 3600
    assert made.attend() == [] and pipeline.maintained == {"pm"}, "without a time it lasts"


def test_an_unknown_instrument_changes_nothing(attended):
    made, _pipeline, clock, ask = attended
    (told,), answer = ask(on=True, seconds=60, instrument="pn")
    assert not answer["ok"] and told["result"] == "unknown instrument"
    clock.now += 61
    assert made.attend() == []


def command(tmp_path, *words):
    (tmp_path / "station.toml").write_text(CONFIG, "utf-8")
    places = ["--config", str(tmp_path / "station.toml"), "--state", str(tmp_path / "state")]
    return main([*words, *places])


ADD = (
    "sample",
    "add",
    "pm.pm25",
    "41.5",
    "--taken",
    "2026-11-24T09:30",
    "--by",
    "Wang Li",
    "--laboratory",
    "EMC",
    "--method",
    "HJ 618",
)


def test_a_laboratory_value_is_a_record(tmp_path, capsys):
    assert command(tmp_path, *ADD) == 0
    assert "41.5 µg/m³" in capsys.readouterr().out
    log = LogReader(tmp_path / "state/acquire/records.db")
    (record,) = log.newest_first(0, 2**62, 10)
    log.close()
    body = json.loads(record.body)
    assert body["code"] == "sample" and body["mark"] == "S" and body["value"] == 41.5
    assert (body["by"], body["laboratory"], body["method"], body["taken"]) == ("Wang Li", "EMC", "HJ 618", "2026-11-24T09:30")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sample", "add", "pm.pm26", *ADD[3:]), "pm.pm25"),
        ((*ADD[:5], "yesterday", *ADD[6:]), "2026-11-24T09:30"),
        (("sample", "add", "pm.pm25", "nan", *ADD[4:]), "number"),
    ],
)
def test_a_wrong_sample_is_told(tmp_path, capsys, words, told):
    assert command(tmp_path, *words) == 2
    assert told in capsys.readouterr().err


def test_maintenance_needs_an_acquisition_that_runs(tmp_path, capsys):
    assert command(tmp_path, "maintenance", "on", "--for", "30m") == 3
    assert "station status" in capsys.readouterr().err
