"""Ambient air against GB 3095, HJ 633, HJ 663 and GB/T 8170; the numbers are those of the standards' tables."""

import datetime
import random

import pytest

from station.metrics import air
from station.metrics.statistics import percentile, round_text
from station.metrics.tables import Unknown

OLD, NEW, FINAL = datetime.date(2026, 2, 28), datetime.date(2026, 3, 1), datetime.date(2031, 1, 1)


@pytest.mark.parametrize(
    ("pollutant", "period", "value", "day", "index", "used"),
    [
        ("pm25", "24h", 60, NEW, 100, 60),  # HJ 633-2026: 60 is IAQI 100
        ("pm25", "24h", 75, OLD, 100, 75),  # HJ 633-2012: 75 is
        ("pm25", "24h", 75, NEW, 114, 75),  # 100 + 50 × 15/55 = 113.6, up
        ("pm10", "24h", 120, NEW, 100, 120),
        ("pm10", "24h", 150, OLD, 100, 150),
        ("pm25", "24h", 60.5, NEW, 100, 60),  # half to even, before the index
        ("pm25", "24h", 61.5, NEW, 102, 62),  # 100 + 50 × 2/55 = 101.8
        ("pm25", "1h", 35, NEW, 50, 35),  # hourly by the daily breakpoints
        ("co", "24h", 2.05, NEW, 50, 2),
        ("co", "24h", 2.15, NEW, 55, 2.2),  # 50 + 50 × 0.2/2, exactly 55: not 56 by a float's error
        ("so2", "1h", 800, NEW, 200, 800),
        ("so2", "1h", 900, NEW, 200, 900),
        ("so2", "1h", 900, OLD, None, 900),  # 2012: the daily mean decides
        ("o3", "8h", 900, NEW, 300, 900),
        ("o3", "8h", 900, OLD, None, 900),
        ("o3", "1h", 1300, NEW, 500, 1300),
        ("pm25", "24h", 999, NEW, 500, 999),
        ("o3", "24h", 100, NEW, None, 100),  # there is no such column
        ("pm25", "8h", 100, NEW, None, 100),
        ("no2", "24h", 0, NEW, 0, 0),
        ("no2", "24h", -3, NEW, None, -3),
        ("no2", "24h", None, NEW, None, None),
    ],
)
def test_individual_index(pollutant: str, period: str, value: float, day: datetime.date, index: int, used: float) -> None:
    assert air.iaqi(pollutant, period, value, day) == (index, used)


def test_every_breakpoint_has_its_index() -> None:
    rows = {"so2": [50, 150, 475, 800, 1600, 2100, 2620], "no2": [40, 80, 180, 280, 565, 750, 940]}
    rows |= {"co": [2, 4, 14, 24, 36, 48, 60], "pm10": [50, 120, 250, 350, 420, 500, 600]}
    rows |= {"pm25": [35, 60, 115, 150, 250, 350, 500]}
    for pollutant, row in rows.items():
        assert [air.iaqi(pollutant, "24h", one, NEW).iaqi for one in row] == [50, 100, 150, 200, 300, 400, 500]
    assert [air.iaqi("o3", "8h", one, NEW).iaqi for one in (100, 160, 215, 265, 800)] == [50, 100, 150, 200, 300]


GOOD = {"pm25": 20, "pm10": 40, "o3": 80, "no2": 20, "so2": 10, "co": 0.5}


def test_the_index_of_a_day() -> None:
    found = air.aqi("24h", GOOD | {"pm25": 115, "pm10": 250}, NEW)
    assert (found.aqi, found.publish, found.primary, found.level) == (150, True, ["pm25", "pm10"], 3)
    assert (found.category_zh, found.rgb_hex) == ("轻度污染", "#FF7E00")
    assert air.aqi("24h", GOOD, NEW).primary == [], "no primary pollutant up to 50"
    assert air.aqi("24h", GOOD, NEW).iaqi["o3"] == 40, "the daily report takes ozone's 8 h mean"
    assert air.aqi("1h", GOOD, NEW).iaqi["o3"] == 25, "the real-time report takes the hour"


def test_one_pollutant_makes_no_index_of_the_air_unless_it_is_bad() -> None:
    alone = air.aqi("24h", {"pm25": 60}, NEW)
    assert (alone.aqi, alone.publish) == (100, False)
    assert air.aqi("24h", {"pm25": 61}, NEW).publish
    nothing = air.aqi("24h", {"pm25": None}, NEW)
    assert nothing == ({"pm25": None}, None, False, [], None, None, None)
    with pytest.raises(Unknown):
        air.aqi("24h", {"pm2.5": 60.0}, NEW)


def test_categories() -> None:
    found = [air.aqi_category(one) for one in (50, 51, 150, 200, 300, 301)]
    assert [one.level for one in found] == [1, 2, 3, 4, 5, 6]
    assert [one.rgb_hex for one in found] == ["#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023"]


@pytest.mark.parametrize(
    ("pollutant", "period", "day", "limits"),
    [
        ("pm25", "annual", OLD, (15, 35)),
        ("pm25", "annual", NEW, (15, 30)),
        ("pm25", "annual", datetime.date(2030, 12, 31), (15, 30)),
        ("pm25", "annual", FINAL, (10, 25)),
        ("pm25", "24h", FINAL, (25, 50)),
        ("so2", "1h", NEW, (150, 500)),
        ("so2", "1h", FINAL, (150, 150)),
        ("o3", "8h_max", NEW, (100, 160)),
        ("nox", "24h", NEW, (100, 100)),
        ("nox", "24h", FINAL, (70, 70)),
        ("bap", "24h", NEW, (0.0025, 0.0025)),
        ("tsp", "24h", NEW, (120, 300)),
        ("pm25", "1h", NEW, (None, None)),
        ("tsp", "24h", OLD, (None, None)),  # no figure of 2012 is at hand
    ],
)
def test_limits_by_date_and_grade(pollutant: str, period: str, day: datetime.date, limits: tuple[float, float]) -> None:
    assert (air.limit(pollutant, period, day, 1), air.limit(pollutant, period, day, 2)) == limits


def test_compliance_is_judged_on_the_reported_value() -> None:
    assert air.compliant("pm25", "24h", 60.5, NEW) is True
    assert air.compliant("pm25", "24h", 60.6, NEW) is False
    assert air.compliant("pm25", "24h", 70, OLD) is True
    assert air.compliant("pm25", "1h", 300, NEW) is None, "an hour of PM2.5 has no limit"
    assert air.compliant("co", "24h", 4.04, NEW) is True
    assert air.compliant("o3", "8h_max", None, NEW) is None


def test_reference_state() -> None:
    assert air.to_reference_state("o3", 100, 25, 101.325) == pytest.approx(100)
    assert air.to_reference_state("o3", 100, 0, 100) == pytest.approx(100 * 273.15 / 298.15 * 1.01325)
    assert air.to_reference_state("pm25", 100, 0, 100) == 100


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("2.5", 0, "2"),
        ("3.5", 0, "4"),
        ("2.51", 0, "3"),
        ("0.25", 1, "0.2"),
        ("1.005", 2, "1.00"),
        ("-2.5", 0, "-2"),
        ("-0.4", 0, "0"),
        ("125", -1, "120"),
        ("15.4546", 0, "15"),  # GB/T 8170: once; by steps it would be 16
        ("7", 2, "7.00"),
    ],
)
def test_rounding_half_to_even_once(value: str, decimals: int, text: str) -> None:
    assert round_text(value, decimals) == text


def test_validity() -> None:
    assert (air.hour_valid(45), air.hour_valid(44)) == (True, False)
    assert (air.day_valid(20), air.day_valid(19)) == (True, False)
    assert (air.month_valid(1, 27), air.month_valid(1, 26), air.month_valid(2, 25)) == (True, False, True)
    assert (air.year_valid(324, True), air.year_valid(323, True), air.year_valid(366, False)) == (True, False, False)


def test_means_of_what_is_there() -> None:
    minutes = [10.0] * 44 + [None] * 16
    assert air.hour_mean(minutes) is None
    assert air.hour_mean([*minutes[:-1], 55.0]) == 11.0
    assert air.day_mean([1.0] * 19 + [None] * 5) is None
    assert air.day_mean([1.0] * 19 + [21.0]) == 2.0
    with pytest.raises(ValueError):
        air.day_mean([1.0] * 25)


def test_ozone_over_eight_hours() -> None:
    hours: list[float | None] = [float(hour) for hour in range(24)]
    assert air.mda8(hours) == 19.5, "16 to 24 o'clock"
    assert air.mda8([100.0] * 8 + [0.0] * 16) == 100.0, "the window that ends at 08:00 counts"
    nightly = [None] * 12 + [100.0] * 12
    assert air.mda8(nightly) is None, "windows with six hours end at 18:00 to 24:00: seven"
    assert air.mda8([None] * 12 + [161.0] * 12) == 161.0, "but an exceedance is one"
    assert air.mda8([None] * 24) is None


def test_percentile() -> None:
    assert percentile([4, 1, 3, 2, None], 50) == 2.5
    assert percentile([10, 20, 30, 40, 50], 90) == 46  # k = 1 + 4 × 0.9 = 4.6
    assert percentile([], 90) is None


@pytest.mark.parametrize(
    ("forecast", "warning"),
    [
        ([150, 200], "none"),
        ([201], "yellow"),
        ([160, 170], "yellow"),
        ([160, 90, 170], "none"),
        ([160, None, 170], "none"),
        ([201, 202], "orange"),
        ([160, 170, 180], "orange"),
        ([210, 220, 230], "orange"),
        ([210, 301, 230], "red"),
        ([None], None),
    ],
)
def test_warnings_of_the_plan_of_2023(forecast: list[float | None], warning: str) -> None:
    assert air.heavy_pollution_warning(forecast) == warning


def test_the_order_of_samples_does_not_matter() -> None:
    values = [random.Random(3).uniform(0, 1000) for _ in range(24)]
    shuffled = random.Random(4).sample(values, 24)
    assert air.day_mean(values) == air.day_mean(shuffled)
