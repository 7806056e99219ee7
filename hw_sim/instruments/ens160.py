"""ScioSense ENS160 (data sheet): registers from the written address on; it measures only in mode 2.

settings: `validity` 0 to 3 as it stands in the status; `part` another number; `kelvin`, `humidity` are what it was told.
"""

from typing import Any

from hw_sim.instruments.base import Chip
from hw_sim.world import World


class Ens160(Chip):
    """One chip."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._at = 0
        self.mode = 0
        self.kelvin = self.humidity = 0.0

    def write(self, data: bytes, now: float) -> None:
        """An address, and what is written from there on."""
        self._at, values = data[0], data[1:]
        if self._at == 0x10 and values:
            self.mode = values[0]
        elif self._at == 0x13 and len(values) == 4:
            self.kelvin = int.from_bytes(values[:2], "little") / 64
            self.humidity = int.from_bytes(values[2:], "little") / 512

    def read(self, size: int, now: float) -> bytes:
        """Registers."""
        registers = {0x00: int(self.settings.get("part", 0x0160)).to_bytes(2, "little"), 0x10: bytes((self.mode,))}
        tvoc = round(self.world.value("tvoc", now)) if self.mode == 2 else 0
        status = 0x82 | int(self.settings.get("validity", 0)) << 2 if self.mode == 2 else 0x01
        quality = 1 + min(4, tvoc // 65) if self.mode == 2 else 0
        equivalent = 400 + 2 * tvoc if self.mode == 2 else 0
        registers[0x20] = bytes((status, quality)) + tvoc.to_bytes(2, "little") + equivalent.to_bytes(2, "little")
        return registers.get(self._at, b"")[:size].ljust(size, b"\0")
