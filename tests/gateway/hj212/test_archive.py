"""Stored intervals found by their time, without an index, even where the clock was stepped."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.record import Record

T0 = 1_470_009_600_000


class FakeLog:
    def __init__(self, starts):
        self.records = [
            Record(n * 7 + 10**12, "interval", 60, start, 0, "b", 0, "ntp", None, "[]") for n, start in enumerate(starts)
        ]

    def oldest_first(self, first, last, limit):
        return [r for r in self.records if first <= r.sequence <= last and r.start is not None][:limit]

    def newest_first(self, first, last, limit):
        return self.oldest_first(first, last, 10**9)[::-1][:limit]


def starts(archive, begin, end):
    return [record.start for record in archive.between(begin, end)]


def test_between(tmp_path):
    log = RecordLog.open(tmp_path / "r.db", 10**12)
    for minute in range(500):
        kind = "event" if minute % 50 == 7 else "interval"
        log.append(Record(0, kind, 60, T0 + minute * 60_000, 0, "b", 0, "ntp", None, "[]"))
    log.append(Record(0, "interval", 60, None, 0, "b", 0, "", None, "[]"))
    archive = Archive(LogReader(tmp_path / "r.db"))
    assert starts(archive, T0 + 120_000, T0 + 300_000) == [T0 + n * 60_000 for n in (2, 3, 4)]
    assert len(starts(archive, 0, T0 * 2)) == 490
    assert archive.next_start(T0 + 7 * 60_000) == T0 + 8 * 60_000, "an event is no interval"
    assert archive.next_start(T0 + 500 * 60_000) is None
    assert archive.newest().start == T0 + 499 * 60_000
    sixth = next(archive.between(T0 + 6 * 60_000, T0 + 7 * 60_000))
    assert archive.following(sixth.sequence).start == T0 + 8 * 60_000
    assert archive.following(archive.newest().sequence) is None
    log.close()


def test_an_empty_log(tmp_path):
    archive = Archive(LogReader(tmp_path / "none.db"))
    assert starts(archive, 0, T0) == [] and archive.next_start(0) is None and archive.newest() is None


@settings(max_examples=60)
@given(st.lists(st.integers(0, 60), max_size=60), st.integers(0, 60), st.integers(1, 30))
def test_small_disorder_is_put_up_with(jitter, begin, length):
    """Intervals up to an hour out of order."""
    times = [T0 + n * 60_000 + j * 30_000 for n, j in enumerate(jitter)]
    archive = Archive(FakeLog(times))
    low, high = T0 + begin * 60_000, T0 + (begin + length) * 60_000
    assert sorted(starts(archive, low, high)) == sorted(t for t in times if low <= t < high)


def test_a_large_log_is_not_read_through():
    log = FakeLog([T0 + n * 60_000 for n in range(3000)])
    read = []
    whole = log.oldest_first

    def counting(first, last, limit):
        found = whole(first, last, limit)
        read.append(min(limit, len(found)))
        return found

    log.oldest_first = counting
    log.newest_first = lambda first, last, limit: log.records[-limit:]
    assert starts(Archive(log), T0 + 90_000_000, T0 + 90_060_000) == [T0 + 90_000_000]
    assert sum(read) < 500
