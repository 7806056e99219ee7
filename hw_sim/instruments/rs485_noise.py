"""Renke RS-ZS noise transmitter, from the maker's manual. RS-485, 4800 or 9600 8N1, unit 1; 0xFF always works too.

Register 0: level × 0.1 dB(A), 30 to 120 dB; fast response, a new value each 0.5 s. 0x07D0 unit, 0x07D1 speed.
`silent` is the generic decibel meter that answers at register 0 only.
"""

from dataclasses import dataclass

from hw_sim.instruments.base import Sense, option
from hw_sim.instruments.modbus_unit import READ_HOLDING, WRITE_MANY, WRITE_ONE, Block, RegisterUnit

LEVEL, UNIT = 0x0000, 0x07D0
LOWEST, HIGHEST = 30.0, 120.0
RESPONSE = 0.5
SPEEDS = (2400, 4800, 9600)


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one transmitter."""

    silent: bool = option(False, "answers at register 0 only, no exceptions")
    speed: int = option(9600, "what its speed register says", 2400, 9600)


class Rs485Noise(RegisterUnit):
    """One transmitter."""

    Settings = Settings
    FUNCTIONS = frozenset({READ_HOLDING, WRITE_ONE, WRITE_MANY})
    settings: Settings
    universal = 0xFF

    def __init__(self, sense: Sense, settings: Settings) -> None:
        self._level = 0
        self._until = 0.0
        self._speed = SPEEDS.index(settings.speed) if settings.speed in SPEEDS else 2
        super().__init__(sense, settings)
        self.silent = settings.silent

    def listed(self) -> list[Block]:
        """The level, and its own settings unless it is the simple kind."""
        level = Block(LEVEL, 1, self._measured)
        return [level] if self.settings.silent else [level, Block(UNIT, 2, self._own, self._change)]

    def _measured(self, now: float) -> bytes:
        if now >= self._until:
            self._level = round(10 * min(max(self.sense("laeq"), LOWEST), HIGHEST))
            self._until = now + RESPONSE
        return self._level.to_bytes(2, "big")

    def _own(self, _now: float) -> bytes:
        return bytes([0, self.unit, 0, self._speed])

    def _change(self, _now: float, data: bytes) -> bool:
        unit, speed = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")
        if not 1 <= unit <= 254 or speed >= len(SPEEDS):
            return False
        self.unit, self._speed = unit, speed
        return True
