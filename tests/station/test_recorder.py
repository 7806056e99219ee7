"""Intervals on two clocks: aligned to UTC, nothing relabelled, nothing lost when the clock or the card misbehaves."""

import json
from itertools import pairwise

import pytest

from gateway.log.faults import StorageError
from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from station.clock import RELEASE, Clock
from station.pipeline import Pipeline
from station.recorder import RETRY, Recorder
from tests.station.test_pipeline import CONFIG


class FakeKernel:
    """What the system says about its clock; by default nobody disciplines it."""

    error = None
    weak = "system"

    def synchronised(self):
        return self.error

    def weak_source(self):
        return self.weak


class Rig:
    """A recorder with clocks in the test's hand."""

    def __init__(self, folder, utc=RELEASE / 1000 + 10_000.0, period=60):
        self.utc, self.mono = utc, 5000.0
        self.path = folder / "records.db"
        self.log = RecordLog.open(self.path, first=1)
        self.kernel = FakeKernel()
        clock = Clock(lambda: self.utc, lambda: self.mono, system=self.kernel)
        self.clock = clock
        self.recorder = Recorder(self.log, clock, "boot", period, Pipeline(CONFIG.instruments, {}, []), lambda: None)

    def pass_time(self, seconds, step=0.0):
        self.utc += seconds + step
        self.mono += seconds
        self.recorder.tick(self.clock.now())

    def records(self):
        reader = LogReader(self.path)
        try:
            return [r for a, b in reader.runs(0, 2**62) for r in reader.oldest_first(a, b, 1000)]
        finally:
            reader.close()


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.log.close()


def test_intervals_end_on_multiples_in_utc(rig):
    for _ in range(200):
        rig.pass_time(1.0)
    starts = [record.start for record in rig.records()]
    assert starts[0] == RELEASE + 10_000_000 and [start % 60_000 for start in starts[1:]] == [0] * (len(starts) - 1)
    assert [b - a for a, b in pairwise(starts[1:])] == [60_000] * (len(starts) - 2)


def test_before_the_time_is_known_records_wait_and_keep_their_order_and_spacing(tmp_path):
    rig = Rig(tmp_path, utc=12.0)
    for _ in range(150):
        rig.pass_time(1.0)
    assert rig.records() == [], "nothing untrusted is delivered"
    rig.pass_time(0.0, step=RELEASE / 1000 + 5000.0)
    records = rig.records()
    intervals = [record for record in records if record.kind == "interval"]
    assert len(intervals) == 3 and all(record.start > RELEASE for record in intervals)
    assert [b.start - a.start for a, b in pairwise(intervals)] == [60_000, 60_000]
    assert [json.loads(r.body)["code"] for r in records if r.kind == "event"] == ["clock_stepped", "clock_trusted"]
    rig.log.close()


@pytest.mark.parametrize("step", [3600.0, -3600.0, 90.0, -2.0])
def test_a_step_closes_the_interval_with_a_flag_and_an_event(rig, step):
    rig.pass_time(100.0)
    before = rig.recorder.stored
    rig.pass_time(5.0, step=step)
    records = rig.records()[before:]
    assert [record.kind for record in records] == ["interval", "event"]
    assert {row[10] for row in json.loads(records[0].body)} <= {"clock", "gap"}
    assert json.loads(records[1].body) == {"code": "clock_stepped", "by": step * 1000}
    assert records[0].start < RELEASE + 11_000_000, "labelled by the clock under which it was measured"
    rig.pass_time(120.0)
    assert len(rig.records()) > before + 2


def test_a_clock_that_is_slewed_back_makes_no_crumbs(rig):
    """500 ppm, the fastest that the kernel slews: each minute ends 30 ms before the clock says so."""
    rig.pass_time(50.0)
    before = rig.recorder.stored
    end = rig.mono + 600.0
    while rig.mono < end:
        passed = min(1.0, rig.recorder.boundary / 1000 - rig.mono)
        rig.pass_time(passed, step=-0.0005 * passed)
    starts = [record.start for record in rig.records()[before:] if record.kind == "interval"][1:]
    assert len(starts) == 9 and [start % 60_000 for start in starts] == [0] * 9
    assert [b - a for a, b in pairwise(starts)] == [60_000] * 8


def test_what_the_card_refuses_waits_and_is_stored_in_order(rig, mocker):
    refusal = StorageError("full", rig.path, "test")
    broken = mocker.patch.object(rig.log, "append", side_effect=refusal)
    for _ in range(3):
        rig.pass_time(60.0)
    assert rig.recorder.waiting == 3 and rig.recorder.fault is refusal and "card is full" in str(refusal)
    assert broken.call_count < 4
    mocker.stop(broken)
    rig.pass_time(RETRY / 1000)
    assert rig.recorder.waiting == 0 and rig.recorder.fault is None
    assert [r.sequence for r in rig.records()] == [1, 2, 3] and rig.records()[0].start < rig.records()[2].start


def test_a_short_interval_is_flagged(rig):
    rig.pass_time(10.0)
    rig.recorder.finish(rig.clock.now())
    rows = json.loads(rig.records()[0].body)
    assert {row[10] for row in rows} == {"gap"} and json.loads(rig.records()[1].body)["code"] == "stopped"


def test_records_of_an_earlier_run_in_this_boot_are_stamped_too(tmp_path):
    rig = Rig(tmp_path, utc=12.0)
    rig.pass_time(61.0)
    rig.log.close()
    again = Rig(tmp_path)
    again.mono = rig.mono + 10.0
    again.recorder.tick(again.clock.now())
    assert [r.kind for r in again.records()][:2] == ["interval", "event"]
    assert again.records()[0].start == again.records()[0].monotonic + round(again.utc * 1000) - 5_000_000
    again.log.close()


def test_a_log_that_is_damaged_while_running_is_replaced_with_an_event(rig):
    rig.pass_time(60.0)
    before = rig.recorder.last_sequence
    partition = rig.path.resolve()
    content = partition.with_name(f"{partition.name}-wal").read_bytes()
    rig.log._let_go()
    partition.write_bytes(b"rubbish" * 4096)
    partition.with_name(f"{partition.name}-wal").write_bytes(content)
    rig.pass_time(60.0)
    rig.log.settle()
    rig.pass_time(1.0)
    rig.pass_time(1.0)
    codes = [json.loads(r.body)["code"] for r in rig.records() if r.kind == "event"]
    assert codes == ["log_replaced", "log_salvaged"] and rig.recorder.last_sequence > before + 1_000_000
    assert rig.records()[0].sequence == before, "the row was in the write-ahead log, and is back"


def test_an_emergency_cuts_the_interval_and_the_shorter_ones_are_aligned(rig):
    rig.pass_time(30)
    rig.recorder.change_period(10, rig.clock.now())
    for _ in range(12):
        rig.pass_time(5)
    rig.recorder.change_period(60, rig.clock.now())
    rig.recorder.change_period(60, rig.clock.now())
    rig.pass_time(60)
    found = [one for one in rig.records() if one.kind == "interval"]
    periods = [one.period for one in found]
    assert periods[0] == 60 and set(periods[1:-1]) == {10} and periods[-1] == 60
    assert all(one.start % 10_000 == 0 for one in found[2:-1])
    ends = [after.start - before.start for before, after in pairwise(found)]
    assert sum(ends) == found[-1].start - found[0].start and max(ends) <= 60_000, "nothing in between"
