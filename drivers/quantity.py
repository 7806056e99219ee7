"""The registry of quantities: the only place that knows units.

A driver, a record, a payload and an export name a quantity by its key; the unit belongs to the quantity and is looked
up here. Gases in µg/m³ are at 298.15 K and 1013.25 hPa.
"""

import cmath
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

KNOT = 1852 / 3600
"""m/s in a knot."""


Mean = Literal["arithmetic", "energy", "vector", "hydrogen", "total"]
"""How values over a time become one: their mean, that of the energy of levels in dB (IEC 61672-1), that of unit vectors of
directions, that of the hydrogen ions of pH, or their sum."""

_MEANS: Mapping[str, Mean] = MappingProxyType(
    {"wind_direction": "vector", "rain": "total", "ph": "hydrogen", "soil_ph": "hydrogen"}
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measured quantity: `unit` as people write it, `decimals` as it is shown, `en` and `zh` its names."""

    key: str
    unit: str
    decimals: int
    en: str
    zh: str

    @property
    def mean(self) -> Mean:
        """How its values over a time become one."""
        return "energy" if self.unit == "dB" else _MEANS.get(self.key, "arithmetic")

    def text(self, value: float | None) -> str:
        """`value` as people read it, with its unit; a missing one is an em dash."""
        shown = "—" if value is None else f"{value:.{self.decimals}f}"
        return f"{shown} {self.unit}" if self.unit != "1" else shown

    def name(self, language: str) -> str:
        """The name in `language` ("zh…" or anything else for English)."""
        return self.zh if language.startswith("zh") else self.en


def molar_volume(t_c: float, p_kpa: float) -> float:
    """Litres that a mole of gas takes at `t_c` (°C) and `p_kpa` (molar gas constant: CODATA 2018)."""
    if t_c <= -273.15 or p_kpa <= 0:
        raise ValueError("t_c must be above absolute zero and p_kpa above 0")
    return 8.314462618 * (t_c + 273.15) / p_kpa


MOLAR_VOLUME = molar_volume(25.0, 101.325)
"""The same at 298.15 K and 1013.25 hPa: 24.465."""

HCHO_MOLAR_MASS = 30.026
"""g/mol of formaldehyde, CH2O."""

O3_MOLAR_MASS = 47.998
"""g/mol of ozone."""

NO2_MOLAR_MASS = 46.006
"""g/mol of nitrogen dioxide."""

MOLAR_MASSES: Mapping[str, float] = MappingProxyType(
    {"co": 28.010, "no2": NO2_MOLAR_MASS, "o3": O3_MOLAR_MASS, "so2": 64.064, "nh3": 17.031, "h2s": 34.081}
)
"""Quantity key of a gas → g/mol (IUPAC standard atomic weights 2021)."""


def ppb(concentration: float, molar_mass: float) -> float:
    """A gas's share of the air in ppb from its `concentration` in µg/m³ at 298.15 K and 1013.25 hPa; `molar_mass` in g/mol."""
    return concentration * MOLAR_VOLUME / molar_mass


def micrograms(share: float, molar_mass: float, volume: float = MOLAR_VOLUME) -> float:
    """The concentration in µg/m³ from a gas's `share` in ppb; a mole takes `volume` L, by default at 298.15 K and 1013.25 hPa."""
    return share * molar_mass / volume


def gas(key: str, share: float) -> float:
    """The concentration of the gas `key` in the unit of its quantity (µg/m³, or mg/m³ of CO) from its `share` in ppb."""
    return micrograms(share, MOLAR_MASSES[key]) / (1000.0 if quantities()[key].unit == "mg/m³" else 1.0)


@cache
def quantities() -> Mapping[str, Quantity]:
    """Every quantity by its key, in the order of the registry."""
    table = tomllib.loads(Path(__file__).with_name("quantities.toml").read_text("utf-8"))
    return MappingProxyType({key: Quantity(key, **entry) for key, entry in table.items()})


def mean_of(kind: Mean, pairs: Iterable[tuple[float, float]]) -> float:
    """One value of several (value, weight), of which there must be one; the total takes no weights. Order does not matter."""
    parts = list(pairs)
    if kind == "total":
        return math.fsum(value for value, _weight in parts)
    total = math.fsum(weight for _value, weight in parts)
    if kind == "energy":
        return 10.0 * math.log10(math.fsum(10.0 ** (value / 10.0) * weight for value, weight in parts) / total)
    if kind == "hydrogen":
        return -math.log10(math.fsum(10.0**-value * weight for value, weight in parts) / total)
    if kind == "vector":
        vectors = [cmath.rect(weight, math.radians(value)) for value, weight in parts]
        whole = complex(math.fsum(one.real for one in vectors), math.fsum(one.imag for one in vectors))
        return math.degrees(cmath.phase(whole)) % 360.0
    return math.fsum(value * weight for value, weight in parts) / total
