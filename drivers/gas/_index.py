"""The gas index: a raw signal of an SGP40 or SGP41 against what the sensor has learnt of its place.

The algorithm is Sensirion's ("Gas Index Algorithm", v3.2, github.com/Sensirion/gas-index-algorithm): its constants and its order
of steps, written with floats, where the maker's scaling for 16-bit numbers falls away. In words: the distance of the signal from
its mean, in standard deviations, goes through a logistic curve and a low-pass; mean and deviation are learnt with half a day's
memory, quickly at first, and hardly at all while the index is high (`Gas.gate`), but that for hours only. It must be fed at a
strict interval; it answers 0 during its first 45 s or so, then an index from 1 to 500: of VOC 100 is the typical air of the last
day, of NOx 1.

For VOC the maker lets mean and deviation be restored after a stop of less than ten minutes, if they were learnt for three hours.
What was learnt for a shorter time is restored here with that time, so that it goes on learning as fast as it did. For NOx the
maker allows no such thing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

HOUR = 3600.0  # s
BLACKOUT = 45.0
"""s without an index."""

GAIN, TOP = 230.0, 500.0
MEMORY, LEARNT = 12 * HOUR, 3 * HOUR
"""s over which mean and deviation are learnt, and after which they may be restored."""

LONGEST = 32_767.0
"""s at which the counters of learning stand still."""

DEVIATION = 50.0
"""Standard deviation of the signal (ticks) before anything is known."""

FAST, SLOW, CHANGE = 20.0, 500.0, -0.2
"""s of the low-pass when the signal moves and when it rests, and how the difference of the two decides between them."""

FIRST_GATE, GATE_STEEP, GATE_OPEN, START_STEEP = 510.0, 0.09, 0.3, 0.01
DEVIATION_START = 2500.0
"""s of memory of the deviation at the start."""


@dataclass(frozen=True, slots=True)
class Gas:
    """What differs between the two signals.

    least      ticks that are taken off the raw signal
    steep, centre      of the logistic curve
    mean_start         s of memory of the mean at the start
    mean_for, deviation_for    s after the start until which mean and deviation are learnt quickly
    gate       index above which nothing is learnt; gated: for at most so many minutes
    """

    least: int
    steep: float
    centre: float
    mean_start: float
    mean_for: float
    deviation_for: float
    gate: float
    gated: float


VOC = Gas(20_000, 0.0065, 213.0, 20.0, 0.75 * HOUR, 1.45 * HOUR, 340.0, 180.0)
NOX = Gas(10_000, 0.0101, 614.0, 1200.0, 4.75 * HOUR, 5.70 * HOUR, 30.0, 720.0)


def _falling(x: float, middle: float, steep: float) -> float:
    """1 far below the middle, 0 far above it."""
    return 1 / (1 + math.exp(min(max(steep * (x - middle), -50.0), 50.0)))


class _Index:
    """From raw signals to the index, for one gas."""

    def __init__(self, gas: Gas, interval: float) -> None:
        self._gas = gas
        self._interval = interval
        self._uptime = self._signal = 0.0
        self._mean: float | None = None
        self._deviation = DEVIATION
        self._learning = self._ungated = self._gated = 0.0  # s, s, min
        self._passed: tuple[float, float, float] | None = None

    def process(self, raw: int) -> int:
        """The index, 1 to 500; 0 while there is none yet. A raw signal of 0 or from 65 000 on counts as the one before."""
        if self._uptime <= BLACKOUT:
            self._uptime += self._interval
            return 0
        if 0 < raw < 65_000:
            self._signal = float(min(max(raw - self._gas.least, 1), 32_767))
        index = max(0.5, self._low_pass(self._instant()))
        if self._signal > 0:
            self._learn(index)
        return int(index + 0.5)

    def _instant(self) -> float:
        """The index of this moment alone."""
        if self._gas is NOX:
            if self._mean is None:
                return 1.0
            distance = (self._signal - self._mean) / 2000.0
        else:
            distance = ((self._mean or 0.0) - self._signal) / (self._deviation + 220.0)
        exponent = self._gas.steep * (self._gas.centre - GAIN * distance)
        return 0.0 if exponent > 50 else TOP if exponent < -50 else TOP / (1 + math.exp(exponent))

    def _low_pass(self, index: float) -> float:
        fast, slow, before = self._passed or (index, index, index)
        fast += (index - fast) * self._share(FAST)
        slow += (index - slow) * self._share(SLOW)
        memory = FAST + (SLOW - FAST) * math.exp(CHANGE * abs(fast - slow))
        after = before + (index - before) * self._share(memory)
        self._passed = fast, slow, after
        return after

    def _share(self, memory: float) -> float:
        """How much of a new value a filter takes that remembers for so many s."""
        return self._interval / (memory + self._interval)

    def _learn(self, index: float) -> None:
        """Mean and deviation, after a signal that gave `index`."""
        if self._mean is None:
            self._mean = self._signal
            return
        gas = self._gas
        if self._learning < LONGEST - self._interval:
            self._learning += self._interval
        if self._ungated < LONGEST - self._interval:
            self._ungated += self._interval
        young = _falling(self._learning, gas.mean_for, START_STEEP)
        middling = _falling(self._learning, gas.deviation_for, START_STEEP) - young
        first = FIRST_GATE - gas.gate
        open_for_mean = _falling(index, gas.gate + first * _falling(self._ungated, gas.mean_for, START_STEEP), GATE_STEEP)
        open_for_deviation = _falling(
            index, gas.gate + first * _falling(self._ungated, gas.deviation_for, START_STEEP), GATE_STEEP
        )
        usual = self._share(MEMORY)
        of_mean = open_for_mean * (usual + (self._share(gas.mean_start) - usual) * young)
        of_deviation = open_for_deviation * (usual + (self._share(DEVIATION_START) - usual) * middling)
        self._gated = max(0.0, self._gated + self._interval / 60 * ((1 - open_for_mean) * (1 + GATE_OPEN) - GATE_OPEN))
        if self._gated > gas.gated:
            self._ungated = 0.0
        away = self._signal - self._mean
        self._deviation = math.sqrt((1 - of_deviation) * (self._deviation**2 + of_deviation * away**2))
        self._mean += of_mean * away


class VocIndex(_Index):
    """From raw signals, one every `interval` s, to the index; `memory` is what an earlier run left (empty: a new start)."""

    def __init__(self, interval: float, memory: Sequence[float] = ()) -> None:
        super().__init__(VOC, interval)
        if len(memory) == 3:
            self._mean, self._deviation, self._learning = memory
            self._signal = memory[0]

    def memory(self) -> tuple[float, ...]:
        """Mean and standard deviation that were learnt, in raw ticks, and for how many s (three hours at most); or nothing."""
        return () if self._mean is None else (self._mean, self._deviation, min(self._learning, LEARNT))


class NoxIndex(_Index):
    """The same for the nitrogen oxides' signal; it begins anew after every stop."""

    def __init__(self, interval: float) -> None:
        super().__init__(NOX, interval)
