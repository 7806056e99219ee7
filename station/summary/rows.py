"""The rows of stored intervals by their channel, and the hours of a log that is larger than memory."""

import json
from collections.abc import Callable, Iterable, Iterator

from gateway.link.hj212.archive import SLACK
from gateway.record import ChannelRow, Record

HOUR = 3_600_000
"""ms."""


def by_hour(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Hour after hour of records that come in the order of their time but for `SLACK` ms; few hours are held at once."""
    waiting: dict[int, list[Record]] = {}
    for record in records:
        start = record.start or 0
        waiting.setdefault(start // HOUR, []).append(record)
        if len(waiting) > 1:
            over = (start - SLACK) // HOUR
            for hour in sorted(one for one in waiting if one < over):
                yield waiting.pop(hour)
    for _hour, found in sorted(waiting.items()):
        yield found


def intervals(
    records: Iterable[Record], wanted: Callable[[str, str], bool] = lambda _instrument, _quantity: True
) -> Iterator[tuple[Record, dict[tuple[str, str], ChannelRow]]]:
    """Each interval in the order of time with its rows by instrument and quantity, of those that are `wanted`; of an interval
    that is there twice the newest revision alone.
    """
    newest: dict[tuple[int, int], Record] = {}
    for record in records:
        if record.kind != "interval" or record.start is None:
            continue
        known = newest.get((record.start, record.period))
        if known is None or (record.revision, record.sequence) > (known.revision, known.sequence):
            newest[record.start, record.period] = record
    for _place, record in sorted(newest.items()):
        rows = json.loads(record.body)
        yield record, {(entries[0], entries[1]): ChannelRow(*entries) for entries in rows if wanted(entries[0], entries[1])}
