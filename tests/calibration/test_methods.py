"""Each method of correction on an example worked from its source, and what it refuses."""

import pytest

from calibration.certificate import BadCertificate, parse
from calibration.methods import METHODS
from tests.calibration.examples import certificate_text

RH, T, W = {"humidity": "c.humidity"}, {"temperature": "c.temperature"}, {"water_temperature": "s.water_temperature"}

EXAMPLES = {
    "linear": ("pm25", {"gain": 0.9, "offset": -1.0}, {}, (10.0,), 8.0),
    "polynomial": ("turbidity", {"coefficients": [1.0, 2.0, 3.0]}, {}, (2.0,), 17.0),
    "table": ("water_level", {"points": [[0, 0], [10, 20], [20, 60]]}, {}, (15.0,), 40.0),
    # 10 % more at 10 °C above 25: the value read there is taken back to 25 °C
    "temperature": ("tvoc", {"reference": 25.0, "span_per_degree": 0.01}, T, (110.0, 35.0), 100.0),
    # a probe that shows 4.05 and 9.10 in buffers 4.01 and 9.18 at 25 °C: in the middle of both it must be right
    "ph": ("ph", {"buffers": [4.01, 9.18], "readings": [4.05, 9.10], "temperature": 25.0}, {}, (6.575,), 6.595),
    # APHA 4500-O: 20 °C, 1 atm 9.092 mg/L; at 99.5 kPa 1.8 % less (Benson and Krause)
    "oxygen": ("dissolved_oxygen", {"pressure": 99.5}, W, (9.092, 20.0), 8.926),
    # 1000 µS/cm at 15 °C, 0.02 per °C: 1000/0.8
    "conductivity": ("conductivity", {"alpha": 0.02}, W, (1000.0, 15.0), 1250.0),
    "us_2021": ("pm25", {}, RH, (100.0, 50.0), 53.84),
    "us_smoke": ("pm25", {}, RH, (100.0, 50.0), 80.04),
    "growth_nilson": ("pm25", {"gain": 2.0, "offset": 1.0}, RH, (62.0, 50.0), 101.0),
    "kappa_kohler": ("pm25", {"kappa": 0.33}, RH, (90.0, 80.0), 50.0),
    "mlr": (
        "pm25",
        {"intercept": 1.0, "raw": 0.5, "terms": {"humidity": -0.1, "raw*humidity": 0.01}},
        RH,
        (40.0, 50.0),
        1 + 20 - 5 + 20,
    ),
    # RAE TN-106: toluene 0.50
    "pid": ("tvoc", {"cf": 0.5}, {}, (100.0,), 50.0),
    "two_channels": ("pm25", {}, {"other": "b.pm25"}, (10.0, 12.0), 11.0),
}


def test_every_method_has_an_example():
    assert set(EXAMPLES) == set(METHODS)


@pytest.mark.parametrize("method", EXAMPLES)
def test_a_worked_example(method):
    quantity, coefficients, companions, given, expected = EXAMPLES[method]
    made = parse(certificate_text(method, coefficients, quantity, **companions))
    assert made.apply(*given) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize(
    ("method", "quantity", "coefficients", "companions", "word"),
    [
        ("linear", "pm25", {"gain": 1}, {}, "needs offset"),
        ("ph", "ph", {"buffers": [4.0, 7.0], "readings": [4.3, 7.0], "temperature": 25.0}, {}, "slope is 90.0 %"),
        ("ph", "ph", {"buffers": [4.0, 7.0], "readings": [4.6, 7.6], "temperature": 25.0}, {}, "pH 7 is -35.5 mV"),
        ("ph", "ph", {"buffers": [7.0], "readings": [7.0], "temperature": 25.0}, {}, "2 or more"),
        ("ph", "orp", {"buffers": [4.0, 7.0], "readings": [4.0, 7.0], "temperature": 25.0}, {}, "is for ph"),
        ("mlr", "pm25", {"intercept": 0, "raw": 1, "terms": {"humidity": 1}}, {}, "needs the companion humidity"),
        ("table", "pm25", {"points": [[1, 1], [1, 2]]}, {}, "ascending"),
        ("kappa_kohler", "pm25", {}, {}, "climate.humidity"),
        ("pid", "tvoc", {"cf": 0}, {}, "cf"),
        ("conductivity", "conductivity", {"alpha": True}, W, "alpha must be a number"),
    ],
)
def test_what_is_no_calibration_is_refused_with_the_reason(method, quantity, coefficients, companions, word):
    with pytest.raises(BadCertificate, match=word):
        parse(certificate_text(method, coefficients, quantity, **companions))


@pytest.mark.parametrize(
    ("method", "given"),
    [("table", (21.0,)), ("growth_nilson", (50.0, 100.0)), ("two_channels", (10.0, 30.0)), ("oxygen", (9.0, 60.0))],
)
def test_where_the_formula_does_not_hold_nothing_is_corrected(method, given):
    quantity, coefficients, companions, *_ = EXAMPLES[method]
    with pytest.raises(ValueError, match=r"."):
        parse(certificate_text(method, coefficients, quantity, **companions)).apply(*given)


def test_the_stations_own_pressure_in_hpa_may_take_the_place_of_the_fixed_one():
    text = certificate_text("oxygen", {}, "dissolved_oxygen", pressure="air.pressure", **W)
    assert parse(text).apply(9.092, 995.0, 20.0) == pytest.approx(8.926, abs=0.002)
