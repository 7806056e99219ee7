"""The gap ledger: what was due, what came of it, and why the rest is missing, on a log with every kind of gap."""

import json
from dataclasses import replace

import pytest

from gateway.digest import HOUR
from gateway.gaps import gaps
from gateway.ledger import Ledger, standing
from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.record import Record

BEGIN = 1_793_577_600_000
MINUTE = 60_000
RATES = {"pm": 1.0, "ph": 1 / 30}


def row(instrument, count, expected, flag=1, reason=""):
    value = 7.0 if count else None
    return [instrument, "x", "1", value, value, value, value, count, expected, flag, reason, ""]


def minute(number, *rows, boot="a", start=True):
    """The interval of minute `number`."""
    body = json.dumps(rows or [row("pm", 60, 60), row("ph", 2, 2)])
    at = BEGIN + number * MINUTE
    return Record(0, "interval", 60, at if start else None, 0, boot, number * MINUTE, "ntp", 100, body)


def event(number, code, boot="a"):
    return replace(minute(number, boot=boot), kind="event", period=0, body=json.dumps({"code": code}))


@pytest.fixture
def tell(tmp_path):
    """`tell(records)`: the two rows of the hour, and their ledger."""
    path = tmp_path / "records.db"
    log = RecordLog.open(path, first=1)
    log.append(minute(-1))
    reader = LogReader(path)

    def rows(records, end=BEGIN + HOUR, destinations=None, drop=None):
        for one in [*records, minute((end - BEGIN) // MINUTE, boot="last" if records[-1].boot != "a" else "a")]:
            log.append(one)
        if drop:
            log.drop(*drop)
        return {one.instrument: one for one in gaps(reader, BEGIN, end, MINUTE, RATES, destinations or {})}

    yield rows
    reader.close()
    log.close()


def test_an_hour_in_which_nothing_is_missing(tell):
    found = tell([minute(n) for n in range(60)])
    pm = found["pm"]
    assert (pm.expected, pm.received, pm.valid, pm.due, pm.stored) == (3600, 3600, 3600, 60, 60)
    assert found["ph"].expected == 120 and found["ph"].valid == 120
    assert pm.complete and pm.why == {}


def test_silence_bus_faults_and_bad_readings_are_told_apart(tell):
    hour = [minute(n, row("pm", 0, 60, 9, "timeout"), row("ph", 2, 2)) for n in range(10)]
    hour += [minute(n, row("pm", 40, 60, 3, "checksum"), row("ph", 2, 2, 4, "range")) for n in range(10, 20)]
    hour += [minute(n, row("pm", 60, 60, 3, "warm_up"), row("ph", 2, 2)) for n in range(20, 30)]
    hour += [minute(n) for n in range(30, 60)]
    found = tell(hour)
    pm, ph = found["pm"], found["ph"]
    assert pm.why == {"bus_fault": 200, "quality": 600, "silent": 600}
    assert (pm.received, pm.valid, pm.stored) == (3600 - 600 - 200, 3600 - 1400, 60) and not pm.complete
    assert ph.why == {"quality": 20} and (ph.received, ph.valid) == (120, 100)


def test_power_off_and_a_service_that_did_not_run(tell):
    hour = [minute(n) for n in range(20)]
    hour += [event(35, "started", "b"), *(minute(n, boot="b") for n in range(35, 45))]
    hour += [event(45, "stopped", "b"), event(50, "started", "b"), *(minute(n, boot="b") for n in range(50, 55))]
    hour += [minute(n, boot="b") for n in range(57, 60)]
    pm = tell(hour)["pm"]
    assert pm.why == {"not_running": 120, "power_off": 900, "stopped": 300}
    assert pm.stored == 60 - 15 - 5 - 2 and pm.expected == 3600 and pm.valid == pm.stored * 60


def test_a_day_without_power_is_one_row(tell):
    pm = tell([event(24 * 60 - 1, "started", "b")], BEGIN + 24 * HOUR)["pm"]
    assert pm.why == {"power_off": 86400} and pm.expected == 86400 and (pm.due, pm.stored) == (1440, 0)


def test_records_without_a_time_and_evicted_ones(tell):
    hour = [minute(n) for n in range(30)] + [minute(n, start=False) for n in range(30, 40)] + [minute(n) for n in range(40, 60)]
    pm = tell(hour, drop=(7, 11))["pm"]
    assert pm.why == {"clock_unknown": 600, "evicted": 300}


def test_before_the_first_record_nothing_was_due(tmp_path):
    log = RecordLog.open(tmp_path / "records.db", first=1)
    for n in range(40, 61):
        log.append(minute(n))
    reader = LogReader(tmp_path / "records.db")
    (pm,) = gaps(reader, BEGIN, BEGIN + HOUR, MINUTE, {"pm": 1.0}, {})
    assert (pm.begin, pm.expected, pm.stored, pm.why) == (BEGIN + 40 * MINUTE, 1200, 20, {})
    reader.close()
    log.close()


def test_what_became_of_the_records_at_each_destination(tell, tmp_path):
    ledger = Ledger(tmp_path / "district.db")
    ledger.extend(1, 62)
    ledger.confirm(1, 40)
    ledger.refuse(50, "schema")
    ledger.commit()
    has = {"district": standing(tmp_path / "district.db", [(41, 45)]), "city": standing(tmp_path / "absent.db")}
    pm = tell([minute(n) for n in range(60)], destinations=has)["pm"]
    ledger.close()
    assert (pm.confirmed, pm.refused) == ({"district": 39, "city": 0}, {"district": 1, "city": 0})
    assert pm.sent == {"district": 39 + 1 + 5, "city": 0} and not pm.complete and not (tmp_path / "absent.db").exists()


def test_an_emergency_is_no_gap(tell):
    """The second half hour in records of 10 s, with twice the readings; one of them is not there."""
    dense = [
        replace(minute(30, row("pm", 20, 20), row("ph", 5, 5)), period=10, start=BEGIN + 30 * MINUTE + n * 10_000)
        for n in range(180)
        if n != 90
    ]
    found = tell([*(minute(n) for n in range(30)), *dense])
    pm = found["pm"]
    assert (pm.stored, pm.valid) == (209, 1800 + 179 * 20)
    assert pm.due == 179 + 31 and not pm.complete
    assert pm.why == {"not_running": 10}
    assert pm.expected == 1800 + 10 + 179 * 20
