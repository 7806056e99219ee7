"""Agreement and precision against figures worked by hand from the definitions of EPA/600/R-20/280."""

import math

import pytest

from calibration.evaluate import epa_verdicts, evaluate, meets_epa_pm25, precision


def test_a_sensor_that_reads_twice_and_one_more():
    found = evaluate([1.0, 2.0, 3.0, None, 5.0], [3.0, 5.0, 7.0, 9.0, None])
    assert (found.slope, found.intercept, found.r2) == (pytest.approx(2.0), pytest.approx(1.0), pytest.approx(1.0))
    # differences 2, 3, 4: mean 3, RMSE √(29/3); the mean reference is 2
    assert found.mean_bias == pytest.approx(3.0) and found.rmse == pytest.approx(math.sqrt(29 / 3))
    assert found.nrmse_percent == pytest.approx(100 * math.sqrt(29 / 3) / 2)


def test_anscombes_first_set():
    # F. J. Anscombe, American Statistician 27 (1973): y = 3.00 + 0.500 x, R² = 0.67
    x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    found = evaluate(x, y)
    assert round(found.slope, 3) == 0.5 and round(found.intercept, 2) == 3.0 and round(found.r2, 2) == 0.67


def test_what_the_pairs_do_not_determine_is_missing():
    assert evaluate([5.0, 5.0], [4.0, 6.0])[:3] == (None, None, None)
    assert evaluate([1.0, 2.0], [4.0, 4.0]).r2 is None and evaluate([0.0], [4.0]).nrmse_percent is None
    with pytest.raises(ValueError, match="no pair"):
        evaluate([1.0, None], [None, 2.0])
    with pytest.raises(ValueError, match="equally long"):
        evaluate([1.0], [])


def test_precision_leaves_out_a_day_on_which_a_unit_is_missing():
    # two days, three units: squares 1+0+1 and 4+0+4 over 6−1; overall mean 15
    found = precision([[9.0, 10.0, 11.0], [18.0, 20.0, 22.0], [1.0, None, 99.0]])
    assert found.sd == pytest.approx(math.sqrt(10 / 5)) and found.cv_percent == pytest.approx(100 * math.sqrt(2) / 15)
    with pytest.raises(ValueError, match="precision"):
        precision([[None, 1.0]])


GOOD = {"slope": 1.2, "intercept": -4.0, "r2": 0.71, "rmse": 9.0, "nrmse_percent": 29.0, "sd": 6.0, "cv_percent": 20.0}


@pytest.mark.parametrize(
    ("change", "met"),
    [
        ({}, True),
        ({"slope": 1.35, "intercept": 5.0, "r2": 0.70}, True),
        ({"slope": 1.36}, False),
        ({"intercept": 5.1}, False),
        ({"r2": 0.69}, False),
        ({"nrmse_percent": 31.0}, False),
        ({"nrmse_percent": 31.0, "rmse": 7.0}, True),
        ({"cv_percent": 31.0}, False),
        ({"cv_percent": 31.0, "sd": 5.0}, True),
    ],
)
def test_epa_targets_for_pm25(change, met):
    assert meets_epa_pm25(**(GOOD | change)) is met


def test_an_unknown_figure_has_no_verdict():
    assert epa_verdicts("pm10", evaluate([5.0], [4.0]), None) == {
        "slope": None,
        "intercept": None,
        "r2": None,
        "rmse": True,
        "precision": None,
    }
