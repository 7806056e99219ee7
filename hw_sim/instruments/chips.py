"""Small chips on I2C: the DS3231 clock, the INA219 current sensor."""

import struct
from typing import Any

from hw_sim.instruments.base import Chip, not_acknowledged
from hw_sim.world import World


class Ds3231(Chip):
    """Nineteen registers from the written address on; settings `stopped` true: the oscillator was stopped once."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._at = 0

    def write(self, data: bytes, now: float) -> None:
        """The address of the first register."""
        if len(data) != 1 or data[0] > 0x12:
            raise not_acknowledged()
        self._at = data[0]

    def read(self, size: int, now: float) -> bytes:
        """BCD time of 3 November 2026, control, status, temperature in quarters."""
        seconds = int(now % 86400)

        def bcd(number: int) -> int:
            return number // 10 << 4 | number % 10

        clock = (bcd(seconds % 60), bcd(seconds // 60 % 60), bcd(seconds // 3600), 2, bcd(3), bcd(11), bcd(26))
        quarters = round(4 * (self.world.value("temperature", now) + 4)) & 0x3FF
        status = 0x88 if self.settings.get("stopped") else 0x08
        registers = bytes((*clock, *([0] * 7), 0x1C, status, 0, quarters >> 2, (quarters & 3) << 6))
        return registers[self._at :][:size].ljust(size, b"\0")


class Ina219(Chip):
    """Register 1 shunt voltage in 10 µV over 0.1 Ω, register 2 bus voltage in 4 mV from bit 3 on, conversion ready in bit 1."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._at = 0

    def write(self, data: bytes, now: float) -> None:
        """The register to be read."""
        if len(data) != 1 or data[0] > 5:
            raise not_acknowledged()
        self._at = data[0]

    def read(self, size: int, now: float) -> bytes:
        """One word."""
        volts, watts = self.world.value("battery_voltage", now), self.world.value("load_power", now)
        words = {1: struct.pack(">h", round(watts / volts * 0.1 / 1e-5)), 2: struct.pack(">H", round(volts / 0.004) << 3 | 2)}
        return words.get(self._at, b"\0\0")[:size]
