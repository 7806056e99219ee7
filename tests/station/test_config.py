"""The configuration: the shipped example passes; broken ones give every problem at once, with line and what to write."""

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config import BadConfig, load, parse
from station.toml_lines import key_lines

CONFIGS = Path(__file__).parents[1] / "configs"


def test_the_shipped_example_passes():
    config = parse(files("station").joinpath("example.toml").read_text("utf-8"), "example.toml")
    assert config.station.id == "MY-GBK-001" and len(config.instruments) == 7
    assert config.destinations[0].settings.confirm == "receipt" and config.limits["sonde.ph"].suspect_low == 6.5


@pytest.mark.parametrize("expect", sorted(CONFIGS.glob("*.expect")), ids=lambda path: path.stem)
def test_broken_configuration(expect):
    path = expect.with_suffix(".toml")
    with pytest.raises(BadConfig) as caught:
        parse(path.read_text("utf-8"), path.name)
    wanted = expect.read_text("utf-8").splitlines()
    for line in wanted:
        assert any(found.startswith(line) for found in caught.value.lines), f"{line!r} not in:\n{caught.value}"
    assert len(caught.value.lines) == len(wanted), str(caught.value)


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(BadConfig) as caught:
        load(tmp_path / "station.toml")
    assert "station config example >" in str(caught.value)


@given(st.text(alphabet="[]=\"\n ab.#'{},1", max_size=60))
def test_no_text_gives_anything_but_a_config_or_its_problems(text):
    try:
        parse(text, "x.toml")
    except BadConfig as bad:
        assert bad.lines and all(line.startswith("x.toml:") for line in bad.lines)


def test_lines_of_keys():
    source = """
a.b = 1
[t]  # comment [x]
text = '''
x = 1
'''
list = [
  "k = 1",
]
"quoted key" = 2
[[arr]]
n = 1
[[arr]]
n = 2
[arr.sub]
m = 3
inline = { p = 1 }
"""
    lines = key_lines(source)
    assert lines["a", "b"] == 2 and lines[("t",)] == 3 and lines["t", "text"] == 4 and lines["t", "list"] == 7
    assert lines["t", "quoted key"] == 10
    assert lines["arr", 0, "n"] == 12 and lines["arr", 1, "n"] == 14 and lines["arr", 1, "sub", "m"] == 16
    assert ("t", "x") not in lines and ("t", "k") not in lines
