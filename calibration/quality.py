"""Tests of a single value: is it possible (range), does it still move (stuck)? After IOC QARTOD, one function a test."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limits:
    """Quality limits of one quantity, in its unit; `stuck` in s, infinite if sameness is never doubted."""

    low: float = field(default=-math.inf, metadata={"help": "smallest possible value"})
    high: float = field(default=math.inf, metadata={"help": "largest possible value"})
    stuck: float = field(default=math.inf, metadata={"help": "longest time in s for exactly the same value", "low": 1})

    def within(self, value: float) -> bool:
        """True if `value` is possible."""
        return self.low <= value <= self.high


@cache
def defaults() -> Mapping[str, Limits]:
    """The limits of quality.toml by quantity key."""
    table = tomllib.loads(files("calibration").joinpath("quality.toml").read_text("utf-8"))
    return MappingProxyType({key: Limits(**{k: float(v) for k, v in entry.items()}) for key, entry in table.items()})


class Stuck:
    """Remembers since when one channel has shown exactly the same raw number."""

    __slots__ = ("limit", "since", "value")

    def __init__(self, limit: float) -> None:
        """`limit` in s."""
        self.limit = limit
        self.value = math.nan
        self.since = 0.0

    def test(self, value: float, now: float) -> bool:
        """True if `value` has been the same for longer than the limit at `now` (monotonic s)."""
        if value != self.value:
            self.value = value
            self.since = now
            return False
        return now - self.since > self.limit
