"""What is owed of an hour and a day, against figures worked out by hand or by another way."""

import math
from datetime import date

import pytest

from gateway.record import ChannelRow, Record, compact
from station.summary.aggregate import midnight
from station.summary.owed import due, metrics
from station.summary.rows import intervals
from station.summary.settings import (
    Aqi,
    Baseline,
    Battery,
    Difference,
    Load,
    Mean,
    Noise,
    Total,
    WaterClass,
    read_metrics,
)

DATE = date(2026, 11, 23)
BEGIN = midnight(DATE)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def records(make, hours=range(24), period=60):
    """Intervals of a day; `make(hour, minute)` gives (channel, unit, value) of each."""
    found = []
    for hour in hours:
        for at in range(0, 3600, period):
            rows = []
            for channel, unit, value in make(hour, at // 60):
                instrument, _dot, quantity = channel.rpartition(".")
                shown = value if value is not None else 0
                flag, count = (1, 60) if value is not None else (9, 0)
                reason = "" if value is not None else "timeout"
                row = ChannelRow(instrument, quantity, unit, value, shown, shown, value, count, 60, flag, reason, "")
                rows.append(row.entries())
            start = BEGIN + hour * HOUR + at * 1000
            found.append(Record(len(found) + 1, "interval", period, start, 0, "b", 0, "ntp", 10, compact(rows)))
    return found


def one(metric, found, span="day", begin=BEGIN):
    (told,) = metrics([metric], list(intervals(found)), span, begin)
    return told


def test_when_what_is_due():
    """A day is over at midnight; a day of noise with the night that begins in it, at six."""
    assert list(due(BEGIN + 5 * HOUR)) == [("hour", BEGIN + 4 * HOUR)]
    assert list(due(BEGIN + DAY)) == [("hour", BEGIN + 23 * HOUR), ("day", BEGIN)]
    assert list(due(BEGIN + DAY + 6 * HOUR)) == [("hour", BEGIN + DAY + 5 * HOUR), ("night", BEGIN)]


def test_items_of_the_aqi():
    """HJ 633: 40 µg/m³ of PM10 over a day are an item of 40. Two of six pollutants are no AQI to be published."""
    told = one(Aqi(name="aqi"), records(lambda hour, minute: [("pm.pm25", "µg/m³", 35.0), ("pm.pm10", "µg/m³", 40.0)]))
    assert told["concentrations"] == {"pm25": 35.0, "pm10": 40.0}
    assert told["iaqi"]["pm10"] == 40 and told["publish"] is False
    assert told["code"] == "metric" and told["local"] == "2026-11-23 00:00"


def test_a_day_of_noise_takes_the_night_that_begins_in_it():
    """60 dB by day, 50 from 22 to 06: Ld 60, Ln 50; Ldn = 10 lg((16·10^6 + 8·10^6)/24) = 60. The night before has no part."""
    levels = lambda hour, _minute: [("noise.laeq", "dB", 80.0 if hour < 6 else 60.0 if hour < 22 else 50.0)]  # noqa: E731
    morning = records(lambda hour, _minute: [("noise.laeq", "dB", 50.0)], range(24, 30))
    told = one(Noise(name="n", channel="noise.laeq", zone="2"), [*records(levels), *morning], "night")
    assert (told["ld"], told["ln"], told["ldn"]) == (60.0, 50.0, 60.0) and told["span"] == "day"
    assert told["limits"] == [60, 50] and told["compliant"] == {"day": True, "night": True}


def test_an_hour_of_noise():
    loud = records(lambda hour, minute: [("noise.laeq", "dB", 70.0 if minute < 30 else 60.0)])
    told = one(Noise(name="n", channel="noise.laeq", zone="2"), loud, "hour", BEGIN + 9 * HOUR)
    assert told["leq"] == pytest.approx(10 * math.log10((1e7 + 1e6) / 2), abs=0.01)
    assert told["lmax"] == 70.0 and told["valid"] == 60 and told["period"] == "day" and told["compliant"] is False


def test_the_class_and_what_decides_it():
    """GB 3838-2002: 4.5 mg/L of CODMn is class III (4 to 6), the rest is I or II."""
    made = lambda hour, _minute: [("a.codmn", "mg/L", 4.5), ("b.dissolved_oxygen", "mg/L", 9.0)]  # noqa: E731
    told = one(WaterClass(name="c", channels=("a.codmn", "b.dissolved_oxygen"), target=2, water="river"), records(made))
    assert told["class"] == 3 and told["deciding"] == ["codmn"] and told["exceeded"] is True


def test_the_load_of_total_nitrogen():
    """2 mg/L in 5 m³/s are 2 · 5 · 86.4 = 864 kg a day; twelve hours at twice the flow make 1.5 times as much."""
    made = lambda hour, _minute: [("tn.total_nitrogen", "mg/L", 2.0), ("q.flow", "m³/s", 5.0 if hour < 12 else 10.0)]  # noqa: E731
    load = Load(name="l", channel="tn.total_nitrogen", flow="q.flow")
    assert one(load, records(made))["load"] == pytest.approx(1296.0)
    few = one(load, records(made, range(10)))
    assert few["load"] is None and few["valid"] == 10


def test_a_baseline_and_the_rose():
    def made(hour, minute):
        value, direction = (500.0, 90.0) if hour % 2 else (100.0, 271.0)
        return [("v.tvoc", "ppb", value), ("w.wind_speed", "m/s", 2.0), ("w.wind_direction", "°", direction)]

    told = one(Baseline(name="b", channel="v.tvoc"), records(made))
    assert told["baseline"] == 100.0 and told["count"] == 1440
    assert told["rose"][4] == [500.0, 720] and told["rose"][12] == [100.0, 720] and told["rose"][0] == [None, 0]
    calm = records(lambda hour, minute: [("v.tvoc", "ppb", 100.0), ("w.wind_speed", "m/s", 0.2), ("w.wind_direction", "°", 90.0)])
    assert one(Baseline(name="b", channel="v.tvoc"), calm)["rose"] == []


@pytest.mark.parametrize(
    ("channel", "unit", "value", "total"),
    [
        ("m.volume_total", "m³", lambda minutes: 100.0 + minutes, 1439.0),
        ("m.volume_total", "m³", lambda minutes: 100.0 + minutes if minutes < 700 else minutes - 700.0, None),
        ("p.running", "1", lambda minutes: float(minutes % 60 < 15), 6.0),
        ("q.flow", "m³/s", lambda minutes: 0.5, 43200.0),
        ("r.rain", "mm", lambda minutes: 0.2 if minutes < 10 else 0.0, 2.0),
    ],
)
def test_totals(channel, unit, value, total):
    """A counter's growth (not over a reset), hours of running, a flow's volume, a rain's height."""
    told = one(Total(name="t", channel=channel), records(lambda hour, minute: [(channel, unit, value(60 * hour + minute))]))
    assert told["total"] == (total if total is None else pytest.approx(total))


def test_the_battery_lasts_a_week_or_not():
    """1200 Wh at 5 W: 240 h, ten days."""
    told = one(Battery(name="b", channel="b.load_power", capacity=1200.0), records(lambda h, m: [("b.load_power", "W", 5.0)]))
    assert told["days"] == 10.0 and told["enough"] is True
    told = one(Battery(name="b", channel="b.load_power", capacity=1200.0), records(lambda h, m: [("b.load_power", "W", 10.0)]))
    assert told["days"] == 5.0 and told["enough"] is False


def test_mean_and_difference():
    made = records(lambda hour, minute: [("w.pm10", "µg/m³", 80.0), ("r.pm10", "µg/m³", 30.0)])
    assert one(Difference(name="d", channel="w.pm10", minus="r.pm10"), made)["difference"] == 50.0
    assert one(Mean(name="m", channel="w.pm10"), made, "hour")["mean"] == 80.0


def test_missing_is_missing():
    """Forty of sixty minutes make no hour of air (45), and an hour without any interval is not told at all."""
    made = records(lambda hour, minute: [("w.pm10", "µg/m³", 80.0 if minute < 40 else None)])
    told = one(Mean(name="m", channel="w.pm10"), made, "hour")
    assert told["mean"] is None and told["valid"] == 40
    assert (
        metrics([Mean(name="m", channel="w.pm10")], list(intervals(records(lambda h, m: [], range(1)))), "hour", BEGIN + HOUR)
        == []
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"x": {"kind": "aqy"}}, "it may be aqi"),
        ({"x": {"kind": "load", "channel": "tn.total_nitrogen", "flow": "q.flov"}}, "q.flow"),
        ({"x": {"kind": "noise", "channel": "tn.total_nitrogen", "zone": "2"}}, "laeq"),
        ({"x": {"kind": "battery", "channel": "b.load_power"}}, "capacity"),
        (3, "[metric.NAME]"),
    ],
)
def test_bad_metrics_are_told(table, told):
    problems = []
    read_metrics(table, ["tn.total_nitrogen", "q.flow", "b.load_power", "n.laeq"], problems)
    assert told in problems[0].text
