"""The statistics of an interval: what is stored of good, doubtful and missing readings."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.quantity import quantities
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
