"""Tests of quality after IOC QARTOD: possible, plausible, moving, in step with others? A flag never changes a value.

Each test comes twice from the same rule: for one value as it arrives, and for an array of them (None: missing). Values are in the
quantity's unit, thresholds too; what equals a threshold passes.
"""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

from drivers.sample import Flag

Series = Sequence[float | None]
Span = Sequence[float]

PRECEDENCE = (Flag.FAIL, Flag.SUSPECT, Flag.PASS, Flag.NOT_EVALUATED, Flag.MISSING)
"""Which flag stands for several: 4 > 3 > 1 > 2 > 9."""

NEAR = 1.0 + 1e-9
"""What equals a threshold passes: 45.1 and 45.0 differ by 0.1, whatever binary numbers say."""

BLOCKS = 12
"""In so many parts the window of the attenuated-signal test moves on: it needs no memory of every value."""


def range_flag(value: float, fail: Span, suspect: Span | None = None) -> Flag:
    """Outside what the instrument can measure: fail; outside what the site believes: suspect; the ends are inside."""
    if not fail[0] <= value <= fail[1]:
        return Flag.FAIL
    return Flag.SUSPECT if suspect is not None and not suspect[0] <= value <= suspect[1] else Flag.PASS


def spike_flag(before: float, value: float, after: float, suspect: float, fail: float) -> Flag:
    """How far the value stands off the middle of its neighbours."""
    off = abs(value - (before + after) / 2.0)
    return Flag.FAIL if off > fail * NEAR else Flag.SUSPECT if off > suspect * NEAR else Flag.PASS


def rate_flag(before: float, value: float, elapsed: float, highest: float) -> Flag:
    """Suspect if it changed faster than `highest` per hour over `elapsed` s."""
    return Flag.SUSPECT if abs(value - before) * 3600.0 > highest * elapsed * NEAR else Flag.PASS


class FlatLine:
    """How many values before this one were, each, within `eps` of it; counted up to `most`. Each value costs the same."""

    __slots__ = ("_at", "_count", "_eps", "_floor", "_high", "_last", "_low", "_most")

    def __init__(self, eps: float, most: int) -> None:
        self._eps = eps * NEAR
        self._most = most
        self._at = -1
        self._begin(math.nan)

    def _begin(self, value: float) -> None:
        """Nothing before `value` can be near it and near what follows."""
        self._last, self._floor, self._count = value, self._at, 0
        self._low, self._high = _Edge(value, self._at), _Edge(-value, self._at)

    def count(self, value: float) -> int:
        """Take `value`."""
        self._at += 1
        if value == self._last:
            self._count += 1
            self._low.at[-1] = self._high.at[-1] = self._at
        elif not abs(value - self._last) <= 2.0 * self._eps:
            self._begin(value)
        else:
            self._last = value
            low, high = self._low.last_below(value, self._eps, self._at), self._high.last_below(-value, self._eps, self._at)
            self._count = self._at - 1 - max(low, high, self._floor - 1)
        return min(self._count, self._most)


class _Edge:
    """The values that no later one undercut, ascending, and where they stood: as far back as they can still matter."""

    __slots__ = ("at", "values")

    def __init__(self, value: float, at: int) -> None:
        self.values = [value]
        self.at = [at]

    def last_below(self, value: float, eps: float, at: int) -> int:
        """Take `value`; where the last one stood that is more than `eps` below it, -1 if none is."""
        values, places = self.values, self.at
        while values and values[-1] >= value:
            values.pop()
            places.pop()
        far = bisect_left(values, value - 2.0 * eps) - 1
        if far > 0:
            del values[:far], places[:far]
        found = bisect_left(values, value - eps) - 1
        place = places[found] if found >= 0 else -1
        values.append(value)
        places.append(at)
        return place


class Swing:
    """Largest minus smallest value over the last `count` ones, known in steps of a `BLOCKS`th of them."""

    __slots__ = ("_blocks", "_filled", "_high", "_low", "_size")

    def __init__(self, count: int) -> None:
        self._size = max(1, count // BLOCKS)
        self._blocks: deque[tuple[float, float]] = deque(maxlen=max(1, round(count / self._size)))
        self._begin()

    def _begin(self) -> None:
        self._low, self._high, self._filled = math.inf, -math.inf, 0

    def over(self, value: float) -> float | None:
        """Take `value`; the swing, or None while the window is not full."""
        self._low, self._high, self._filled = min(self._low, value), max(self._high, value), self._filled + 1
        if self._filled >= self._size:
            self._blocks.append((self._low, self._high))
            self._begin()
        if len(self._blocks) < (self._blocks.maxlen or 1):
            return None
        return max(high for _low, high in self._blocks) - min(low for low, _high in self._blocks)


def gross_range(values: Series, fail_span: Span, suspect_span: Span | None = None) -> list[Flag]:
    """Each value against the instrument's span and the site's."""
    if any(span[0] > span[1] for span in (fail_span, suspect_span) if span is not None):
        raise ValueError("a span begins with its lower end")
    return [Flag.MISSING if one is None else range_flag(one, fail_span, suspect_span) for one in values]


def spike(values: Series, suspect_threshold: float, fail_threshold: float) -> list[Flag]:
    """Each value against its neighbours; the ends, and those beside a missing one, are not evaluated."""
    flags = [Flag.MISSING if one is None else Flag.NOT_EVALUATED for one in values]
    for at, (before, value, after) in enumerate(zip(values, values[1:], values[2:], strict=False), 1):
        if before is not None and value is not None and after is not None:
            flags[at] = spike_flag(before, value, after, suspect_threshold, fail_threshold)
    return flags


def rate(values: Series, step_s: float, max_change_per_hour: float) -> list[Flag]:
    """Each value against the last present one before it; the first passes. `step_s`: s between two places of the array."""
    if step_s <= 0:
        raise ValueError("step_s must be above 0")
    flags: list[Flag] = []
    last: tuple[int, float] | None = None
    for at, value in enumerate(values):
        if value is None:
            flags.append(Flag.MISSING)
            continue
        elapsed = (at - last[0]) * step_s if last else 0.0
        flags.append(rate_flag(last[1], value, elapsed, max_change_per_hour) if last else Flag.PASS)
        last = (at, value)
    return flags


def flat_line(values: Series, eps: float, suspect_count: int, fail_count: int) -> list[Flag]:
    """Suspect if within `eps` of each of the `suspect_count` present values before it, fail if of `fail_count`."""
    if suspect_count < 1 or fail_count < 1:
        raise ValueError("suspect_count and fail_count must be 1 or more")
    line = FlatLine(eps, max(suspect_count, fail_count))
    return [Flag.MISSING if one is None else flat_flag(line.count(one), suspect_count, fail_count) for one in values]


def flat_flag(count: float, suspect_count: float, fail_count: float) -> Flag:
    """The flag of a value that `count` before it equal."""
    return Flag.FAIL if count >= fail_count else Flag.SUSPECT if count >= suspect_count else Flag.PASS


def attenuated(values: Series, count: int, suspect_minimum: float, fail_minimum: float) -> list[Flag]:
    """Suspect or fail if the last `count` present values swing by less than a minimum; not evaluated before there are as many."""
    swing = Swing(count)
    return [Flag.MISSING if one is None else swing_flag(swing.over(one), suspect_minimum, fail_minimum) for one in values]


def swing_flag(swing: float | None, suspect_minimum: float, fail_minimum: float) -> Flag:
    """The flag of a signal that moves by `swing`."""
    if swing is None:
        return Flag.NOT_EVALUATED
    return Flag.FAIL if swing < fail_minimum else Flag.SUSPECT if swing < suspect_minimum else Flag.PASS


def climatology(values: Series, months: Sequence[int], low: Span, high: Span) -> list[Flag]:
    """Suspect if outside what the site has in that month (1 to 12); `low` and `high` hold twelve numbers, January first."""
    return [
        Flag.MISSING if one is None else range_flag(one, (-math.inf, math.inf), (low[month - 1], high[month - 1]))
        for one, month in zip(values, months, strict=True)
    ]


def gap(moments: Sequence[float], expected: float) -> list[Flag]:
    """Fail for a record that came more than `expected` s after the one before it (`moments` in s, ascending)."""
    late = [Flag.FAIL if after - before > expected else Flag.PASS for before, after in pairwise(moments)]
    return [Flag.PASS, *late] if moments else []


def not_above(values: Series, others: Series) -> list[Flag]:
    """Suspect where a part is larger than its whole (PM2.5 above PM10); not evaluated where the other is missing."""
    return [_beside(one, other, lambda a, b: a <= b) for one, other in zip(values, others, strict=True)]


def in_step(values: Series, others: Series, apart: float) -> list[Flag]:
    """Suspect where two instruments that measure the same differ by more than `apart`."""
    return [_beside(one, other, lambda a, b: abs(a - b) <= apart * NEAR) for one, other in zip(values, others, strict=True)]


def _beside(one: float | None, other: float | None, fits: Callable[[float, float], bool]) -> Flag:
    if one is None:
        return Flag.MISSING
    return Flag.NOT_EVALUATED if other is None else Flag.PASS if fits(one, other) else Flag.SUSPECT


def combine(flag_vectors: Sequence[Sequence[int]]) -> list[Flag]:
    """One flag for each place, by precedence."""
    rank = {flag: at for at, flag in enumerate(PRECEDENCE)}
    return [min((Flag(flag) for flag in flags), key=rank.__getitem__) for flags in zip(*flag_vectors, strict=True)]
