"""What Yosemitech's probes share, from the maker's Modbus manuals: RS-485 9600 8N1, functions 03 and 16, silence otherwise.

Floats are little endian throughout (DCBA). The universal address 0xFF serves to find a probe on a line of its own.
"""

import struct
from dataclasses import dataclass
from typing import ClassVar

from hw_sim.instruments.base import Sense, option
from hw_sim.instruments.modbus_unit import READ_HOLDING, WRITE_MANY, Block, RegisterUnit

UNIT, VERSION = 0x3000, 0x0700
FIRMWARE = 1.5


def floats(*values: float) -> bytes:
    """Numbers as they go over the wire."""
    return struct.pack(f"<{len(values)}f", *values)


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one probe."""

    serial: str = option("", "serial number, 12 characters; empty: the model's own")


class Probe(RegisterUnit):
    """One probe. Values are new every `pace` seconds; for `boot` seconds after power-up it says nothing."""

    Settings = Settings
    FUNCTIONS = frozenset({READ_HOLDING, WRITE_MANY})
    settings: Settings
    universal = 0xFF
    silent = True
    serial_register: ClassVar[int] = 0x0900
    serial: ClassVar[str]
    pace: ClassVar[float]
    boot: ClassVar[float]

    def __init__(self, sense: Sense, settings: Settings) -> None:
        self._up = 0.0
        self._measured: tuple[float, ...] = ()
        self._until = 0.0
        super().__init__(sense, settings)

    def power(self, now: float) -> None:
        """It boots; what it measured is gone."""
        self._up = now + self.boot
        self._until = 0.0

    def answer(self, now: float, pdu: bytes) -> bytes | None:
        """As the specification, but silent while it boots."""
        return super().answer(now, pdu) if now >= self._up else None

    def listed(self) -> list[Block]:
        """Unit, version, serial number; then the model's own."""
        serial = b"\x09" + (self.settings.serial or self.serial).encode("ascii")[:13].ljust(13, b"\0")
        return [
            Block(UNIT, 1, lambda _now: bytes([self.unit, 0]), self._rename),
            Block(VERSION, 2, lambda _now: floats(FIRMWARE)),
            Block(self.serial_register, 7, lambda _now: serial),
            *self.measuring(),
        ]

    def measuring(self) -> list[Block]:
        """Registers of this model."""
        raise NotImplementedError

    def measure(self, now: float) -> tuple[float, ...]:
        """All values of this model, now."""
        raise NotImplementedError

    def values(self, now: float) -> tuple[float, ...]:
        """The values of the last measurement."""
        if now >= self._until:
            self._measured = self.measure(now)
            self._until = now + self.pace
        return self._measured

    def _rename(self, _now: float, data: bytes) -> bool:
        if not 1 <= data[0] <= 247:
            return False
        self.unit = data[0]
        return True


def kept(start: int, count: int, initial: bytes) -> Block:
    """Registers that only remember what was written."""
    held = [initial]

    def store(_now: float, data: bytes) -> bool:
        held[0] = data
        return True

    return Block(start, count, lambda _now: held[0], store)
