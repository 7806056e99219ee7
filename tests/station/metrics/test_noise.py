"""Noise against GB 3096, GB 12523, GB 12348, HJ 706 and the A weighting of IEC 61672-1."""

import datetime
import math

import pytest

from station.metrics import noise
from station.metrics.tables import Unknown


def test_levels() -> None:
    assert noise.leq([60, 60]) == pytest.approx(60)
    assert noise.leq([60, None, 70]) == pytest.approx(10 * math.log10((1e6 + 1e7) / 2))
    assert noise.leq([60, 70], [3, 1]) == pytest.approx(10 * math.log10((3e6 + 1e7) / 4))
    assert noise.leq([None]) is None
    assert noise.level_sum([60, 60]) == pytest.approx(63.0103)
    assert noise.level_sum([60, None]) is None, "one source is not known"
    with pytest.raises(ValueError):
        noise.leq([60, 70], [1])


def test_percentile_levels_are_exceeded_so_often() -> None:
    found = noise.level_percentiles([float(one) for one in range(101)])
    assert found == (95, 90, 50, 10, 5, 100, 0)
    assert noise.level_percentiles([]) == (None,) * 7


def test_day_and_night() -> None:
    hourly: list[float | None] = [45.0] * 6 + [55.0] * 16 + [45.0] * 2
    found = noise.day_night(hourly)
    assert (found.ld, found.ln) == (pytest.approx(55), pytest.approx(45))
    assert found.ldn == pytest.approx(55), "a night 10 dB quieter weighs the same"
    assert found.leq24 == pytest.approx(10 * math.log10((16 * 10**5.5 + 8 * 10**4.5) / 24))
    assert noise.ldn(60, 55) == pytest.approx(10 * math.log10((16e6 + 8 * 10**6.5) / 24))
    few = noise.day_night([45.0] * 6 + [55.0] * 11 + [None] * 7)
    assert few == (None, pytest.approx(45), None, None), "11 of 16 hours are no day, 6 of 8 are a night"


@pytest.mark.parametrize(
    ("measured", "background", "corrected"),
    [
        (63, 60, 60),
        (62.9, 60, None),
        (63.4, 60, 60.4),
        (64, 60, 62),
        (65.4, 60, 63.4),
        (65.5, 60, 64.5),  # 5.5 dB is 6
        (70, 60, 69),
        (70.1, 60, 70.1),
        (63.1, 60.1, 60.1),  # exactly 3, whatever binary numbers say
    ],
)
def test_background(measured: float, background: float, corrected: float | None) -> None:
    assert noise.background_correct(measured, background) == corrected


def test_limits_by_zone() -> None:
    zones = ("0", "1", "2", "3", "4a", "4b")
    assert [tuple(noise.noise_limit(zone)) for zone in zones] == [(50, 40), (55, 45), (60, 50), (65, 55), (70, 55), (70, 60)]
    assert noise.noise_limit("site", "gb12523", datetime.date(2026, 1, 1)) == (70, 55)
    assert noise.noise_limit("4", "gb12348") == (70, 55)
    assert noise.noise_compliant("2", "night", 50.04) and not noise.noise_compliant("2", "night", 50.1)
    with pytest.raises(Unknown):
        noise.noise_limit("4")
    with pytest.raises(ValueError, match="GB 12523-2025"):
        noise.noise_limit("site", "gb12523", datetime.date(2025, 12, 31))


@pytest.mark.parametrize(
    ("band", "a"),
    [(15, -39.4), (18, -26.2), (21, -16.1), (24, -8.6), (27, -3.2), (30, 0), (33, 1.2), (36, 1.0), (39, -1.1), (42, -6.6)],
)
def test_a_weighting_of_iec_61672(band: int, a: float) -> None:
    assert noise.a_weighting(10 ** (band / 10)) == pytest.approx(a, abs=0.06), "bands lie at powers of ten: 31.5 Hz is 31.62"


def test_c_weighting_of_iec_61672() -> None:
    assert noise.c_weighting(1000) == pytest.approx(0, abs=0.01)
    assert noise.c_weighting(31.5) == pytest.approx(-3.0, abs=0.06)
    assert noise.c_weighting(8000) == pytest.approx(-3.0, abs=0.06)
