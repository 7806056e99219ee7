"""Longer intervals out of stored ones: ten minutes, hours and days from minutes.

Days from minutes are the same as days from hours where nothing is missing. A folded value is normal if at least three quarters of
its parts are (HJ 212-2017 annex D for gases; likely for ambient stations). Percentile levels do not follow exactly from those of
the parts: the five of each part, with its lowest and highest level, give its distribution as a line of six pieces, and these are
added up. That is good to about half a dB (a test says how good); a station that stores hours itself has them exactly.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from drivers.quantity import mean_of, quantities
from gateway.link.hj212.slots import slot_of
from gateway.record import ChannelRow, Record

SHARE = 0.75
"""Of the parts that are due, so many must be normal."""

PERCENTILES: Mapping[str, float] = MappingProxyType({"la95": 0.05, "la90": 0.1, "la50": 0.5, "la10": 0.9, "la5": 0.95})
"""Percentile level → share of the time during which it is quieter."""

BISECTIONS = 14
"""Halvings of the range in which a percentile lies: from 100 dB down to 0.01 dB."""

PASS, SUSPECT, MISSING = 1, 3, 9


def fold(parts: Iterable[Sequence[ChannelRow]], due: int) -> list[ChannelRow]:
    """One row for each channel of the stored intervals `parts`, of which `due` should exist."""
    channels: dict[tuple[str, str], list[ChannelRow]] = {}
    curves: dict[str, list[_Curve]] = {}
    for part in parts:
        for row in part:
            channels.setdefault((row.instrument, row.quantity), []).append(row)
            if row.quantity == "la50" and (curve := _curve(part, row)):
                curves.setdefault(row.instrument, []).append(curve)
    folded = (_folded(rows, due) for rows in channels.values())
    found = (_percentile(one, curves.get(one.instrument, [])) for one in folded)
    return [one for one in found if one is not None]


def even(records: Iterable[Record], seconds: int) -> dict[tuple[int, int], list[ChannelRow]]:
    """The rows of each interval of `seconds` by its start and length (ms): as stored, or one for each channel of one in pieces.

    It is in pieces if it was cut, and in an emergency. Longer intervals stay as they are.
    """
    groups: dict[tuple[int, int], list[Record]] = {}
    for record in records:
        length = max(seconds, record.period) * 1000
        groups.setdefault((slot_of(record.start or 0, length), length), []).append(record)
    found = {}
    for (start, length), group in groups.items():
        parts = [[ChannelRow(*row) for row in json.loads(record.body)] for record in group]
        due = max(1, length // 1000 // max(one.period for one in group))
        found[start, length] = parts[0] if len(parts) == 1 else fold(parts, due)
    return found


def _folded(rows: Sequence[ChannelRow], due: int) -> ChannelRow:
    head = rows[-1]
    told = [row for row in rows if row.value is not None and row.count]
    good = [row for row in told if row.flag == PASS]
    best = min((row.flag for row in told), default=MISSING)
    used = good or [row for row in told if row.flag == best]
    flag, reason = (PASS, "") if len(good) >= SHARE * due else (max(SUSPECT, best), _worst(rows))
    expected = sum(row.expected for row in rows)
    if not used:
        return head._replace(value=None, low=None, high=None, raw=None, count=0, expected=expected, flag=MISSING, reason=reason)
    return head._replace(
        value=_mean(used),
        low=min(row.low for row in used if row.low is not None),
        high=max(row.high for row in used if row.high is not None),
        raw=None,
        count=sum(row.count for row in used),
        expected=expected,
        flag=flag,
        reason=reason,
    )


_Curve = tuple[int, list[tuple[float, float]]]
"""Readings of an interval, and its distribution: (level in dB, share of the time below it), rising."""


def _curve(part: Sequence[ChannelRow], middle: ChannelRow) -> _Curve | None:
    """The distribution of the part to which the row `middle` (la50) belongs, None if its levels are not all there."""
    mine = {row.quantity: row for row in part if row.instrument == middle.instrument and row.flag == PASS}
    levels = [(mine[key].value, share) for key, share in PERCENTILES.items() if key in mine]
    points = [(level, share) for level, share in levels if level is not None]
    if len(points) < len(PERCENTILES) or not middle.count:
        return None
    whole = mine.get("laeq", middle)
    low, high = whole.low, whole.high
    ends = [(min(points[0][0], low if low is not None else points[0][0]), 0.0)]
    tops = [(max(points[-1][0], high if high is not None else points[-1][0]), 1.0)]
    return middle.count, [*ends, *points, *tops]


def _percentile(row: ChannelRow, curves: Sequence[_Curve]) -> ChannelRow | None:
    """A folded row; of a percentile level the one that follows from the distributions, None if there are none."""
    share = PERCENTILES.get(row.quantity)
    if share is None or row.value is None:
        return row
    if not curves:
        return None
    low, high = min(points[0][0] for _count, points in curves), max(points[-1][0] for _count, points in curves)
    total = sum(count for count, _points in curves)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = sum(count * _below(points, middle) for count, points in curves)
        low, high = (middle, high) if below < share * total else (low, middle)
    return row._replace(value=(low + high) / 2)


def _below(points: Sequence[tuple[float, float]], level: float) -> float:
    """The share of the time below `level`."""
    if level <= points[0][0]:
        return 0.0
    for (left, share), (right, more) in pairwise(points):
        if level <= right:
            return share + (more - share) * (level - left) / (right - left) if right > left else more
    return 1.0


def _mean(rows: Sequence[ChannelRow]) -> float:
    """Their mean, or total, as the quantity wants it, weighted by the readings."""
    return mean_of(quantities()[rows[0].quantity].mean, [(row.value, row.count) for row in rows if row.value is not None])


def _worst(rows: Sequence[ChannelRow]) -> str:
    """The most frequent reason of what is not normal; "gap" if intervals are missing altogether."""
    reasons = Counter(row.reason for row in rows if row.flag != PASS and row.reason)
    return reasons.most_common(1)[0][0] if reasons else "gap"
