"""Codes, units and marks. Expected numbers are computed by hand from molar mass and the ideal gas law."""

import pytest

from drivers.quantity import quantities
from drivers.sample import REASONS
from gateway.link.hj212.factors import MARKS, UNITS, convert, converts, factors, mark, number, old_factors


def test_every_factor_fits_our_registry():
    for factor in factors().values():
        if factor.quantity:
            unit = quantities()[factor.quantity].unit
            assert converts(unit, factor.unit, factor.molar), f"{factor.code}: {unit} cannot be told in {factor.unit}"
            assert factor.unit in UNITS and factor.system in ("21", "22", "23", "31")
        if factor.annex:
            assert converts(factor.unit, factor.annex, factor.molar)


def test_codes_of_annex_b():
    codes = {"a34004": "pm25", "a34002": "pm10", "a01006": "pressure", "w01001": "ph", "w21011": "total_phosphorus"}
    for code, quantity in codes.items():
        assert factors()[code].quantity == quantity
    assert factors()["a34004"].annex == "ng/m³", "the table's unit, although nobody can send it in N3.3"
    assert old_factors()["011"].code == "w01018" and old_factors()["B01"].code == "w00000"
    assert factors()["a01006"].unit == "kPa" and "w22" not in factors()


@pytest.mark.parametrize(
    ("value", "source", "target", "molar", "expected"),
    [
        (35.0, "µg/m³", "mg/m³", 0, 0.035), (35.0, "µg/m³", "ng/m³", 0, 35000.0), (1.2, "mg/m³", "µg/m³", 0, 1200.0),
        (1013.2, "hPa", "kPa", 0, 101.32), (0.5, "m³/s", "L/s", 0, 500.0), (0.5, "m³/s", "m³/h", 0, 1800.0),
        (2.5, "µg/L", "mg/L", 0, 0.0025), (350.0, "µS/cm", "mS/m", 0, 35.0),
        (100.0, "ppb", "µg/m³", 47.998, 196.19),  # ozone: 100 · 47.998 / 24.465
        (420.0, "ppm", "mg/m³", 44.009, 755.51),  # CO2: 420 · 44.009 / 24.465
        (96.0, "µg/m³", "ppb", 46.006, 51.05),  # NO2
    ],
)  # fmt: skip
def test_units(value, source, target, molar, expected):
    assert convert(value, source, target, molar) == pytest.approx(expected, rel=1e-4)


def test_what_cannot_be_converted_is_refused():
    for source, target, molar in (("ppb", "mg/m³", 0), ("dB", "kPa", 0), ("furlong", "m", 0)):
        assert not converts(source, target, molar)
        with pytest.raises(ValueError, match="cannot be told"):
            convert(1.0, source, target, molar)


@pytest.mark.parametrize(
    ("flag", "reason", "in_2017", "in_2025"),
    [
        (1, "", "N", "N"), (3, "maintenance", "M", "M"), (4, "range", "T", "T"), (9, "timeout", "B", "D"),
        (9, "checksum", "B", "D"), (4, "device_fault", "D", "D"), (3, "gap", "D", "D"), (9, "not_started", "F", "D"),
        (3, "calibration", "C", "C"), (3, "manual", "S", "M"), (3, "under_voltage", "D", "Td"), (3, "condensation", "D", "Td"),
        (2, "", "N", "N"), (3, "", "D", "D"), (3, "spike", "D", "D"), (3, "saturated", "T", "T"), (9, "port", "B", "D"),
    ],
)  # fmt: skip
def test_marks(flag, reason, in_2017, in_2025):
    assert mark(flag, reason, 2017) == in_2017 and mark(flag, reason, 2025) == in_2025
    assert set(MARKS) <= REASONS


def test_numbers_on_the_wire():
    assert [number(-0.04, 1), number(12.345, 2), number(3.0, 0), number(-1.25, 1)] == ["0.0", "12.35", "3", "-1.2"]
