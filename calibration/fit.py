"""A correction from a co-location: candidates fitted by least squares, compared by their error on blocks of time not seen.

Neighbouring hours resemble each other, so that leaving out random rows would flatter a model; whole blocks are left out instead.
The simplest model is chosen whose error is not clearly larger than the smallest: by no more than its standard error.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calibration.correct import DENSITY, growth_nilson, kappa_kohler
from calibration.methods import METHODS

BLOCKS = 8
LEAST = 15
"""Rows that a block must have: three for each coefficient of the largest model."""

KAPPAS = tuple(round(0.02 * step, 2) for step in range(1, 51))
"""Hygroscopicities that are tried: 0.02 to 1.00."""

Row = Mapping[str, float]
"""One period: "reference", "sensor", and companions by role."""

Features = Callable[[Row], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model before it is fitted: `features` of a row for each `shape` (one, or a κ each), besides the constant."""

    name: str
    method: str
    roles: tuple[str, ...]
    shapes: tuple[float, ...]
    features: Callable[[float], Features]
    coefficients: Callable[[float, Sequence[float]], dict[str, Any]]
    """From the shape and the constant with the other coefficients to what a certificate says."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A candidate with its error: `rmse` on the rows it has seen, `unseen` on blocks it has not, `spread` its standard error."""

    candidate: Candidate
    shape: float
    weights: tuple[float, ...]
    rmse: float
    unseen: float
    spread: float

    @property
    def size(self) -> int:
        """How many coefficients were fitted."""
        return len(self.weights) + (len(self.candidate.shapes) > 1)

    @property
    def coefficients(self) -> dict[str, Any]:
        """What a certificate says."""
        return self.candidate.coefficients(self.shape, self.weights)

    def apply(self, row: Row) -> float:
        """The corrected value of a row."""
        constant, *slopes = self.weights
        return constant + math.fsum(w * f for w, f in zip(slopes, self.candidate.features(self.shape)(row), strict=True))


def _line(_shape: float, w: Sequence[float]) -> dict[str, Any]:
    return {"gain": w[1], "offset": w[0]}


def _mlr(name: str, *terms: str) -> Candidate:
    """reference = intercept + raw × sensor + Σ terms; a term is a companion, or "raw*companion"."""

    def features(_shape: float) -> Features:
        def of(row: Row) -> tuple[float, ...]:
            raw = row["sensor"]
            return (raw, *(raw * row[t[4:]] if t.startswith("raw*") else row[t] for t in terms))

        return of

    def coefficients(_shape: float, w: Sequence[float]) -> dict[str, Any]:
        return {"intercept": w[0], "raw": w[1], "terms": dict(zip(terms, w[2:], strict=True))}

    roles = tuple(dict.fromkeys(term.removeprefix("raw*") for term in terms))
    return Candidate(name, "mlr", roles, (0.0,), features, coefficients)


CANDIDATES: tuple[Candidate, ...] = (
    Candidate("linear", "linear", (), (0.0,), lambda _s: lambda row: (row["sensor"],), _line),
    Candidate(
        "growth_nilson",
        "growth_nilson",
        ("humidity",),
        (0.0,),
        lambda _s: lambda row: (growth_nilson(row["sensor"], row["humidity"]),),
        _line,
    ),
    Candidate(
        "kappa_kohler",
        "kappa_kohler",
        ("humidity",),
        KAPPAS,
        lambda kappa: lambda row: (kappa_kohler(row["sensor"], row["humidity"], kappa),),
        lambda kappa, w: {"kappa": kappa, "density": DENSITY, **_line(kappa, w)},
    ),
    _mlr("mlr_rh", "humidity"),
    _mlr("mlr_rh_t", "humidity", "temperature"),
    _mlr("mlr_rh_t_cross", "humidity", "temperature", "raw*humidity"),
)
"""Simplest first."""


class Normal:
    """Sums of a least-squares problem with `size` unknowns, that can be added to and taken from each other."""

    __slots__ = ("count", "moments", "right", "squares")

    def __init__(self, size: int) -> None:
        self.moments = [[0.0] * size for _ in range(size)]
        self.right = [0.0] * size
        self.squares = 0.0
        self.count = 0

    def add(self, features: Sequence[float], value: float) -> None:
        """Take one row; the constant is added here."""
        row = (1.0, *features)
        for i, one in enumerate(row):
            line = self.moments[i]
            for j in range(i, len(row)):
                line[j] += one * row[j]
            self.right[i] += one * value
        self.squares += value * value
        self.count += 1

    def plus(self, other: "Normal", sign: int = 1) -> "Normal":
        """The sums of both; with `sign` −1, without the other."""
        made = Normal(len(self.right))
        made.moments = [
            [a + sign * b for a, b in zip(x, y, strict=True)] for x, y in zip(self.moments, other.moments, strict=True)
        ]
        made.right = [a + sign * b for a, b in zip(self.right, other.right, strict=True)]
        made.squares = self.squares + sign * other.squares
        made.count = self.count + sign * other.count
        return made

    def solve(self) -> tuple[float, ...] | None:
        """The best weights, None if the rows do not determine them (Gauss with pivots on scaled columns)."""
        size = len(self.right)
        scale = [math.sqrt(self.moments[i][i]) or 1.0 for i in range(size)]
        table = [
            [(self.moments[min(i, j)][max(i, j)]) / scale[i] / scale[j] for j in range(size)] + [self.right[i] / scale[i]]
            for i in range(size)
        ]
        for i in range(size):
            best = max(range(i, size), key=lambda r: abs(table[r][i]))
            if abs(table[best][i]) < 1e-9:
                return None
            table[i], table[best] = table[best], table[i]
            for r in range(size):
                if r != i:
                    factor = table[r][i] / table[i][i]
                    table[r] = [a - factor * b for a, b in zip(table[r], table[i], strict=True)]
        return tuple(table[i][size] / table[i][i] / scale[i] for i in range(size))

    def error(self, weights: Sequence[float]) -> float:
        """Sum of squared errors of the rows for these weights."""
        size = len(weights)
        quadratic = math.fsum(
            weights[i] * weights[j] * self.moments[min(i, j)][max(i, j)] for i in range(size) for j in range(size)
        )
        linear = math.fsum(weight * right for weight, right in zip(weights, self.right, strict=True))
        return max(0.0, self.squares - 2.0 * linear + quadratic)


def fit(candidate: Candidate, blocks: Sequence[Sequence[Row]]) -> Fitted | None:
    """The candidate fitted to all blocks, and its error on each when fitted to the others; None if that cannot be."""
    shaped: dict[float, list[Normal]] = {}
    for shape in candidate.shapes:
        of = candidate.features(shape)
        shaped[shape] = [_sums(of, block) for block in blocks]
    totals = {shape: _total(sums) for shape, sums in shaped.items()}
    whole = _best(totals)
    if whole is None:
        return None
    shape, weights, error = whole
    unseen = []
    for at in range(len(blocks)):
        found = _best({one: totals[one].plus(sums[at], -1) for one, sums in shaped.items()})
        if found is None:
            return None
        unseen.append(shaped[found[0]][at].error(found[1]) / len(blocks[at]))
    mean = math.fsum(unseen) / len(unseen)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in unseen) / (len(unseen) - 1) / len(unseen))
    count = sum(map(len, blocks))
    rmse = math.sqrt(mean)
    return Fitted(candidate, shape, weights, math.sqrt(error / count), rmse, spread / (2.0 * rmse) if rmse else 0.0)


def _sums(of: Features, block: Sequence[Row]) -> Normal:
    sums = Normal(len(of(block[0])) + 1)
    for row in block:
        sums.add(of(row), row["reference"])
    return sums


def _total(sums: Sequence[Normal]) -> Normal:
    total = sums[0]
    for one in sums[1:]:
        total = total.plus(one)
    return total


def _best(problems: Mapping[float, Normal]) -> tuple[float, tuple[float, ...], float] | None:
    """(shape, weights, squared error) of the shape that fits best."""
    solved = [(one.error(weights), shape, weights) for shape, one in problems.items() if (weights := one.solve())]
    if not solved:
        return None
    error, shape, weights = min(solved)
    return shape, weights, error


def blocks_of(rows: Sequence[Row], count: int = BLOCKS) -> list[Sequence[Row]]:
    """Consecutive parts of nearly equal length. Raises ValueError if there are too few rows."""
    least = count * LEAST
    if len(rows) < least:
        raise ValueError(f"{len(rows)} periods with all columns; a fit needs {least} at least")
    return [rows[len(rows) * at // count : len(rows) * (at + 1) // count] for at in range(count)]


def fit_all(rows: Sequence[Row], quantity: str, told: Callable[[str], None] = lambda name: None) -> list[Fitted]:
    """Every candidate for `quantity` whose companions are there, least error on unseen blocks first.

    Humidities must lie between 0 and 100, 100 excluded. Raises ValueError if nothing can be fitted.
    """
    blocks = blocks_of(rows)
    if len({row["sensor"] for row in rows}) < 2:
        raise ValueError("the sensor's column does not move: nothing can be fitted")
    found = []
    for candidate in CANDIDATES:
        if set(candidate.roles) <= rows[0].keys() and METHODS[candidate.method].quantity in ("", quantity):
            told(candidate.name)
            if (fitted := fit(candidate, blocks)) is not None:
                found.append(fitted)
    if not found:
        raise ValueError("no model is determined by these rows")
    return sorted(found, key=lambda one: one.unseen)


def fit_few(rows: Sequence[Row]) -> Fitted:
    """A line through few points, such as a laboratory's samples; `unseen` is its error on each when fitted to the others.

    Raises ValueError if the points determine none.
    """
    found = fit(CANDIDATES[0], [[row] for row in rows]) if len(rows) > 2 else None
    if found is None:
        raise ValueError("these points determine no line: there are too few, or the instrument showed the same at all of them")
    return found


def choose(found: Sequence[Fitted]) -> Fitted:
    """The one with the fewest coefficients whose error is within the best one's standard error of the smallest."""
    best = found[0]
    return min((one for one in found if one.unseen <= best.unseen + best.spread), key=lambda one: (one.size, one.unseen))
