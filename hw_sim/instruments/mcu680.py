"""GY-MCU680: 20 bytes a second. settings: `zeros` s after the start during which its values are all zero."""

import struct
from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.instruments.pms5003 import Supply
from hw_sim.world import World


class Mcu680(Talker):
    """Temperature, humidity, pressure, index, gas resistance, altitude; the sum of all 19 bytes before."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._supply = Supply(settings)
        self._next = 0.0

    def due(self, now: float) -> bytes:
        """A frame each second."""
        self._supply.dipped(now)
        if now < self._next:
            return b""
        self._next = now + 1.0
        body = b"ZZ\x3f\x0f" + (self._values(now) if self._supply.warm(now) else bytes(15))
        return body + bytes((sum(body) % 256,))

    def _values(self, now: float) -> bytes:
        climate = struct.pack(">hH", round(100 * self._of("temperature", now)), round(100 * self._of("humidity", now)))
        pressure = round(100 * self._of("pressure", now)).to_bytes(3, "big")
        return climate + pressure + struct.pack(">HIh", 25, round(self._of("gas_resistance", now)), 5)

    def _of(self, name: str, now: float) -> float:
        return self.world.value(name, now)

    def hear(self, data: bytes, now: float) -> bytes:
        """It needs no commands."""
        return b""
