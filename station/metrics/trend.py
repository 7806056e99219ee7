"""A trend that one bad day does not make: Sen's slope, and Daniel's test with Spearman's ranks.

The slope is the median of those between every two values (P. K. Sen, 1968). The test asks whether the order of the values has to
do with the order of time: |r| √(n - 1) above 1.96 happens by chance in 5 % of series without a trend (normal approximation, which
holds from ten values on).
"""

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Literal, NamedTuple

LEAST = 10
"""Values without which nothing is said of a trend."""

CERTAIN = 1.96
"""Of the normal distribution: 5 % lie outside of ±."""


class Trend(NamedTuple):
    """Slope in units of the value by unit of time, Spearman's r, and the verdict; None of fewer than two values or LEAST."""

    slope: float | None
    rank: float | None
    n: int
    verdict: Literal["rising", "falling", "none"] | None


def trend(points: Sequence[tuple[float, float | None]]) -> Trend:
    """The trend of (time, value); missing values are left out. Times must differ."""
    known = [(time, value) for time, value in points if value is not None]
    if len(known) < 2:
        return Trend(None, None, len(known), None)
    slope = median((later[1] - one[1]) / (later[0] - one[0]) for one, later in combinations(known, 2))
    rank = _spearman([time for time, _value in known], [value for _time, value in known])
    if rank is None or len(known) < LEAST:
        return Trend(slope, rank, len(known), None)
    certain = abs(rank) * math.sqrt(len(known) - 1) > CERTAIN
    return Trend(slope, rank, len(known), ("rising" if rank > 0 else "falling") if certain else "none")


def _spearman(x: Sequence[float], y: Sequence[float]) -> float | None:
    """The correlation of ranks; None if all values are equal."""
    a, b = _ranks(x), _ranks(y)
    middle = (len(a) + 1) / 2
    across = math.fsum((one - middle) * (other - middle) for one, other in zip(a, b, strict=True))
    spread = math.sqrt(math.fsum((one - middle) ** 2 for one in a) * math.fsum((one - middle) ** 2 for one in b))
    return across / spread if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    """1 for the smallest; equal values share the mean of theirs."""
    ordered = sorted(values)
    first: dict[float, int] = {}
    for at, value in enumerate(ordered):
        first.setdefault(value, at)
    return [first[value] + (ordered.count(value) + 1) / 2 for value in values]
