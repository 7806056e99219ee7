"""`station compute`: the daemon's functions by name, from words and from lines of JSON."""

import datetime
import io
import json
import math
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.cli.main import main
from station.compute import calculator
from station.compute.calculator import BadCall, call, signature
from station.compute.functions import FUNCTIONS, TESTS
from station.metrics import air, tables
from station.metrics.tables import CONFIDENCE, editions, in_force

WANTED = """
iaqi aqi aqi_category limit compliant to_reference_state round hour_valid day_valid month_valid year_valid hour_mean day_mean mda8
percentile heavy_pollution_warning correct_pm25 channels_agree evaluate precision meets_epa_pm25 leq level_sum level_percentiles
day_night ldn background_correct noise_limit noise_compliant a_weighting c_weighting do_saturation do_percent water_class
exceedance mean_ph tli ec25 ph_slope ph_calibration jump load_kg_per_day recovery molar_volume ppb_to_ugm3 pid mixture_cf qc
"""

CALLS: list[tuple[dict[str, Any], Any]] = [
    (
        {"fn": "iaqi", "pollutant": "pm25", "period": "24h", "concentration": 75, "date": "2026-02-28"},
        {"iaqi": 100, "rounded": 75},
    ),
    ({"fn": "round", "value": "2.5", "decimals": 0}, "2"),
    ({"fn": "round", "value": "0.125", "decimals": "2"}, "0.12"),
    ({"fn": "round", "value": 2.675, "decimals": 2}, "2.68"),
    ({"fn": "aqi_category", "aqi": 301}, {"level": 6, "category_zh": "严重污染", "rgb_hex": "#7E0023"}),
    ({"fn": "aqi_category", "aqi": None}, {"level": None, "category_zh": None, "rgb_hex": None}),
    ({"fn": "limit", "pollutant": "bap", "period": "24h", "date": "2026-03-01", "grade": 1}, 0.0025),
    ({"fn": "noise_limit", "zone": "4a"}, {"day": 70, "night": 55}),
    ({"fn": "noise_limit", "zone": 2}, {"day": 60, "night": 50}),
    ({"fn": "noise_compliant", "zone": "2", "period": "day", "leq": None}, None),
    ({"fn": "load_kg_per_day", "concentration": None, "flow": 1}, None),
    ({"fn": "year_valid", "valid_days": 330, "all_months_valid": True}, True),
    ({"fn": "channels_agree", "a": 10, "b": 14}, True),
    ({"fn": "channels_agree", "a": 10, "b": None}, None),
    ({"fn": "correct_pm25", "model": "us_2021", "pm": 100, "rh": 50}, pytest.approx(53.84)),
    ({"fn": "correct_pm25", "model": "kappa_kohler", "pm": 100, "rh": 80, "kappa": 0.4, "density": 1.6}, pytest.approx(50)),
    ({"fn": "leq", "levels": [60, None], "durations": None}, pytest.approx(60)),
    (
        {"fn": "level_percentiles", "levels": [*range(20, 121), None]},  # L10 is exceeded 10 % of the time
        {"l5": 115, "l10": 110, "l50": 70, "l90": 30, "l95": 25, "lmax": 120, "lmin": 20},
    ),
    ({"fn": "do_saturation", "t_c": 20, "p_kpa": 101.325}, pytest.approx(9.092, abs=0.001)),
    ({"fn": "pid", "reading": 100, "cf": 0.5, "molar_mass": None}, 50.0),
    ({"fn": "mixture_cf", "components": [{"x": 1, "cf": 0.5}]}, 0.5),
    (
        {"fn": "qc", "test": "gross_range", "values": [1, 11, None], "fail_span": [0, 20], "suspect_span": [0, 10]},
        {"flags": [1, 3, 9]},
    ),
    ({"fn": "qc", "test": "combine", "flag_vectors": [[1, 2], [3, 9]]}, {"flags": [3, 2]}),
    (
        {"fn": "precision", "means": [[10, 12], [20, 22]]},
        {"sd": pytest.approx(math.sqrt(4 / 3)), "cv_percent": pytest.approx(7.217, abs=0.001)},
    ),
]

REFUSED: list[tuple[str, str]] = [
    ("not json", "JSON"),
    ("[1]", '"fn"'),
    ('{"fn": "iaki"}', "'iaqi'"),
    ('{"fn": "ph_slope"}', "t_c"),
    ('{"fn": "ph_slope", "tc": 3}', "'t_c'"),
    ('{"fn": "ph_slope", "t_c": "warm"}', "number"),
    ('{"fn": "ph_slope", "t_c": NaN}', "number"),
    ('{"fn": "ph_slope", "t_c": 1e999}', "number"),
    ('{"fn": "ph_slope", "t_c": true}', "number"),
    ('{"fn": "leq", "levels": [100000]}', "too large"),
    ('{"fn": "leq", "levels": 60}', "array"),
    ('{"fn": "limit", "pollutant": "pm2.5", "period": "24h", "date": "2026-03-01"}', "'pm25'"),
    ('{"fn": "limit", "pollutant": "pm25", "period": "24h", "date": "1.3.2026"}', "2026-03-01"),
    ('{"fn": "limit", "pollutant": "pm25", "period": "24h", "date": null}', "null"),
    ('{"fn": "noise_limit", "zone": "4"}', "4a"),
    ('{"fn": "water_class", "sample": {"codnm": 1}, "water_body": "river"}', "'codmn'"),
    ('{"fn": "qc", "test": "spice", "values": []}', "'spike'"),
    ('{"fn": "qc", "test": "gross_range", "values": [1], "fail_span": [1]}', "two numbers"),
    ('{"fn": "pid", "reading": 1, "cf": 0}', "cf"),
    ('{"fn": "recovery", "sample": 1, "spiked": 2, "added": 0}', "added"),
]


def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: list[str]) -> list[dict[str, Any]]:
    """What `station compute --jsonl` answers."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO("".join(one + "\n" for one in asked).encode())))
    assert main(["compute", "--jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_nothing_is_missing() -> None:
    assert list(FUNCTIONS) == WANTED.split()


def test_lines_are_answered_in_their_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [json.dumps(one) for one, _result in CALLS] + [line for line, _hint in REFUSED]
    answers = lines(monkeypatch, capsys, asked)
    assert [one["result"] for one in answers[: len(CALLS)]] == [result for _call, result in CALLS]
    for answer, (line, hint) in zip(answers[len(CALLS) :], REFUSED, strict=True):
        assert list(answer) == ["error"] and hint in answer["error"], line


def test_words_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["period=24h", 'concentrations={"pm25": 60.5, "o3": null}', "date=2026-03-01", "--json"]
    assert main(["compute", "aqi", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["result"]["iaqi"] == {"pm25": 100, "o3": None}
    assert found["sources"][0]["text"].startswith("HJ 633-2026") and found["sources"][0]["confidence"] == "certain"
    assert main(["compute", "round", "value=1.005", "decimals=2"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "1.00", "the text is not read as a binary number"
    assert main(["compute", "limit", "pollutant=pm25", "period=1h", "date=2026-03-01"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "null"


def test_wrong_words_say_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    for words, hint in (
        ([], "--list"),
        (["iaki"], "'iaqi'"),
        (["ec25", "k=1", "tc=3"], "'t_c'"),
        (["ec25", "k=1", "k=2"], "twice"),
        (["ec25", "k"], "key=value"),
        (["ec25", "k=one", "t_c=3"], "number"),
        (["leq", "levels=[60,"], "array"),
    ):
        assert main(["compute", *words]) == 2
        assert hint in capsys.readouterr().err


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_can_be_given(name: str) -> None:
    calls = [(name, {})] if name != "qc" else [(name, {"test": test}) for test in TESTS]
    for function, asked in calls:
        for key, (hint, _default) in calculator._expected(function, asked).items():
            assert all(kind in (*calculator.WANTED, type(None)) for kind in calculator._kinds(hint)), f"{function} {key}"


def test_the_list_shows_every_function_and_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compute", "--list"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[::2]] == list(FUNCTIONS)
    assert signature("ec25") == "ec25 k t_c [alpha=0.0191]"


def test_every_source_is_there() -> None:
    for name in FUNCTIONS:
        cited = calculator.sources(name, {"date": "2026-03-01"})
        assert cited and all(one.text and one.confidence in CONFIDENCE for one in cited), name


def test_every_table_says_where_it_comes_from() -> None:
    for topic, found in editions().items():
        for edition in found:
            sections = {key: one for key, one in edition.content.items() if isinstance(one, dict | list)}
            assert sections, topic
            for section in sections:
                assert edition.cite(section).confidence in CONFIDENCE, f"{edition.standard} {section}"
        joints = pairwise(found)
        assert all(one.ends + datetime.timedelta(1) == other.begins for one, other in joints), f"{topic}: a gap between editions"


def test_a_changed_table_changes_the_daemon_and_the_calculator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in tables.FOLDER.glob("*.toml"):
        text = path.read_text("utf-8")
        (tmp_path / path.name).write_text(text.replace("pm25_24h = [0, 35, 60,", "pm25_24h = [0, 35, 70,"), "utf-8")
    asked = {"pollutant": "pm25", "period": "24h", "concentration": 70.0, "date": "2026-03-01"}
    day = datetime.date(2026, 3, 1)
    before = air.iaqi("pm25", "24h", 70.0, day)
    assert call("iaqi", asked)["iaqi"] == before.iaqi == 110
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    editions.cache_clear()
    try:
        assert call("iaqi", asked)["iaqi"] == air.iaqi("pm25", "24h", 70.0, day).iaqi == 100
    finally:
        editions.cache_clear()


def test_no_table_before_its_standard() -> None:
    with pytest.raises(BadCall, match="GB 12523-2025"):
        call("noise_limit", {"zone": "site", "standard": "gb12523", "date": "2025-12-31"})
    assert in_force("hj633", datetime.date(2014, 1, 1)).standard == "HJ 633-2012"


NUMBERS = st.none() | st.integers(-3, 60) | st.floats(-1e6, 1e6) | st.sampled_from([0, 1e-300, 1e300, 10**400])
ANYTHING = st.recursive(
    NUMBERS | st.booleans() | st.sampled_from(["", "pm25", "24h", "2", "river", "2026-03-01", "spike", "us_2021"]),
    lambda inner: st.lists(inner, max_size=24) | st.dictionaries(st.sampled_from(["tp", "do", "pm25", "x", "cf"]), inner),
    max_leaves=30,
)


@given(st.sampled_from(sorted(FUNCTIONS)), st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_is_answered(name: str, data: st.DataObject) -> None:
    test = data.draw(st.sampled_from(sorted(TESTS)))
    asked = {"test": test} if name == "qc" else {}
    for key in calculator._expected(name, asked):
        asked.setdefault(key, data.draw(ANYTHING, key))
    try:
        json.dumps(call(name, asked), allow_nan=False)
    except BadCall as bad:
        assert str(bad)
