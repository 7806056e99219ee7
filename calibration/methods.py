"""The methods of correction that a certificate can name: what each takes, which companions it needs, and its arithmetic.

A companion is another channel of the same station that the formula needs; its part in the formula is its role. Where a
formula does not hold for what it is given it raises ValueError: then nothing is corrected.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from calibration.correct import (
    DENSITY,
    KAPPA,
    channels_agree,
    electrode,
    growth_nilson,
    kappa_kohler,
    linear,
    us_2021,
    us_smoke,
)
from calibration.physics import do_saturation, ec25, ph_slope, pid
from calibration.targets import target


class Disagree(ValueError):
    """Two channels of one instrument differ too much for either to be believed."""


Apply = Callable[..., float]
"""(raw, value of each companion in the order of the roles) → corrected."""

Coefficients = Mapping[str, Any]
Roles = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to correct.

    make      from the coefficients and the roles that are filled to the arithmetic; raises ValueError for nonsense
    needs     coefficients that must be given
    may       coefficients that may be left out, with what is then taken; None: nothing
    roles     companions that it needs; optional: those that it takes if they are named
    quantity  the quantity for which alone it is meant, "" for any
    """

    make: Callable[[Coefficients, Roles], Apply]
    needs: tuple[str, ...] = ()
    may: Mapping[str, Any] = field(default_factory=dict)
    roles: Roles = ()
    optional: Roles = ()
    quantity: str = ""


def build(name: str, given: Coefficients, roles: Roles, quantity: str) -> Apply:
    """The arithmetic of the method `name`. Raises ValueError with what is wrong and what is known."""
    if name not in METHODS:
        raise ValueError(f"unknown method {name!r}; known: {', '.join(METHODS)}")
    method = METHODS[name]
    if method.quantity and quantity != method.quantity:
        raise ValueError(f"{name} is for {method.quantity}, not for {quantity}")
    for key in given:
        if key not in (*method.needs, *method.may):
            raise ValueError(f"unknown key {key!r} of {name}; known: {', '.join((*method.needs, *method.may))}")
    for key in method.needs:
        if key not in given:
            raise ValueError(f"{name} needs {key}")
    for role in method.roles:
        if role not in roles:
            raise ValueError(f"{name} needs the companion {role}: give the name of a channel, such as climate.{role}")
    for role in roles:
        if role not in (*method.roles, *method.optional) and name != "mlr":
            raise ValueError(f"{name} takes no companion {role!r}")
    return method.make({**method.may, **given}, roles)


def number(value: Any, what: str) -> float:
    """`value` as a finite number. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{what} must be a number")
    return float(value)


def numbers(value: Any, what: str, least: int = 1) -> list[float]:
    """`value` as a list of at least so many numbers. Raises ValueError."""
    if not isinstance(value, list) or len(value) < least:
        raise ValueError(f"{what} must be a list of {least} or more numbers")
    return [number(one, what) for one in value]


def _line(c: Coefficients) -> tuple[float, float]:
    """`gain` and `offset`, the last step of most methods."""
    gain = number(c["gain"], "gain")
    if gain == 0:
        raise ValueError("gain 0 would make every value the same")
    return gain, number(c["offset"], "offset")


LINE = {"gain": 1.0, "offset": 0.0}


def _linear(c: Coefficients, _roles: Roles) -> Apply:
    gain, offset = _line(c)
    return lambda raw: linear(raw, gain, offset)


def _polynomial(c: Coefficients, _roles: Roles) -> Apply:
    powers = numbers(c["coefficients"], "coefficients", 2)

    def apply(raw: float) -> float:
        value = 0.0
        for one in reversed(powers):
            value = value * raw + one
        return value

    return apply


def _table(c: Coefficients, _roles: Roles) -> Apply:
    """Straight between the points; beyond them nothing is known."""
    points = c["points"]
    if not isinstance(points, list) or len(points) < 2:
        raise ValueError("points must be a list of two or more [raw, corrected]")
    pairs = [numbers(point, "each point", 2) for point in points]
    if any(len(pair) != 2 for pair in pairs) or any(a[0] >= b[0] for a, b in pairwise(pairs)):
        raise ValueError("points must be [raw, corrected] with ascending raw values")
    x, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    def apply(raw: float) -> float:
        if not x[0] <= raw <= x[-1]:
            raise ValueError("beyond the table")
        at = min(bisect_right(x, raw), len(x) - 1)
        return y[at - 1] + (y[at] - y[at - 1]) * (raw - x[at - 1]) / (x[at] - x[at - 1])

    return apply


def _temperature(c: Coefficients, _roles: Roles) -> Apply:
    gain, offset = _line(c)
    centre = number(c["reference"], "reference")
    span, zero = number(c["span_per_degree"], "span_per_degree"), number(c["zero_per_degree"], "zero_per_degree")

    def apply(raw: float, t_c: float) -> float:
        share = 1.0 + span * (t_c - centre)
        if share <= 0:
            raise ValueError("too far from the reference temperature")
        return gain * (raw - zero * (t_c - centre)) / share + offset

    return apply


def _ph(c: Coefficients, _roles: Roles) -> Apply:
    """From what the meter showed in buffers; an electrode out of its limits is no calibration."""
    buffers, readings = numbers(c["buffers"], "buffers", 2), numbers(c["readings"], "readings", 2)
    t_c = number(c["temperature"], "temperature")
    if len(buffers) != len(readings):
        raise ValueError("buffers and readings must be equally many")
    found = electrode(buffers, readings, t_c)
    bounds = target("ph")
    low, high = bounds["slope_percent"]
    if not low <= found.slope_percent <= high:
        raise ValueError(f"the slope is {found.slope_percent:.1f} % of the ideal one; it must lie between {low:g} and {high:g} %")
    if abs(found.mv_at_ph7) > bounds["mv_at_ph7"]:
        raise ValueError(f"the potential at pH 7 is {found.mv_at_ph7:.1f} mV; it must lie within ±{bounds['mv_at_ph7']:g} mV")
    slope, offset = found.slope_percent / 100.0, -found.mv_at_ph7 / ph_slope(t_c)
    return lambda raw: 7.0 + (raw - 7.0 - offset) / slope


def _oxygen(c: Coefficients, roles: Roles) -> Apply:
    """The probe believes in one atmosphere and fresh water; `pressure` in kPa is that in which it was set to saturation."""
    gain, offset = _line(c)
    fixed = {"pressure": number(c["pressure"], "pressure"), "salinity": number(c["salinity"], "salinity")}

    def apply(raw: float, *companions: float) -> float:
        given = fixed | dict(zip(roles, companions, strict=True))
        p_kpa = given["pressure"] / 10.0 if "pressure" in roles else given["pressure"]  # the station's own is in hPa
        t_c = given["water_temperature"]
        share = do_saturation(t_c, p_kpa=p_kpa, salinity=given["salinity"]) / do_saturation(t_c)
        return (gain * raw + offset) * share

    return apply


def _conductivity(c: Coefficients, _roles: Roles) -> Apply:
    gain, offset = _line(c)
    alpha = number(c["alpha"], "alpha")
    return lambda raw, t_c: ec25(gain * raw + offset, t_c, alpha)


def _particles(model: Callable[..., float], *names: str) -> Callable[[Coefficients, Roles], Apply]:
    """A published form of PM2.5 with its own parameters, then a line; on another channel if `input` names one."""

    def make(c: Coefficients, roles: Roles) -> Apply:
        gain, offset = _line(c)
        own = [number(c[name], name) for name in names]
        if "input" not in roles:
            return lambda raw, rh: gain * model(raw, rh, *own) + offset
        first, humidity = roles.index("input"), roles.index("humidity")
        return lambda _raw, *given: gain * model(given[first], given[humidity], *own) + offset

    return make


def _mlr(c: Coefficients, roles: Roles) -> Apply:
    """intercept + raw × value + Σ coefficient × companion, and for "raw*companion" × value × companion."""
    intercept, gain = number(c["intercept"], "intercept"), number(c["raw"], "raw")
    terms = c["terms"]
    if not isinstance(terms, dict):
        raise ValueError("terms must be a table: companion = coefficient")
    alone, crossed = [0.0] * len(roles), [0.0] * len(roles)
    for name, coefficient in terms.items():
        role = name.removeprefix("raw*")
        if role not in roles:
            raise ValueError(f"the term {name!r} needs the companion {role}: give the name of a channel")
        (alone if role == name else crossed)[roles.index(role)] = number(coefficient, name)

    def apply(raw: float, *companions: float) -> float:
        value = intercept + gain * raw
        for own, cross, companion in zip(alone, crossed, companions, strict=True):
            value += (own + cross * raw) * companion
        return value

    return apply


def _pid(c: Coefficients, _roles: Roles) -> Apply:
    gain, offset = _line(c)
    factor = number(c["cf"], "cf")
    pid(0.0, factor)
    return lambda raw: pid(gain * raw + offset, factor)


def _two_channels(c: Coefficients, _roles: Roles) -> Apply:
    gain, offset = _line(c)

    def apply(raw: float, other: float) -> float:
        if not channels_agree(raw, other):
            raise Disagree("the channels disagree")
        return gain * (raw + other) / 2.0 + offset

    return apply


def _pm25(model: Callable[..., float], may: Mapping[str, float] | None = None) -> Method:
    make = _particles(model, *(may or {}))
    return Method(make, may={**(may or {}), **LINE}, roles=("humidity",), optional=("input",), quantity="pm25")


METHODS: Mapping[str, Method] = {
    "linear": Method(_linear, ("gain", "offset")),
    "polynomial": Method(_polynomial, ("coefficients",)),
    "table": Method(_table, ("points",)),
    "temperature": Method(
        _temperature, ("reference",), {"span_per_degree": 0.0, "zero_per_degree": 0.0, **LINE}, ("temperature",)
    ),
    "ph": Method(_ph, ("buffers", "readings", "temperature"), quantity="ph"),
    "oxygen": Method(
        _oxygen,
        may={"pressure": 101.325, "salinity": 0.0, **LINE},
        roles=("water_temperature",),
        optional=("pressure", "salinity"),
        quantity="dissolved_oxygen",
    ),
    "conductivity": Method(_conductivity, may={"alpha": 0.0191, **LINE}, roles=("water_temperature",), quantity="conductivity"),
    "us_2021": _pm25(us_2021),
    "us_smoke": _pm25(us_smoke),
    "growth_nilson": _pm25(growth_nilson),
    "kappa_kohler": _pm25(kappa_kohler, {"kappa": KAPPA, "density": DENSITY}),
    "mlr": Method(_mlr, ("intercept", "raw", "terms")),
    "pid": Method(_pid, ("cf",), LINE, quantity="tvoc"),
    "two_channels": Method(_two_channels, may=LINE, roles=("other",)),
}
"""Every method by the name that a certificate gives it."""
