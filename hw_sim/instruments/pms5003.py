"""Plantower PMS5003 (data manual v2.3): active and passive mode, sleep and wake; first it may replay a real device's frames."""

import struct
from importlib.resources import files
from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.world import World


def frame(words: list[int]) -> bytes:
    """42 4D, the length, the words, the sum."""
    body = struct.pack(f">HH{len(words)}H", 0x424D, 2 * len(words) + 2, *words)
    return body + struct.pack(">H", sum(body) & 0xFFFF)


def capture(name: str) -> list[bytes]:
    """The frames of a capture in `hw_sim/captures`: one a line in hexadecimal, # begins a comment."""
    text = files("hw_sim").joinpath("captures", name).read_text("utf-8")
    return [bytes.fromhex(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


class Pms5003(Talker):
    """settings: `period` s between frames (0.2 to 2.3), `capture` a file to replay first."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._period = float(settings.get("period", 0.9))
        self._replay = capture(settings["capture"]) if "capture" in settings else []
        self._next = 0.0
        self._active = True
        self._awake = True

    def due(self, now: float) -> bytes:
        """A frame each period while active."""
        if not (self._active and self._awake) or now < self._next:
            return b""
        self._next = now + self._period
        return self._replay.pop(0) if self._replay else self._measure(now)

    def _measure(self, now: float) -> bytes:
        pm25 = max(0.0, self.world.value("pm25", now))
        pm1, pm10 = round(pm25 * 0.7), round(pm25 * 1.25)
        atmospheric = [pm1, round(pm25), pm10]
        factory = [round(v * 1.3) if v > 30 else v for v in atmospheric]
        counts = [round(pm25 * k) for k in (160, 46, 8, 0.9, 0.25, 0.1)]
        return frame([*factory, *atmospheric, *counts, 0x9700])

    def hear(self, data: bytes, now: float) -> bytes:
        """Commands of seven bytes; what is none is passed over."""
        if len(data) != 7 or data[:2] != b"BM" or sum(data[:5]) & 0xFFFF != data[5] << 8 | data[6]:
            return b""
        command, low = data[2], data[4]
        if command == 0xE1:
            self._active = bool(low)
            return frame([command << 8 | low])
        if command == 0xE2 and self._awake:
            return self._measure(now)
        if command == 0xE4:
            self._awake = bool(low)
            self._active = self._active or self._awake
            return b"" if low else frame([command << 8])
        return b""
