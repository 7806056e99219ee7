"""When a reading is stable, and what standards make of an instrument: sound, or refused with the figure and its bounds."""

import pytest

from calibration.guide import PROCEDURES, Point, Stability


def figures(name, *points):
    found = PROCEDURES[name].find([Point(*point) for point in points])
    return found.correction, {one.name: (one.value, one.sound) for one in found.figures}


def test_ph_by_slope_and_potential():
    correction, found = figures("ph", (6.86, 6.86, 20.0), (4.01, 4.01, 22.0))
    assert found["slope_percent"] == (pytest.approx(100.0), True) and found["mv_at_ph7"][1]
    assert correction == {"method": "ph", "buffers": [6.86, 4.01], "readings": [6.86, 4.01], "temperature": 21.0}
    # 2.5 pH between buffers 2.85 apart: 88 % of the slope
    assert figures("ph", (6.86, 6.86, 25.0), (4.01, 4.36, 25.0))[1]["slope_percent"] == (pytest.approx(87.7, abs=0.05), False)
    # 0.6 pH too high everywhere: 35.5 mV at pH 7 (59.16 mV a pH)
    assert figures("ph", (6.86, 7.46, 25.0), (4.01, 4.61, 25.0))[1]["mv_at_ph7"] == (pytest.approx(-35.5, abs=0.05), False)
    with pytest.raises(ValueError, match="temperature"):
        figures("ph", (6.86, 6.86, None), (4.01, 4.01, None))


@pytest.mark.parametrize(
    ("name", "points", "gain", "offset", "sound"),
    [
        ("noise", [(94.0, 93.6, None)], 1.0, 0.4, True),
        ("noise", [(94.0, 90.5, None)], 1.0, 3.5, False),
        ("pm-zero", [(0.0, 3.0, None)], 1.0, -3.0, True),
        ("pm-zero", [(0.0, 8.0, None)], 1.0, -8.0, False),
        ("conductivity", [(1413.0, 1386.0, 24.0)], 1413 / 1386, 0.0, True),
        ("conductivity", [(1413.0, 900.0, 24.0)], 1.57, 0.0, False),
        ("turbidity", [(0.0, 1.0, 20.0), (100.0, 91.0, 20.0)], 100 / 90, -100 / 90, True),
        ("dissolved-oxygen", [(8.93, 9.4, 20.0), (0.0, 0.1, 20.0)], 8.93 / 9.3, -0.1 * 8.93 / 9.3, True),
        ("voc", [(0.0, 20.0, 20.0), (1000.0, 320.0, 20.0)], 1000 / 300, -20 * 1000 / 300, False),
    ],
)
def test_gain_and_offset_with_their_bounds(name, points, gain, offset, sound):
    correction, found = figures(name, *points)
    assert (correction["gain"], correction["offset"]) == (pytest.approx(gain, rel=1e-4), pytest.approx(offset, abs=1e-4))
    assert all(good for _value, good in found.values()) is sound and found


def test_what_determines_nothing_is_no_calibration():
    for name, points, word in (
        ("conductivity", [(1413.0, 0.0, 25.0)], "shows 0"),
        ("turbidity", [(0.0, 5.0, 20.0), (100.0, 5.0, 20.0)], "all x are the same"),
    ):
        with pytest.raises(ValueError, match=word):
            figures(name, *points)


def test_stable_means_long_enough_and_close_enough():
    stable = Stability({"seconds": 10.0, "tolerance": 0.1})
    assert not stable.reached and stable.left == 10.0
    for moment in range(10):
        stable.add(float(moment), 5.0 + 0.01 * moment)
        assert not stable.reached
    stable.add(10.0, 5.05)
    assert stable.reached and stable.moved == pytest.approx(0.09)
    stable.add(11.0, 6.0)
    assert not stable.reached
    for moment in range(12, 22):
        stable.add(float(moment), 6.0)
    assert stable.reached and stable.mean == 6.0, "what is older than the window does not count"


def test_a_few_readings_are_not_enough_and_a_share_grows_with_the_value():
    slow = Stability({"seconds": 10.0, "share": 0.01})
    for moment in (0.0, 20.0, 40.0, 60.0):
        slow.add(moment, 1400.0)
    assert not slow.reached
    slow.add(80.0, 1413.0)
    assert slow.reached and slow.allowed == pytest.approx(14.0, abs=0.1)


@pytest.mark.parametrize("name", PROCEDURES)
def test_every_procedure_has_its_data(name):
    table = PROCEDURES[name].table
    assert table["seconds"] > 0 and table["days"] > 0 and ("tolerance" in table or "share" in table) and table["confidence"]
