"""Texas Instruments ADS1115 (SBAS444D), and what hangs on it: a PID head, two four-electrode cells of Alphasense on their ISB."""

import struct
from itertools import pairwise
from typing import Any

from hw_sim.instruments.base import Chip, not_acknowledged, signed
from hw_sim.world import World

RANGES = {0: 6.144, 1: 4.096, 2: 2.048, 3: 1.024, 4: 0.512, 5: 0.256, 6: 0.256, 7: 0.256}
RATES = (8, 16, 32, 64, 128, 250, 475, 860)


class Ads1115(Chip):
    """Converts once when bit 15 is written; until it is done the result is the one before. A subclass gives the voltages."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._pointer = 0
        self._word = 0x8583  # as after power-up
        self._result = 0
        self._done_at = 0.0
        self._busy = False

    def volts(self, channel: int, now: float) -> float:
        """V between an input and ground."""
        raise NotImplementedError

    def write(self, data: bytes, now: float) -> None:
        """The pointer, and two bytes for the configuration."""
        if len(data) not in (1, 3) or data[0] > 3:
            raise not_acknowledged()
        self._pointer = data[0]
        if len(data) == 3 and data[0] == 1:
            self._word = int.from_bytes(data[1:], "big")
            if self._word & 0x8000:
                self._busy, self._done_at = True, now + 1.0 / RATES[self._word >> 5 & 7]

    def read(self, size: int, now: float) -> bytes:
        """The register of the pointer."""
        if self._busy and now >= self._done_at:
            self._busy = False
            volts = self.volts(self._word >> 12 & 3, now) if self._word & 0x4000 else 0.0
            self._result = signed(volts / RANGES[self._word >> 9 & 7] * 32768)
        registers = {0: self._result, 1: self._word & 0x7FFF | (0 if self._busy else 0x8000)}
        return struct.pack(">H", registers.get(self._pointer, 0))[:size].ljust(size, b"\xff")


class Pid(Ads1115):
    """A head with 50 mV in clean air and 20 mV/ppm; settings: `lamp` false: it does not burn; `ppm` instead of the world's."""

    def volts(self, channel: int, now: float) -> float:
        """On input 0."""
        if channel:
            return 0.0
        if not self.settings.get("lamp", True):
            return 0.005
        ppm = float(self.settings.get("ppm", self.world.value("tvoc", now) / 1000))
        return 0.050 + 0.020 * ppm


NO2_FACTORS = ((-30, 1.3), (0, 1.3), (10, 1.0), (20, 0.6), (30, 0.4), (40, 0.2), (50, -1.5))
OX_FACTORS = ((-30, 0.9), (-20, 0.9), (-10, 1.0), (0, 1.3), (10, 1.5), (20, 1.7), (30, 2.0), (40, 2.5), (50, 3.7))
"""AAN 803 for NO2-B43F and OX-B431: °C, n."""


def between(points: tuple[tuple[int, float], ...], at: float) -> float:
    """The value on the line through two neighbours."""
    for (left, low), (right, high) in pairwise(points):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return points[-1][1]


class Alphasense4(Ads1115):
    """NO2-B43F on inputs 0 (WE) and 1 (AE), OX-B431 on 2 and 3, with the labels below; AE breathes with the temperature.

    NO2: WE0 225 mV, AE0 230 mV electronic, 0.30 mV/ppb. OX: 240 and 245 mV, O3 0.40 and NO2 0.35 mV/ppb.
    """

    def volts(self, channel: int, now: float) -> float:
        """The four electrodes."""
        celsius = self.world.value("temperature", now)
        no2, o3 = self.world.value("no2", now), self.world.value("o3", now)
        breath = 4.0 + 0.3 * celsius
        if channel < 2:
            gas = 0.30 * no2 + between(NO2_FACTORS, celsius) * breath
            return (225.0 + gas if channel == 0 else 230.0 + breath) / 1000
        gas = 0.40 * o3 + 0.35 * no2 + between(OX_FACTORS, celsius) * breath
        return (240.0 + gas if channel == 2 else 245.0 + breath) / 1000
