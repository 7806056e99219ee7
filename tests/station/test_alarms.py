"""Alarms: when they are raised and cleared, what they ignore, and what their records keep."""

import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from calibration.limits import Limits
from drivers.sample import Sample
from station.alarm.alarms import Alarms
from station.alarm.settings import Alarm, Baseline, Jump, Noise, Rate, Threshold, WaterClass
from station.config import BadConfig
from station.config import parse as parse_config
from station.pipeline import Pipeline
from station.reading import Reading

CONFIG = """
[station]
id = "T"
name = "T"
[[bus]]
name = "i2c"
kind = "i2c"
port = "/dev/i2c-1"
[[bus]]
name = "line"
kind = "modbus"
port = "/dev/ttyUSB0"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
interval = 1
[[instrument]]
name = "noise"
driver = "rs485_noise"
bus = "line"
address = 1
interval = 1
[[instrument]]
name = "wind"
driver = "rs485_wind"
bus = "line"
address = 2
interval = 1
[[instrument]]
name = "vane"
driver = "rs485_wind"
measure = "direction"
bus = "line"
address = 4
interval = 1
[[instrument]]
name = "oxygen"
driver = "y504"
bus = "line"
address = 3
interval = 2
"""
OPEN = {key: Limits() for key in ("temperature", "laeq", "wind_speed", "wind_direction", "dissolved_oxygen")}


class Rig:
    """The station's channels with one alarm, fed by hand; a second a sample."""

    def __init__(self, *alarms: Alarm, begin: str = "2026-06-01 10:00", raised: tuple[str, ...] = ()) -> None:
        self.pipeline = Pipeline(parse_config(CONFIG, "x").instruments, OPEN, [])
        self.alarms = Alarms(alarms, self.pipeline.channels, raised)
        self.now = 1000.0
        self.utc = round(datetime.fromisoformat(f"{begin}+08:00").astimezone(UTC).timestamp() * 1000)
        self.notices: list[dict[str, object]] = []

    def feed(self, channel: str, value: float | None, seconds: int = 1, step: float = 1.0, taken: str = "") -> list[str]:
        """The same value so often; the steps that it caused."""
        name, _dot, key = channel.partition(".")
        before = len(self.notices)
        for number in range(seconds):
            sample = None if value is None else Sample({key: value}, taken=f"{taken}{number}" if taken else "")
            self.pipeline.take(Reading(name, self.now, sample))
            utc = self.utc + round((self.now - 1000.0) * 1000)
            found = self.alarms.take(name, self.pipeline.channels[name], self.now, utc, bool(taken))
            found += self.alarms.tick(self.now)
            self.notices += [json.loads(one.body) for one in found]
            self.now += step
        return [str(one["code"]) for one in self.notices[before:] if one["code"] != "series"]


HOT = Threshold(name="hot", channel="climate.temperature", above=30.0, hysteresis=2.0, duration=10.0)


def test_it_must_hold_for_its_duration_and_clears_with_hysteresis() -> None:
    rig = Rig(HOT)
    assert rig.feed("climate.temperature", 31.0, 10) == []
    assert rig.feed("climate.temperature", 29.0) == [], "one sample below begins it anew"
    assert rig.feed("climate.temperature", 31.0, 11) == ["raised"]
    assert rig.alarms.raised == ["hot"]
    assert rig.feed("climate.temperature", 29.0, 100) == [], "inside the bound, but not by the hysteresis"
    assert rig.feed("climate.temperature", 28.0, 11) == ["cleared"]
    assert (rig.notices[-1]["lasted"], rig.notices[-1]["worst"]) == (111.0, 31.0)
    assert [rig.notices[0][key] for key in ("alarm", "kind", "channel", "value", "bound")] == [
        "hot", "threshold", "climate.temperature", 31.0, 30.0,
    ]  # fmt: skip


def test_a_gap_begins_it_anew() -> None:
    rig = Rig(HOT)
    rig.feed("climate.temperature", 31.0, 9)
    rig.now += 60.0
    assert rig.feed("climate.temperature", 31.0, 5) == []


def test_maintenance_and_doubt_neither_raise_nor_clear() -> None:
    rig = Rig(HOT)
    rig.pipeline.maintenance = True
    assert rig.feed("climate.temperature", 40.0, 60) == []
    rig.pipeline.maintenance = False
    assert rig.feed("climate.temperature", 40.0, 20) == ["raised"]
    rig.pipeline.maintained.add("climate")
    assert rig.feed("climate.temperature", 20.0, 60) == []
    assert rig.feed("climate.temperature", None, 60) == []
    assert rig.alarms.raised == ["hot"]


def test_its_records_keep_every_second_from_two_minutes_before_to_ten_after_with_the_wind() -> None:
    rig = Rig(HOT)
    for number in range(300 + 700):
        rig.feed("vane.wind_direction", float(number % 360), step=0.0)
        rig.feed("climate.temperature", 20.0 if number < 300 else 31.0)
    raised = next(one for one in rig.notices if one["code"] == "raised")
    series = [one for one in rig.notices if one["code"] == "series"]
    assert len(series) == 11, "ten minutes, and what was late"
    assert len(raised["series"]["climate.temperature"]) == 120
    offsets = [row[0] for row in raised["series"]["climate.temperature"]]
    assert (offsets[0], offsets[-1]) == (-119_000, 0)
    after = [row for one in series for row in one["series"]["climate.temperature"]]
    assert [row[1:] for row in after] == [[31.0, 31.0, 1]] * 600
    directions = [row[1] for one in (raised, *series) for row in one["series"].get("vane.wind_direction", [])]
    assert len(directions) == 720
    assert all((b - a) % 360 == 1 for a, b in pairwise(directions)), "no second twice, none missing"


def test_what_was_raised_before_a_restart_can_clear() -> None:
    rig = Rig(HOT, raised=("hot", "gone"))
    assert rig.alarms.raised == ["hot"]
    assert rig.feed("climate.temperature", 20.0, 11) == ["cleared"]


def test_rate() -> None:
    rig = Rig(Rate(name="r", channel="climate.temperature", per_hour=6.0, over=60.0, duration=0.0))
    for number in range(120):
        assert rig.feed("climate.temperature", 20.0 + number * 5.0 / 3600) == []
    steps = [rig.feed("climate.temperature", 20.5 + number * 0.1) for number in range(60)]
    assert ["raised"] in steps


def test_water_of_a_worse_class_than_the_target() -> None:
    rig = Rig(WaterClass(name="w", channels=("oxygen.dissolved_oxygen",), target=2, water="river", duration=20.0))
    assert rig.feed("oxygen.dissolved_oxygen", 6.0, 60) == []
    assert rig.feed("oxygen.dissolved_oxygen", 4.9, 21) == ["raised"]
    told = rig.notices[0]
    assert (told["value"], told["bound"], told["deciding"]) == (4, 2, ["dissolved_oxygen"])
    assert "GB 3838-2002" in str(told["source"])
    assert rig.feed("oxygen.dissolved_oxygen", 7.0, 21) == ["cleared"]


def test_a_jump_wants_the_next_result() -> None:
    rig = Rig(Jump(name="j", channel="oxygen.dissolved_oxygen"))
    for value, steps in ((6.0, []), (2.0, []), (6.1, []), (2.0, []), (1.9, ["raised"]), (2.0, []), (6.0, ["cleared"])):
        assert rig.feed("oxygen.dissolved_oxygen", value, taken=f"2026-06-01T{value}") == steps
    probe = Rig(Jump(name="j", channel="oxygen.dissolved_oxygen"))
    assert probe.feed("oxygen.dissolved_oxygen", 6.0, 120) == []
    assert probe.feed("oxygen.dissolved_oxygen", 1.0, 200) == ["raised"], "of a probe the minutes are its results"


ZONE = Noise(name="n", channel="noise.laeq", zone="1", hours=2)


def test_noise_over_the_limit_for_two_hours_running() -> None:
    rig = Rig(ZONE)
    assert rig.feed("noise.laeq", 56.0, 2 * 3600) == []
    assert rig.feed("noise.laeq", 50.0, 1) == ["raised"], "two whole hours from 10:00"
    told = rig.notices[0]
    assert (round(float(str(told["value"])), 1), told["bound"], told["period"]) == (56.0, 55.0, "day")
    assert rig.feed("noise.laeq", 50.0, 3600) == ["cleared"]


def test_wind_takes_minutes_out_of_the_noise() -> None:
    rig = Rig(ZONE)
    for second in range(3 * 3600):
        if second % 30 == 0:
            rig.feed("wind.wind_speed", 6.0, step=0.0)
        assert rig.feed("noise.laeq", 60.0) == []


def test_a_sudden_event_at_night() -> None:
    rig = Rig(ZONE, begin="2026-06-01 23:00")
    assert rig.feed("noise.laeq", 59.9, 60) == []
    assert rig.feed("noise.laeq", 60.1) == ["raised"], "45 dB at night, and 15 more"
    day = Rig(ZONE, begin="2026-06-01 12:00")
    assert day.feed("noise.laeq", 75.0, 60) == []


def test_many_times_the_own_baseline() -> None:
    rig = Rig(Baseline(name="b", channel="climate.temperature", window=1200.0, duration=180.0))
    assert rig.feed("climate.temperature", 10.0, 240) == []
    assert rig.feed("climate.temperature", 51.0, 100) == [], "there is no baseline yet"
    assert rig.feed("climate.temperature", 10.0, 300) == []
    assert rig.feed("climate.temperature", 51.0, 181) == ["raised"]
    assert rig.notices[0]["baseline"] == 10.0
    assert rig.feed("climate.temperature", 10.0, 181) == ["cleared"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('[alarm.a]\nkind = "treshold"', "'threshold'"),
        ('[alarm.a]\nkind = "threshold"\nchannel = "climate.temperature"', "above or below"),
        ('[alarm.a]\nkind = "threshold"\nchannel = "climate.temprature"\nabove = 1', "'climate.temperature'"),
        ('[alarm.a]\nkind = "jump"\nchannel = "climate.temperature"\nabove = 1', "'above'"),
        ('[alarm.a]\nkind = "noise"\nchannel = "noise.laeq"\nzone = "4"', "4a"),
        ('[alarm.a]\nkind = "class"\nchannels = ["oxygen.dissolved_oxygen"]\ntarget = 6\nwater = "river"', "target"),
        ('[alarm.a]\nkind = "jump"\nchannel = "climate.temperature"\nsampling = 0.1', "climate"),
        ('[alarm.a]\nkind = "jump"\nchannel = "climate.temperature"\nsnapshot = "file:///etc"', "snapshot"),
        ("[alarm]\na = 1", "[alarm.NAME]"),
    ],
)
def test_a_wrong_alarm_is_told_with_its_line(text: str, hint: str) -> None:
    with pytest.raises(BadConfig) as bad:
        parse_config(CONFIG + text, "x")
    assert len(bad.value.lines) == 1
    line, told = bad.value.lines[0].split(":", 2)[1:]
    assert int(line) > CONFIG.count("\n") and hint in told


def test_a_drill_raises_and_clears_by_name() -> None:
    """Its alarms say so; what is measured is flagged; what was raised in earnest stays; nothing of it outlives it."""
    cold = Threshold(name="cold", channel="oxygen.dissolved_oxygen", below=5.0, duration=2.0)
    rig = Rig(HOT, cold)
    rig.feed("oxygen.dissolved_oxygen", 4.0, 5)
    rig.pipeline.drill = True
    assert rig.alarms.drill(True) == []
    assert rig.feed("climate.temperature", 31.0, 11) == ["raised"] and rig.notices[-1]["drill"] is True
    assert rig.feed("oxygen.dissolved_oxygen", 9.0, 60) == [], "a drill does not end what is real"
    assert (rig.alarms.raised, rig.alarms.practised) == (["hot", "cold"], ["hot"])
    (row,) = [one for one in rig.pipeline.close(60.0) if one.quantity == "temperature"]
    assert (row.flag, row.reason, row.value) == (3, "drill", 31.0)
    rig.pipeline.drill = False
    (notice,) = rig.alarms.drill(False)
    told = json.loads(notice.body)
    assert (told["code"], told["alarm"], told["drill"], told["because"]) == ("cleared", "hot", True, "the drill has ended")
    assert rig.feed("climate.temperature", 31.0, 11) == ["raised"] and "drill" not in rig.notices[-1], "now it is real"
    assert rig.alarms.drill(False) == []


def test_a_doubtful_number_raises_nothing_in_a_drill_either() -> None:
    rig = Rig(HOT)
    rig.pipeline.drill = rig.pipeline.maintenance = True
    rig.alarms.drill(True)
    assert rig.feed("climate.temperature", 40.0, 30) == []


def test_a_drill_that_ended_while_the_station_was_off_leaves_no_alarm() -> None:
    alarms = Alarms([HOT], Rig().pipeline.channels, ["hot"], ["hot"])
    (notice,) = alarms.drill(False)
    assert notice.step == "cleared" and alarms.raised == []
