"""Limits that the operator fills in: those of an outfall's permit, or of a well. No such figure is ours.

One TOML file each, beside station.toml; `limits_example.toml` shows the form. A value is judged only from `begins` to `ends`.
"""

import datetime
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.quantity import quantities
from station.settings import suggestion
from station.words import _


class BadTable(ValueError):
    """The file is not a table of limits; the text says which key and why."""


@dataclass(frozen=True, slots=True)
class LimitTable:
    """Limits of one place: quantity → (lowest, highest) in the quantity's unit, where they come from, and when they hold."""

    title: str
    source: str
    begins: datetime.date
    ends: datetime.date
    limits: Mapping[str, tuple[float, float]]

    def bound(self, quantity: str, value: float) -> float | None:
        """The limit that `value` passes, or None."""
        low, high = self.limits[quantity]
        return low if value < low else high if value > high else None


def read_table(path: Path) -> LimitTable:
    """The table in `path`. Raises BadTable."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadTable(f"{path.name}: {error}") from None
    try:
        return _table(content)
    except BadTable as bad:
        raise BadTable(f"{path.name}: {bad}") from None


def _table(content: dict[str, Any]) -> LimitTable:
    known = ("title", "source", "begins", "ends", "limits")
    for key in content:
        if key not in known:
            raise BadTable(_("unknown key {key!r}.").format(key=key) + suggestion(key, known))
    for key in ("title", "source"):
        if not isinstance(content.get(key), str) or not content[key]:
            raise BadTable(_("{key} is missing: a text").format(key=key))
    begins, ends = content.get("begins"), content.get("ends", datetime.date.max)
    if type(begins) is not datetime.date or type(ends) is not datetime.date or ends < begins:
        raise BadTable(_("begins and ends are dates as 2026-03-01, the first is needed"))
    limits = content.get("limits")
    if not isinstance(limits, dict) or not limits:
        raise BadTable(_("write [limits.ph] and the like"))
    return LimitTable(content["title"], content["source"], begins, ends, {key: _limit(key, one) for key, one in limits.items()})


def _limit(key: str, entry: Any) -> tuple[float, float]:
    if key not in quantities():
        raise BadTable(_("there is no quantity {key!r}.").format(key=key) + suggestion(key, quantities()))
    if not isinstance(entry, dict) or not {"low", "high"} & set(entry) or not set(entry) <= {"unit", "low", "high"}:
        raise BadTable(_("{key} has unit, and low or high or both").format(key=key))
    unit = quantities()[key].unit
    if entry.get("unit") != unit:
        raise BadTable(_("{key} is measured in {unit}: write unit = {unit!r} and the limits in it").format(key=key, unit=unit))
    low, high = entry.get("low", -math.inf), entry.get("high", math.inf)
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in (low, high)) or not low <= high:
        raise BadTable(_("{key}: low and high are numbers, low the smaller").format(key=key))
    return float(low), float(high)
