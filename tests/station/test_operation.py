"""Operation with a trace: maintenance and emergencies that end by themselves, values of a laboratory; each is a record."""

import json

import pytest

from gateway import requests
from gateway.log.reader import LogReader
from station.attend import Attendant
from station.cli.main import main
from station.clock import Now
from station.config import parse
from station.operation import Operation, in_words
from station.pipeline import Pipeline
from station.places import Places
from tests.station.test_gaps import CONFIG

UTC = 1_795_600_000_000
"""2026-11-25T17:46:40 in Beijing: when the first boot has been up for 100 s."""
HOUR = 3600.0


class Rig:
    """One station over its starts: a monotonic clock for each boot, true time, and whether that is known."""

    def __init__(self, folder):
        self.config = parse(CONFIG, "c")
        self.places = Places(folder / "station.toml", folder / "state", folder)
        self.places.operation.parent.mkdir(parents=True)
        self.up, self.utc, self.source, self.wrong = 100.0, UTC / 1000, "ntp", 0.0
        self.start("a")

    def now(self):
        return Now(
            round(self.up * 1000), round((self.utc + self.wrong) * 1000), round((self.utc + self.wrong) * 1000), self.source
        )

    def wait(self, seconds):
        self.up += seconds
        self.utc += seconds

    def start(self, boot):
        self.pipeline = Pipeline(self.config.instruments, {}, [])
        names = [one.name for one in self.config.instruments]
        self.operation = Operation(self.places.operation, boot, names, self.pipeline, self.now())
        self.attendant = Attendant(self.places, {}, self.pipeline, self.config, self.operation)

    def boot(self, off, known=True, wrong=0.0):
        """The power was off for so long; whether anybody knows the time, and how wrong the clock is."""
        self.utc += off
        self.up, self.source, self.wrong = 5.0, "ntp" if known else "", wrong
        self.start(f"boot at {self.utc}")

    def turn(self):
        return [json.loads(body) for body in self.operation.turn(self.now())]

    def ask(self, action="maintenance", **arguments):
        request = requests.make(action, "cli:test", arguments)
        requests.put(self.places.requests, request)
        told = [json.loads(body) for body in self.attendant.attend(self.now())]
        return told, requests.take_answer(self.places.requests, request)


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def test_maintenance_ends_by_itself(rig):
    (told,), answer = rig.ask(on=True, seconds=1800, by="Wang Li", note="probes cleaned")
    assert answer["ok"] and rig.pipeline.maintenance
    assert told["arguments"]["by"] == "Wang Li" and told["arguments"]["note"] == "probes cleaned" and told["result"] == "on"
    assert told["arguments"]["until"] == UTC + 1_800_000
    rig.wait(1799)
    assert rig.turn() == [] and rig.pipeline.maintenance
    rig.wait(1)
    (told,) = rig.turn()
    assert not rig.pipeline.maintenance and told["who"] == "station" and told["arguments"]["ended"] == UTC + 1_800_000
    assert (told["action"], told["result"], told["arguments"]["by"]) == ("maintenance", "off: its time is over", "Wang Li")
    rig.wait(1e6)
    assert rig.turn() == []


def test_one_instrument_and_off_before_its_time(rig):
    rig.ask(on=True, seconds=60, instrument="pm")
    assert rig.pipeline.maintained == {"pm"} and not rig.pipeline.maintenance
    rig.ask(on=False, instrument="pm")
    assert rig.pipeline.maintained == set()
    rig.ask(on=True, instrument="pm")
    rig.wait(3600)
    assert rig.turn() == [] and rig.pipeline.maintained == {"pm"}, "without a time it lasts"


def test_an_unknown_instrument_changes_nothing(rig):
    (told,), answer = rig.ask(on=True, seconds=60, instrument="pn")
    assert not answer["ok"] and told["result"] == "unknown instrument"
    rig.wait(61)
    assert rig.turn() == []


@pytest.mark.parametrize("seconds", [-1, 0, float("inf"), float("nan"), "30m", True])
def test_a_time_that_is_none_is_refused(rig, seconds):
    _told, answer = rig.ask(on=True, seconds=seconds)
    assert not (answer or {}).get("ok") and not rig.pipeline.maintenance


def test_a_restart_within_a_boot_needs_no_clock(rig):
    """The monotonic clock of one boot is the same for every process, whatever the time of day is thought to be."""
    rig.source = ""
    rig.ask(on=True, seconds=1800, instrument="pm")
    rig.wait(600)
    rig.wrong = -30 * 24 * HOUR
    rig.start("a")
    assert rig.pipeline.maintained == {"pm"}
    rig.wait(1199)
    assert rig.turn() == []
    rig.wait(1)
    assert len(rig.turn()) == 1 and rig.pipeline.maintained == set()


def test_it_ends_while_the_station_is_off(rig):
    rig.ask(on=True, seconds=1800)
    rig.boot(off=1800)
    (told,) = rig.turn()
    assert not rig.pipeline.maintenance and told["arguments"]["ended"] == UTC + 1_800_000


def test_it_goes_on_after_a_power_cut_for_what_is_left(rig):
    rig.ask(on=True, seconds=1800)
    rig.wait(300)
    rig.boot(off=900)
    assert rig.turn() == [] and rig.pipeline.maintenance
    rig.wait(599)
    assert rig.turn() == []
    rig.wait(1)
    assert len(rig.turn()) == 1


@pytest.mark.parametrize("wrong", [-56 * 365 * 24 * HOUR, 3 * 365 * 24 * HOUR])
def test_a_clock_that_nobody_vouches_for_ends_nothing_and_prolongs_nothing(rig, wrong):
    """Until the time is known it goes on for what was left when it was last written down: at most what was asked for."""
    rig.ask(on=True, seconds=1800)
    rig.wait(300)
    rig.turn()
    rig.boot(off=120, known=False, wrong=wrong)
    rig.wait(1400)
    assert rig.turn() == [] and rig.pipeline.maintenance, "the true end has passed, but nobody can know that"
    rig.source, rig.wrong = "ntp", 0.0
    assert len(rig.turn()) == 1, "now one does"
    rig.ask(on=True, seconds=1800)
    rig.boot(off=120, known=False, wrong=wrong)
    rig.wait(1800)
    assert len(rig.turn()) == 1, "and nothing lasts longer than what was asked for"


def test_a_time_that_becomes_known_later_counts_after_a_power_cut(rig):
    rig.source = ""
    (told,), _answer = rig.ask(on=True, seconds=7200)
    assert "until" not in told["arguments"]
    rig.wait(60)
    rig.source = "gps"
    rig.turn()
    rig.boot(off=7200)
    assert len(rig.turn()) == 1


def test_what_lasts_until_it_is_switched_off_lasts_over_a_power_cut(rig):
    rig.operation.press(rig.now())
    rig.boot(off=24 * HOUR)
    assert rig.turn() == [] and rig.pipeline.maintenance
    assert json.loads(rig.operation.press(rig.now()))["result"] == "off" and not rig.pipeline.maintenance


def test_a_file_that_is_damaged_is_forgotten(rig):
    rig.ask(on=True, seconds=1800)
    rig.places.operation.write_text('{"periods": [{"what"', "utf-8")
    rig.start("a")
    assert rig.turn() == [] and not rig.pipeline.maintenance


def test_an_emergency_always_ends(rig):
    (told,), answer = rig.ask("emergency", on=True, by="Wang Li", note="chemicals in the river")
    assert answer["ok"] and answer["emergency"] and rig.operation.emergency and not rig.pipeline.drill
    rig.wait(12 * HOUR - 1)
    assert rig.turn() == []
    rig.wait(1)
    (told,) = rig.turn()
    assert (told["action"], told["arguments"]["drill"], rig.operation.emergency) == ("emergency", False, False)


def test_a_drill_ends_over_a_restart_and_must_not_cover_an_emergency(rig):
    rig.ask("emergency", on=True, seconds=HOUR, drill=True)
    assert rig.pipeline.drill
    rig.boot(off=HOUR / 2)
    assert rig.turn() == [] and rig.pipeline.drill
    (told,), _answer = rig.ask("emergency", on=False)
    assert told["arguments"]["drill"] is True and told["result"] == "off", "its end says what has ended"
    rig.ask("emergency", on=True, seconds=HOUR, drill=True)
    rig.ask("emergency", on=True, seconds=HOUR)
    assert rig.operation.emergency and not rig.pipeline.drill, "in earnest now"
    (told,), answer = rig.ask("emergency", on=True, seconds=HOUR, drill=True)
    assert not answer["ok"] and told["result"] == "an emergency is on" and not rig.pipeline.drill
    rig.ask("emergency", on=False)
    assert not rig.operation.emergency


def test_it_is_told_for_people(rig):
    rig.ask("emergency", on=True, seconds=HOUR, drill=True, by="Wang Li", note="district")
    rig.ask(on=True, instrument="pm", by="Li Na")
    lines = [in_words(one) for one in rig.operation.told(rig.now())]
    assert lines == [
        "DRILL of an emergency until 2026-11-25 18:46, Wang Li district",
        "maintenance of pm until it is switched off, Li Na",
    ]


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


def test_an_emergency_needs_an_acquisition_that_runs(tmp_path, capsys):
    assert command(tmp_path, "emergency", "on", "--drill") == 3
    assert "station status" in capsys.readouterr().err
