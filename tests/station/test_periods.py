"""Months and years: validity by GB 3095 (27 days, February 25; 324 days and every month), percentiles and good days."""

import datetime
import json
from pathlib import Path

import pytest

from gateway.log.store import RecordLog
from station.cli.main import main
from station.summary.periods import dates, good_days, pollutant, summary
from tests.station.test_aggregate import record, row

JUNE = (datetime.date(2026, 6, 1), datetime.date(2026, 6, 30))
YEAR = (datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
SIX = {"pm25": 20.0, "pm10": 40.0, "o3": 80.0, "no2": 20.0, "so2": 10.0, "co": 0.5}


def daily(first, last, value=lambda day: float(day.day), leave=0):
    return {day: {"pm25": value(day)} for day in dates(first, last)[leave:]}


def test_a_month_needs_27_days() -> None:
    found = pollutant(daily(*JUNE, leave=3), "pm25", *JUNE)
    assert (found.mean, found.valid, found.due) == (pytest.approx(sum(range(4, 31)) / 27), 27, 30)
    assert found.percentile == pytest.approx(4 + 26 * 0.95), "P95 of 4 to 30"
    assert pollutant(daily(*JUNE, leave=4), "pm25", *JUNE)[:2] == (None, None)
    february = (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    assert pollutant(daily(*february, leave=3), "pm25", *february).mean is not None, "25 in February"


def test_a_year_needs_324_days_and_every_month() -> None:
    days = daily(*YEAR, value=lambda _day: 26.0)
    assert pollutant(days, "pm25", *YEAR).mean == 26.0
    for day in dates(datetime.date(2026, 6, 1), datetime.date(2026, 6, 4)):
        del days[day]
    assert pollutant(days, "pm25", *YEAR).mean is None, "361 days, but June has 26"
    told = summary(daily(*YEAR, value=lambda _day: 26.0), *YEAR, "miyun")
    assert told["pollutants"]["pm25"]["compliant"] is True and told["targets"] == {"pm25_annual": True, "good_days": None}
    told = summary(daily(*YEAR, value=lambda _day: 27.5), *YEAR, "miyun")
    assert told["pollutants"]["pm25"]["compliant"] is True and told["targets"]["pm25_annual"] is False


def test_only_days_with_all_six_pollutants_are_good_or_not() -> None:
    days = {day: dict(SIX) for day in dates(*JUNE)}
    days[JUNE[0]]["pm25"] = 61.0
    days[JUNE[1]].pop("o3")
    assert good_days(days) == (28, 29)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "acquire").mkdir()
    log = RecordLog.open(tmp_path / "acquire" / "records.db", first=1)
    for day in range(2):
        for hour in range(24):
            log.append(record((day * 24 + hour) * 60, row(20.0, count=3600, expected=3600), period=3600))
    log.close()
    words = ["--state", str(tmp_path), "statistics", "--month", "2026-06"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["pollutants"]["pm25"]
    assert (found["mean"], found["valid"], found["due"]) == (None, 2, 30)
    assert main([*words, "--targets", "miyun"]) == 0
    assert "2 of 30 days" in capsys.readouterr().out
    assert main([*words[:-1], "2026-05"]) == 1
    assert main([*words[:-1], "may"]) == 2
