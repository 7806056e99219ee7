"""Hours and days out of stored intervals: validity by GB 3095 and HJ 906, and nothing that chance may change."""

import datetime
import json
import math
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from station.cli.main import main
from station.metrics.noise import day_night
from station.summary.aggregate import (
    MINUTE,
    concentrations,
    days,
    days_by_hour,
    midnight,
    noise_hours,
    percentile_hours,
)
from station.summary.rows import by_hour

DAY = datetime.date(2026, 6, 1)
BEGIN = midnight(DAY)


def row(
    value: float | None, quantity: str = "pm25", count: int = 60, expected: int = 60, flag: int = 1, reason: str = ""
) -> ChannelRow:
    unit = {"pm25": "µg/m³", "o3": "µg/m³", "laeq": "dB", "wind_speed": "m/s", "rain": "mm", "ph": "1"}.get(quantity, "mg/L")
    if value is None:
        return ChannelRow("i", quantity, unit, None, None, None, None, 0, expected, 9, "timeout", "")
    return ChannelRow("i", quantity, unit, value, value, value, value, count, expected, flag, reason, "")


def record(minute: float, *rows: ChannelRow, period: int = 60, revision: int = 0) -> Record:
    start = BEGIN + round(minute * MINUTE)
    return Record(round(minute * 100) + 1, "interval", period, start, revision, "b", 0, "ntp", None, compact(rows))


def filled(hours: Sequence[int], value: Callable[[int], float], quantity: str = "pm25", minutes: int = 60) -> list[Record]:
    """`minutes` records in each of these hours."""
    return [record(60 * hour + minute, row(value(hour), quantity)) for hour in hours for minute in range(minutes)]


def one(records: Sequence[Record], quantity: str = "pm25"):
    return days(records, DAY)["i", quantity]


def test_an_hour_needs_45_minutes_and_a_day_20_hours() -> None:
    found = one([*filled(range(19), float), *filled([19], float, minutes=44)])
    assert (found.hours[18].value, found.hours[18].valid) == (18.0, 60)
    assert (found.hours[19].value, found.hours[19].valid, found.hours[19].due) == (None, 44, 60)
    assert (found.whole.value, found.whole.valid, found.whole.due, found.whole.reason) == (None, 19, 24, "gap")
    whole = one([*filled(range(19), float), *filled([19], float, minutes=45)])
    assert whole.whole.value == pytest.approx(sum(range(20)) / 20)


def test_a_minute_needs_three_quarters_of_its_samples_and_doubtful_ones_do_not_count() -> None:
    records = [record(minute, row(10.0, count=45 if minute else 44)) for minute in range(60)]
    assert one(records).hours[0].valid == 59
    records[1] = record(1, row(900.0, flag=3, reason="spike"))
    records[2] = record(2, row(None))
    found = one(records).hours[0]
    assert (found.value, found.valid, found.high) == (10.0, 57, 10.0)


def test_a_missing_certificate_is_told_but_counts() -> None:
    found = one([record(minute, row(10.0, flag=3, reason="out_of_calibration")) for minute in range(60)])
    assert (found.hours[0].value, found.hours[0].reason) == (10.0, "out_of_calibration")


def test_rain_is_added_up_and_noise_averaged_by_energy() -> None:
    assert one(filled([3], lambda _hour: 0.2, "rain"), "rain").hours[3].value == pytest.approx(12.0)
    loud = [record(minute, row(60.0 if minute % 2 else 70.0, "laeq")) for minute in range(60)]
    assert one(loud, "laeq").hours[0].value == pytest.approx(10 * math.log10((1e6 + 1e7) / 2))


def test_noise_in_wind_and_rain_does_not_count() -> None:
    records = [
        record(minute, row(80.0 if minute < 10 else 50.0, "laeq"), row(6.0 if minute < 10 else 1.0, "wind_speed"))
        for minute in range(60)
    ]
    hour = one(records, "laeq").hours[0]
    assert (hour.value, hour.valid, hour.reason) == (pytest.approx(50.0), 50, "weather")
    wet = [record(minute, row(50.0, "laeq"), row(0.2 if minute < 16 else 0.0, "rain")) for minute in range(60)]
    assert one(wet, "laeq").hours[0].value is None, "44 quiet minutes"


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    today = one(filled(range(24), lambda hour: 45.0 if hour >= 22 else 55.0 if hour >= 6 else 99.0, "laeq"), "laeq")
    tomorrow = one(filled(range(6), lambda _hour: 45.0, "laeq"), "laeq")
    found = day_night(noise_hours(today, tomorrow))
    assert (found.ld, found.ln, found.ldn) == (pytest.approx(55), pytest.approx(45), pytest.approx(55))
    assert day_night(noise_hours(today, None)).ln is None


def test_what_a_daily_index_is_made_of() -> None:
    records = [record(60 * hour + minute, row(30.0), row(float(10 * hour), "o3")) for hour in range(24) for minute in range(60)]
    assert concentrations(days(records, DAY), DAY) == {"pm25": 30.0, "o3": 195.0}, "ozone from 16 to 24 o'clock"


def test_percentile_levels_of_an_hour_are_those_of_its_seconds() -> None:
    """101 levels from 0 to 100 dB, corrected by 1 dB: L10 is exceeded a tenth of the time."""
    records = [record(minute, row(51.0, "laeq")._replace(raw=50.0)) for minute in range(60)]
    records += [record(60 + minute, row(51.0, "laeq")._replace(raw=50.0)) for minute in range(44)]
    records[3] = record(3, row(51.0, "laeq")._replace(raw=50.0), row(7.0, "wind_speed"))
    samples = [("i", BEGIN + second * 1000, float(second % 101)) for second in range(2 * 3600) if not 180 <= second < 240]
    loud = [("i", BEGIN + second * 1000, 130.0) for second in range(180, 240)]
    hours = percentile_hours(records, [*loud, *samples], DAY)["i"]
    assert hours[0].l10 == pytest.approx(91.0, abs=1.0) and hours[0].l90 == pytest.approx(11.0, abs=1.0)
    assert hours[0].lmax == 101.0, "the windy minute does not count"
    assert hours[1].l50 is None, "44 minutes"


def test_slow_instruments_and_analysers() -> None:
    slow = [record(minute, row(5.0, "ph", count=1, expected=1)) for minute in range(0, 24 * 60, 5)]
    found = one(slow, "ph")
    assert (found.hours[0].valid, found.whole.value, found.whole.valid) == (60, pytest.approx(5.0), 24)
    taken = [
        record(minute, row(float(minute), "total_nitrogen", count=1, expected=1)._replace(taken="2026-06-01T00:00:00"))
        for minute in range(0, 24 * 60, 240)
    ]
    result = one(taken, "total_nitrogen")
    assert (result.whole.value, result.whole.valid, result.hours[4].value) == (600.0, 6, 240.0)
    assert result.hours[5].value is None


def cut(records: Sequence[Record], chance: Random) -> list[Record]:
    """The same day with restarts: some minutes are stored in two pieces."""
    pieces = []
    for whole in records:
        if chance.random() < 0.3:
            seconds = chance.randint(1, 59)
            first, second = json.loads(whole.body), json.loads(whole.body)
            for rows, count in ((first, seconds), (second, 60 - seconds)):
                for entries in rows:
                    if entries[3] is not None:
                        entries[7:11] = [count, count, 3 if count < 45 else 1, "gap" if count < 45 else ""]
            start = whole.start or 0
            pieces.append(Record(0, "interval", 60, start, 0, "b", 0, "ntp", None, compact(first)))
            pieces.append(Record(0, "interval", 60, start + seconds * 1000, 0, "c", 0, "ntp", None, compact(second)))
        else:
            pieces.append(whole)
    return pieces


@given(st.integers(0, 10**6))
@settings(max_examples=25)
def test_order_restarts_and_duplicates_change_nothing(seed: int) -> None:
    chance = Random(seed)
    records = [
        record(
            60 * hour + minute,
            row(chance.uniform(0, 200) if chance.random() < 0.9 else None),
            row(chance.uniform(40, 80), "laeq"),
            row(chance.uniform(6, 9), "ph"),
        )
        for hour in range(0, 24, 3)
        for minute in range(60)
    ]
    wanted = days(records, DAY)
    pieces = cut(records, chance)
    pieces += chance.sample(pieces, 50)
    chance.shuffle(pieces)
    found = days(pieces, DAY)
    assert found.keys() == wanted.keys()
    for key, whole in wanted.items():
        for ours, theirs in zip((*found[key].hours, found[key].whole), (*whole.hours, whole.whole), strict=True):
            assert ours[:5] == pytest.approx(theirs[:5], abs=1e-9), key


def test_the_newest_revision_counts_and_other_days_do_not() -> None:
    records = [
        *filled([0], lambda _hour: 10.0),
        record(0, row(70.0), revision=1),
        record(-1, row(500.0)),
        record(1440, row(500.0)),
    ]
    assert one(records).hours[0].value == pytest.approx((59 * 10 + 70) / 60)
    assert one(records).hours[23].valid == 0


def test_the_command(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "acquire"
    state.mkdir()
    log = RecordLog.open(state / "records.db", first=1)
    for one_record in [record(60 * hour + m, row(70.0), row(55.0, "laeq")) for hour in range(24) for m in range(60)]:
        log.append(one_record)
    log.close()
    words = ["--state", str(tmp_path), "statistics", "--day", "2026-06-01"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["aqi"]["iaqi"] == {"pm25": 110} and told["aqi"]["publish"], "a single pollutant above 100"
    assert told["channels"][0]["compliant"] is False and told["noise"]["i"]["ld"] == pytest.approx(55.0)
    assert main([*words, "--hours"]) == 0
    shown = capsys.readouterr().out
    assert "24 of 24 hours" in shown and "60 of 60 minutes" in shown and "AQI: 110" in shown
    assert main(["--state", str(tmp_path), "statistics", "--day", "2026-06-02"]) == 1
    assert main(["--state", str(tmp_path), "statistics", "--day", "yesterday"]) == 2
    assert main(["--state", str(tmp_path / "none"), "statistics"]) == 1


def test_a_day_hour_by_hour_is_the_same_day_and_few_of_them_are_held() -> None:
    """Minutes, one of them cut in two; an analyser's result each hour; a slow sensor; a clock stepped back half an hour."""
    chance = Random(7)
    rows = [
        record(
            minute, row(chance.uniform(5, 90)),
            *([row(chance.uniform(1, 9), "total_nitrogen", 1, 1)._replace(taken=str(minute))] if minute % 60 == 20 else ()),
            *([row(chance.uniform(6, 8), "ph", 1, 1)] if minute % 10 == 3 else ()),
        )
        for minute in range(1440)
    ]  # fmt: skip
    rows[600:601] = [
        record(600, row(20.0, count=20, expected=20), period=20),
        record(600.4, row(50.0, count=35, expected=36), period=36),
    ]
    read = 0

    def counted():
        nonlocal read
        for one in [*rows[:700], *rows[730:760], *rows[700:730], *rows[760:]]:
            read = one.start
            yield one

    held = []

    def watched():
        for hour in by_hour(counted()):
            held.append(read - min(one.start for one in hour))
            yield hour

    assert days_by_hour(watched(), DAY) == days(rows, DAY)
    assert len(held) == 24 and max(held) <= 150 * MINUTE
