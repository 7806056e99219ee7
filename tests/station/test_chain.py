"""Evidence: any later change of a record is found, and what was given up or set aside is told from what was tampered with."""

import sqlite3

import pytest

from gateway.log.reader import LogReader
from gateway.log.schema import crc
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from gateway.requests import take
from station import events
from station.chain import ChainKeeper, verify
from station.cli.main import main
from station.places import Places

HOUR, MINUTE = 3_600_000, 60_000
BEGIN = 1_795_000_000_000 - 1_795_000_000_000 % HOUR


def interval(at):
    row = ChannelRow("pm", "pm25", "µg/m³", 35.0, 30.0, 40.0, 35.0, 60, 60, 1, "", "")
    return Record(0, "interval", 60, at, 0, "b", at - BEGIN, "ntp", 10, compact([row.entries()]))


def event(at, body):
    return Record(0, "event", 0, at, 0, "b", at - BEGIN, "ntp", 10, body)


@pytest.fixture
def site(tmp_path):
    """Three hours of minutes; the links of the first two are stored, as acquisition would."""
    places = Places(tmp_path / "station.toml", tmp_path / "state", tmp_path / "run")
    for folder in (places.log.parent, places.ledgers, places.requests):
        folder.mkdir(parents=True)
    log = RecordLog.open(places.log, 1000)
    keeper = ChainKeeper(places)
    for minute in range(185):
        log.append(interval(BEGIN + minute * MINUTE))
        if keeper.turn():
            (request,) = take(places.requests)
            log.append(event(BEGIN + minute * MINUTE + 500, events.chain(request.arguments)))
    log.close()
    return places


def verdicts(places):
    log = LogReader(places.log)
    try:
        return [one.verdict for one in verify(log)]
    finally:
        log.close()


def change(places, *statements):
    database = sqlite3.connect(next(places.log.parent.glob("records-*.db")), isolation_level=None)
    database.create_function("row_crc", 11, crc, deterministic=True)
    for statement, *values in statements:
        assert database.execute(statement, values).rowcount > 0
    database.close()


MEND = (
    "UPDATE records SET crc = row_crc(sequence, kind, period, start, revision, boot, monotonic, time_source, time_error, "
    "body, clock)"
)
"""Whoever changes a record with care also mends its check number."""


def test_what_nobody_touched_is_good(site, capsys):
    assert verdicts(site) == ["good", "good", "good"]
    assert main(["log", "verify", "--state", str(site.state), "--lang", "en"]) == 0
    assert "3 of 3 hours" in capsys.readouterr().out


def test_one_byte_of_one_record(site, capsys):
    change(site, ("UPDATE records SET body = replace(body, '35.0', '34.0') WHERE sequence = 1070",), (MEND,))
    assert verdicts(site) == ["good", "tampered", "good"]
    assert main(["log", "verify", "--state", str(site.state), "--lang", "en"]) == 1
    assert "CHANGED" in capsys.readouterr().out


def test_an_hour_deleted_with_its_link(site):
    change(site, ("DELETE FROM records WHERE start >= ? AND start < ?", BEGIN + HOUR, BEGIN + 2 * HOUR + MINUTE))
    assert "tampered" in verdicts(site)


def test_a_record_inserted(site):
    columns = "kind, period, start, revision, boot, monotonic, time_source, time_error, body, clock"
    change(
        site,
        ("DELETE FROM records WHERE sequence = 1010",),
        (f"INSERT INTO records (sequence, {columns}) SELECT 1010, {columns} FROM records WHERE sequence = 1011",),
        (MEND,),
    )
    assert verdicts(site)[0] == "tampered"


def test_a_link_written_anew(site):
    new = """UPDATE records SET body = replace(body, '"digest":"', '"digest":"0') WHERE body LIKE '%"chain"%'"""
    change(site, (new,), (MEND,))
    assert set(verdicts(site)) == {"tampered"}


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (events.evicted("confirmed", "records.db", [(1005, 1009)], 5), "evicted"),
        (events.log_replaced("records.db.damaged", "malformed"), "quarantined"),
        (events.stopped(), "tampered"),
    ],
)
def test_what_was_given_up_or_set_aside_is_no_tampering(site, told, verdict):
    change(site, ("DELETE FROM records WHERE sequence BETWEEN 1005 AND 1009",))
    log = RecordLog.open(site.log, 1000)
    log.append(event(BEGIN + 186 * MINUTE, told))
    log.close()
    assert verdicts(site) == [verdict, "good", "good"]


def test_the_keeper_goes_on_after_a_restart(site):
    log = RecordLog.open(site.log, 1000)
    for minute in range(185, 245):
        log.append(interval(BEGIN + minute * MINUTE))
    assert ChainKeeper(site).turn()
    (request,) = take(site.requests)
    log.append(event(BEGIN + 245 * MINUTE, events.chain(request.arguments)))
    log.close()
    assert verdicts(site) == ["good"] * 4 and request.arguments["previous"]
