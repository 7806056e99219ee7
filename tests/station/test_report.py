"""The report of a month, figure by figure, against what the standards make of the same values (by_hand.py shares no code)."""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway.log.reader import LogReader
from station import words
from station.cli._report_page import page
from station.cli.main import main
from station.report.month import month_of, report
from tests.station import by_hand
from tests.station.by_hand import average, rounded
from tests.station.month_rig import ANALYSERS, DAYS, FIRST_OF, HOUR, NEW, OLD, WORLDS, Rig, at

NIGHTS = [at(number) for number in range(1, DAYS + 1)]
DATES = [f"2026-10-{number:02d}" for number in range(1, DAYS + 1)]
NEAR = {"rel": 1e-12, "abs": 1e-9}


@pytest.fixture
def folder():
    """A month is four thousand transactions: in memory, where none waits for a disk."""
    made = Path(tempfile.mkdtemp(prefix="shst-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    yield made
    shutil.rmtree(made)


class Month:
    """A rig, and what `station report` wrote of it."""

    def __init__(self, name, folder, capsys):
        self.rig = Rig(folder, name)
        assert main(["report", "--month", "2026-10", *self.rig.options, "--output", str(folder)]) == 0, capsys.readouterr()
        self.names = capsys.readouterr().out.split()
        texts = {name.rpartition(".")[2]: (folder / name.rpartition("/")[2]).read_text("utf-8") for name in self.names}
        self.page, self.report = texts["html"], json.loads(texts["json"])
        self.table = list(csv.DictReader(io.StringIO(texts["csv"].removeprefix("\ufeff"))))

    def in_table(self, date, section, figure):
        """The one value in the CSV."""
        found = [row["value"] for row in self.table if (row["date"], row["section"], row["figure"]) == (date, section, figure)]
        assert len(found) == 1, found
        return found[0]

    def shows(self, *cells):
        """A row of a table of the page."""
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        assert row in self.page, row

    def daily(self, channel, mean=average):
        return [by_hand.day(self.rig.truth[channel], midnight, mean) for midnight in NIGHTS]


def near(values):
    return [None if value is None else pytest.approx(value, **NEAR) for value in values]


def there(values):
    return [value for value in values if value is not None]


def test_village_air(folder, capsys):
    month = Month("village-air", folder, capsys)
    (air,) = month.report["air"]
    daily = {name: month.daily(f"pm.{name}") for name in ("pm25", "pm10")}
    assert [value is None for value in daily["pm25"]] == [number in (3, 18) for number in range(1, DAYS + 1)]
    tables = {"pm25": (by_hand.PM25, 60, 30), "pm10": (by_hand.PM10, 120, 60)}
    aqis = []
    for at_, date in enumerate(DATES):
        each = {name: None if daily[name][at_] is None else by_hand.index(tables[name][0], daily[name][at_]) for name in daily}
        highest = max(there(each.values()), default=None)
        aqis.append(highest)
        row = air["days"][at_]
        assert row["date"] == date and row["values"] == {name: near([daily[name][at_]])[0] for name in daily}
        assert (row["iaqi"] or {"pm25": None, "pm10": None}) == each and row["aqi"] == highest
        primary = [name for name, one in each.items() if highest is not None and one == highest and highest > 50]
        assert (row["primary"] or []) == primary
    levels = [by_hand.level(one) for one in there(aqis)]
    assert air["levels"] == {str(number): levels.count(number) for number in range(1, 7)} and levels
    good = sum(one <= 100 for one in there(aqis))
    assert air["good"] == {"good": good, "judged": 29, "percent": pytest.approx(100 * good / 29)}
    assert air["all_six"] is False and air["good_days"]["judged"] == 0
    for name, (_breakpoints, limit, annual) in tables.items():
        found, known = air["pollutants"][name], there(daily[name])
        assert found["valid"] == len(known) == 29 and found["mean"] == pytest.approx(average(known), **NEAR)
        assert found["reported"] == float(rounded(average(known), 1))
        over = [date for date, value in zip(DATES, daily[name], strict=True) if value is not None and rounded(value, 0) > limit]
        assert found["over"] == over and found["limit"] == limit and found["annual_limit"] == annual
        assert found["within_annual"] is (average(known) <= annual)
        assert found["highest"] == pytest.approx(max(known)) and found["highest_on"] == DATES[daily[name].index(max(known))]
        assert float(month.in_table("2026-10", "air", f"pollutants.{name}.mean")) == found["mean"]
    bounds = {one["target"]: (one["bound"], one["met"]) for one in air["targets"]}
    assert bounds == {"pm25_annual": (27.0, average(there(daily["pm25"])) <= 27), "good_days": (80.0, 100 * good / 29 >= 80)}
    month.shows("10\u20111", rounded(daily["pm25"][0], 0), rounded(daily["pm10"][0], 0), aqis[0])
    month.shows("10\u201118", "—", "—", "—", "—")
    common(month)
    not_over(month.rig)


def test_noise_zone(folder, capsys):
    month = Month("noise-zone", folder, capsys)
    (noise,) = month.report["noise"]
    truth = month.rig.truth
    days = [by_hand.noise_day(truth["noise.laeq"], truth["wind.wind_speed"], truth["rain.rain"], midnight) for midnight in NIGHTS]
    assert days[4][0] is None and days[17][0] is None and days[2][0] is not None
    assert days[17][1] is not None  # six of the eight hours of that night are those of the next morning
    judged = {"day": [], "night": []}
    for (ld, ln, ldn), row, date in zip(days, noise["days"], DATES, strict=True):
        shown = [None if value is None else round(value, 2) for value in (ld, ln, ldn)]
        assert [row["ld"], row["ln"], row["ldn"]] == near(shown) and row["date"] == date
        for period, level, bound in (("day", ld, 55), ("night", ln, 45)):  # GB 3096, zone 1
            keeps = None if level is None else rounded(level, 1) <= bound
            assert row[period] is keeps
            judged[period] += [] if keeps is None else [keeps]
    assert noise["valid_days"] == sum(ldn is not None for _ld, _ln, ldn in days)
    for period, keeps in judged.items():
        found = noise[period]
        assert (found["judged"], found["kept"]) == (len(keeps), sum(keeps)) and 0 < sum(keeps) < len(keeps)
        assert found["percent"] == pytest.approx(100 * sum(keeps) / len(keeps))
    assert noise["limits"] == {"day": 55, "night": 45} and noise["zone"] == "1"
    day = days[0]
    month.shows("10\u20111", *(rounded(round(value, 2), 1) for value in day), "24/24")
    assert month.in_table("2026-10-01", "noise", "ldn") == str(noise["days"][0]["ldn"])
    common(month)


def test_reservoir_inflow(folder, capsys):
    month = Month("reservoir-inflow", folder, capsys)
    (found,) = month.report["water_class"]
    truth = month.rig.truth
    means = {
        "ph": month.daily("ph.ph", by_hand.acid),
        "dissolved_oxygen": month.daily("oxygen.dissolved_oxygen"),
        "ammonia_nitrogen": results(truth["nh3n.ammonia_nitrogen"]),
        "codmn": results(truth["codmn.codmn"]),
        "total_phosphorus": results(truth["tp.total_phosphorus"]),
    }
    classes = []
    for at_, row in enumerate(found["days"]):
        each = {name: by_hand.parameter_class(name, of[at_]) for name, of in means.items() if of[at_] is not None}
        worst = max(each.values(), default=None)
        classes.append(worst)
        assert row["class"] == worst
        assert (row["deciding"] or []) == [name for name, one in each.items() if one == worst]
        over = [name for name, one in each.items() if one > 2]
        assert list(row["over"]) == over and row["exceeded"] is (None if worst is None else worst > 2)
        for name in over:
            if name not in ("ph", "dissolved_oxygen"):
                bound = by_hand.LIMITS[name][1]
                assert row["over"][name] == pytest.approx((means[name][at_] - bound) / bound, abs=0.01)
    assert found["classes"] == {str(number): classes.count(number) for number in range(1, 7)} and len(set(classes)) > 3
    kept = sum(one <= 2 for one in there(classes))
    assert (found["judged"], found["kept"]) == (30, kept) and found["percent"] == pytest.approx(100 * kept / 30)
    whole = {name: (by_hand.acid if name == "ph" else average)(there(of)) for name, of in means.items()}
    assert found["month"]["means"] == {name: pytest.approx(value, **NEAR) for name, value in whole.items()}
    each = {name: by_hand.parameter_class(name, value) for name, value in whole.items()}
    assert found["month"]["class"] == max(each.values())
    nitrogen(month, truth)
    common(month)


def nitrogen(month, truth):
    """Trend and load of total nitrogen."""
    (found,), (load,) = month.report["nitrogen"], month.report["load"]
    daily = results(truth["tn.total_nitrogen"])
    assert [row["value"] for row in found["days"]] == near(daily)
    assert found["mean"] == pytest.approx(average(there(daily)), **NEAR)
    assert found["trend"]["slope"] == pytest.approx(by_hand.slope(daily), **NEAR)
    assert found["trend"]["verdict"] == "rising" and 0.05 < found["trend"]["slope"] < 0.07  # 0.06 mg/L a day was simulated
    loads = [by_hand.load(truth["tn.total_nitrogen"], truth["flow.flow"], midnight) for midnight in NIGHTS]
    shown = [None if one is None else round(one, 3) for one in loads]
    assert [row["load"] for row in load["days"]] == near(shown) and shown[2] is shown[17] is None
    assert load["valid_days"] == 29 and load["total"] == pytest.approx(sum(there(shown)))
    month.shows("10\u20111", rounded(shown[0], 1))


def results(series):
    return [by_hand.results(series, midnight, midnight + 24 * HOUR) for midnight in NIGHTS]


def common(month):
    """What every report has: completeness with its causes, calibrations, alarms, works, samples, the basis; both languages."""
    report, first = month.report, FIRST_OF[month.rig.name]
    assert report["over"] is True and report["reported_until"] == "2026-11-01T00:00:00+08:00"
    assert [date for date, state in report["states"].items() if state != "read"] == ["2026-10-18"]
    causes = {"power_off": 6.5, "stopped": 24.0, "quality": 2 / 3 + 3 + 2, "silent": 3.0}  # hours
    rate = next(one.rate for one in month.rig.config.instruments if one.name == first)
    (row,) = [one for one in report["completeness"]["instruments"] if one["instrument"] == first]
    assert row["why"] == {name: pytest.approx(time * 3600 * rate, abs=2) for name, time in sorted(causes.items())}
    assert row["percent"] == pytest.approx(100 * (1 - sum(causes.values()) / (24 * DAYS)), abs=0.01)
    assert row["expected"] == round(24 * DAYS * 3600 * rate) and row["stored"] == 24 * DAYS * 6 - (6.5 + 24) * 6
    assert report["completeness"]["outages"] == [
        {"from": "2026-10-03T02:00:00+08:00", "to": "2026-10-03T08:30:00+08:00", "cause": "power_off"},
        {"from": "2026-10-18T00:00:00+08:00", "to": "2026-10-19T00:00:00+08:00", "cause": "stopped"},
    ]
    channel = next(iter(WORLDS[month.rig.name]))
    uses = {one["certificate"]: one for one in report["calibration"]["uses"] if one["channel"] == channel}
    days = (uses[OLD]["from"], uses[OLD]["to"], uses[NEW]["from"], uses[NEW]["to"])
    assert days == ("2026-10-01", "2026-10-14", "2026-10-15", "2026-10-31")
    assert uses[OLD]["intervals"] == (14 * 24 - 6.5 - 3) * 6 and uses[NEW]["intervals"] == (17 * 24 - 24 - 3) * 6
    assert [one["event"] for one in report["calibration"]["events"]] == ["certified"]
    spans = [(one["alarm"], one["from"][5:16], one["to"] and one["to"][5:16], one["worst"]) for one in report["alarms"]]
    assert spans == [
        ("old", "09-25T03:00", "10-01T04:00", 170.0),
        ("high", "10-09T14:00", "10-09T16:00", 180.0),
        ("late", "10-31T22:00", None, None),
    ]
    (work,) = report["works"]
    assert (work["from"][8:16], work["to"][8:16], work["by"], work["note"]) == (
        "12T09:00", "12T09:40", "Wang Li", "probes cleaned",
    )  # fmt: skip
    (sample,) = report["samples"]
    means = {"noise-zone": by_hand.energy, "reservoir-inflow": by_hand.acid}
    hour = by_hand.hour(month.rig.truth[channel], at(10, 9), means.get(month.rig.name, average))
    assert sample["station_hour"] == pytest.approx(hour, **NEAR) and sample["difference"] == pytest.approx(hour - 42.0)
    assert report["chain"] == {"hours": 2, "last": "b" * 64} and report["configuration"] == {
        "in_force": month.rig.config.hash,
        "file": hashlib.sha256(month.rig.where.config.read_bytes()).hexdigest(),
    }
    assert {one["event"] for one in report["events"]} == {"started", "stopped"}
    channels(month)
    for language in words.LANGUAGES:
        words.use(language)
        stands_alone(page(report), language, report)


def not_over(rig):
    """At 15:00 on the 12th: that is said, what is to come is not missing, and a month's mean is not made of eleven days."""
    log = LogReader(rig.where.log)
    told = report(rig.config, rig.where, log, month_of("2026-10"), at(12, 15), "miyun")
    log.close()
    assert told["over"] is False and told["reported_until"] == "2026-10-12T15:00:00+08:00"
    assert [date for date, state in told["states"].items() if state == "not_over"] == DATES[11:]
    found = told["air"][0]["pollutants"]["pm25"]
    assert found["mean"] is found["reported"] is None and found["valid"] == 10 and found["of_valid_days"] is not None
    (row,) = [one for one in told["completeness"]["instruments"] if one["instrument"] == "pm"]
    assert row["expected"] == round((11 * 24 + 15) * 3600 * 0.4) and set(row["why"]) == {"power_off", "silent", "quality"}
    words.use("en")
    assert "This month is not over: reported until 2026-10-12 15:00" in page(told)


def channels(month):
    """Every channel's month, and its days."""
    kinds = {"ph": by_hand.acid, "laeq": by_hand.energy, "rain": sum}
    for one in month.report["channels"]:
        name, mean = f"{one['instrument']}.{one['quantity']}", kinds.get(one["quantity"], average)
        truth = month.rig.truth[name]
        if name == "noise.laeq":
            wind, rain = month.rig.truth["wind.wind_speed"], month.rig.truth["rain.rain"]
            truth = {moment: value for moment, value in truth.items() if (wind[moment] or 0) <= 5 and (rain[moment] or 0) <= 0}
        daily = results(truth) if one["instrument"] in ANALYSERS else [by_hand.day(truth, midnight, mean) for midnight in NIGHTS]
        shown = {day["date"]: day["value"] for day in one["days"]}
        assert [shown.get(date) for date in DATES] == near(daily), name
        assert one["value"] == pytest.approx(mean(there(daily)), **NEAR) and one["valid_days"] == len(there(daily))


class Tags(HTMLParser):
    """What a page is made of; `words`: its text without the style."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.words = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "circle", "line", "path", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


OWN = {"Wang", "Li", "Na", "probes", "cleaned", "old", "high", "late", "district", "bureau", "beijing", "hebei", "version"}
OWN |= {"station", "log", "verify", "certificates", "Miyun", "EMC"}
"""Names that people gave, and the words of a command or of an event's facts."""


def stands_alone(text, language, report):
    """One file, well formed, for any width and for those who do not see charts; in Chinese no English but names."""
    tags = Tags(text)
    assert tags.open == [] and text.startswith("<!doctype html>")
    assert ("meta", {"name": "viewport", "content": "width=device-width,initial-scale=1"}) in tags.seen
    assert not {tag for tag, _attrs in tags.seen} & {"script", "link", "img", "iframe"}
    assert not re.search(r"""(src|href)=|url\(|@import|https?://""", text)
    charts = [attrs for tag, attrs in tags.seen if tag == "svg"]
    assert len(charts) >= 3 and all(one["role"] == "img" and one["viewbox"].startswith("0 0 360 ") for one in charts)
    assert sum(tag == "title" for tag, _attrs in tags.seen) == len(charts) + 1
    assert "prefers-color-scheme:dark" in text and "@media print" in text and f'lang="{language}"' in text
    if language == "zh":
        known = OWN | {one["name"] for one in report["instruments"]}
        found = (
            set(re.findall(r"(?<![\w.])[a-z]{4,}(?![\w.])", " ".join(tags.words)))
            - known
            - {"b" * 64, *re.findall("[a-z]+", str(report["configuration"]))}
        )
        assert not found, f"not Chinese: {sorted(found)}"
