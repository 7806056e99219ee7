"""The QARTOD tests, on worked examples of the manuals' rules; what is missing is 9 and never invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.limits import Limits
from calibration.quality import (
    FlatLine,
    attenuated,
    climatology,
    combine,
    flat_line,
    gap,
    gross_range,
    in_step,
    not_above,
    rate,
    spike,
)
from calibration.watch import Watch

VALUES = st.lists(st.none() | st.floats(-100, 100).map(lambda v: round(v, 1)), max_size=40)


def test_gross_range_has_its_ends_inside():
    assert gross_range([0, 100, -0.1, 100.1, 9.9, 50, None], [0, 100], [10, 90]) == [3, 3, 4, 4, 3, 1, 9]
    assert gross_range([1, 2], [0, 1]) == [1, 4]


def test_spike_is_not_evaluated_at_the_ends_and_beside_missing_ones():
    assert spike([1, 1, 5, 1, 1], 3, 6) == [2, 1, 3, 1, 2]
    assert spike([1, 1, 50, 1, 1], 3, 6) == [2, 4, 4, 4, 2]
    assert spike([1, None, 1, 1, 1], 3, 6) == [2, 9, 2, 1, 2]
    assert spike([], 1, 2) == [] and spike([7.0], 1, 2) == [2] and spike([None, 1], 1, 2) == [9, 2]


def test_what_equals_a_threshold_passes_as_decimals_have_it():
    assert 1.1 - 1.0 > 0.1, "in binary numbers it does not"
    assert spike([1.0, 1.1, 1.0, 1.1001], 0.1, 0.1)[1:3] == [1, 4]
    assert rate([1.0, 1.1, 1.0, 1.1001], 3600, 0.1) == [1, 1, 1, 3]
    assert in_step([1.1, 1.1001], [1.0, 1.0], 0.1) == [1, 3]


def test_a_rule_that_cannot_be_meant_is_refused():
    for rule in (
        lambda: gross_range([1], [5, 0]),
        lambda: gross_range([1], [0, 5], [3, 2]),
        lambda: rate([1, 2], 0, 1),
        lambda: flat_line([1], 0, 0, 5),
    ):
        with pytest.raises(ValueError):
            rule()


def test_rate_begins_with_a_pass_and_counts_the_time_over_a_gap():
    assert rate([10.0, 10.5, 13.0, 12.9], 900, 4.0) == [1, 1, 3, 1]
    assert rate([10.0, None, 12.0, None, None, 16.0], 1800, 2.0) == [1, 9, 1, 9, 9, 3]


def test_flat_line_counts_present_values_within_eps_of_this_one():
    assert flat_line([5, 5, 5, 5, 5, 5, 6], 0, 3, 5) == [1, 1, 1, 3, 3, 4, 1]
    assert flat_line([45.0, 45.1, 45.0, 45.1, 45.3], 0.1, 3, 5) == [1, 1, 1, 3, 1], "0.1 apart is within 0.1"
    assert flat_line([5, 5, None, 5, 5], 0, 3, 5) == [1, 1, 9, 1, 3]


def test_an_attenuated_signal_swings_too_little():
    assert attenuated([1.0, 1.2, 1.0, 1.2, 1.0, 3.0, 1.0], 3, 0.5, 0.1) == [2, 2, 3, 3, 3, 1, 1]
    assert attenuated([1.0, 1.0, None, 1.0], 3, 0.5, 0.1) == [2, 2, 9, 4]


def test_climatology_gap_and_companions():
    low, high = [-20.0] + [0.0] * 11, [5.0] + [30.0] * 11
    assert climatology([6.0, 6.0, None], [1, 2, 3], low, high) == [3, 1, 9]
    assert gap([0, 60, 121, 180], 60.0) == [1, 1, 4, 1] and gap([], 60.0) == []
    assert not_above([10, 12, None, 5], [11, 11, 11, None]) == [1, 3, 9, 2]
    assert in_step([1.0, 1.0], [1.5, 1.6], 0.5) == [1, 3]


def test_precedence_is_4_3_1_2_9():
    vectors = [[4, 9, 9, 2, 9], [1, 3, 2, 1, 9], [3, 1, 9, 9, 9]]
    assert combine(vectors) == [4, 3, 2, 1, 9]


@given(VALUES, st.floats(0, 2).map(lambda v: round(v, 1)), st.integers(1, 6))
def test_flat_line_as_the_rule_is_written(values, eps, most):
    present = [one for one in values if one is not None]
    flags = [flag for flag in flat_line(values, eps, most, most + 2) if flag != 9]
    for at, value in enumerate(present):
        near = [at >= n and all(abs(value - one) <= eps + 1e-9 for one in present[at - n : at]) for n in (most, most + 2)]
        assert flags[at] == (4 if near[1] else 3 if near[0] else 1)


@given(VALUES)
def test_missing_is_9_and_only_missing(values):
    for flags in (gross_range(values, [-50, 50]), spike(values, 5, 9), rate(values, 60, 5), flat_line(values, 0.1, 3, 5)):
        assert [flag == 9 for flag in flags] == [one is None for one in values]


def test_a_restless_signal_costs_no_memory():
    lines = FlatLine(0.05, 7200), FlatLine(0.05, 7200)
    assert {lines[0].count(value * 0.7 % 3) for value in range(1000)} == {0}
    assert max(lines[1].count(value * 0.01 % 3) for value in range(1000)) == 5, "a ramp: what lies behind is forgotten"
    assert max(len(line._low.values) for line in lines) < 15


@pytest.mark.parametrize("count", [1, 5, 12, 13, 100])
def test_the_swing_is_that_of_the_last_values(count):
    flags = attenuated([0.0, 1.0] * count * 2, count, 0.5, 0.5)
    assert flags[-1] == (4 if count == 1 else 1) and flags[0] == (4 if count == 1 else 2)


@given(VALUES, st.floats(0.1, 3), st.integers(1, 4))
def test_what_comes_one_by_one_is_flagged_as_the_array_is(values, threshold, count):
    present = [value for value in values if value is not None]
    limits = Limits(low=-90, high=90, suspect_low=-50, suspect_high=60, spike=threshold, spike_fail=3 * threshold)
    watch = Watch(limits, 0.0, 1.0)
    assert [watch.judge(value, at, {})[0] for at, value in enumerate(present)] == gross_range(present, [-90, 90], [-50, 60])
    triples = zip(present, present[1:], present[2:], strict=False)
    assert [watch.spiked(*triple) for triple in triples] == spike(present, threshold, 3 * threshold)[1:-1]
    still = Watch(Limits(stuck=count + 2, stuck_within=threshold), 0.0, 1.0)
    flags = [still.judge(value, at, {})[0] for at, value in enumerate(present)]
    assert flags == flat_line(present, threshold, count + 2, 99), "three values before it at least"
    whole = Watch(Limits(at_most="all"), 0.0, 1.0)
    flags = [whole.judge(value, 0.0, {"all": 5.0})[0] for value in present]
    assert flags == not_above(present, [5.0] * len(present))
