"""The backlog yields: whatever the line, what is live finds it almost empty; and a district does not return in one second."""

import heapq
from dataclasses import replace

import pytest

from gateway.courier import RESERVE, Courier
from gateway.ledger import Ledger
from gateway.pace import SPREAD, Pace, share
from tests.gateway.test_courier import FakeLog

MONTH = 30 * 24 * 60


class Line:
    """A line of so many bytes/s with one queue, and a platform that answers each record after `delay` s."""

    def __init__(self, speed, delay):
        self._speed, self._delay = speed, delay
        self._free_at = 0.0
        self.receipts = []

    def send(self, number, size, now):
        """When it has arrived."""
        self._free_at = max(self._free_at, now) + size / self._speed
        heapq.heappush(self.receipts, (self._free_at + self._delay, number))
        return self._free_at + self._delay / 2


class AlarmLog(FakeLog):
    """Every number in `alarms` is an alarm."""

    def __init__(self):
        super().__init__()
        self.alarms = set()

    def record(self, number):
        made = super().record(number)
        return replace(made, kind="alarm", body='{"code":"high"}') if number in self.alarms else made


def drain(courier, log, line, seconds, head, size=1500):
    """Run a station for so many s: a new minute each minute, an alarm each 17 s; latency of each, and how many were sent."""
    now, born, arrived, sent = 0.0, {}, {}, 0
    next_minute, next_alarm = 5.0, 11.0
    courier.connected(now)
    while now < seconds:
        while line.receipts and line.receipts[0][0] <= now:
            number = heapq.heappop(line.receipts)[1]
            courier.confirmed(number, number, now)
        for due, kind in ((next_minute, "minute"), (next_alarm, "alarm")):
            if now >= due:
                head += 1
                born[head] = (kind, now)
                if kind == "alarm":
                    log.alarms.add(head)
                    next_alarm += 17.0
                else:
                    next_minute += 60.0
                courier.appeared(head, head)
        for record, _replay in courier.next(now):
            arrived.setdefault(record.sequence, line.send(record.sequence, size, now))
            sent += 1
        now = round(now + 0.02, 6)
    latencies = {"minute": [], "alarm": []}
    for number, (kind, when) in born.items():
        latencies[kind].append(arrived.get(number, seconds) - when)
    return latencies, sent


@pytest.mark.parametrize(("speed", "delay"), [(4_000, 0.3), (100_000, 0.05), (20_000, 1.5)])
def test_with_a_month_behind_it_a_new_minute_and_an_alarm_arrive_at_once(speed, delay, tmp_path):
    ledger = Ledger(tmp_path / "x.db")
    log = AlarmLog()
    ledger.extend(1, MONTH)
    courier = Courier(log, ledger, 50, 30.0, pace=Pace(100.0, 50))
    found, sent = drain(courier, log, Line(speed, delay), 240.0, MONTH)
    ledger.close()
    assert len(found["alarm"]) >= 13 and max(found["alarm"]) <= 2.0
    assert len(found["minute"]) == 4 and max(found["minute"]) <= 3.0
    bound = min(100.0, speed / 1500)
    assert sent / 240.0 >= 0.5 * min(bound, 50 / (delay + 1500 / speed)), "and the backlog still uses the line"


def test_a_fixed_window_would_have_delayed_them(tmp_path):
    """The control: without yielding the same line makes an alarm wait."""
    ledger = Ledger(tmp_path / "x.db")
    log = AlarmLog()
    ledger.extend(1, MONTH)
    courier = Courier(log, ledger, 50, 30.0, pace=Pace(100.0, 50, steady=True))
    found, _sent = drain(courier, log, Line(4_000, 0.3), 120.0, MONTH)
    ledger.close()
    assert max(found["alarm"]) > 10.0


def test_the_rate_is_kept(tmp_path):
    ledger = Ledger(tmp_path / "x.db")
    ledger.extend(1, 5000)
    log = AlarmLog()
    courier = Courier(log, ledger, 50, 30.0, pace=Pace(20.0, 50))
    found, sent = drain(courier, log, Line(1e7, 0.01), 60.0, 5000)
    ledger.close()
    assert 20 * 60 * 0.9 <= sent <= 20 * 61 + len(found["alarm"]) + 2
    assert abs(courier.pace.measure(60.0) - 20.0) < 3.0


def test_each_station_has_its_own_place_in_the_queue():
    """A thousand stations come back together: no second has more than a few times its share."""
    places = [share(f"XX-{n:04}") for n in range(1000)]
    assert places == [share(f"XX-{n:04}") for n in range(1000)] and min(places) >= 0.0 and max(places) < 1.0
    begins = []
    for place in places:
        pace = Pace(100.0, 50, place)
        pace.begin(1000.0, MONTH)
        assert not pace.ready(1000.0) or place < 0.01
        begins.append(int(pace.next_at() - 1000.0))
    busiest = max(begins.count(second) for second in range(int(SPREAD) + 1))
    assert busiest < 45 and max(begins) >= 57


def test_a_short_outage_is_made_up_at_once():
    pace = Pace(100.0, 50, 0.9)
    pace.begin(0.0, 5)
    assert pace.ready(0.05)


def test_after_silence_the_window_begins_anew():
    pace = Pace(100.0, 50)
    pace.begin(0.0, 1000)
    for _ in range(100):
        pace.arrived(0.1, 1.0)
    assert pace.window == 50
    pace.silent()
    assert pace.window == 1
    assert RESERVE >= 2
