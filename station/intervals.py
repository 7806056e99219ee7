"""Intervals: the statistics of one channel over one interval, and the row that is stored of it.

How values become one is the quantity's own (`Quantity.mean`): arithmetic mean, energy mean of levels, vector mean of directions,
mean of hydrogen ions for pH, total of rain. Of LAeq the percentile levels are told too.
What counts is the best that there is: readings that passed; without any, those that are suspect; without any, those
that failed. The row's flag says which. Corrected values and those that could not be corrected are never averaged together.
"""

import math
from collections import Counter
from collections.abc import Mapping

from drivers.quantity import Mean, Quantity
from drivers.sample import Flag
from gateway.record import ChannelRow
from station.metrics.noise import level_percentiles

SHARE = 0.75
"""An interval in which fewer of the due readings count is flagged suspect (design value; HJ 212 platforms ask the same)."""

PERCENTILES = ("la5", "la10", "la50", "la90", "la95")
"""What follows from LAeq samples of a second or less; the order is that of `level_percentiles`."""

LEVEL = "laeq"
"""The quantity of which they are."""


class Sums:
    """Count, mean, minimum and maximum of numbers, without keeping them."""

    __slots__ = ("count", "high", "low", "raw_total", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.raw_total = 0.0
        self.low = math.inf
        self.high = -math.inf

    def add(self, value: float, raw: float) -> None:
        """Take one corrected value and its raw one."""
        self.count += 1
        self.total += value
        self.raw_total += raw
        if value < self.low:
            self.low = value
        if value > self.high:
            self.high = value

    def mean(self) -> float:
        """Mean of the corrected values; there must be one."""
        return self.total / self.count

    def raw_mean(self) -> float:
        """Mean of the raw values."""
        return self.raw_total / self.count


class EnergySums(Sums):
    """The same for levels in dB: means are of the energy."""

    __slots__ = ()

    def add(self, value: float, raw: float) -> None:
        """Take one level in dB."""
        self.count += 1
        energy = 10.0 ** (value / 10.0)
        self.total += energy
        self.raw_total += energy if raw == value else 10.0 ** (raw / 10.0)
        self.low = min(self.low, value)
        self.high = max(self.high, value)

    def mean(self) -> float:
        """Energy mean in dB."""
        return 10.0 * math.log10(self.total / self.count)

    def raw_mean(self) -> float:
        """Energy mean of the raw levels in dB."""
        return 10.0 * math.log10(self.raw_total / self.count)


class LevelSums(EnergySums):
    """The same, and the levels are kept for their percentiles."""

    __slots__ = ("levels", "raw_levels")

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[float] = []
        self.raw_levels: list[float] = []

    def add(self, value: float, raw: float) -> None:
        """Take one level in dB."""
        super().add(value, raw)
        self.levels.append(value)
        self.raw_levels.append(raw)


class HydrogenSums(Sums):
    """The same for pH: means are of the hydrogen ions."""

    __slots__ = ()

    def add(self, value: float, raw: float) -> None:
        """Take one pH."""
        self.count += 1
        ions = 10.0**-value
        self.total += ions
        self.raw_total += ions if raw == value else 10.0**-raw
        self.low = min(self.low, value)
        self.high = max(self.high, value)

    def mean(self) -> float:
        """pH of the mean hydrogen ions."""
        return -math.log10(self.total / self.count)

    def raw_mean(self) -> float:
        """The same of the raw values."""
        return -math.log10(self.raw_total / self.count)


class CircularSums(Sums):
    """The same for directions in degrees: the mean is that of unit vectors."""

    __slots__ = ("raw_vector", "vector")

    def __init__(self) -> None:
        super().__init__()
        self.vector = 0j
        self.raw_vector = 0j

    def add(self, value: float, raw: float) -> None:
        """Take one direction in degrees."""
        super().add(value, raw)
        self.vector += complex(math.cos(math.radians(value)), math.sin(math.radians(value)))
        self.raw_vector += complex(math.cos(math.radians(raw)), math.sin(math.radians(raw)))

    def mean(self) -> float:
        """Direction of the mean vector, 0 ≤ direction < 360."""
        return _degrees(self.vector)

    def raw_mean(self) -> float:
        """The same of the raw directions."""
        return _degrees(self.raw_vector)


class TotalSums(Sums):
    """The same for amounts since the last reading (rain): the interval's value is their total."""

    __slots__ = ()

    def mean(self) -> float:
        """Total of the corrected amounts."""
        return self.total

    def raw_mean(self) -> float:
        """Total of the raw amounts."""
        return self.raw_total


def _degrees(vector: complex) -> float:
    return math.degrees(math.atan2(vector.imag, vector.real)) % 360.0


_KINDS: Mapping[Mean, type[Sums]] = {
    "arithmetic": Sums,
    "energy": EnergySums,
    "vector": CircularSums,
    "hydrogen": HydrogenSums,
    "total": TotalSums,
}


class Cell:
    """One channel in the interval being formed."""

    __slots__ = ("_doubtful", "_kind", "_passed", "_reasons")

    def __init__(self, quantity: Quantity) -> None:
        self._kind = LevelSums if quantity.key == LEVEL else _KINDS[quantity.mean]
        self._passed = self._kind()
        self._doubtful: dict[tuple[Flag, bool], Sums] = {}
        """By flag, and whether they are raw although there is a correction."""
        self._reasons: Counter[str] = Counter()

    def add(self, value: float, raw: float, flag: Flag, reason: str, corrected: bool = True) -> None:
        """Take one reading: the corrected value, the raw one, and what is thought of it; `corrected` False: it could not be."""
        if flag is Flag.PASS:
            self._passed.add(value, raw)
        else:
            kind = (flag, not corrected)
            if kind not in self._doubtful:
                self._doubtful[kind] = self._kind()
            self._doubtful[kind].add(value, raw)
            self._reasons[reason] += 1

    def miss(self, reason: str) -> None:
        """Take a reading without a value."""
        self._reasons[reason] += 1

    def row(self, instrument: str, quantity: Quantity, expected: int, certificate: str, because: str) -> ChannelRow:
        """The stored row. `because` ("" or a reason word) makes a passing interval suspect, and explains an empty one."""
        flag, raw_only, sums = self._best()
        reason = "" if flag is Flag.PASS else self._worst_reason(because)
        if flag is Flag.PASS and because:
            flag, reason = Flag.SUSPECT, because
        elif flag is Flag.PASS and sums.count < SHARE * expected:
            flag, reason = Flag.SUSPECT, self._worst_reason(because)
        head = (instrument, quantity.key, quantity.unit)
        if not sums.count:
            return ChannelRow(*head, None, None, None, None, 0, expected, Flag.MISSING, reason, "")
        numbers = (sums.mean(), sums.low, sums.high, sums.raw_mean())
        digits = quantity.decimals + 2
        value, low, high, raw = (round(number, digits) for number in numbers)
        due = max(expected, sums.count)
        return ChannelRow(*head, value, low, high, raw, sums.count, due, int(flag), reason, "" if raw_only else certificate)

    def percentiles(self, level: ChannelRow) -> list[ChannelRow]:
        """The rows of the percentile levels beside that of their LAeq; none of another quantity, or without a reading."""
        _flag, _raw_only, sums = self._best()
        if not isinstance(sums, LevelSums) or not sums.count:
            return []
        values, raws = level_percentiles(sums.levels), level_percentiles(sums.raw_levels)
        found = []
        for key, value, raw in zip(PERCENTILES, values, raws, strict=False):
            assert value is not None and raw is not None
            shown = round(value, 3)
            found.append(level._replace(quantity=key, value=shown, low=shown, high=shown, raw=round(raw, 3)))
        return found

    def _best(self) -> tuple[Flag, bool, Sums]:
        if self._passed.count:
            return Flag.PASS, False, self._passed
        if self._doubtful:
            flag, raw_only = min(self._doubtful)
            return flag, raw_only, self._doubtful[flag, raw_only]
        return Flag.MISSING, False, self._passed

    def _worst_reason(self, because: str) -> str:
        """The most frequent reason; without any what is known of the interval, or "gap" if nobody said why."""
        return self._reasons.most_common(1)[0][0] if self._reasons else because or "gap"
