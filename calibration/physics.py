"""Physics of probes and sensors: pure functions of what was read and of the state it was read in. Sources stand with each.

Temperatures are in °C, humidities in %, pressures in kPa or standard atmospheres as the name says. What lies outside a formula's
range raises ValueError; no value is clamped silently but the water activity, whose bound is an argument.
"""

import math
from collections.abc import Mapping, Sequence

from drivers.quantity import micrograms, molar_volume

ATMOSPHERE = 101.325
"""kPa in a standard atmosphere."""

ZERO_CELSIUS = 273.15
"""K at 0 °C."""

GAS_CONSTANT = 8.314462618
FARADAY = 96485.33212
"""J/(mol K) and C/mol (CODATA 2018)."""


def do_saturation(t_c: float, p_kpa: float | None = None, p_atm: float | None = None, salinity: float = 0.0) -> float:
    """Dissolved oxygen in mg/L of water in balance with moist air at `t_c`, 0 to 40 °C; `salinity` in PSU.

    Benson and Krause 1980/1984 as in APHA 4500-O and USGS tables. Without a pressure one standard atmosphere is meant.
    """
    if not 0.0 <= t_c <= 40.0:
        raise ValueError("t_c must lie between 0 and 40")
    if salinity < 0:
        raise ValueError("salinity must not be negative")
    if p_kpa is not None and p_atm is not None:
        raise ValueError("give either p_kpa or p_atm")
    pressure = p_atm if p_atm is not None else 1.0 if p_kpa is None else p_kpa / ATMOSPHERE
    t = t_c + ZERO_CELSIUS
    log = -139.34411 + 1.575701e5 / t - 6.642308e7 / t**2 + 1.243800e10 / t**3 - 8.621949e11 / t**4
    log -= salinity * (0.017674 - 10.754 / t + 2140.7 / t**2)
    return math.exp(log) * _pressure_factor(t_c, pressure)


def _pressure_factor(t_c: float, pressure: float) -> float:
    """Saturation at `pressure` (atm) over that at one atmosphere (Benson and Krause; APHA 4500-O)."""
    t = t_c + ZERO_CELSIUS
    vapour = math.exp(11.8571 - 3840.70 / t - 216961.0 / t**2)
    theta = 0.000975 - 1.426e-5 * t_c + 6.436e-8 * t_c**2
    if pressure <= vapour:
        raise ValueError("the pressure must exceed that of water vapour")
    return pressure * (1.0 - vapour / pressure) * (1.0 - theta * pressure) / ((1.0 - vapour) * (1.0 - theta))


def do_percent(do: float, t_c: float, p_atm: float = 1.0, salinity: float = 0.0) -> float:
    """Oxygen saturation in % of `do` in mg/L."""
    return 100.0 * do / do_saturation(t_c, p_atm=p_atm, salinity=salinity)


def ec25(k: float, t_c: float, alpha: float = 0.0191) -> float:
    """Conductivity at 25 °C from `k` at `t_c`; `alpha` per °C (0.0191: APHA, USGS; many probes take 0.02)."""
    factor = 1.0 + alpha * (t_c - 25.0)
    if factor <= 0:
        raise ValueError("the formula does not hold that far below 25 °C")
    return k / factor


def ph_slope(t_c: float) -> float:
    """Magnitude of an ideal pH electrode's slope in mV per pH (Nernst): 59.16 at 25 °C."""
    if t_c <= -ZERO_CELSIUS:
        raise ValueError("t_c lies below absolute zero")
    return 1000.0 * math.log(10.0) * GAS_CONSTANT * (t_c + ZERO_CELSIUS) / FARADAY


def kappa_growth(rh: float, kappa: float, density: float = 1.65, highest: float = 0.95) -> float:
    """By what factor water makes particles scatter as more mass: C = 1 + (κ/ρ)/(1/aw − 1) (Crilley et al., AMT 11, 709).

    `rh` in %, `density` ρ of the dry particles in g/cm³; the water activity aw = rh/100 is held at `highest`.
    """
    if not 0.0 <= rh <= 100.0:
        raise ValueError("rh must lie between 0 and 100")
    if kappa < 0 or density <= 0:
        raise ValueError("kappa must not be negative, density must be above 0")
    activity = min(rh / 100.0, highest)
    return 1.0 if activity == 0 else 1.0 + kappa / density / (1.0 / activity - 1.0)


def ppb_to_ugm3(ppb: float, molar_mass: float, t_c: float = 25.0, p_kpa: float = ATMOSPHERE) -> float:
    """µg/m³ of a gas whose share is `ppb`; `molar_mass` in g/mol."""
    return micrograms(ppb, molar_mass, molar_volume(t_c, p_kpa))


def pid(reading: float, cf: float, molar_mass: float | None = None) -> float:
    """What a photoionisation detector saw: its isobutylene equivalent times the gas's response factor `cf`.

    In the unit of `reading`; with `molar_mass` (g/mol) in µg/m³ at 25 °C and 101.325 kPa from ppb (or mg/m³ from ppm).
    """
    if cf <= 0:
        raise ValueError("cf must be above 0; a gas without response has none")
    return reading * cf if molar_mass is None else ppb_to_ugm3(reading * cf, molar_mass)


def mixture_cf(components: Sequence[Mapping[str, float]]) -> float:
    """The response factor of a mixture: 1/CF = Σ x/CF over `components` of share `x` and factor `cf` (RAE TN-106)."""
    if not components:
        raise ValueError("a mixture has components")
    for part in components:
        if set(part) != {"x", "cf"} or part["cf"] <= 0 or part["x"] < 0:
            raise ValueError('each component is {"x": share, "cf": factor above 0}')
    if abs(math.fsum(part["x"] for part in components) - 1.0) > 0.02:
        raise ValueError("the shares x must add up to 1")
    return 1.0 / math.fsum(part["x"] / part["cf"] for part in components)
