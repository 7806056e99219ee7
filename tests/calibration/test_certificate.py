"""Certificates: what one must hold, which one is in force, and that its id is its content."""

from datetime import date

import pytest

from calibration.certificate import BadCertificate, choose, load, parse
from calibration.quality import Stuck, defaults
from drivers.quantity import quantities

GOOD = """
model = "pms5003"
serial = "PMS-2291"
quantity = "pm25"
method = "linear"
gain = 0.92
offset = -1.3
date = 2026-10-01
valid_until = 2027-10-01
author = "Wang Li"
"""


def test_the_id_is_the_content():
    assert parse(GOOD).id == parse(GOOD.replace("\n", "\n\n")).id and len(parse(GOOD).id) == 12
    assert parse(GOOD).id != parse(GOOD.replace("0.92", "0.93")).id


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("gain = 0.92", 'gain = "0.92"', "gain"),
        ("gain = 0.92", "gain = 0", "gain"),
        ("gain = 0.92", "gain = inf", "gain"),
        ("offset = -1.3", "", "offset is missing"),
        ('quantity = "pm25"', 'quantity = "pm26"', "pm26"),
        ('method = "linear"', 'method = "magic"', "magic"),
        ("date = 2026-10-01", 'date = "2026-10-01"', "date"),
        ("valid_until = 2027-10-01", "valid_until = 2025-10-01", "before"),
        ('author = "Wang Li"', 'author = ""', "author"),
        ("gain = 0.92", "gain = 0.92\ngian = 1", "gian"),
        ("gain = 0.92", "gain =", "Invalid"),
    ],
)
def test_a_broken_certificate_says_which_key(old, new, word):
    with pytest.raises(BadCertificate, match=word):
        parse(GOOD.replace(old, new))


def test_the_newest_that_has_begun_is_chosen():
    first, second = parse(GOOD), parse(GOOD.replace("date = 2026-10-01", "date = 2026-11-01"))
    assert choose([first, second], "PMS-2291", "pm25", date(2026, 10, 15)) == first
    assert choose([first, second], "PMS-2291", "pm25", date(2026, 11, 1)) == second
    assert choose([first, second], "PMS-2291", "pm25", date(2026, 9, 1)) is None
    assert choose([first], "other", "pm25", date(2026, 11, 1)) is None
    assert first.holds_on(date(2027, 10, 1)) and not first.holds_on(date(2027, 10, 2))


def test_one_bad_file_does_not_hide_the_others(tmp_path):
    (tmp_path / "a.toml").write_text(GOOD, "utf-8")
    (tmp_path / "b.toml").write_text("gain = ", "utf-8")
    found, bad = load(tmp_path)
    assert [c.quantity for c in found] == ["pm25"] and list(bad) == [tmp_path / "b.toml"]
    assert load(tmp_path / "nowhere") == ([], {})


def test_default_limits_name_real_quantities():
    assert set(defaults()) <= set(quantities())
    assert all(limits.low < limits.high for limits in defaults().values())


def test_stuck_counts_from_the_first_of_equal_numbers():
    stuck = Stuck(10.0)
    assert [stuck.test(5.0, moment) for moment in (0.0, 10.0, 10.1)] == [False, False, True]
    assert not stuck.test(5.1, 10.2) and not stuck.test(5.1, 20.2)
