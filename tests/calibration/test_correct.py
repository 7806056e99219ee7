"""Corrections against the numbers of their papers' formulas, worked by hand; and where the pieces join."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.correct import channels_agree, correct_pm25, ph_calibration


@pytest.mark.parametrize(
    ("model", "pm", "rh", "expected"),
    [
        # AMT 14, 4617: 0.524 × 100 − 0.0862 × 50 + 5.75
        ("us_2021", 100.0, 50.0, 53.84),
        ("us_2021", 0.0, 90.0, -2.008),
        # EPA fire and smoke map, one value a piece
        ("us_smoke", 20.0, 50.0, 11.92),
        ("us_smoke", 40.0, 50.0, 0.5 * (0.786 + 0.524) * 40 - 4.31 + 5.75),
        ("us_smoke", 100.0, 50.0, 80.04),
        ("us_smoke", 235.0, 50.0, 0.738 * 235 - 2.155 + 1.483 + 2.875 + 8.84e-4 * 235**2 * 0.5),
        ("us_smoke", 300.0, 50.0, 2.966 + 207 + 79.56),
        # AMT 15, 3315: at 50 % the growth is 1.24; dry air leaves the value
        ("growth_nilson", 62.0, 50.0, 50.0),
        ("growth_nilson", 62.0, 0.0, 62.0),
    ],
)
def test_published_pm25_corrections(model, pm, rh, expected):
    assert correct_pm25(model, pm, rh) == pytest.approx(expected, abs=1e-9)


def test_kappa_koehler_takes_its_parameters_and_stops_growing_at_95_percent():
    # AMT 11, 709: C = 1 + (0.33/1.65)/(1/0.8 − 1) = 1.8
    assert correct_pm25("kappa_kohler", 90.0, 80.0, kappa=0.33, density=1.65) == pytest.approx(50.0)
    assert correct_pm25("kappa_kohler", 90.0, 95.0) == correct_pm25("kappa_kohler", 90.0, 100.0)


@pytest.mark.parametrize("edge", [30.0, 50.0, 210.0, 260.0])
def test_the_pieces_of_the_smoke_form_join(edge):
    below, above = correct_pm25("us_smoke", edge - 1e-9, 60.0), correct_pm25("us_smoke", edge, 60.0)
    assert below == pytest.approx(above, abs=0.01)


@pytest.mark.parametrize(
    ("model", "rh", "parameters", "word"),
    [("magic", 50.0, {}, "unknown"), ("us_2021", 50.0, {"kappa": 1.0}, "kappa"), ("growth_nilson", 100.0, {}, "rh")],
)
def test_what_cannot_be_computed_is_refused(model, rh, parameters, word):
    with pytest.raises(ValueError, match=word):
        correct_pm25(model, 1.0, rh, **parameters)


@pytest.mark.parametrize(
    ("a", "b", "agree"),
    [(10.0, 14.9, True), (3.0, 8.1, False), (100.0, 150.0, True), (100.0, 190.0, False), (0.0, 5.0, False), (0.0, 4.99, True)],
)
def test_two_channels_disagree_only_by_5_and_by_61_percent_of_their_mean(a, b, agree):
    assert channels_agree(a, b) is agree and channels_agree(b, a) is agree


@given(st.floats(0.1, 500), st.floats(0, 94.9))
def test_humidity_growth_only_takes_away(pm, rh):
    assert 0 < correct_pm25("kappa_kohler", pm, rh) <= pm and 0 < correct_pm25("growth_nilson", pm, rh) <= pm


def test_ph_line_of_an_ideal_and_of_a_tired_electrode():
    # Nernst at 25 °C: 59.16 mV per pH (IUPAC recommendations on pH, 2002)
    ideal = ph_calibration([4.0, 7.0, 10.0], [177.48, 0.0, -177.48], 25.0)
    assert ideal.slope_mv_per_ph == pytest.approx(-59.16) and ideal.mv_at_ph7 == pytest.approx(0.0, abs=1e-9)
    assert ideal.slope_percent == pytest.approx(100.0, abs=0.01)
    tired = ph_calibration([4.00, 6.86], [170.0, 18.4], 25.0)
    assert tired.slope_mv_per_ph == pytest.approx(-151.6 / 2.86) and 89 < tired.slope_percent < 90
    assert tired.mv_at_ph7 == pytest.approx(18.4 - 0.14 * 151.6 / 2.86)
    with pytest.raises(ValueError, match="two or more"):
        ph_calibration([7.0, 7.0], [0.0, 1.0], 25.0)
