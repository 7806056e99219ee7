"""The quality tests of one channel as its values arrive: the rules of quality.py, with the memory that they need.

What a value's successor must show (spike) comes one value late, from `spiked`.
"""

import math
from collections.abc import Mapping

from calibration.limits import Limits
from calibration.quality import FlatLine, Swing, flat_flag, rate_flag, spike_flag, swing_flag
from drivers.sample import Flag

LEAST_SAME = (3, 5)
"""So many values before it must be the same, at least, before one is suspect or fails (QARTOD)."""

Verdict = tuple[Flag, str]

GOOD: Verdict = (Flag.PASS, "")
DOUBTED = {reason: (Flag.SUSPECT, reason) for reason in ("range", "climatology", "rate", "inconsistent")}
IMPOSSIBLE: Verdict = (Flag.FAIL, "range")


class Watch:
    """The tests of one channel; its instrument is read every `period` s and has steps of `resolution`."""

    __slots__ = (
        "_anchors",
        "_flat",
        "_high",
        "_low",
        "_only_range",
        "_partner",
        "_slow",
        "_swing",
        "_trusted",
        "limits",
        "spikes",
    )

    def __init__(self, limits: Limits, resolution: float, period: float) -> None:
        self.limits = limits
        self._low, self._high = limits.low, limits.high
        self._flat = _flat(limits, resolution, period)
        self._swing = Swing(max(2, math.ceil(limits.swing_over / period))) if limits.swing or limits.swing_fail else None
        self._slow = math.isfinite(limits.rate)
        self._anchors: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._partner = bool(limits.at_most or limits.at_least)
        self.month(1)
        self.spikes = min(limits.spike, limits.spike_fail) < math.inf or limits.spike_share > 0 or limits.spike_share_fail > 0

    def month(self, number: int) -> None:
        """Believe from now on what the site has in that month (1 to 12)."""
        limits = self.limits
        low, high = limits.suspect_low, limits.suspect_high
        self._trusted = (
            max(low, limits.climate_low[number - 1]) if limits.climate_low else low,
            min(high, limits.climate_high[number - 1]) if limits.climate_high else high,
        )
        untested = self._flat is None and self._swing is None and not self._slow and not self._partner
        self._only_range = untested and self._trusted[0] <= self._low and self._trusted[1] >= self._high

    def judge(self, value: float, moment: float, sample: Mapping[str, float]) -> Verdict:
        """The verdict on a raw value at `moment` (monotonic s); `sample` is what the instrument said together with it."""
        if not self._low <= value <= self._high:
            return IMPOSSIBLE
        if self._only_range:
            return GOOD
        worst = GOOD
        if self._flat is not None:
            line, suspect, fail = self._flat
            count = line.count(value)
            if count >= 3 and value > self.limits.stuck_above and (flag := flat_flag(count, suspect, fail)) > 1:
                worst = (flag, "stuck")
        if not self._trusted[0] <= value <= self._trusted[1] and worst[0] < Flag.SUSPECT:
            believed = self.limits.suspect_low <= value <= self.limits.suspect_high
            worst = DOUBTED["climatology" if believed else "range"]
        if self._partner and worst is GOOD and self._out_of_step(value, sample):
            worst = DOUBTED["inconsistent"]
        if self._slow and self._too_fast(value, moment) and worst is GOOD:
            worst = DOUBTED["rate"]
        if self._swing is not None:
            flag = swing_flag(self._swing.over(value), self.limits.swing, self.limits.swing_fail)
            if flag > max(worst[0], Flag.NOT_EVALUATED):
                worst = (flag, "attenuated")
        return worst

    def _out_of_step(self, value: float, sample: Mapping[str, float]) -> bool:
        """True if a part is larger than its whole."""
        limits = self.limits
        return value > sample.get(limits.at_most, value) or value < sample.get(limits.at_least, value)

    def _too_fast(self, value: float, moment: float) -> bool:
        """True if it has moved too far since one to two `rate_over` s ago: the noise of a second is no change."""
        over = self.limits.rate_over
        old, new = self._anchors or ((moment, value), (moment, value))
        if moment - new[0] >= over:
            old, new = new, (moment, value)
        self._anchors = (old, new)
        elapsed = moment - old[0]
        return elapsed >= over and rate_flag(old[1], value, elapsed, self.limits.rate) is Flag.SUSPECT

    def spiked(self, before: float, value: float, after: float) -> Flag:
        """The verdict on a value between its neighbours."""
        limits = self.limits
        middle = abs(before + after) / 2.0
        suspect = min(limits.spike, limits.spike_share * middle or math.inf)
        fail = min(limits.spike_fail, limits.spike_share_fail * middle or math.inf)
        return spike_flag(before, value, after, suspect, fail)


def _flat(limits: Limits, resolution: float, period: float) -> tuple[FlatLine, float, float] | None:
    """The test for a flat line, and how many equal values before one make it suspect and fail; None if sameness is believed."""
    suspect, fail = (
        max(least, math.ceil(seconds / period)) if math.isfinite(seconds) else math.inf
        for least, seconds in zip(LEAST_SAME, (limits.stuck, limits.stuck_fail), strict=True)
    )
    most = max((count for count in (suspect, fail) if math.isfinite(count)), default=0)
    within = resolution / 2.0 if limits.stuck_within is None else limits.stuck_within
    return (FlatLine(within, int(most)), suspect, fail) if most else None
