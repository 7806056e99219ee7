"""The order of sending: live first, newest hour of the backlog next, within the window, again after patience."""

import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.courier import HOUR, PARKED, REFUSALS, RESERVE, Courier
from gateway.ledger import Ledger
from gateway.record import Record


class FakeLog:
    """Minutes since the epoch, numbered from 1; those in `timeless` have no time yet."""

    def __init__(self):
        self.timeless = set()

    def record(self, number):
        return Record(number, "interval", 60, number * 60_000, 0, "b", 0, "system", None, "[]")

    def oldest_first(self, first, last, limit):
        return [self.record(n) for n in islice((n for n in range(first, last + 1) if n not in self.timeless), limit)]

    def newest_first(self, first, last, limit):
        return [self.record(n) for n in islice((n for n in range(last, first - 1, -1) if n not in self.timeless), limit)]


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path / "x.db")
    yield made
    made.close()


def sent(courier, now=0.0):
    return [(record.sequence, replay) for record, replay in courier.next(now)]


def test_live_goes_before_the_backlog(ledger):
    ledger.extend(1, 300)
    courier = Courier(FakeLog(), ledger, 4, 30.0)
    courier.connected()
    assert [replay for _, replay in sent(courier)] == [True] * 4
    courier.confirmed(1, 300)
    ledger.extend(301, 500)
    courier = Courier(FakeLog(), ledger, 2, 30.0)
    courier.connected()
    assert len(sent(courier)) == 2
    courier.appeared(501, 501)
    courier.confirmed(*list(courier._under_way)[:1] * 2)
    assert sent(courier) == [(501, False)]


def test_alarms_and_calibrations_go_before_everything_whenever_they_were_made(ledger):
    log = FakeLog()
    plain = log.record
    bodies = {
        7: ("alarm", '{"code":"high"}'),
        42: ("event", '{"code":"calibrated"}'),
        43: ("event", '{"code":"calibration_due"}'),
    }

    def record(number):
        kind, body = bodies.get(number, ("interval", "[]"))
        return replace(plain(number), kind=kind, body=body)

    log.record = record
    ledger.extend(1, 3000)
    courier = Courier(log, ledger, 2, 30.0)
    courier.connected()
    numbers = []
    for now in range(30):
        for number, _replay in sent(courier, float(now)):
            numbers.append(number)
            courier.confirmed(number, number)
    early = numbers[: numbers.index(7) + 1]
    assert {42, 43} <= set(early) and len(numbers) < 100, "found and sent long before their hour's turn"
    courier.down()
    bodies[3002] = ("alarm", "{}")
    courier.connected()
    courier.appeared(3001, 3002)
    assert [number for number, _ in sent(courier, 31.0)][:2] == [3002, 3001], "and before what is live"


def test_the_backlog_goes_newest_hour_first_and_in_order_within(ledger):
    ledger.extend(60, 209)  # 01:00 to 03:29
    courier = Courier(FakeLog(), ledger, 1000, 30.0)
    courier.connected()
    numbers = [number for number, _ in sent(courier)]
    assert numbers == [*range(180, 210), *range(120, 180), *range(60, 120)]
    assert HOUR == 60 * 60_000


def test_a_long_backlog_is_read_from_the_log_twice_at_most(ledger, mocker):
    """Once for what is urgent in it, once to be sent: whole hours, and nothing of the hour that did not fit."""
    log = FakeLog()
    read = mocker.spy(log, "record")
    ledger.extend(1, 6000)
    courier = Courier(log, ledger, 50, 30.0)
    courier.connected()
    numbers = []
    while batch := [number for number, _ in sent(courier)]:
        numbers += batch
        for number in batch:
            courier.confirmed(number, number)
    hours = [number // 60 for number in numbers]
    assert sorted(numbers) == list(range(1, 6001)) and hours == sorted(hours, reverse=True)
    assert read.call_count < 2.2 * 6000


def test_oldest_first_for_those_who_want_it(ledger):
    ledger.extend(1, 1200)
    courier = Courier(FakeLog(), ledger, 2000, 30.0, "oldest")
    courier.connected()
    assert [number for number, _ in sent(courier)] == list(range(1, 1201))


def test_the_window_bounds_what_is_under_way(ledger):
    ledger.extend(1, 100)
    courier = Courier(FakeLog(), ledger, 10, 30.0)
    courier.connected()
    assert len(sent(courier)) == 10 and sent(courier) == [] and courier.under_way == 10
    courier.confirmed(60, 64)
    assert courier.under_way == 5 and len(sent(courier)) == 5


def test_what_is_not_confirmed_is_sent_again_as_a_replay(ledger):
    courier = Courier(FakeLog(), ledger, 10, 30.0)
    courier.connected()
    courier.appeared(1, 1)
    assert sent(courier, 0.0) == [(1, False)]
    assert sent(courier, 29.0) == [] and sent(courier, 30.0) == [(1, True)]
    courier.confirmed(1, 1)
    assert sent(courier, 99.0) == [] and (courier.sent, courier.resent) == (2, 1)


def test_after_an_interruption_everything_unconfirmed_is_owed(ledger):
    ledger.extend(1, 20)
    courier = Courier(FakeLog(), ledger, 5, 30.0)
    courier.connected()
    first = [number for number, _ in sent(courier)]
    courier.confirmed(first[0], first[0])
    courier.down()
    courier.connected()
    rest = []
    while batch := sent(courier):
        rest += [number for number, _ in batch]
        for number, _ in batch:
            courier.confirmed(number, number)
    assert sorted(rest) == sorted(set(range(1, 21)) - {first[0]}) and ledger.owed.total == 0


def test_records_without_a_time_wait(ledger):
    log = FakeLog()
    log.timeless = {2, 3}
    courier = Courier(log, ledger, 10, 30.0)
    courier.connected()
    courier.appeared(1, 4)
    assert sorted(number for number, _ in sent(courier)) == [1, 4]
    courier.confirmed(1, 4)
    ledger.extend(2, 3)
    assert ledger.owed.total == 2


def test_what_is_refused_is_offered_again_and_then_set_aside_and_blocks_nothing(ledger):
    courier = Courier(FakeLog(), ledger, 10, 1.0)
    courier.connected()
    courier.appeared(1, 2)
    assert sent(courier) == [(1, False), (2, False)]
    courier.confirmed(2, 2)
    now = 0.0
    for pause in REFUSALS:
        assert not courier.refused(1, "schema", now) and ledger.owed.total == 1
        assert courier.next_deadline() == now + pause and sent(courier, now + pause - 1) == []
        courier.appeared(ledger.head + 1, ledger.head + 1)
        assert sent(courier, now + pause - 1) == [(ledger.head, False)]
        courier.confirmed(ledger.head, ledger.head)
        now += pause
        assert sent(courier, now) == [(1, True)]
    assert courier.refused(1, "schema", now) and not courier.refused(1, "schema", now)
    assert sent(courier, now + 1e6) == [] and ledger.refused == 1 and ledger.owed.total == 0


def test_a_platform_that_is_not_well_sets_nothing_aside(ledger):
    """It refuses everything for a week, and again later: that does not speak against the record."""
    courier = Courier(FakeLog(), ledger, 10, 1.0)
    courier.connected()
    courier.appeared(1, 2)
    now = 0.0
    for _outage in range(2):
        for _ in range(30):
            for number, _replay in sent(courier, now):
                assert not courier.refused(number, "maintenance", now)
            now += REFUSALS[-1]
        courier.appeared(ledger.head + 1, ledger.head + 1)
        sent(courier, now)
        courier.confirmed(ledger.head, ledger.head)
        for number in (1, 2):
            courier.refused(number, "maintenance", now)
    now += REFUSALS[-1]
    assert sorted(number for number, _ in sent(courier, now)) == [1, 2] and ledger.refused == 0


def test_a_platform_that_refuses_everything_is_not_sent_everything(ledger):
    ledger.extend(1, 5000)
    courier = Courier(FakeLog(), ledger, 50, 30.0)
    courier.connected()
    while batch := sent(courier):
        for number, _ in batch:
            courier.refused(number, "maintenance", 0.0)
    assert courier.sent == PARKED and ledger.owed.total == 5000
    assert len(sent(courier, REFUSALS[0])) == 50


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("appear"), st.integers(1, 40)),
        st.tuples(st.just("next"), st.integers(0, 40)),
        st.tuples(st.just("confirm"), st.integers(0, 200), st.integers(0, 30)),
        st.tuples(st.just("refuse"), st.integers(0, 200)),
        st.tuples(st.just("down")),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(ACTIONS, st.sampled_from(["newest", "oldest"]))
def test_whatever_happens_everything_is_confirmed_or_owed_and_in_the_end_sent(actions, order):
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "x.db")
        courier = Courier(FakeLog(), ledger, 7, 5.0, order)
        courier.connected()
        now, head, settled = 0.0, 0, set()
        for name, *numbers in actions:
            if name == "appear":
                courier.appeared(head + 1, head + numbers[0])
                head += numbers[0]
            elif name == "next":
                now += numbers[0] / 4
                batch = [number for number, _ in sent(courier, now)]
                assert len(batch) == len(set(batch)) and not settled & set(batch) and courier.under_way <= 7 + RESERVE
            elif name == "confirm":
                courier.confirmed(numbers[0], numbers[0] + numbers[1])
                settled |= set(range(numbers[0], numbers[0] + numbers[1] + 1)) & set(range(1, head + 1))
            elif name == "refuse" and courier.refused(numbers[0], "x", now):
                settled.add(numbers[0])
            elif name == "down":
                courier.down()
                courier.connected()
            owed = {n for a, b in ledger.owed for n in range(a, b + 1)}
            assert owed == set(range(1, head + 1)) - settled
        for _ in range(1000):
            now += 30000.0
            batch = sent(courier, now)
            for number, _replay in batch:
                courier.confirmed(number, number)
            if not batch:
                break
        assert ledger.owed.total == 0
        ledger.close()
