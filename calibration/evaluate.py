"""How well sensors agree with a reference, and with each other: the figures, and what they are judged by.

The regression is of the sensor (y) on the reference (x), as the EPA's test protocols ask. A pair in which either is missing
(None) is left out, never filled.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from calibration.correct import straight_line
from calibration.targets import target, targets

Series = Sequence[float | None]


class Agreement(NamedTuple):
    """Sensor against reference, in the quantity's unit; None where the pairs do not determine the figure."""

    slope: float | None
    intercept: float | None
    r2: float | None
    rmse: float
    nrmse_percent: float | None
    mean_bias: float


class Precision(NamedTuple):
    """How far units of one kind differ: SD in the quantity's unit, CV in % of the overall mean."""

    sd: float
    cv_percent: float | None


def pairs(reference: Series, sensor: Series) -> list[tuple[float, float]]:
    """The pairs of which both are there. Raises ValueError if the series are not equally long."""
    if len(reference) != len(sensor):
        raise ValueError("reference and sensor must be equally long")
    return [(x, y) for x, y in zip(reference, sensor, strict=True) if x is not None and y is not None]


def evaluate(reference: Series, sensor: Series) -> Agreement:
    """The figures of one sensor. Raises ValueError if there is no pair."""
    both = pairs(reference, sensor)
    if not both:
        raise ValueError("there is no pair of which both are there")
    x, y = [one for one, _other in both], [other for _one, other in both]
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    rmse = math.sqrt(math.fsum((b - a) ** 2 for a, b in both) / len(both))
    slope = intercept = r2 = None
    if max(x) > min(x):
        slope, intercept = straight_line(x, y)
        if max(y) > min(y):
            common = math.fsum((a - mean_x) * (b - mean_y) for a, b in both)
            r2 = common**2 / (math.fsum((a - mean_x) ** 2 for a in x) * math.fsum((b - mean_y) ** 2 for b in y))
    return Agreement(slope, intercept, r2, rmse, 100.0 * rmse / mean_x if mean_x > 0 else None, mean_y - mean_x)


def precision(means: Sequence[Series]) -> Precision:
    """How far the units (inner) differ over the periods (outer). A period in which one unit is missing is left out.

    SD = √(Σ (x − mean of the period)² / (N·M − 1)) over N periods and M units (EPA/600/R-20/280). Raises ValueError if fewer
    than two values are left.
    """
    whole = [[one for one in period if one is not None] for period in means if None not in period]
    count = sum(map(len, whole))
    if count < 2:
        raise ValueError("precision needs a period in which two units or more have a value")
    squares = math.fsum((one - math.fsum(period) / len(period)) ** 2 for period in whole for one in period)
    overall = math.fsum(one for period in whole for one in period) / count
    sd = math.sqrt(squares / (count - 1))
    return Precision(sd, 100.0 * sd / overall if overall > 0 else None)


def meets_epa_pm25(
    slope: float, intercept: float, r2: float, rmse: float, nrmse_percent: float, sd: float, cv_percent: float
) -> bool:
    """True if a PM2.5 sensor's 24 h figures meet every target of the EPA's base test."""
    figures = Agreement(slope, intercept, r2, rmse, nrmse_percent, 0.0)
    return all(epa_verdicts("pm25", figures, Precision(sd, cv_percent)).values())


def epa_verdicts(quantity: str, found: Agreement, between: Precision | None) -> dict[str, bool | None]:
    """Each EPA target of `quantity` (pm25, pm10) by its name: met, or None where the figure is not known."""
    bounds = target(f"epa_{quantity}")
    return {
        "slope": None if found.slope is None else bounds["slope"][0] <= found.slope <= bounds["slope"][1],
        "intercept": None if found.intercept is None else bounds["intercept"][0] <= found.intercept <= bounds["intercept"][1],
        "r2": None if found.r2 is None else found.r2 >= bounds["r2"],
        "rmse": found.rmse <= bounds["rmse"] or _within(found.nrmse_percent, bounds["nrmse_percent"]),
        "precision": None if between is None else between.sd <= bounds["sd"] or _within(between.cv_percent, bounds["cv_percent"]),
    }


def _within(figure: float | None, bound: float) -> bool:
    return figure is not None and figure <= bound


def cen_class(quantity: str, uncertainty_percent: float | None) -> int | None:
    """Class 1, 2 or 3 of CEN/TS 17660, 4 for none of them, None where the quantity has no table or nothing is known."""
    name = f"cen_{quantity}"
    if uncertainty_percent is None or name not in targets():
        return None
    return 1 + sum(uncertainty_percent > float(bound) for bound in target(name)["classes"])


def expanded_uncertainty(reference: Series, sensor: Series, at: float) -> float | None:
    """Relative expanded uncertainty in % at the value `at`: 2 √(RSS/(n − 2) + (intercept + (slope − 1) at)²) / at.

    The form of the guide to the demonstration of equivalence, by ordinary regression and with an ideal reference: an estimate, no
    test by CEN/TS 17660. None if the pairs do not determine a line.
    """
    both = pairs(reference, sensor)
    if len(both) < 3 or at <= 0:
        return None
    found = evaluate(reference, sensor)
    if found.slope is None or found.intercept is None:
        return None
    slope, intercept = found.slope, found.intercept
    rest = math.fsum((y - intercept - slope * x) ** 2 for x, y in both) / (len(both) - 2)
    return 200.0 * math.sqrt(rest + (intercept + (slope - 1.0) * at) ** 2) / at
