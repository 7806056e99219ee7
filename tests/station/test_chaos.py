"""The oracle: it finds nothing where nothing is wrong, and each defect that is planted."""

import json
from collections import Counter
from pathlib import Path

import pytest

from gateway.ledger import Ledger
from gateway.log.schema import COLUMNS, crc
from gateway.log.store import RecordLog
from gateway.record import Record
from hw_sim.platform.consumer import Consumer, archive
from station.events import evicted
from station.trial.chaos import BEGIN, Chaos, Parts
from station.trial.oracle import Oracle
from station.trial.weather import DAY, KINDS, Fault, schedule

SCHEMA = Path(__file__).parents[2] / "gateway" / "payload.schema.json"
PARTS = Parts(lambda database, send: Consumer(database, SCHEMA, send), archive)


def run(folder, days=2, seed=1, **more):
    folder.mkdir(exist_ok=True)
    return Chaos(folder, days, seed, PARTS, **more).run()


def test_one_seed_gives_one_run_and_nothing_is_lost(tmp_path):
    first = run(tmp_path / "a")
    assert first == run(tmp_path / "b") and json.dumps(first) == json.dumps(run(tmp_path / "c"))
    assert set(first) == {"seed", "obligations", "delivered", "missing", "extra", "faults"}
    assert first["missing"] == first["extra"] == 0 and first["delivered"] == first["obligations"] > 2500
    assert run(tmp_path / "d", seed=2)["faults"] != first["faults"] or run(tmp_path / "e", seed=3)["faults"] != first["faults"]


def test_every_record_has_its_true_time(tmp_path):
    chaos = Chaos(tmp_path, 3, 7, PARTS)
    chaos.run()
    records = [chaos.oracle.expected(r) | {"true": chaos.station.true_start(r)} for r in chaos.oracle.owed()]
    assert all(abs(r["start"] - r["true"]) <= (r["time"]["error"] or 100) for r in records)
    assert {"ntp", "holdover"} <= {r["time"]["source"] for r in records}


def test_the_control_is_found(tmp_path):
    verdict = run(tmp_path, control=True)
    assert (verdict["missing"], verdict["extra"]) == (1, 0)


def test_a_dropped_range_of_the_ledger_is_found(tmp_path, mocker):
    real, calls = Ledger.extend, iter(range(10**9))

    def forgetful(self, first, last):
        real(self, first, last)
        if next(calls) == 700:
            self.owed.remove(first, last)

    mocker.patch.object(Ledger, "extend", forgetful)
    verdict = run(tmp_path)
    assert verdict["missing"] >= 1 and verdict["extra"] == 0


def test_a_rewritten_row_is_found(tmp_path, mocker):
    real, calls = RecordLog.append, iter(range(10**9))

    def liar(self, record, *more):
        sequence = real(self, record, *more)
        if next(calls) == 700:
            self._database.create_function("row_crc", 11, crc)
            self._database.execute(f"UPDATE records SET body = '[]' WHERE sequence = {sequence}")
            self._database.execute(f"UPDATE records SET crc = row_crc({COLUMNS}) WHERE sequence = {sequence}")
        return sequence

    mocker.patch.object(RecordLog, "append", liar)
    verdict = run(tmp_path)
    assert (verdict["missing"], verdict["extra"]) == (1, 0)


def test_a_row_stored_twice_is_found(tmp_path, mocker):
    real, calls = RecordLog.append, iter(range(10**9))

    def twice(self, record, *more):
        if next(calls) == 700:
            real(self, record, *more)
        return real(self, record, *more)

    mocker.patch.object(RecordLog, "append", twice)
    assert run(tmp_path)["extra"] >= 1


@pytest.mark.parametrize("seed", range(5))
def test_every_day_has_three_faults_and_every_kind_comes(seed):
    faults = schedule(7, seed, BEGIN)
    days = Counter((fault.begin - BEGIN) // DAY for fault in faults)
    assert set(days) == set(range(7)) and min(days.values()) >= 3
    assert {fault.kind for fault in faults} == set(KINDS) and all(fault.end > fault.begin for fault in faults)


def record(sequence, body="[]", kind="interval", start=60_000):
    return Record(sequence, kind, 60 if kind == "interval" else 0, start * sequence, 0, "b", 0, "ntp", 100, body)


def told(oracle, *records):
    for one in records:
        oracle.storing(one)
        oracle.stored(one)


def kept(oracle, *records):
    return {("S", one.sequence): json.dumps(oracle.expected(one)) for one in records}


def test_an_eviction_record_answers_only_if_it_arrived():
    oracle = Oracle("S")
    evicted = record(9, '{"code":"evicted","ranges":[[2,3]]}', "event")
    told(oracle, *map(record, (1, 2, 3, 4)), evicted)
    there = kept(oracle, record(1), record(4), evicted)
    assert oracle.judge(there).missing == () and oracle.judge(there).delivered == 5
    assert oracle.judge(kept(oracle, record(1), record(4))).missing == (2, 3, 9)


@pytest.mark.parametrize("told", [True, False])
def test_what_is_given_up_unsent_is_answered_by_its_record_only(tmp_path, mocker, told):
    outage = Fault("link_outage", BEGIN + DAY // 4, BEGIN + DAY * 7 // 4, 0.1, False)
    full = Fault("full_card", BEGIN + DAY * 3 // 2, BEGIN + DAY * 13 // 8, 1.0, False)
    mocker.patch("station.trial.chaos.schedule", return_value=[outage, full])
    given_up = mocker.patch("station.recorder.events.evicted", side_effect=evicted if told else lambda *_: '{"code":"x"}')
    verdict = run(tmp_path)
    assert {call.args[0] for call in given_up.call_args_list} >= {"unconfirmed"}
    assert verdict["extra"] == 0 and (verdict["missing"] == 0) == told


def test_what_was_given_up_as_confirmed_must_be_there():
    oracle = Oracle("S")
    evicted = record(9, '{"code":"evicted","what":"confirmed","ranges":[[2,3]]}', "event")
    told(oracle, *map(record, (1, 2, 3)), evicted)
    assert oracle.judge(kept(oracle, record(1), record(2), evicted)).missing == (3,)


def test_an_eviction_excuses_nothing_that_counted_as_confirmed_or_arrived_changed():
    oracle = Oracle("S")
    confirmed = record(9, '{"code":"evicted","what":"confirmed","ranges":[[2,2]]}', "event")
    unconfirmed = record(10, '{"code":"evicted","what":"unconfirmed","ranges":[[3,3]]}', "event")
    told(oracle, *map(record, (1, 2, 3)), confirmed, unconfirmed)
    there = kept(oracle, record(1), confirmed, unconfirmed)
    assert oracle.judge(there).missing == (2,)
    changed = there | kept(oracle, record(3, '[["x"]]'))
    assert oracle.judge(changed).missing == (2, 3)


def test_what_was_being_stored_when_the_process_died_may_be_there_or_not():
    oracle = Oracle("S")
    told(oracle, record(1))
    oracle.storing(record(0, '[["x"]]'))
    unsaid = record(2, '[["x"]]')
    for there in (kept(oracle, record(1)), kept(oracle, record(1), unsaid)):
        judged = oracle.judge(there)
        assert (judged.obligations, judged.missing, judged.extra) == (1, (), ())
    assert oracle.judge(kept(oracle, record(1), record(3))).extra == (3,)


def test_a_record_that_never_got_its_time_is_missing_and_one_that_did_is_compared_with_it():
    oracle = Oracle("S")
    timeless = Record(5, "interval", 60, None, 0, "b", 7000, "", None, "[]")
    told(oracle, timeless)
    assert oracle.waiting == 1 and oracle.judge({}).missing == (5,)
    oracle.stamped("another", 1, "ntp", 1)
    oracle.stamped("b", 1_000_000, "ntp", 100)
    stamped = Record(5, "interval", 60, 1_007_000, 0, "b", 7000, "ntp", 100, "[]")
    assert oracle.waiting == 0 and oracle.judge(kept(oracle, stamped)).missing == ()
