"""What of each record one destination gets: its kinds and channels, and less while its budget is nearly spent. Pure."""

import json
from collections.abc import Iterable
from dataclasses import replace

from gateway.courier import urgent
from gateway.record import Record, compact

FULL, THIN, SCARCE = 0, 1, 2
"""Levels of a budget: everything; one interval in `EACH`, hours and events; hours and what is urgent."""

EACH = 10
"""Of the intervals shorter than an hour one in so many is sent while the budget is thin."""

LONG = 3600
"""s: an interval of this length or more is an hour."""


class Selection:
    """`kinds` of records, and `channels` as INSTRUMENT.QUANTITY, INSTRUMENT.* or QUANTITY; all if empty."""

    def __init__(self, kinds: Iterable[str] = (), channels: Iterable[str] = ()) -> None:
        self._kinds = frozenset(kinds)
        self._channels = frozenset(channels)

    def of(self, record: Record) -> Record | None:
        """The record as this destination gets it, under the same key; None if there is nothing in it for it."""
        if self._kinds and record.kind not in self._kinds:
            return None
        if not self._channels or record.kind != "interval":
            return record
        rows = json.loads(record.body)
        kept = [row for row in rows if not self._channels.isdisjoint((f"{row[0]}.{row[1]}", f"{row[0]}.*", row[1]))]
        if len(kept) == len(rows):
            return record
        return replace(record, body=compact(kept)) if kept else None


def affordable(record: Record, level: int) -> bool:
    """May this one be sent at this level of the budget? What may not stays owed."""
    if level == FULL or urgent(record) or (record.kind == "interval" and record.period >= LONG):
        return True
    if level == SCARCE:
        return False
    return record.kind != "interval" or (record.start or 0) // (record.period * 1000) % EACH == 0
