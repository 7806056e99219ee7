"""Longer intervals out of stored ones: ten minutes, hours and days from minutes.

Days from minutes are the same as days from hours where nothing is missing. Percentiles cannot be folded and are left out. A
folded value is normal if at least three quarters of its parts are (HJ 212-2017 annex D for gases; likely for ambient stations).
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from drivers.quantity import mean_of, quantities
from gateway.record import ChannelRow

SHARE = 0.75
"""Of the parts that are due, so many must be normal."""

NOT_FOLDED = frozenset(["la5", "la10", "la50", "la90", "la95"])
"""Percentile levels: those of a day do not follow from those of its minutes."""

PASS, SUSPECT, MISSING = 1, 3, 9


def fold(parts: Iterable[Sequence[ChannelRow]], due: int) -> list[ChannelRow]:
    """One row for each channel of the stored intervals `parts`, of which `due` should exist."""
    channels: dict[tuple[str, str], list[ChannelRow]] = {}
    for part in parts:
        for row in part:
            if row.quantity not in NOT_FOLDED:
                channels.setdefault((row.instrument, row.quantity), []).append(row)
    return [_folded(rows, due) for rows in channels.values()]


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


def _mean(rows: Sequence[ChannelRow]) -> float:
    """Their mean, or total, as the quantity wants it, weighted by the readings."""
    return mean_of(quantities()[rows[0].quantity].mean, [(row.value, row.count) for row in rows if row.value is not None])


def _worst(rows: Sequence[ChannelRow]) -> str:
    """The most frequent reason of what is not normal; "gap" if intervals are missing altogether."""
    reasons = Counter(row.reason for row in rows if row.flag != PASS and row.reason)
    return reasons.most_common(1)[0][0] if reasons else "gap"
