"""The statistics of an interval: what is stored of good, doubtful and missing readings."""

import cmath
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.quantity import mean_of, quantities
from drivers.sample import Flag
from station.intervals import Cell

PM, LEVEL, WIND = (quantities()[key] for key in ("pm25", "laeq", "wind_direction"))


def row(cell, quantity=PM, expected=4, because=""):
    return cell.row("x", quantity, expected, "", because)


def test_mean_minimum_maximum_of_good_readings():
    cell = Cell(PM)
    for value in (10.0, 20.0, 30.0, 40.0):
        cell.add(value, value / 2, Flag.PASS, "")
    found = row(cell)
    assert (found.value, found.low, found.high, found.raw, found.count) == (25.0, 10.0, 40.0, 12.5, 4)
    assert (found.flag, found.reason, found.unit) == (Flag.PASS, "", "µg/m³")


def test_an_empty_interval_is_missing_with_its_reason_and_no_number():
    cell = Cell(PM)
    for _ in range(4):
        cell.miss("timeout")
    found = row(cell)
    assert (found.value, found.low, found.high, found.raw) == (None, None, None, None)
    assert (found.flag, found.reason, found.count, found.expected) == (Flag.MISSING, "timeout", 0, 4)
    assert row(Cell(PM)).reason == "gap"


def test_too_few_readings_are_suspect():
    cell = Cell(PM)
    cell.add(10.0, 10.0, Flag.PASS, "")
    cell.miss("checksum")
    assert (row(cell).flag, row(cell).reason, row(cell).value) == (Flag.SUSPECT, "checksum", 10.0)


def test_doubtful_readings_do_not_mix_with_good_ones():
    cell = Cell(PM)
    for _ in range(3):
        cell.add(10.0, 10.0, Flag.PASS, "")
    cell.add(900.0, 900.0, Flag.SUSPECT, "stuck")
    assert (row(cell).value, row(cell).flag) == (10.0, Flag.PASS)


def test_without_good_ones_the_doubtful_are_kept_and_flagged():
    cell = Cell(PM)
    cell.add(7.0, 7.0, Flag.SUSPECT, "warm_up")
    cell.add(-99.0, -99.0, Flag.FAIL, "range")
    assert (row(cell).value, row(cell).flag, row(cell).reason) == (7.0, Flag.SUSPECT, "warm_up")


def test_a_stepped_clock_makes_a_good_interval_suspect():
    cell = Cell(PM)
    for _ in range(4):
        cell.add(7.0, 7.0, Flag.PASS, "")
    assert (row(cell, because="clock").flag, row(cell, because="clock").reason) == (Flag.SUSPECT, "clock")


def test_levels_are_averaged_by_energy():
    """60 dB and 70 dB for equal times are 67.4 dB (IEC 61672-1: LAeq is the level of the mean square pressure)."""
    cell = Cell(LEVEL)
    cell.add(60.0, 60.0, Flag.PASS, "")
    cell.add(70.0, 70.0, Flag.PASS, "")
    found = row(cell, LEVEL, 2)
    assert found.value == pytest.approx(10 * math.log10((1e6 + 1e7) / 2), abs=1e-3) and found.raw == found.value


def test_directions_are_averaged_on_the_circle():
    cell = Cell(WIND)
    for value in (350.0, 10.0):
        cell.add(value, value, Flag.PASS, "")
    assert row(cell, WIND, 2).value in (0.0, 360.0)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.sampled_from([Flag.PASS, Flag.SUSPECT, Flag.FAIL]))), st.integers(1, 100))
def test_any_readings_give_a_strict_row(readings, expected):
    cell = Cell(PM)
    for value, flag in readings:
        cell.add(value, value, flag, "" if flag is Flag.PASS else "range")
    found = row(cell, expected=expected)
    json.dumps(found, allow_nan=False)
    assert (found.value is None) == (found.flag == Flag.MISSING) == (found.count == 0)
    if found.value is not None:
        assert found.low - 1e-3 <= found.value <= found.high + 1e-3 and found.count <= found.expected


def test_ph_is_averaged_by_its_ions():
    """pH 6 and 8 for equal times: half of 10^-6 and 10^-8 is pH 6.297."""
    cell, ph = Cell(quantities()["ph"]), quantities()["ph"]
    for value in (6.0, 8.0):
        cell.add(value, value, Flag.PASS, "")
    found = row(cell, ph, 2)
    assert (found.value, found.low, found.high, found.raw) == (6.2967, 6.0, 8.0, 6.2967)


def test_percentile_levels_stand_beside_laeq():
    cell = Cell(LEVEL)
    for value in range(101):
        cell.add(float(value), value - 1.0, Flag.PASS, "")
    level = row(cell, LEVEL, 101)
    found = cell.percentiles(level)
    assert [(one.quantity, one.value, one.raw) for one in found] == [
        ("la5", 95.0, 94.0), ("la10", 90.0, 89.0), ("la50", 50.0, 49.0), ("la90", 10.0, 9.0), ("la95", 5.0, 4.0),
    ]  # fmt: skip
    assert {(one.unit, one.count, one.flag) for one in found} == {("dB", 101, Flag.PASS)}
    assert Cell(LEVEL).percentiles(row(Cell(LEVEL), LEVEL)) == []
    pm = Cell(PM)
    pm.add(1.0, 1.0, Flag.PASS, "")
    assert pm.percentiles(row(pm)) == []


READINGS = st.lists(
    st.tuples(st.floats(0.0, 14.0), st.sampled_from([Flag.PASS, Flag.PASS, Flag.SUSPECT, Flag.FAIL])), min_size=1, max_size=60
)


@given(READINGS, st.randoms(use_true_random=False), st.sampled_from(["pm25", "laeq", "ph", "rain", "wind_direction"]))
def test_the_order_of_readings_does_not_matter(readings, chance, key):
    quantity = quantities()[key]
    shuffled = list(readings)
    chance.shuffle(shuffled)
    rows = []
    for some in (readings, shuffled):
        cell = Cell(quantity)
        for value, flag in some:
            cell.add(value, value, flag, "" if flag is Flag.PASS else "spike")
        rows.append(row(cell, quantity, 60))
    step = 10.0 ** -(quantity.decimals + 2)
    assert rows[0][3:7] == pytest.approx(rows[1][3:7], abs=1.01 * step)
    assert rows[0][7:] == rows[1][7:]


@given(st.lists(st.floats(0.0, 359.0), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_one_place_says_how_values_become_one(values, chance):
    """What the interval forms from samples, and what hours form from intervals, is the same mean."""
    for key in ("pm25", "laeq", "rain", "wind_direction"):
        cell, quantity = Cell(quantities()[key]), quantities()[key]
        for value in values:
            cell.add(value, value, Flag.PASS, "")
        whole = mean_of(quantity.mean, [(value, 1.0) for value in chance.sample(values, len(values))])
        stored = row(cell, quantity, len(values)).value
        if quantity.mean == "vector":
            length = abs(sum(cmath.rect(1.0, math.radians(value)) for value in values))
            assert length < 1e-6 or abs((stored - whole + 180) % 360 - 180) < 0.011
        else:
            assert stored == pytest.approx(whole, abs=0.011)
