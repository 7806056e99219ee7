"""Limits that the operator fills in: the form, what is wrong with one, and the alarm on it."""

import datetime
from pathlib import Path

import pytest

import station
from station.alarm.settings import Table
from station.config import BadConfig, load
from station.limit_tables import BadTable, read_table
from tests.station.test_alarms import CONFIG, Rig

FORM = Path(station.__file__).with_name("limits_example.toml")
ALARM = '[alarm.outfall]\nkind = "table"\ntable = "outfall.toml"\nchannels = ["oxygen.dissolved_oxygen"]\n'


def test_the_form_is_a_table_of_gb_3838_class_iv_and_says_that_it_is_none_of_an_outfall() -> None:
    form = read_table(FORM)
    assert form.begins == datetime.date(2026, 1, 1)
    assert (form.limits["ph"], form.limits["ammonia_nitrogen"][1], form.limits["dissolved_oxygen"][0]) == ((6.0, 9.0), 1.5, 3.0)
    assert "limits of no outfall" in FORM.read_text("utf-8").replace("\n# ", " ")


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ('unit = "mg/L"\nlow', 'unit = "µg/L"\nlow', "dissolved_oxygen is measured in mg/L"),
        ("[limits.ph]", "[limits.phh]", "'ph'"),
        ("low = 6", "low = 10", "low the smaller"),
        ("begins = 2026-01-01", 'begins = "2026"', "begins"),
        ("title =", "titel =", "'title'"),
        ("low = 3", "minimum = 3", "dissolved_oxygen has unit"),
        ("high = 9", "high =", "outfall.toml"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, hint: str) -> None:
    path = tmp_path / "outfall.toml"
    text = FORM.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadTable, match=hint.replace("[", "\\[")):
        read_table(path)


def test_an_alarm_names_the_table_beside_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text(CONFIG + ALARM, "utf-8")
    with pytest.raises(BadConfig) as bad:
        load(config)
    assert len(bad.value.lines) == 1 and "outfall.toml" in bad.value.lines[0]
    (tmp_path / "outfall.toml").write_text(FORM.read_text("utf-8"), "utf-8")
    (alarm,) = load(config).alarms
    assert isinstance(alarm, Table) and alarm.limits.title == "Outfall 1 (example)"
    config.write_text(CONFIG + ALARM.replace("dissolved_oxygen", "water_temperature"), "utf-8")
    with pytest.raises(BadConfig, match="no limit of 'water_temperature'"):
        load(config)


def test_it_is_judged_by_the_table_in_force(tmp_path: Path) -> None:
    def rig(begin: str) -> Rig:
        alarm = Table(name="o", channels=("oxygen.dissolved_oxygen",), table="x", limits=read_table(FORM), duration=10.0)
        return Rig(alarm, begin=begin)

    now = rig("2026-06-01 10:00")
    assert now.feed("oxygen.dissolved_oxygen", 2.9, 11) == ["raised"]
    told = now.notices[0]
    assert (told["value"], told["bound"], told["table"]) == (2.9, 3.0, "Outfall 1 (example)")
    assert now.feed("oxygen.dissolved_oxygen", 3.0, 11) == ["cleared"]
    assert rig("2025-12-31 10:00").feed("oxygen.dissolved_oxygen", 2.9, 60) == []
