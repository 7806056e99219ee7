"""Certificates: what one must hold, which one is in force, and that its id is its content."""

import tomllib
from datetime import date

import pytest

from calibration.certificate import BadCertificate, add, choose, load, parse
from calibration.limits import defaults
from drivers.quantity import quantities

GOOD = """
model = "pms5003"
serial = "PMS-2291"
quantity = "pm25"
date = 2026-10-01
valid_until = 2027-10-01
author = "Wang Li"
before = [[12.0, 15.1], [80.0, 101.3]]
[correction]
method = "linear"
gain = 0.92
offset = -1.3
[range]
humidity = [21, 93]
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
        ("offset = -1.3", "", "needs offset"),
        ('quantity = "pm25"', 'quantity = "pm26"', "pm26"),
        ('method = "linear"', 'method = "magic"', "magic"),
        ("date = 2026-10-01", 'date = "2026-10-01"', "date"),
        ("valid_until = 2027-10-01", "valid_until = 2025-10-01", "before"),
        ('author = "Wang Li"', 'author = ""', "author"),
        ('author = "Wang Li"', 'author = "Wang Li"\nautor = ""', "autor"),
        ("gain = 0.92", "gain = 0.92\ngian = 1", "gian"),
        ("[[12.0, 15.1], [80.0, 101.3]]", "[12.0, 15.1]", "before"),
        ("humidity = [21, 93]", "humidity = [93, 21]", "range.humidity"),
        ("humidity = [21, 93]", "humid = [93, 21]", "humid"),
        ("[range]", '[companions]\nhumidity = "climate.humidity"\n[range]', "takes no companion"),
        ('method = "linear"\ngain = 0.92\noffset = -1.3', 'method = "us_2021"', "climate.humidity"),
        ("[range]", '[companions]\nhumidity = "climate"\n[range]', "must name a channel"),
        ("gain = 0.92", "gain =", "Invalid"),
    ],
)
def test_a_broken_certificate_says_which_key(old, new, word):
    with pytest.raises(BadCertificate, match=word):
        parse(GOOD.replace(old, new))


def test_the_newest_that_has_begun_is_chosen():
    first, second = parse(GOOD), parse(GOOD.replace("date = 2026-10-01", "date = 2026-11-01"))
    mine = ("pms5003", "PMS-2291", "pm25")
    assert choose([first, second], *mine, date(2026, 10, 15)) == first
    assert choose([first, second], *mine, date(2026, 11, 1)) == second
    assert choose([first, second], *mine, date(2026, 9, 1)) is None
    assert choose([first], "pms5003", "other", "pm25", date(2026, 11, 1)) is None
    assert choose([first], "sds011", "PMS-2291", "pm25", date(2026, 11, 1)) is None
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


def test_of_two_of_one_day_the_one_that_replaces_the_other_counts_and_also_names_further_quantities():
    first = parse(GOOD)
    second = parse(f'replaces = "{first.id}"\nalso = ["pm1"]\n{GOOD}')
    for order in ([first, second], [second, first]):
        assert choose(order, "pms5003", "PMS-2291", "pm25", date(2026, 10, 1)) == second
    assert choose([first, second], "pms5003", "PMS-2291", "pm1", date(2026, 10, 1)) == second
    assert choose([first], "pms5003", "PMS-2291", "pm1", date(2026, 10, 1)) is None


def test_a_new_file_is_written_once_and_reads_back_the_same(tmp_path):
    content = tomllib.loads(GOOD) | {"note": 'the "old" one\n第二行', "companions": {"humidity": "climate.humidity"}}
    content["correction"] = {"method": "mlr", "intercept": 1.0, "raw": 0.5, "terms": {"raw*humidity": -0.001}}
    path, made = add(tmp_path / "new", content)
    assert parse(path.read_text("utf-8")).id == made.id and path.name == f"PMS-2291-pm25-2026-10-01-{made.id}.toml"
    assert made.mark == f"{made.id}+climate.humidity"
    with pytest.raises(FileExistsError):
        add(tmp_path / "new", content)
    with pytest.raises(BadCertificate, match="author"):
        add(tmp_path, content | {"author": ""})
    assert tomllib.loads(path.read_text("utf-8")) == content
