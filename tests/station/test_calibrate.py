"""`station calibrate fit`, `sign` and `station evaluate` on made-up co-locations."""

import json
import math
import random
import re
import tomllib
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from calibration.certificate import load
from station.cli.main import main

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def files(tmp_path):
    """Thirty days: a reference by the hour, labelled by its end in Beijing; two sensors by ten minutes in UTC, by their start."""
    chance, level, hour = random.Random(5), 40.0, []
    reference, sensors = ["time,bam"], ["when,a,b,rh"]
    for step in range(30 * 144):
        level = max(4.0, level + chance.gauss(0, 3) - 0.01 * (level - 40))
        humidity = 55 + 30 * math.sin(step / 23)
        grown = level * (1 + 0.24 / (100 / humidity - 1))
        moment = BEGIN + timedelta(minutes=10 * step)
        utc = moment - timedelta(hours=8)
        sensors.append(f"{utc:%Y-%m-%dT%H:%M}Z,{grown / 0.9 + 2:.2f},{grown / 0.9 + 2.5:.2f},{humidity:.1f}")
        hour.append(level)
        if len(hour) == 6:
            reference.append(f"{moment + timedelta(minutes=10):%Y/%m/%d %H:%M},{sum(hour) / 6 + chance.gauss(0, 0.5):.1f}")
            hour.clear()
    (tmp_path / "ref.csv").write_text("\n".join(reference), "utf-8")
    (tmp_path / "sensors.csv").write_text("\n".join(sensors), "utf-8")
    return tmp_path


def common(files):
    zone = ["--zone", "+08:00", "--label", "end", "--label", "start", "--reference", "bam", "--quantity", "pm25"]
    return [str(files / "ref.csv"), str(files / "sensors.csv"), *zone]


def fit(files, *more):
    device = ["--model", "pms5003", "--serial", "P-1", "--sensor", "a", "--humidity", "rh"]
    return main(["--lang", "en", "calibrate", "fit", *common(files), *device, *more])


def test_fit_finds_the_correction_and_drafts_a_certificate_that_can_be_signed(files, capsys):
    draft, page = files / "draft.toml", files / "fit.html"
    assert fit(files, "--json", "--draft", str(draft), "--html", str(page), "--companions", "weather") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["after"]["rmse"] < 1.0 < found["before"]["rmse"]
    assert found["chosen"] in ("growth_nilson", "kappa_kohler"), "with κ/ρ = 0.24 they are the same"
    content = tomllib.loads(draft.read_text("utf-8"))
    assert content["companions"] == {"humidity": "weather.humidity"} and content["author"] == ""
    assert content["correction"]["gain"] == pytest.approx(0.9, abs=0.02)
    text = page.read_text("utf-8")
    assert not re.search(r"<script|https?://", text), "opens without a network"
    scatter, residuals = (ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text))
    assert len(scatter.findall("circle")) == 2 * len(residuals.findall("circle")) == 2 * found["periods"]
    assert all(0 < float(dot.get("cx")) < 640 and 0 < float(dot.get("cy")) < 360 for dot in scatter.findall("circle"))
    config = ["--config", str(files / "station.toml")]
    assert load(files / "certificates") == ([], {})
    assert main([*config, "calibrate", "sign", str(draft), "--by", "Wang Li"]) == 0
    (made,), bad = load(files / "certificates")
    assert (made.author, made.method, bad) == ("Wang Li", found["chosen"], {})
    assert main([*config, "calibrate", "sign", str(draft), "--by", "Wang Li"]) == 2, "history is never overwritten"
    assert main([*config, "calibrate", "sign", str(draft), "--by", " "]) == 2


def test_the_wrong_label_costs_what_it_costs_and_too_little_is_told(files, capsys):
    lines = (files / "ref.csv").read_text("utf-8").splitlines()
    (files / "ref.csv").write_text("\n".join(lines[:200]), "utf-8")
    assert fit(files) == 1
    assert "valid hours; 240 are asked" in capsys.readouterr().out


def test_evaluate_judges_by_the_targets_for_a_day(files, capsys):
    page = files / "page.html"
    assert main(["evaluate", *common(files), "--sensor", "a", "b", "--json", "--html", str(page)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["periods"] == 30 and found["precision"]["sd"] == pytest.approx(math.sqrt(30 * 2 * 0.25**2 / 59), abs=0.01)
    assert found["editions"] == ["EPA/600/R-20/280 base test", "CEN/TS 17660 -1:2021 (gases), -2:2024 (particles)"]
    one = found["sensors"]["a"]
    assert one["completeness_percent"] == 100.0 and one["epa"]["completeness"] and one["epa"]["precision"]
    assert one["epa"]["slope"] is (0.65 <= one["slope"] <= 1.35) and found["met"] is False and one["cen_class"] in (1, 2, 3)
    assert "<svg" in page.read_text("utf-8")
    assert main(["--lang", "en", "evaluate", *common(files), "--sensor", "a"]) == 1
    assert "Precision between units is unknown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (["--sensor", "c"], "no file has the column c"),
        (["--quantity", "pm26"], "pm25"),
        (["--zone", "+01:00", "--zone", "+02:00"], "once for each file"),
        (["--average", "0"], "--average"),
        (["--time", "hour"], "no column 'hour'"),
    ],
)
def test_bad_input_is_told(files, capsys, change, word):
    assert main(["--lang", "en", "evaluate", *common(files), "--sensor", "a", *change]) == 2
    assert word in capsys.readouterr().err
