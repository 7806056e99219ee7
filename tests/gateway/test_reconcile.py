"""Reconciliation: what a platform has lost although it had confirmed it is found and sent again."""

import hashlib
import json

import pytest

from gateway.courier import Courier
from gateway.digest import HOUR, digest
from gateway.ledger import Ledger
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.reconcile import DAY, NIGHT, NOTE, PATIENCE, TRIES, Reconciler
from gateway.selection import Selection
from hw_sim.platform import process
from hw_sim.platform.consumer import hour_digest
from tests.gateway.lines import delivery, fill, record
from tests.system.rig import SCHEMA, wait_for


def test_what_was_lost_after_it_was_confirmed_is_sent_again(tmp_path):
    fill(tmp_path / "records.db", 200).close()
    (tmp_path / "platform").mkdir()
    begin, end = record(1).start, record(200).start + 1
    with process.platform(tmp_path / "platform", SCHEMA) as platform:
        one = delivery(tmp_path, port=platform.ready["port"])
        one.start()
        try:
            wait_for("everything is confirmed", lambda: one.state()["confirmed"] == 200 and one.state()["owed"] == 0)
            for first, last in ((50, 60), (121, 121)):
                platform.order(do="forget", station="T-1", first=first, last=last)
            command = {"id": "d1", "action": "digest", "arguments": {"from": begin, "to": end}}
            platform.order(do="command", station="T-1", command=command)
            wait_for("the holes are found", lambda: one.state()["reconciled"]["resent"] == 12)
            wait_for("and filled", lambda: one.state()["owed"] == 0 and one.state()["confirmed"] == 200)
            hours, before = len(range(begin - begin % HOUR, end, HOUR)), one.state()["reconciled"]["hours"]
            platform.order(do="command", station="T-1", command=command)
            wait_for("now they agree", lambda: one.state()["reconciled"]["hours"] >= before + hours)
            assert one.state()["reconciled"]["resent"] == 12 and 2 <= one.state()["reconciled"]["holes"] <= 3
            assert {"id": "d1", "action": "digest", "ok": True, "hours": hours} in platform.order(do="stats")["replies"]
        finally:
            one.stop()


def test_both_sides_compute_the_same_from_the_contract_alone():
    """The line of the contract, written out by hand: number, start, value in millionths, flag."""
    rows = (
        '[["pm","pm25","µg/m³",12.3,11.0,14.0,13.1,60,60,1,"",""],["pm","pm10","µg/m³",null,null,null,null,0,60,9,"timeout",""]]'
    )
    one, two = record(7, body=rows), record(8, "event", '{"code":"started","version":"1"}')
    pm25 = hashlib.sha256(f"7 {one.start} 12300000 1\n".encode()).hexdigest()[:16]
    pm10 = hashlib.sha256(f"7 {one.start} - 9\n".encode()).hexdigest()[:16]
    event = hashlib.sha256(f"8 {two.start} started\n".encode()).hexdigest()[:16]
    wanted = [["", "event", 1, event], ["pm", "pm10", 1, pm10], ["pm", "pm25", 1, pm25]]
    assert digest([two, one]) == wanted
    kept = [{"kind": r.kind, "sequence": r.sequence, "start": r.start, "body": json.loads(r.body)} for r in (one, two)]
    assert hour_digest(kept) == wanted


class FakeLink:
    def __init__(self):
        self.told = []

    def tell(self, what, text):
        assert what == "digest"
        self.told.append(json.loads(text))
        return True


@pytest.fixture
def rig(tmp_path):
    fill(tmp_path / "records.db", 200).close()
    reader, ledger = LogReader(tmp_path / "records.db"), Ledger(tmp_path / "x.db")
    courier = Courier(reader, ledger, 50, 30.0)
    courier.appeared(1, 200)
    courier.confirmed(1, 200)
    clock = [0.0]
    yield Reconciler(Archive(reader), courier, ledger, Selection(), 0.5, lambda: clock[0]), ledger, clock
    ledger.close()
    reader.close()


def test_each_station_has_its_time_of_the_night_and_does_it_once(rig):
    reconciler, ledger, _clock = rig
    link = FakeLink()
    midnight = record(0).start - record(0).start % DAY + DAY - 8 * HOUR
    ledger.notes[NOTE] = (midnight + 8 * HOUR) // DAY - 1
    reconciler.turn(link, midnight + NIGHT // 2 - 1)
    assert link.told == []
    for _ in range(40):
        reconciler.turn(link, midnight + NIGHT // 2)
        if link.told:
            reconciler.heard(json.dumps({"id": link.told[-1]["id"], "same": True}))
    starts = [one["start"] for one in link.told]
    assert starts == list(range(midnight - DAY, midnight, HOUR)) and ledger.owed.total == 0
    reconciler.turn(link, midnight + DAY - 1)
    assert len(link.told) == 24


def test_a_platform_that_never_answers_is_left_in_peace(rig):
    reconciler, _ledger, clock = rig
    link = FakeLink()
    reconciler.request(record(1).start, record(200).start)
    for _ in range(50):
        reconciler.turn(link, None)
        clock[0] += PATIENCE
    assert len(link.told) == TRIES


def test_what_is_there_with_other_content_is_sent_again_and_strange_answers_do_nothing(rig):
    reconciler, ledger, _clock = rig
    link = FakeLink()
    reconciler.request(record(1).start, record(1).start + 1)
    reconciler.turn(link, None)
    hour = link.told[0]["id"]
    for strange in ("", "[]", '{"id":"1","same":false,"has":[]}', f'{{"id":"{hour}"}}', f'{{"id":"{hour}","has":[["a",2]]}}'):
        reconciler.heard(strange)
    assert ledger.owed.total == 0
    reconciler.heard(json.dumps({"id": hour, "same": False, "has": [[1, 200]]}))
    assert ledger.owed.total == 59 and ledger.confirmed == 141
