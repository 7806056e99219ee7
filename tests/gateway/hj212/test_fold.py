"""Hours and days out of minutes. Expected numbers are computed by hand."""

from dataclasses import replace

import pytest

from gateway.link.hj212.fold import even, fold
from gateway.link.hj212.noise_day import day_night, noise_day
from gateway.link.hj212.slots import Slots, slot_of
from gateway.link.hj212.uploads import roster
from gateway.link.settings import Hj212Settings
from gateway.record import ChannelRow, Record, compact

DAY = 1_470_009_600_000 - 8 * 3_600_000  # 2016-08-01T00:00 in Beijing


def row(value, quantity="pm25", unit="µg/m³", count=60, flag=1, reason=""):
    known = value is not None
    return ChannelRow(
        "i", quantity, unit, value, value - 1 if known else None, value + 1 if known else None, value, count, 60, flag, reason, ""
    )


def record(number, start, rows, period=60):
    return Record(number, "interval", period, start, 0, "b", 0, "ntp", None, compact(rows))


def test_means_are_weighted_by_readings():
    (folded,) = fold([[row(10.0, count=60)], [row(40.0, count=30)]], 2)
    assert (folded.value, folded.low, folded.high, folded.count, folded.expected, folded.flag) == (20.0, 9.0, 41.0, 90, 120, 1)


def test_levels_are_folded_by_energy_and_directions_by_vectors():
    (level,) = fold([[row(50.0, "laeq", "dB")], [row(60.0, "laeq", "dB")]], 2)
    assert level.value == pytest.approx(57.40, abs=0.01)  # 10 lg((10^5 + 10^6) / 2)
    (direction,) = fold([[row(350.0, "wind_direction", "°")], [row(30.0, "wind_direction", "°")]], 2)
    assert direction.value == pytest.approx(10.0)


def test_percentiles_are_not_folded():
    assert fold([[row(50.0, "la10", "dB")]], 1) == []


@pytest.mark.parametrize(("good", "flag", "reason"), [(60, 1, ""), (45, 1, ""), (44, 3, "gap")])
def test_three_quarters_must_be_normal(good, flag, reason):
    (folded,) = fold([[row(10.0)]] * good, 60)
    assert (folded.flag, folded.reason) == (flag, reason)


def test_doubtful_parts_count_only_if_there_are_no_others():
    (folded,) = fold([[row(10.0)], [row(500.0, flag=4, reason="range")]], 2)
    assert (folded.value, folded.flag, folded.reason) == (10.0, 3, "range")
    (folded,) = fold([[row(500.0, flag=4, reason="range")]], 1)
    assert (folded.value, folded.flag) == (500.0, 4)
    (folded,) = fold([[row(None, count=0, flag=9, reason="timeout")]], 1)
    assert (folded.value, folded.flag, folded.reason) == (None, 9, "timeout")


def test_day_night_level():
    """Ld 60 dB, Ln 50 dB: the night weighs as 60 dB. All 55 dB: 55 + 10 lg((16 + 8 · 10) / 24)."""
    assert day_night(60.0, 50.0) == pytest.approx(60.0)
    assert day_night(55.0, 55.0) == pytest.approx(61.02, abs=0.01)


def test_noise_of_a_day():
    sent = roster(Hj212Settings(host="h", port=1, mn="M"))
    records = [
        record(
            hour,
            DAY + hour * 3_600_000,
            [row(60.0 if 6 <= hour < 22 else 50.0, "laeq", "dB"), row(70.0 + hour, "lafmax", "dB")],
            3600,
        )
        for hour in range(24)
    ]
    groups = dict(group[0] for group in noise_day(records, DAY, 24, sent))
    assert groups == {
        "Ldn-Data": "60.0", "Ld-DayData": "60.0", "Ln-NightData": "50.0", "LMx-Data": "94.0", "LMx-DayData": "92.0",
        "LMx-NightData": "94.0",
    }  # fmt: skip
    assert noise_day(records[:3], DAY, 24, sent)[0][0][0] == "Ln-NightData", "without day time there is no Ldn"


def test_slots_are_aligned_to_the_local_clock():
    assert slot_of(DAY + 5, 86_400_000) == DAY and slot_of(DAY - 1, 86_400_000) == DAY - 86_400_000
    assert slot_of(DAY + 605_000, 600_000) == DAY + 600_000


def test_stored_minutes_go_as_they_are():
    slots = Slots()
    slots.add(record(1, DAY + 50, []), False, 0, DAY + 60_050)
    (slot,) = slots.ready(DAY + 60_050)
    assert (slot.start, slot.length, [r.sequence for r in slot.records]) == (DAY, 60_000, [1])


def test_the_pieces_of_a_minute_that_was_cut_go_as_one():
    """A start, and the clock that is believed half a minute later: two records of one minute, which has one DataTime."""
    slots = Slots()
    slots.add(record(1, DAY + 10_000, []), False, 0, DAY + 40_000)
    assert list(slots.ready(DAY + 40_000)) == []
    slots.add(record(2, DAY + 40_000, []), False, 0, DAY + 60_010)
    assert list(slots.ready(DAY + 60_010)) == [], "the last piece may be under way"
    (slot,) = slots.ready(DAY + 60_500)
    assert slot.cut and [one.sequence for one in slot.records] == [1, 2]


def test_ten_minutes_are_gathered():
    slots = Slots()
    for number in range(10):
        assert list(slots.ready(DAY + number * 60_000)) == []
        slots.add(record(number, DAY + number * 60_000, []), number < 9, 10, DAY + (number + 1) * 60_000)
    (slot,) = slots.ready(DAY + 600_000)
    assert len(slot.records) == 10 and slot.length == 600_000 and not slot.resent


def test_ten_minutes_that_lack_their_end_go_when_they_are_over():
    slots = Slots()
    slots.add(record(1, DAY, []), True, 10, DAY + 60_000)
    assert list(slots.ready(DAY + 604_999)) == []
    (slot,) = slots.ready(DAY + 605_000)
    assert slot.resent


def test_rain_is_added_up_and_ph_averaged_by_its_ions():
    parts = [[row(0.2, "rain", "mm"), row(6.0, "ph", "1")], [row(0.4, "rain", "mm"), row(8.0, "ph", "1")]]
    rain, ph = fold(parts, 2)
    assert rain.value == pytest.approx(0.6)
    assert ph.value == pytest.approx(6.2967, abs=1e-4)


def test_the_short_intervals_of_an_emergency_are_the_minute_that_was_agreed():
    """Half a minute as ever, then ten seconds each: one upload of the minute, and one part of the hour."""
    slots = Slots()
    pieces = [(record(1, DAY, [row(10.0, count=30)]), DAY + 30_000)]
    for at in (30, 40, 50):
        short = replace(record(at, DAY + at * 1000, [row(40.0, count=10)]), period=10)
        pieces.append((short, DAY + (at + 10) * 1000))
    for one, utc in pieces:
        assert list(slots.ready(utc)) == []
        slots.add(one, False, 0, utc, 60)
    (slot,) = slots.ready(DAY + 60_500)
    assert (slot.start, slot.length, len(slot.records)) == (DAY, 60_000, 4)
    ((minute,),) = even(slot.records, 60).values()
    assert (minute.value, minute.count, minute.flag) == (25.0, 60, 1)
    whole = record(2, DAY + 60_000, [row(13.0)])
    assert [part[0].value for part in even([*slot.records, whole], 60).values()] == [25.0, 13.0]
