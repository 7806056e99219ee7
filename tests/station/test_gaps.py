"""`station gaps`, and the hours of the gap ledger that become records."""

import json

import pytest

from gateway.log.store import RecordLog
from gateway.requests import take
from station.cli.main import main
from station.config import load
from station.gaps import Keeper
from station.places import find
from tests.gateway.test_gaps import BEGIN, HOUR, event, minute, row

CONFIG = """
[station]
id = "G-1"
name = "gaps"
language = "en"
[[bus]]
name = "pm"
kind = "uart"
port = "/dev/ttyS9"
[[instrument]]
name = "pm"
driver = "pms5003"
bus = "pm"
interval = 1
[[destination]]
name = "district"
host = "127.0.0.1"
"""


@pytest.fixture
def station(tmp_path):
    (tmp_path / "station.toml").write_text(CONFIG, "utf-8")
    where = find(str(tmp_path / "station.toml"), str(tmp_path / "state"), str(tmp_path / "run"))
    for folder in (where.log.parent, where.ledgers, where.requests):
        folder.mkdir(parents=True)
    log = RecordLog.open(where.log, first=1)
    for number in (*range(-1, 60), *range(60, 70)):
        log.append(minute(number, row("pm", 60, 60)) if number != 30 else minute(30, row("pm", 20, 60, 3, "timeout")))
    log.append(event(26 * 60, "started", "b"))
    for number in range(26 * 60, 27 * 60 + 10):
        log.append(minute(number, row("pm", 60, 60), boot="b"))
    log.close()
    return where


def command(where, capsys, *words):
    code = main(["gaps", "--config", str(where.config), "--state", str(where.state), "--run", str(where.run), *words])
    return code, capsys.readouterr().out


def test_the_command_says_what_is_missing_and_why(station, capsys):
    code, out = command(station, capsys, "--from", "2026-11-02T08:00", "--to", "2026-11-02T10:00")
    nothing = ", district: 0 sent, 0 confirmed; "
    assert code == 1 and out.splitlines() == [
        f"2026-11-02 08:00  pm         readings 3560 good, 3560/3600 received; records 60/60{nothing}no answer 40",
        f"2026-11-02 09:00  pm         readings 600 good, 600/3600 received; records 10/60{nothing}power off 3000",
    ]
    code, out = command(station, capsys, "--from", "2026-11-02T08:00", "--to", "2026-11-03T12:00", "--json", "--all")
    rows = json.loads(out)
    assert code == 1 and len(rows) == 28 and [r["stored"] for r in rows] == [60, 10, *[0] * 24, 60, 10]
    assert all(r["why"] == {"power_off": 3600} for r in rows[2:26]) and rows[-1]["expected"] == 600
    assert command(station, capsys, "--from", "2026-11-03", "--to", "2026-11-02")[0] == 2
    with pytest.raises(SystemExit):
        command(station, capsys, "--from", "yesterday")


def test_each_hour_becomes_a_record_once_and_a_dark_day_one(station):
    config = load(station.config)
    keeper = Keeper(config, station)
    assert not keeper.turn(), "it begins with the present hour"
    (station.ledgers / "gaps.json").write_text(json.dumps({"told": BEGIN}))
    keeper = Keeper(config, station)
    while keeper.turn():
        pass
    told = sorted((request.arguments for request in take(station.requests)), key=lambda one: one["from"])
    assert [(one["from"], one["to"]) for one in told] == [
        (BEGIN, BEGIN + HOUR),
        (BEGIN + HOUR, BEGIN + 2 * HOUR),
        (BEGIN + 2 * HOUR, BEGIN + 26 * HOUR),
        (BEGIN + 26 * HOUR, BEGIN + 27 * HOUR),
    ]
    assert told[2]["instruments"][0]["why"] == {"power_off": 24 * 3600} and told[0]["instruments"][0]["valid"] == 3560
    assert not Keeper(config, station).turn(), "what was told is remembered"
