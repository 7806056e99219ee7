"""What is stored as uploads: minute (2051), hourly (2061) and daily (2031) data, single noise measurements (2052), daily run
times of equipment (2041), standard-sample checks (2062).
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from gateway.link.hj212.archive import Archive
from gateway.link.hj212.fold import even, fold
from gateway.link.hj212.message import Fields
from gateway.link.hj212.noise_day import noise_day
from gateway.link.hj212.outbox import Upload, stamp
from gateway.link.hj212.reports import reports
from gateway.link.hj212.slots import slot_of
from gateway.link.hj212.uploads import NOISE, Sent, interval_groups, rows, systems
from gateway.link.settings import Hj212Settings
from gateway.record import Record

HOUR, DAY = 3_600_000, 86_400_000
"""ms."""

LENGTHS: Mapping[str, int] = MappingProxyType({"2061": HOUR, "2031": DAY, "2041": DAY})
"""Folded data → ms of an interval."""


def is_longer(record: Record, seconds: int) -> bool:
    """True for an hour or day that a station with intervals of `seconds` stored besides: it goes as 2061 or 2031."""
    return record.period in (3600, 86400) and record.period > seconds


class Series:
    """The data of one destination. `seconds` is the length of the stored intervals."""

    def __init__(self, archive: Archive, sent: Sequence[Sent], settings: Hj212Settings, seconds: int) -> None:
        self._archive = archive
        self._sent = sent
        self._settings = settings
        self._seconds = seconds

    def length(self, cn: str, minutes: int) -> int:
        """ms of an interval of this command's data; `minutes` is the minute interval in force, 0 as stored."""
        least = self._seconds * 1000
        return LENGTHS.get(cn, max((self._settings.noise_minutes if cn == "2052" else minutes) * 60_000, least))

    def stored(self, cn: str, begin: int, end: int, minutes: int) -> Iterator[Upload]:
        """Every interval from `begin` to before `end` (UTC ms) of which something is stored."""
        if cn == "2062":
            for record in self._archive.events(begin, end):
                yield from (one for one in reports(record, self._sent, self._settings) if one.cn == cn)
            return
        length = self.length(cn, minutes)
        for start in self._starts(begin, end, length):
            yield from self.one(cn, start, length, resent=False)

    def one(self, cn: str, begin: int, length: int, *, resent: bool) -> Iterator[Upload]:
        """The uploads of the interval of `length` ms from `begin`, one for each ST; none if nothing was stored."""
        stored = list(self._archive.between(begin, begin + length))
        whole = [one for one in stored if one.start == begin and one.period * 1000 == length]
        records = whole[-1:] or [one for one in stored if not is_longer(one, self._seconds)]
        if not records:
            return
        for st, groups in self._groups(cn, records, begin, length).items():
            head: Fields = (("DataTime", stamp(begin)),)
            yield Upload((cn, begin, st), st, cn, [head, *groups], resent)

    def _groups(self, cn: str, records: Sequence[Record], begin: int, length: int) -> dict[str, list[Fields]]:
        if cn == "2041":
            return {systems(self._sent)[0]: list(self._run_times(records))} if self._settings.equipment else {}
        longest = max(record.period for record in records)
        due = max(1, length // (1000 * longest))
        parts = list(even(records, longest).values())
        found = parts[0] if len(parts) == 1 and longest * 1000 == length else fold(parts, due)
        groups = interval_groups(found, self._sent, self._settings, length // 1000)
        if cn == "2052":
            groups = {st: content for st, content in groups.items() if st == NOISE}
        if cn == "2031" and groups.pop(NOISE, None) is not None and (noise := noise_day(records, begin, due, self._sent)):
            groups[NOISE] = noise
        return groups

    def _run_times(self, records: Sequence[Record]) -> Iterator[Fields]:
        """SBn-RT: hours in which the instrument gave values."""
        for number, name in enumerate(self._settings.equipment, 1):
            ran = sum(one.period for one in records if any(r.instrument == name and r.count for r in rows(one.body)))
            yield ((f"SB{number}-RT", f"{ran / 3600:.2f}"),)

    def _starts(self, begin: int, end: int, length: int) -> Iterator[int]:
        """The intervals of `length` ms beginning from `begin` to before `end` of which something is stored."""
        found = self._archive.next_start(begin)
        while found is not None and (start := slot_of(found, length)) < end:
            if start >= begin:
                yield start
            found = self._archive.next_start(start + length)
