"""Several destinations with different selections, a budget that is nearly spent, a platform that says nothing."""

import json
import time

import pytest

from gateway import delivery as module
from gateway.budget import MB, Budget
from gateway.courier import Courier
from gateway.ledger import Ledger
from gateway.link import mqtt
from gateway.selection import FULL, SCARCE, THIN, Selection, affordable
from hw_sim.platform import process
from hw_sim.platform.consumer import archive
from hw_sim.platform.proxy import Proxy
from tests.gateway.lines import BODY, delivery, fill, record
from tests.gateway.test_courier import FakeLog
from tests.system.rig import SCHEMA, wait_for


@pytest.fixture
def platform(tmp_path):
    (tmp_path / "platform").mkdir()
    with process.platform(tmp_path / "platform", SCHEMA) as made:
        yield made


def started(*deliveries):
    for one in deliveries:
        one.start()
    return deliveries


def test_a_dead_and_a_slow_destination_do_not_delay_the_one_that_is_fine(platform, tmp_path, mocker):
    mocker.patch.object(mqtt, "HANDSHAKE", 1.0)
    log = fill(tmp_path / "records.db", 300)
    port = platform.ready["port"]
    slow, dead = Proxy(port), Proxy(port)
    slow.set("slow")
    dead.set("frozen")
    fine = delivery(tmp_path, "fine", port=port, channels=("pm.pm25",), client_id="fine")
    others = [
        delivery(tmp_path, "slow", port=slow.port, kinds=("event",), client_id="slow", topic="slow/v1"),
        delivery(tmp_path, "dead", port=dead.port, client_id="dead", topic="dead/v1"),
    ]
    started(fine, *others)
    try:
        wait_for("the fine one has everything", lambda: fine.state()["owed"] == 0 and fine.state()["confirmed"] == 300)
        fresh = log.append(record(301))
        begin = time.monotonic()
        fine.wake()
        wait_for("and what is new at once", lambda: fine.state()["confirmed"] == 301)
        assert time.monotonic() - begin < 5.0
        wait_for("the slow one passes what it is not to get", lambda: others[0].state()["passed"] == 301)
        assert others[1].state()["owed"] >= 300 and not others[1].state()["connected"]
    finally:
        for one in (fine, *others):
            one.stop()
        for line in (slow, dead):
            line.close()
        log.close()
    kept = archive(tmp_path / "platform" / "platform.db")
    assert set(kept) == {("T-1", number) for number in range(1, fresh + 1)}
    assert {tuple(row[:2]) for text in kept.values() for row in json.loads(text)["body"]} == {("pm", "pm25")}


def test_what_a_destination_gets_of_a_record():
    both = record(7)
    assert Selection().of(both) is both and Selection(channels=("pm25", "climate.*")).of(both) is both
    one = Selection(channels=("climate.humidity",)).of(both)
    assert one is not None and (one.sequence, one.start) == (7, both.start) and json.loads(one.body) == [json.loads(BODY)[1]]
    assert Selection(channels=("ph",)).of(both) is None
    assert Selection(kinds=("alarm",)).of(both) is None and Selection(kinds=("interval",)).of(both) is both
    event = record(8, "event", '{"code":"started"}')
    assert Selection(channels=("ph",)).of(event) is event


def test_a_platform_that_takes_everything_and_confirms_nothing_is_called_so(platform, tmp_path, mocker):
    mocker.patch.object(module, "QUIET", 0.5)
    fill(tmp_path / "records.db", 3).close()
    platform.order(do="receipts", on=False)
    (one,) = started(delivery(tmp_path, port=platform.ready["port"], patience=1.0))
    try:
        wait_for("silence is a fault", lambda: one.state()["fault"] == "unconfirmed")
        assert one.state()["connected"] and one.state()["owed"] == 3
        platform.order(do="receipts", on=True)
        wait_for("and ends", lambda: one.state()["owed"] == 0 and not one.state()["fault"])
    finally:
        one.stop()


def test_the_month_is_counted_from_the_interface_and_kept(tmp_path):
    statistics = tmp_path / "wwan0" / "statistics"
    statistics.mkdir(parents=True)

    def carried(received, sent):
        (statistics / "rx_bytes").write_text(f"{received}\n")
        (statistics / "tx_bytes").write_text(f"{sent}\n")

    november, december = 1_795_500_000_000, 1_796_054_400_000  # 2026-11-24, and 2026-12-01T00:00 in Beijing
    kept: dict[str, int] = {}
    carried(5_000_000, 1_000_000)
    budget = Budget(10.0, "wwan0", kept, tmp_path)
    budget.look(0, november)
    assert budget.level == FULL and budget.state() == {"month": "2026-11", "used_mb": 0.0, "of_mb": 10.0, "level": "full"}
    carried(12_000_000, 2_000_000)
    budget.look(0, november)
    assert budget.level == THIN and kept["budget_used"] == 8 * MB
    again = Budget(10.0, "wwan0", kept, tmp_path)
    carried(1_000_000, 500_000)
    again.look(0, november)
    assert again.level == SCARCE and kept["budget_used"] == 9_500_000, "the counter began anew with the machine"
    again.look(0, november - 40 * 86_400_000)
    assert again.level == SCARCE, "an older record begins no new month"
    again.look(0, december)
    assert again.level == FULL and again.state()["month"] == "2026-12"
    (statistics / "rx_bytes").unlink()
    again.look(0, december)
    assert kept["budget_used"] == 0
    own = Budget(1.0, "", kept)
    own.look(900_000, december)
    own.look(960_000, december)
    assert own.level == SCARCE and Budget(0.0, "", {}).level == FULL


def test_thinned_records_stay_owed_and_go_when_the_next_month_begins(tmp_path):
    ledger = Ledger(tmp_path / "x.db")
    ledger.extend(1, 120)
    log = FakeLog()
    courier = Courier(log, ledger, 200, 30.0)
    courier.connected()
    first = [r.sequence for r, _ in courier.next(0.0, lambda r: affordable(r, THIN))]
    assert first == [*range(120, 121), *range(60, 120, 10), *range(10, 60, 10)] and courier.held == 108
    courier.confirmed(1, 0)
    for number in first:
        courier.confirmed(number, number)
    assert ledger.owed.total == 108 and list(courier.next(1.0)) == []
    courier.release()
    rest = [r.sequence for r, _ in courier.next(2.0)]
    assert len(rest) == 108 and not set(rest) & set(first)
    ledger.close()


def test_when_the_budget_is_nearly_spent_only_hours_and_alarms_go():
    hour, alarm = record(60, period=3600), record(61, "alarm", '{"code":"high"}')
    calibrated, started_ = record(62, "event", '{"code":"calibrated"}'), record(63, "event", '{"code":"started"}')
    sent = [r.sequence for r in (hour, alarm, calibrated, started_, record(70)) if affordable(r, SCARCE)]
    assert sent == [60, 61, 62]
    assert affordable(started_, THIN)
