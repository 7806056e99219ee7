"""The rows of stored intervals by their channel."""

import json
from collections.abc import Iterable, Iterator

from gateway.record import ChannelRow, Record


def intervals(records: Iterable[Record]) -> Iterator[tuple[Record, dict[tuple[str, str], ChannelRow]]]:
    """Each interval in the order of time with its rows by instrument and quantity; of an interval that is there twice the newest
    revision alone.
    """
    newest: dict[tuple[int, int], Record] = {}
    for record in records:
        if record.kind != "interval" or record.start is None:
            continue
        known = newest.get((record.start, record.period))
        if known is None or (record.revision, record.sequence) > (known.revision, known.sequence):
            newest[record.start, record.period] = record
    for _place, record in sorted(newest.items()):
        rows = (ChannelRow(*entries) for entries in json.loads(record.body))
        yield record, {(row.instrument, row.quantity): row for row in rows}
