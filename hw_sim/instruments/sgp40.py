"""Sensirion SGP40 (data sheet v1.2): raw signal with compensation, self test, serial number."""

from typing import Any

from hw_sim.instruments.base import Chip, not_acknowledged
from hw_sim.instruments.sht3x import crc8, word
from hw_sim.world import World


class Sgp40(Chip):
    """Checks the CRC of its arguments."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._ready_at: float | None = None
        self._answer = b""

    def write(self, data: bytes, now: float) -> None:
        """A command word, with its arguments."""
        command = int.from_bytes(data[:2], "big")
        if command == 0x260F and len(data) == 8 and all(crc8(data[i : i + 2]) == data[i + 2] for i in (2, 5)):
            raw = round(self.world.value("voc_raw", now))
            self._ready_at, self._answer = now + 0.030, word(min(65535, max(0, raw)))
        elif command == 0x280E:
            self._ready_at, self._answer = now + 0.320, word(0xD400)
        elif command == 0x3682:
            self._ready_at, self._answer = now + 0.001, word(0x0000) + word(0x0123) + word(0x4567)
        elif command != 0x3615:
            raise not_acknowledged()

    def read(self, size: int, now: float) -> bytes:
        """The answer to the last command, once."""
        if self._ready_at is None or now < self._ready_at:
            raise not_acknowledged()
        self._ready_at = None
        return self._answer[:size].ljust(size, b"\xff")
