"""The arithmetic of corrections: pure functions of the raw value, its companions and what the certificate says.

PM2.5 in µg/m³, relative humidity in %. The published forms were fitted elsewhere (PurpleAir sensors in the United States): a
site's own fit comes first. A form that cannot hold for its arguments raises ValueError; nothing is clipped, negative results
included.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from calibration.physics import kappa_growth, ph_slope
from calibration.targets import target

KAPPA = 0.4
"""Hygroscopicity κ where none is given: the middle of the 0.3 to 0.5 reported for north China (likely; a site sets its own)."""

DENSITY = 1.65
"""g/cm³ of the dry particles (Crilley et al., AMT 11, 709)."""


def linear(raw: float, gain: float, offset: float) -> float:
    """gain × raw + offset; `raw`, `offset` and the result in the quantity's unit."""
    return gain * raw + offset


def us_2021(pm: float, rh: float) -> float:
    """US-wide correction of the mean of both channels on the CF=1 scale (Barkjohn, Gantt, Clements, AMT 14, 4617)."""
    return 0.524 * pm - 0.0862 * rh + 5.75


def us_smoke(pm: float, rh: float) -> float:
    """The US-wide correction extended for smoke (EPA, AirNow Fire and Smoke Map): five pieces that join."""
    if pm < 30.0:
        return us_2021(pm, rh)
    if pm < 50.0:
        w = pm / 20.0 - 1.5
        return (0.786 * w + 0.524 * (1.0 - w)) * pm - 0.0862 * rh + 5.75
    if pm < 210.0:
        return 0.786 * pm - 0.0862 * rh + 5.75
    quadratic = 8.84e-4 * pm**2
    if pm < 260.0:
        w = pm / 50.0 - 4.2
        fitted = (0.69 * w + 0.786 * (1.0 - w)) * pm - 0.0862 * rh * (1.0 - w)
        return fitted + 2.966 * w + 5.75 * (1.0 - w) + quadratic * w
    return 2.966 + 0.69 * pm + quadratic


def growth_nilson(pm: float, rh: float) -> float:
    """Growth with humidity, CF=1 scale (Nilson et al., AMT 15, 3315, model 2). Raises ValueError at 100 % and above."""
    if not 0.0 <= rh < 100.0:
        raise ValueError("rh must lie between 0 and 100, 100 excluded")
    return pm / (1.0 + 0.24 * rh / (100.0 - rh))


def kappa_kohler(pm: float, rh: float, kappa: float = KAPPA, density: float = DENSITY) -> float:
    """Growth with humidity by κ-Köhler theory, the water activity held at 0.95 (Crilley et al., AMT 11, 709)."""
    return pm / kappa_growth(rh, kappa, density)


PM25_MODELS: Mapping[str, Callable[..., float]] = {
    "us_2021": us_2021,
    "us_smoke": us_smoke,
    "growth_nilson": growth_nilson,
    "kappa_kohler": kappa_kohler,
}
"""Published corrections of PM2.5 by name."""


def correct_pm25(model: str, pm: float, rh: float, **parameters: float) -> float:
    """PM2.5 by a published `model`; `kappa` and `density` may be given to kappa_kohler. Raises ValueError."""
    if model not in PM25_MODELS:
        raise ValueError(f"unknown model {model!r}; known: {', '.join(PM25_MODELS)}")
    if parameters and (model != "kappa_kohler" or not parameters.keys() <= {"kappa", "density"}):
        raise ValueError(f"{model} takes no {', '.join(sorted(parameters.keys() - {'kappa', 'density'} or parameters))}")
    return PM25_MODELS[model](pm, rh, **parameters)


def channels_agree(a: float, b: float) -> bool:
    """False if two PM2.5 channels differ so much, in µg/m³ and against their mean, that neither is to be believed."""
    bounds = target("two_channels")
    difference = abs(a - b)
    return bool(difference < bounds["difference"] or difference < bounds["share"] * (a + b) / 2.0)


class PhCalibration(NamedTuple):
    """A pH electrode's line: slope (falling: negative), its share of the ideal one's size, and the potential at pH 7."""

    slope_mv_per_ph: float
    slope_percent: float
    mv_at_ph7: float


def ph_calibration(buffers: Sequence[float], mv: Sequence[float], t_c: float) -> PhCalibration:
    """The line through two or more buffers (pH) and the potentials (mV) read in them at `t_c` °C, by least squares."""
    if len(buffers) != len(mv) or len(set(buffers)) < 2:
        raise ValueError("give two or more different buffers, and a potential for each")
    slope, offset = straight_line([ph - 7.0 for ph in buffers], mv)
    return PhCalibration(slope, -100.0 * slope / ph_slope(t_c), offset)


def electrode(buffers: Sequence[float], readings: Sequence[float], t_c: float) -> PhCalibration:
    """The electrode of a meter that shows pH and takes it for an ideal one: from its `readings` in `buffers` at `t_c` °C."""
    ideal = ph_slope(t_c)
    return ph_calibration(buffers, [-ideal * (reading - 7.0) for reading in readings], t_c)


def straight_line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """(slope, intercept) of `y` on `x` by least squares. Raises ValueError if all `x` are the same."""
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((one - mean_x) ** 2 for one in x)
    if spread == 0.0:
        raise ValueError("all x are the same: no line goes through them")
    slope = math.fsum((one - mean_x) * (other - mean_y) for one, other in zip(x, y, strict=True)) / spread
    return slope, mean_y - slope * mean_x
