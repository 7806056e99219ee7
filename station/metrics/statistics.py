"""Rounding, means, percentiles and levels, whatever is measured. None among values is a missing one and is left out.

Sums are exact (math.fsum), so that the order of samples and where a day was cut never change a result.
"""

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from drivers.quantity import mean_of
from station.words import _

Number = float | Decimal
Values = Sequence[float | None]

_WIDE = Context(prec=700, rounding=ROUND_HALF_EVEN)


def exact(value: Number | str) -> Decimal:
    """The decimal that people read: of a float the shortest one that means it (0.1 is 0.1). Raises ValueError."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ValueError(_("{value!r} is no number").format(value=value)) from None
    if not number.is_finite() or abs(number.adjusted()) > 300:
        raise ValueError(_("{value!r} is no number").format(value=value))
    return number


def rounded(value: Number | str, decimals: int) -> Decimal:
    """`value` rounded half to even (GB/T 8170), once, from its exact decimal. A zero has no sign."""
    if not -300 <= decimals <= 300:
        raise ValueError(_("decimals must lie between -300 and 300"))
    found = exact(value).quantize(Decimal(1).scaleb(-decimals), context=_WIDE)
    return abs(found) if found == 0 else found


def round_text(value: str, decimals: int) -> str:
    """The same from text to text: "2.5" at 0 decimals is "2"."""
    return format(rounded(value, decimals), "f")


def plain(value: Decimal) -> float:
    """A decimal as the number that JSON and people expect: an int if it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def present(values: Iterable[float | None]) -> list[float]:
    """What is not missing."""
    return [one for one in values if one is not None]


def mean(values: Iterable[float | None], least: int = 1) -> float | None:
    """Arithmetic mean of the values that are there; None of fewer than `least`."""
    found = present(values)
    return math.fsum(found) / len(found) if len(found) >= max(1, least) else None


def percentile(values: Values, p: float) -> float | None:
    """The value below which `p` % lie: sorted ascending, k = 1 + (n-1)p/100, linear between ranks (HJ 663). None of none."""
    if not 0.0 <= p <= 100.0:
        raise ValueError(_("p must lie between 0 and 100"))
    return _at(sorted(present(values)), p)


def percentiles(values: Iterable[float | None], wanted: Sequence[float]) -> list[float | None]:
    """Several percentiles of the same values, sorted once."""
    found = sorted(present(values))
    return [_at(found, p) for p in wanted]


def _at(ordered: list[float], p: float) -> float | None:
    if not ordered:
        return None
    rank = (len(ordered) - 1) * p / 100.0
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


def energy(level: float) -> float:
    """The energy of a level in dB, relative to that of 0 dB."""
    return float(10.0 ** (level / 10.0))


def level(power: float) -> float:
    """The level in dB of an energy above 0."""
    return 10.0 * math.log10(power)


def energy_mean(levels: Iterable[float | None], least: int = 1) -> float | None:
    """The level of the mean energy of equal steps; None of fewer than `least`."""
    found = present(levels)
    return mean_of("energy", [(one, 1.0) for one in found]) if len(found) >= max(1, least) else None
