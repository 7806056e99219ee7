"""Sensirion SHT3x (data sheet v6): single shot with high, medium and low repeatability, status, soft reset; SHT4x below."""

from typing import Any

from hw_sim.instruments.base import Chip, not_acknowledged
from hw_sim.world import World

WAITS = {0x2400: 0.0155, 0x240B: 0.0065, 0x2416: 0.0045}
SHORT_WAITS = {0xFD: 0.0083, 0xF6: 0.0045, 0xE0: 0.0016}


def crc8(data: bytes) -> int:
    """Polynomial 0x31, initial 0xFF: 0xBEEF gives 0x92."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _bit in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


def word(number: int) -> bytes:
    """Two bytes and their CRC."""
    data = number.to_bytes(2, "big")
    return data + bytes((crc8(data),))


class Sht3x(Chip):
    """Does not acknowledge a read before the measurement is done, as the real one."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._ready_at: float | None = None
        self._answer = b""

    def write(self, data: bytes, now: float) -> None:
        """A command word."""
        command = int.from_bytes(data[:2], "big")
        if command in WAITS:
            self._ready_at = now + WAITS[command]
            temperature = self.world.value("temperature", now)
            humidity = min(100.0, max(0.0, self.world.value("humidity", now)))
            self._answer = word(round((temperature + 45) / 175 * 65535)) + word(round(humidity / 100 * 65535))
        elif command == 0xF32D:
            self._ready_at, self._answer = now, word(0x8010)
        elif command not in (0x30A2, 0x3041):
            raise not_acknowledged()

    def read(self, size: int, now: float) -> bytes:
        """The answer to the last command, once."""
        if self._ready_at is None or now < self._ready_at:
            raise not_acknowledged()
        self._ready_at = None
        return self._answer[:size].ljust(size, b"\xff")


class Sht4x(Sht3x):
    """SHT4x (data sheet v6): commands of one byte; humidity from -6 to 119 % over the 16 bits."""

    def write(self, data: bytes, now: float) -> None:
        """A command byte."""
        command = data[0] if len(data) == 1 else -1
        if command in SHORT_WAITS:
            temperature, humidity = self.world.value("temperature", now), self.world.value("humidity", now)
            ticks = round((humidity + 6) / 125 * 65535)
            self._ready_at = now + SHORT_WAITS[command]
            self._answer = word(round((temperature + 45) / 175 * 65535)) + word(min(65535, max(0, ticks)))
        elif command == 0x89:
            self._ready_at, self._answer = now + 0.001, word(0x0F4C) + word(0x1A2B)
        elif command != 0x94:
            raise not_acknowledged()
