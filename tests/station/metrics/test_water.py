"""Surface water against GB 3838 table 1, the evaluation rules and the trophic index."""

import math

import pytest

from station.metrics import water
from station.metrics.tables import Unknown


def test_the_worst_parameter_decides() -> None:
    sample = {"ph": 7.5, "do": 8.0, "codmn": 3.0, "nh3n": 0.3, "tp": 0.15}
    found = water.water_class(sample, "river")
    assert found == {"class": 3, "deciding": ["tp"], "per_parameter": {"ph": 1, "do": 1, "codmn": 2, "nh3n": 2, "tp": 3}}
    assert water.water_class(sample, "reservoir")["class"] == 5, "a reservoir is judged more strictly by phosphorus"
    assert water.water_class({"codmn": 15.1, "cod": 41.0}, "river")["deciding"] == ["codmn", "cod"]
    assert water.water_class({"codmn": 15.1}, "river")["class"] == 6


def test_names_of_the_registry_are_the_same() -> None:
    sample = {"dissolved_oxygen": 4.0, "ammonia_nitrogen": 0.1, "total_phosphorus": 0.02}
    assert water.water_class(sample, "river")["per_parameter"] == {
        "dissolved_oxygen": 4,
        "ammonia_nitrogen": 1,
        "total_phosphorus": 1,
    }


def test_nitrogen_and_temperature_take_no_part() -> None:
    sample = {"codmn": 1.0, "total_nitrogen": 5.0, "water_temperature": 31.0, "turbidity": 20.0}
    assert water.water_class(sample, "reservoir") == {"class": 1, "deciding": ["codmn"], "per_parameter": {"codmn": 1}}
    assert water.water_class(sample, "reservoir", tn_in_class=True)["class"] == 6
    assert water.water_class(sample, "river", tn_in_class=True)["class"] == 1, "a river has no limit of nitrogen"


def test_oxygen_of_class_one() -> None:
    assert water.water_class({"do": 7.0}, "river")["class"] == 2
    assert water.water_class({"do": 7.0, "oxygen_saturation": 91.0}, "river")["class"] == 1
    assert water.water_class({"do": 1.9}, "river")["class"] == 6


def test_values_are_rounded_before_they_are_judged() -> None:
    assert water.water_class({"codmn": 4.05}, "river")["class"] == 2, "4.0, half to even"
    assert water.water_class({"codmn": 4.06}, "river")["class"] == 3
    assert water.water_class({"ph": 9.4}, "river")["class"] == 1, "pH is judged without decimals"
    assert water.water_class({"ph": 9.6}, "river")["class"] == 6
    assert str(water.judged("ammonia_nitrogen", 0.0042)) == "0.004", "one significant digit is kept"


def test_missing_and_mistyped() -> None:
    assert water.water_class({"codmn": None}, "river") == {"class": None, "deciding": [], "per_parameter": {"codmn": None}}
    with pytest.raises(Unknown):
        water.water_class({"codnm": 3.0}, "river")


def test_exceedance_multiple() -> None:
    found = water.exceedance({"tp": 0.3, "codmn": 3.0, "ph": 10.0, "do": 1.0, "tn": 2.0, "cod": None}, 2, "river")
    assert found == {"tp": 2.0, "codmn": -0.25, "ph": None, "do": None, "tn": None, "cod": None}
    assert water.exceedance({"tn": 1.5}, 3, "reservoir") == {"tn": 0.5}


def test_mean_ph_is_of_ions() -> None:
    assert water.mean_ph([6.0, 8.0, None]) == pytest.approx(-math.log10((1e-6 + 1e-8) / 2))
    assert water.mean_ph([]) is None


def test_trophic_index() -> None:
    ones = water.tli(1.0, 1.0, 1.0, 1.0, 1.0)
    assert ones.tli_each == pytest.approx({"chla": 25.0, "tp": 94.36, "tn": 54.53, "sd": 51.18, "codmn": 1.09})
    weights = (0.2663, 0.1879, 0.1790, 0.1834, 0.1834)
    assert ones.tli == pytest.approx(sum(w * v for w, v in zip(weights, ones.tli_each.values(), strict=True)), abs=0.01)
    assert water.tli(None, 1.0, 1.0, 1.0, 1.0)[::2] == (None, None)
    states = [water._state(one) for one in (29.9, 30, 50, 50.1, 60.1, 70.1)]
    assert states == ["贫营养", "中营养", "中营养", "轻度富营养", "中度富营养", "重度富营养"]


def test_jumps() -> None:
    assert [water.jump(0.1, 0.3), water.jump(0.1, 0.29), water.jump(0.3, 0.1), water.jump(0.3, 0.11)] == [
        True,
        False,
        True,
        False,
    ]
    assert (water.jump(0.0, 0.0), water.jump(-1.0, 1.0)) == (False, None)


def test_load_and_recovery() -> None:
    assert water.load_kg_per_day(2.0, 1.5) == pytest.approx(259.2)
    assert water.recovery(1.0, 2.9, 2.0) == pytest.approx(95.0)
