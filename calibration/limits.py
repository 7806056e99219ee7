"""The thresholds of one channel's quality tests: what may be set, and the defaults of quality.toml."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of one quantity, in its unit where no other is named; what is absent is not tested."""

    low: float = field(default=-math.inf, metadata={"help": "smallest possible value; below: fail"})
    high: float = field(default=math.inf, metadata={"help": "largest possible value; above: fail"})
    suspect_low: float = field(default=-math.inf, metadata={"help": "smallest value that is believed; below: suspect"})
    suspect_high: float = field(default=math.inf, metadata={"help": "largest value that is believed; above: suspect"})
    climate_low: tuple[float, ...] = field(default=(), metadata={"help": "lowest value of the site by month, January first"})
    climate_high: tuple[float, ...] = field(default=(), metadata={"help": "highest value of the site by month, January first"})
    spike: float = field(default=math.inf, metadata={"help": "so far off the middle of its neighbours: suspect", "low": 0})
    spike_fail: float = field(default=math.inf, metadata={"help": "so far off the middle of its neighbours: fail", "low": 0})
    spike_share: float = field(default=0.0, metadata={"help": "spike, as a share of the middle of its neighbours", "low": 0})
    spike_share_fail: float = field(default=0.0, metadata={"help": "spike_fail, as such a share", "low": 0})
    rate: float = field(default=math.inf, metadata={"help": "fastest change per hour; faster: suspect", "low": 0})
    rate_over: float = field(default=600.0, metadata={"help": "time over which a change is judged", "unit": "s", "low": 1})
    stuck: float = field(default=math.inf, metadata={"help": "longest time with the same value", "unit": "s", "low": 1})
    stuck_fail: float = field(default=math.inf, metadata={"help": "time with the same value: fail", "unit": "s", "low": 1})
    stuck_within: float | None = field(default=None, metadata={"help": "the same: within so much; half a step of the device"})
    stuck_above: float = field(default=-math.inf, metadata={"help": "only above this value is sameness doubted"})
    swing: float = field(default=0.0, metadata={"help": "smallest difference between high and low: below, suspect", "low": 0})
    swing_fail: float = field(default=0.0, metadata={"help": "smallest difference between high and low: below, fail", "low": 0})
    swing_over: float = field(default=86400.0, metadata={"help": "time in which it must show it", "unit": "s", "low": 1})
    at_most: str = field(default="", metadata={"help": "a quantity of the same instrument of which this is a part"})
    at_least: str = field(default="", metadata={"help": "a quantity of the same instrument that is a part of this"})
    beside: str = field(default="", metadata={"help": "a channel that measures the same, such as pm_b.pm25"})
    apart: float = field(default=0.0, metadata={"help": "so far may the two differ …", "low": 0})
    apart_share: float = field(default=0.0, metadata={"help": "… or by this share of their mean", "low": 0})
    condensation: float = field(default=math.inf, metadata={"help": "relative humidity from which on it is doubted", "unit": "%"})
    calibrated: bool = field(default=False, metadata={"help": "without a certificate in force it is out_of_calibration"})

    def possible(self, value: float) -> bool:
        """True if `value` lies within the fail span."""
        return self.low <= value <= self.high

    def wrong(self) -> str:
        """What contradicts itself, as one English sentence; "" if nothing does."""
        if self.low > self.high or self.suspect_low > self.suspect_high:
            return "low must not lie above high"
        if {len(self.climate_low), len(self.climate_high)} - {0, 12}:
            return "climate_low and climate_high have twelve numbers, January first"
        if (self.apart or self.apart_share) and not self.beside:
            return "apart needs beside: the channel to compare with"
        return ""


@cache
def defaults() -> Mapping[str, Limits]:
    """The limits of quality.toml by quantity key."""
    table = tomllib.loads(Path(__file__).with_name("quality.toml").read_text("utf-8"))
    return MappingProxyType({key: Limits(**{k: _plain(v) for k, v in entry.items()}) for key, entry in table.items()})


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
