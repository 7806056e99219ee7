"""Guided calibrations in the field: when a reading is stable, and what the points that were read make of the instrument.

Standards on offer, what counts as stable and the bounds of a sound instrument are data: the tables guide_… of targets.toml.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from calibration.correct import electrode, straight_line
from calibration.targets import target

LEAST = 5
"""So many readings at least must agree."""


class Point(NamedTuple):
    """One standard: what it is, and what the instrument showed in it, at which temperature (None: nobody knows)."""

    standard: float
    reading: float
    t_c: float | None


class Figure(NamedTuple):
    """What was found, and within which bounds an instrument is still sound."""

    name: str
    value: float
    low: float
    high: float

    @property
    def sound(self) -> bool:
        """True if it lies within its bounds."""
        return self.low <= self.value <= self.high


class Finding(NamedTuple):
    """The correction as a certificate says it, and the figures that decide whether it may be one."""

    correction: dict[str, Any]
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class Procedure:
    """One guided calibration. `single`: what one standard alone determines, "gain" or "offset"; `also`: for all levels in dB."""

    name: str
    quantity: str
    single: str = "gain"

    @property
    def table(self) -> Mapping[str, Any]:
        """Its data."""
        return target("guide_" + self.name.replace("-", "_"))

    def find(self, points: Sequence[Point]) -> Finding:
        """What the points make of it. Raises ValueError if they determine nothing."""
        if self.name == "ph":
            return _electrode(points)
        standards, readings = [point.standard for point in points], [point.reading for point in points]
        if len(points) > 1:
            gain, offset = straight_line(readings, standards)
        elif self.single == "offset":
            gain, offset = 1.0, standards[0] - readings[0]
        else:
            if readings[0] <= 0:
                raise ValueError(f"it shows {readings[0]:g} in a standard of {standards[0]:g}")
            gain, offset = standards[0] / readings[0], 0.0
        figures = [
            Figure(name, value, *self.table[name])
            for name, value in (("gain", gain), ("offset", offset))
            if name in self.table and (len(points) > 1 or name == self.single)
        ]
        return Finding({"method": "linear", "gain": _round(gain), "offset": _round(offset)}, figures)


def _electrode(points: Sequence[Point]) -> Finding:
    buffers, readings = [point.standard for point in points], [point.reading for point in points]
    known = [point.t_c for point in points if point.t_c is not None]
    if not known:
        raise ValueError("the temperature of the buffers is not known")
    t_c = math.fsum(known) / len(known)
    found, bounds = electrode(buffers, readings, t_c), target("ph")
    figures = [
        Figure("slope_percent", found.slope_percent, *bounds["slope_percent"]),
        Figure("mv_at_ph7", found.mv_at_ph7, -bounds["mv_at_ph7"], bounds["mv_at_ph7"]),
    ]
    return Finding({"method": "ph", "buffers": buffers, "readings": readings, "temperature": _round(t_c)}, figures)


def _round(value: float) -> float:
    return float(f"{value:.6g}")


PROCEDURES: Mapping[str, Procedure] = {
    one.name: one
    for one in (
        Procedure("ph", "ph"),
        Procedure("dissolved-oxygen", "dissolved_oxygen"),
        Procedure("conductivity", "conductivity"),
        Procedure("turbidity", "turbidity"),
        Procedure("noise", "laeq", "offset"),
        Procedure("pm-zero", "pm25", "offset"),
        Procedure("voc", "tvoc"),
    )
}


class Stability:
    """Waits until readings agree: within `tolerance`, or `share` of their mean, over `seconds`."""

    def __init__(self, table: Mapping[str, Any], seconds: float | None = None) -> None:
        """`seconds`: another time than the table's."""
        self.seconds = float(table["seconds"]) if seconds is None else seconds
        self._tolerance, self._share = float(table.get("tolerance", 0.0)), float(table.get("share", 0.0))
        self._readings: deque[tuple[float, float]] = deque()

    def add(self, moment: float, reading: float) -> None:
        """Take a reading at `moment` (s)."""
        self._readings.append((moment, reading))
        while len(self._readings) > LEAST and self._readings[1][0] <= moment - self.seconds:
            self._readings.popleft()

    @property
    def mean(self) -> float:
        """Mean of the readings of the last `seconds`; there must be one."""
        return math.fsum(reading for _moment, reading in self._readings) / len(self._readings)

    @property
    def moved(self) -> float:
        """By how much they differ."""
        readings = [reading for _moment, reading in self._readings]
        return max(readings) - min(readings)

    @property
    def allowed(self) -> float:
        """By how much they may."""
        return max(self._tolerance, self._share * abs(self.mean))

    @property
    def left(self) -> float:
        """s that are missing from the time over which they must agree."""
        if not self._readings:
            return self.seconds
        return max(0.0, self.seconds - (self._readings[-1][0] - self._readings[0][0]))

    @property
    def reached(self) -> bool:
        """True once they agree."""
        return len(self._readings) >= LEAST and not self.left and self.moved <= self.allowed
