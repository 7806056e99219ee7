"""Winsen ZE08-CH2O (manual v1.0): active upload once a second, or question and answer; two's complement of the sum. ZE25-O3."""

import struct
from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.world import World


def closed(body: bytes) -> bytes:
    """FF, seven bytes, and what makes their sum 0."""
    return b"\xff" + body + bytes((-sum(body) & 0xFF,))


class Ze08(Talker):
    """settings: `mode` "query" as an earlier owner left it; `ppb` a fixed concentration instead of the world's."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._active = settings.get("mode") != "query"
        self._next = 0.0

    def _ppb(self, now: float) -> int:
        return min(5000, max(0, round(float(self.settings.get("ppb", self.world.value("hcho", now))))))

    def due(self, now: float) -> bytes:
        """A frame a second in active mode."""
        if not self._active or now < self._next:
            return b""
        self._next = now + 1.0
        return self._frame(now)

    def _frame(self, now: float) -> bytes:
        return closed(b"\x17\x04\x00" + self._ppb(now).to_bytes(2, "big") + (5000).to_bytes(2, "big"))

    def hear(self, data: bytes, now: float) -> bytes:
        """Commands of nine bytes, several if they came at once."""
        return b"".join(self._hear(data[at : at + 9], now) for at in range(0, len(data), 9))

    def _hear(self, data: bytes, now: float) -> bytes:
        if len(data) != 9 or data[:2] != b"\xff\x01" or closed(data[1:8]) != data:
            return b""
        if data[2] == 0x78:
            self._active = data[3] == 0x40
        if data[2] != 0x86:
            return b""
        ppb = self._ppb(now)
        return closed(b"\x86" + round(ppb * 1.25).to_bytes(2, "big") + b"\x00\x00" + ppb.to_bytes(2, "big"))


class Ze25(Ze08):
    """settings: `gas` "o3", "no2", "co", "so2", "nh3" or "h2s"; ppb, but CO in tenths of ppm; `mode`, `ppb` as its relative."""

    def _frame(self, now: float) -> bytes:
        gas = str(self.settings.get("gas", "o3"))
        code = {"o3": 0x2A, "no2": 0x2C, "co": 0x04, "so2": 0x2B, "nh3": 0x02, "h2s": 0x03}[gas]
        truth = float(self.settings.get("ppb", 0.0)) or self.world.value(gas, now) * (1000 if gas == "co" else 1)
        unit, decimals, number = (3, 1, truth / 100) if gas == "co" else (4, 0, truth)
        body = struct.pack(">3B2H", code, unit, decimals, min(10000, max(0, round(number))), 10000)
        return closed(body)
