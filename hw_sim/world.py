"""The truth that the instruments measure: village air and a river, over a day, the same for the same seed and time.

A signal is its mean, a daily swing that peaks at an hour, a slow drift (weather) and a quick jitter (traffic, gusts, waves), within
bounds. Drift and jitter are smooth noise: random numbers at fixed times, joined by curves. Nothing is remembered: any time can be
asked in any order.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

DAY = 86400.0
"""Seconds of a day that runs at its own speed."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity over the day."""

    mean: float
    swing: float
    peak: float
    """Hour of the daily maximum."""
    drift: float
    """Size of the weather's share; it changes over some three hours of the simulated day."""
    jitter: float
    """Size of the quick share; it changes within two real seconds."""
    low: float
    high: float


SIGNALS: dict[str, Signal] = {
    "temperature": Signal(19.0, 6.0, 15.0, 2.0, 0.08, -30.0, 50.0),
    "humidity": Signal(66.0, -16.0, 15.0, 8.0, 0.4, 8.0, 99.5),
    "pm25": Signal(34.0, 11.0, 7.5, 14.0, 3.0, 1.0, 900.0),
    "laeq": Signal(52.0, 6.0, 17.0, 3.0, 4.5, 32.0, 110.0),
    "voc": Signal(150.0, 45.0, 19.0, 50.0, 12.0, 20.0, 2000.0),
    "water_temperature": Signal(17.5, 1.6, 16.5, 0.8, 0.02, 0.5, 35.0),
    "ph": Signal(7.8, 0.25, 16.0, 0.12, 0.01, 6.0, 9.5),
    "oxygen_saturation": Signal(94.0, 14.0, 16.0, 5.0, 0.3, 5.0, 180.0),
    "turbidity": Signal(14.0, 2.0, 8.0, 8.0, 0.6, 0.5, 900.0),
    "conductivity": Signal(420.0, 12.0, 5.0, 35.0, 0.8, 40.0, 2000.0),
    "orp": Signal(265.0, 20.0, 15.0, 18.0, 0.7, -200.0, 600.0),
    "chlorophyll": Signal(6.5, 1.8, 14.0, 2.0, 0.15, 0.1, 200.0),
    "blue_green_algae": Signal(1900.0, 500.0, 14.0, 600.0, 60.0, 50.0, 90000.0),
}
"""Units: °C, %, µg/m³, dB(A), VOC as ppb of ethanol; water °C, 1, %, NTU, µS/cm, mV, µg/L, cells/mL."""


class World:
    """Everything outside, for one seed."""

    def __init__(self, seed: int, day_seconds: float = DAY, start_hour: float = 8.0) -> None:
        self._seed = seed
        self._day = day_seconds
        self._start = start_hour
        self._derived: dict[str, Callable[[float], float]] = {
            "pm1": lambda at: 0.68 * self.at("pm25", at),
            "pm10": lambda at: 1.15 * self.at("pm25", at) + 4.0 + 2.0 * self._smooth("dust", at / 2.0),
            "dissolved_oxygen": self._dissolved_oxygen,
        }

    def at(self, quantity: str, seconds: float) -> float:
        """The true value, `seconds` after the start. Raises KeyError for what this world does not have."""
        if quantity in self._derived:
            return self._derived[quantity](seconds)
        signal = SIGNALS[quantity]
        days = seconds / self._day
        wave = math.cos(2 * math.pi * (days + (self._start - signal.peak) / 24))
        value = signal.mean + signal.swing * wave
        value += signal.drift * self._smooth(f"{quantity}/drift", days * 8)
        value += signal.jitter * self._smooth(f"{quantity}/jitter", seconds / 2.0)
        return min(max(value, signal.low), signal.high)

    def _dissolved_oxygen(self, seconds: float) -> float:
        """mg/L from saturation: solubility in fresh water at sea level, a cubic through the published table."""
        t = self.at("water_temperature", seconds)
        full = 14.652 - 0.41022 * t + 0.007991 * t**2 - 0.000077774 * t**3
        return full * self.at("oxygen_saturation", seconds) / 100

    def _smooth(self, name: str, position: float) -> float:
        """Noise between -1 and 1, continuous in `position`."""
        step = math.floor(position)
        part = position - step
        blend = part * part * (3 - 2 * part)
        return self._random(name, step) * (1 - blend) + self._random(name, step + 1) * blend

    def _random(self, name: str, step: int) -> float:
        digest = blake2b(f"{self._seed}/{name}/{step}".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big") / 0x7FFFFFFF - 1
