"""Physics of probes against published tables: APHA 4500-O and USGS (oxygen), Nernst, CODATA, RAE TN-106, Crilley 2018."""

import pytest

from calibration.physics import do_percent, do_saturation, ec25, kappa_growth, mixture_cf, ph_slope, pid, ppb_to_ugm3
from drivers.quantity import molar_volume


@pytest.mark.parametrize(("t_c", "published"), [(0, 14.621), (10, 11.288), (20, 9.092), (25, 8.263), (30, 7.559)])
def test_oxygen_saturation_of_fresh_water(t_c: float, published: float) -> None:
    assert do_saturation(t_c) == pytest.approx(published, abs=0.0006)


def test_oxygen_saturation_falls_with_height_and_salt() -> None:
    assert do_saturation(20, p_kpa=99.5) / do_saturation(20) == pytest.approx(1 - 0.018, abs=0.001)
    assert do_saturation(20, p_kpa=101.325) == pytest.approx(do_saturation(20, p_atm=1.0))
    assert do_saturation(25, salinity=1.80655 * 20) == pytest.approx(6.728, abs=0.001)  # APHA 4500-O table, chlorinity 20
    assert do_percent(9.092, 20, 1.0) == pytest.approx(100.0, abs=0.01)


def test_what_lies_outside_the_formula_is_refused() -> None:
    for bad in ({"t_c": 41.0}, {"t_c": 20.0, "p_atm": 0.01}, {"t_c": 20.0, "salinity": -1.0}):
        with pytest.raises(ValueError):
            do_saturation(**bad)
    with pytest.raises(ValueError):
        do_saturation(20, p_kpa=100.0, p_atm=1.0)


def test_conductivity_and_slope() -> None:
    assert ec25(1000.0, 25.0) == 1000.0
    assert ec25(1191.0, 35.0) == pytest.approx(1000.0)
    assert ec25(1200.0, 35.0, 0.02) == pytest.approx(1000.0)
    assert ph_slope(25.0) == pytest.approx(59.16, abs=0.005)
    assert ph_slope(10.0) == pytest.approx(56.18, abs=0.005)


def test_gases() -> None:
    assert molar_volume(25.0, 101.325) == pytest.approx(24.465, abs=0.0005)
    assert molar_volume(0.0, 101.325) == pytest.approx(22.414, abs=0.0005)
    assert ppb_to_ugm3(1.0, 56.106) == pytest.approx(2.293, abs=0.0005)
    assert ppb_to_ugm3(1.0, 92.14) == pytest.approx(3.766, abs=0.0005)
    assert ppb_to_ugm3(1.0, 78.11) == pytest.approx(3.193, abs=0.0005)
    assert pid(100.0, 0.53) == pytest.approx(53.0)
    assert pid(100.0, 0.5, 92.14) == pytest.approx(50 * 3.766, abs=0.05)
    assert mixture_cf([{"x": 0.5, "cf": 0.5}, {"x": 0.5, "cf": 1.0}]) == pytest.approx(1 / 1.5)
    with pytest.raises(ValueError):
        mixture_cf([{"x": 50.0, "cf": 0.5}, {"x": 50.0, "cf": 1.0}])


def test_growth_with_humidity() -> None:
    assert kappa_growth(80.0, 0.4, 1.65) == pytest.approx(1 + 0.4 / 1.65 * 4)
    assert kappa_growth(0.0, 0.4) == 1.0
    assert kappa_growth(100.0, 0.4) == kappa_growth(95.0, 0.4), "the activity is held at 0.95"
