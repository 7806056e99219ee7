"""Co-location files with every way to write a time, and fits that must find the truth from which the data were made."""

import math
import random
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.colocation import BadFile, Column, means, read, together
from calibration.correct import kappa_kohler
from calibration.fit import blocks_of, choose, fit_all
from calibration.methods import build

BEIJING = timezone(timedelta(hours=8))
SEVEN = 1_793_488_800  # 2026-10-31T23:20:00Z


def one(text, zone=BEIJING, label="start"):
    return read(text.splitlines(), ["a"], zone, label)["a"].points


@pytest.mark.parametrize(
    "times",
    [
        ("2026-11-01 07:20", "2026-11-01 07:21"),
        ("2026/11/01 07:20", "2026/11/01 07:21:00"),
        ("11/01/2026 07:20", "11/01/2026 07:21"),
        ("2026-10-31T23:20:00Z", "2026-11-01T00:21:00+01:00"),
        (str(SEVEN), str(SEVEN + 60)),
    ],
)
def test_every_way_to_write_a_time(times):
    assert one(f"when,a\n{times[0]},1\n{times[1]},2\n") == [(SEVEN, 1.0), (SEVEN + 60, 2.0)]


def test_a_row_that_is_labelled_by_its_end_stands_for_what_was_before():
    text = "t,a\n2026-11-01T08:00,1\n2026-11-01T09:00,2\n2026-11-01T10:00,3\n2026-11-01T13:00,4\n"
    starts = [point[0] for point in one(text)]
    ends = [point[0] for point in one(text, label="end")]
    assert [a - b for a, b in zip(starts, ends, strict=True)] == [3600] * 4


def test_what_is_no_number_is_missing_and_what_is_no_file_is_told():
    assert one("t,a\n2026-11-01T08:00,\n2026-11-01T09:00,NaN\n2026-11-01T10:00,x\n2026-11-01T11:00,-4.5\n\n") == [
        (1_793_502_000, -4.5)
    ]
    for text, word in (("t,a\nyesterday,1\n", "row 2"), ("t,a\n2026-11-01T08:00,1\n", "fewer"), ("", "none")):
        with pytest.raises(BadFile, match=word):
            one(text)
    with pytest.raises(BadFile, match="zone"):
        one("t,a\n2026-11-01T08:00,1\n", zone=None)


def test_a_mean_needs_three_quarters_of_its_rows_and_days_are_those_of_the_zone():
    minutes = Column("a", 60, [(3600 + 60 * at, float(at)) for at in range(45)])
    assert means(minutes, 3600) == {3600: 22.0} and means(Column("a", 60, minutes.points[:44]), 3600) == {}
    hours = Column("a", 3600, [(-8 * 3600 + 3600 * at, 1.0) for at in range(24)])
    assert means(hours, 86400, 8 * 3600) == {-8 * 3600: 1.0} and means(hours, 86400) == {}


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(-50, 50)), min_size=2), st.randoms())
def test_neither_order_nor_repeated_rows_change_a_mean(points, chance):
    points = list(dict(points).items())
    shuffled = points + chance.sample(points, len(points) // 2)
    chance.shuffle(shuffled)

    def of(rows):
        text = "t,a\n" + "".join(f"{1_000_000_000 + 60 * at},{value}\n" for at, value in [(-2, 0), (-1, 0), *rows])
        return means(read(text.splitlines(), ["a"], UTC, "start")["a"], 3600, share=0.0)

    assert of(points) == pytest.approx(of(shuffled))


def test_only_periods_of_which_everything_is_there():
    assert list(together([{1: 1.0, 2: 2.0}, {2: 3.0, 3: 4.0}])) == [(2, (2.0, 3.0))]


def made(model, noise=1.0, count=600, seed=1):
    """Hours of PM2.5 with humidity and temperature; `model(reference, humidity, temperature)` is what the sensor shows."""
    chance, rows, level = random.Random(seed), [], 40.0
    for hour in range(count):
        level = max(3.0, level + chance.gauss(0, 5) - 0.03 * (level - 40))
        humidity = min(98.0, max(10.0, 55 + 30 * math.sin(hour / 3.8) + chance.gauss(0, 5)))
        temperature = 15 - 8 * math.sin(hour / 3.8) + chance.gauss(0, 2)
        sensor = model(level, humidity, temperature)
        rows.append(
            {"reference": level + chance.gauss(0, noise), "sensor": sensor, "humidity": humidity, "temperature": temperature}
        )
    return rows


def test_growth_with_humidity_is_found_with_its_kappa():
    rows = made(lambda pm, rh, _t: (pm + 3) / 0.8 * 10 / kappa_kohler(10, rh, 0.5))
    best = choose(fit_all(rows, "pm25"))
    assert best.candidate.name == "kappa_kohler" and best.shape == pytest.approx(0.5, abs=0.02)
    found = best.coefficients
    assert found["gain"] == pytest.approx(0.8, abs=0.02) and found["offset"] == pytest.approx(-3, abs=0.5)
    assert best.unseen == pytest.approx(1.0, abs=0.1), "the error is the noise that was put in"


def test_of_equally_good_models_the_simplest_is_chosen():
    fitted = fit_all(made(lambda pm, _rh, _t: 1.3 * pm + 4), "pm25")
    assert choose(fitted).candidate.name == "linear" and len(fitted) == 6
    assert {one.candidate.name for one in fit_all(made(lambda pm, _rh, _t: pm), "no2")} >= {"linear", "mlr_rh_t_cross"}
    assert not any("k" in one.candidate.name for one in fit_all(made(lambda pm, _rh, _t: pm), "no2")), "growth is of particles"


def test_a_linear_influence_of_humidity_and_temperature_is_found():
    best = choose(fit_all(made(lambda pm, rh, t: (pm - 2 - 0.3 * rh + 0.5 * t) / 0.7), "no2"))
    assert best.candidate.name == "mlr_rh_t"
    assert best.coefficients["terms"] == pytest.approx({"humidity": 0.3, "temperature": -0.5}, abs=0.02)


@pytest.mark.parametrize("name", ["linear", "growth_nilson", "kappa_kohler", "mlr_rh", "mlr_rh_t", "mlr_rh_t_cross"])
def test_the_certificate_says_what_was_fitted(name):
    rows = made(lambda pm, rh, _t: pm * (1 + rh / 200))
    fitted = next(one for one in fit_all(rows, "pm25") if one.candidate.name == name)
    roles = fitted.candidate.roles
    apply = build(fitted.candidate.method, fitted.coefficients, roles, "pm25")
    for row in rows[::50]:
        assert apply(row["sensor"], *(row[role] for role in roles)) == pytest.approx(fitted.apply(row))


def test_a_model_is_judged_on_blocks_that_it_has_not_seen():
    rows = made(lambda pm, _rh, _t: pm)
    for row in rows[-75:]:
        row["sensor"] += 40.0  # the last block is another world: no fit to the others can know
    linear = next(one for one in fit_all(rows, "pm25") if one.candidate.name == "linear")
    assert linear.unseen > 1.1 * linear.rmse
    assert [len(block) for block in blocks_of(rows)] == [75] * 8
    with pytest.raises(ValueError, match="needs 120"):
        fit_all(rows[:119], "pm25")
    with pytest.raises(ValueError, match="does not move"):
        fit_all([row | {"sensor": 5.0} for row in rows], "pm25")
