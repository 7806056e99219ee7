"""Factor codes, their units, and the marks that stand beside values. The table is `factors.toml`.

Sources: HJ 212-2017 annex B and table 8; where practice differs from the annex the table says both. Gases in ppb or ppm are
converted at 298.15 K and 1013.25 hPa, the state of our µg/m³.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

MOLAR_VOLUME = 8.314462618 * 298.15 / 101325.0
"""m³/mol of an ideal gas at 298.15 K and 1013.25 hPa."""

UNITS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "ng/m³": ("concentration", 1e-3), "µg/m³": ("concentration", 1.0), "mg/m³": ("concentration", 1e3),
        "ppb": ("fraction", 1.0), "ppm": ("fraction", 1e3),
        "Pa": ("pressure", 1e-2), "hPa": ("pressure", 1.0), "kPa": ("pressure", 10.0),
        "L/s": ("flow", 1e-3), "m³/s": ("flow", 1.0), "m³/h": ("flow", 1 / 3600),
        "µg/L": ("content", 1e-3), "mg/L": ("content", 1.0),
        "µS/cm": ("conductivity", 1.0), "mS/m": ("conductivity", 10.0), "mS/cm": ("conductivity", 1e3),
        "cells/mL": ("cells", 1.0), "cells/L": ("cells", 1e-3),
        "mm": ("length", 1e-3), "cm": ("length", 1e-2), "m": ("length", 1.0),
        **{unit: (unit, 1.0) for unit in ("1", "%", "°C", "°", "m/s", "dB", "NTU", "mV", "PSU", "1/m", "V", "W", "kWh", "m³")},
    }
)  # fmt: skip
"""Unit → what it measures, and how many of our own unit one of it is."""

MARKS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("maintenance", "drill"), "M"),
        **dict.fromkeys(("range", "saturated"), "T"),
        **dict.fromkeys(
            (
                "timeout", "port", "header", "truncated", "checksum", "foreign", "echo", "length", "wrong_speed", "swapped",
            ),
            "B",
        ),
        "not_started": "F",
        "calibration": "C",
        "manual": "S",
        **dict.fromkeys(("under_voltage", "low_supply", "condensation"), "Td"),
    }
)  # fmt: skip
"""Reason → data mark of 2017; what stands not here is D (fault), and N is without reason."""

OTHERWISE: Mapping[int, Mapping[str, str]] = MappingProxyType({2017: {"Td": "D"}, 2025: {"B": "D", "F": "D", "S": "M"}})
"""Marks that an edition lacks → what it gets instead; for 2025 as far as its list was quoted (likely, not certain)."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One code of the table; see the head of `factors.toml`."""

    code: str
    system: str
    unit: str
    decimals: int
    en: str
    zh: str
    quantity: str = ""
    annex: str = ""
    molar: float = 0.0
    total: bool = False
    source: str = "annex"
    old: str = ""

    def name(self, language: str) -> str:
        """The name in `language` ("zh…" or anything else for English)."""
        return self.zh if language.startswith("zh") else self.en


@cache
def factors() -> Mapping[str, Factor]:
    """Every known factor by its code."""
    table = tomllib.loads(Path(__file__).with_name("factors.toml").read_text("utf-8"))
    return MappingProxyType({code: Factor(code, **entry) for code, entry in table.items()})


@cache
def old_factors() -> Mapping[str, Factor]:
    """The factors that had another code in 2005, by that."""
    return MappingProxyType({factor.old: factor for factor in factors().values() if factor.old})


def converts(source: str, target: str, molar: float = 0.0) -> bool:
    """True if numbers in `source` can be told in `target`; `molar` (g/mol) joins concentrations and fractions of a gas."""
    kinds = {UNITS.get(source, ("?", 0))[0], UNITS.get(target, ("!", 0))[0]}
    return len(kinds) == 1 or (kinds == {"concentration", "fraction"} and molar > 0)


def convert(value: float, source: str, target: str, molar: float = 0.0) -> float:
    """`value` in `source` as a number in `target`. Raises ValueError if that cannot be."""
    if source == target:
        return value
    if not converts(source, target, molar):
        raise ValueError(f"{source} cannot be told in {target}")
    (kind, scale), (wanted, wanted_scale) = UNITS[source], UNITS[target]
    number = value * scale
    if kind != wanted:  # 1 ppb of a gas is molar / volume · 1e-9 g/m³, and we count µg/m³
        per_ppb = molar / MOLAR_VOLUME * 1e-3
        number = number * per_ppb if kind == "fraction" else number / per_ppb
    return number / wanted_scale


def mark(flag: int, reason: str, edition: int) -> str:
    """The data mark of a value with our `flag` (QARTOD) and `reason`, for the edition of 2017 or 2025.

    What nobody has judged (2) is no fault; a value in doubt (3) is never passed off as normal.
    """
    if flag in (1, 2):
        return "N"
    letter = MARKS.get(reason, "D")
    return OTHERWISE[edition].get(letter, letter)


def number(value: float, decimals: int) -> str:
    """`value` as the wire has it: plain decimals, no minus before zero."""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text
