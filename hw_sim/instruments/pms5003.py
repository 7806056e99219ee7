"""Plantower sensors (PMS5003, 5003T, 5003ST, 3003 and PMSA003I data manuals): active and passive mode, sleep and wake.

settings: `period` s between frames (0.2 to 2.3), `capture` a file to replay first, `zeros` s after power-up, sleep or
brown-out during which frames are all zero, `brown_out` s after the first look at which the supply dips: it starts anew.
"""

import struct
from importlib.resources import files
from typing import Any

from hw_sim.instruments.base import Chip, Talker, not_acknowledged
from hw_sim.world import World

HCHO_PER_PPB = 30.026 * 101.325 / (8.314462618 * 298.15)  # µg/m³


def frame(words: list[int]) -> bytes:
    """42 4D, the length, the words, the sum."""
    body = struct.pack(f">HH{len(words)}H", 0x424D, 2 * len(words) + 2, *words)
    return body + struct.pack(">H", sum(body) & 0xFFFF)


def capture(name: str) -> list[bytes]:
    """The frames of a capture in `hw_sim/captures`: one a line in hexadecimal, # begins a comment."""
    text = files("hw_sim").joinpath("captures", name).read_text("utf-8")
    return [bytes.fromhex(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def masses(world: World, now: float) -> list[int]:
    """PM1, PM2.5, PM10 on the factory scale, then for the atmosphere; above 30 µg/m³ the factory scale is larger."""
    pm25 = max(0.0, world.value("pm25", now))
    atmospheric = [round(pm25 * 0.7), round(pm25), round(pm25 * 1.25)]
    return [round(v * 1.3) if v > 30 else v for v in atmospheric] + atmospheric


def counts(world: World, now: float) -> list[int]:
    """Particles larger than 0.3, 0.5, 1, 2.5, 5, 10 µm in 0.1 L."""
    pm25 = max(0.0, world.value("pm25", now))
    return [min(65535, round(pm25 * k)) for k in (160, 46, 8, 0.9, 0.25, 0.1)]


def climate(world: World, now: float) -> list[int]:
    """Temperature × 10, signed, and relative humidity × 10."""
    return [round(10 * world.value("temperature", now)) & 0xFFFF, round(10 * world.value("humidity", now))]


class Supply:
    """Whether the device has just been powered: `zeros` s after that its frames are empty."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._zeros = float(settings.get("zeros", 0.0))
        self._dip = float(settings.get("brown_out", 0.0))
        self._first: float | None = None
        self._since = 0.0

    def dipped(self, now: float) -> bool:
        """True once, when the brown-out comes."""
        if self._first is None:
            self._first = self._since = now
        if self._dip and now >= self._first + self._dip:
            self._dip = 0.0
            self._since = now
            return True
        return False

    def restart(self, now: float) -> None:
        """The laser starts again."""
        self._since = now

    def warm(self, now: float) -> bool:
        """False while frames are still empty."""
        return now >= self._since + self._zeros


class Pms5003(Talker):
    """Six counts; version 0x97, no error."""

    commands = True

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._period = float(settings.get("period", 0.9))
        self._replay = capture(settings["capture"]) if "capture" in settings else []
        self._supply = Supply(settings)
        self._next = 0.0
        self._active = True
        self._awake = True

    def words(self, now: float) -> list[int]:
        """What it measures, as its frame's words."""
        return [*masses(self.world, now), *counts(self.world, now), 0x9700]

    def _power(self, now: float) -> None:
        if self._supply.dipped(now):
            self._active = self._awake = True

    def due(self, now: float) -> bytes:
        """A frame each period while active."""
        self._power(now)
        if not (self._active and self._awake) or now < self._next:
            return b""
        self._next = now + self._period
        return self._replay.pop(0) if self._replay else self._measure(now)

    def _measure(self, now: float) -> bytes:
        words = self.words(now)
        return frame(words if self._supply.warm(now) else [0] * len(words))

    def hear(self, data: bytes, now: float) -> bytes:
        """Commands of seven bytes, several if they came at once; what is none is passed over."""
        self._power(now)
        if not self.commands:
            return b""
        return b"".join(self._obey(data[i : i + 7], now) for i in range(0, len(data), 7))

    def _obey(self, data: bytes, now: float) -> bytes:
        if len(data) != 7 or data[:2] != b"BM" or sum(data[:5]) & 0xFFFF != data[5] << 8 | data[6]:
            return b""
        command, low = data[2], data[4]
        if command == 0xE4:
            if low and not self._awake:
                self._active = True
                self._supply.restart(now)
            self._awake = bool(low)
            return b"" if low else frame([command << 8])
        if not self._awake:
            return b""
        if command == 0xE1:
            self._active = bool(low)
            return frame([command << 8 | low])
        return self._measure(now) if command == 0xE2 else b""


class Pms5003T(Pms5003):
    """Four counts, temperature, humidity."""

    def words(self, now: float) -> list[int]:
        """As the manual's table."""
        return [*masses(self.world, now), *counts(self.world, now)[:4], *climate(self.world, now), 0x9A00]


class Pms5003ST(Pms5003):
    """Six counts, formaldehyde in µg/m³, temperature, humidity, one spare word."""

    def words(self, now: float) -> list[int]:
        """As the manual's table."""
        hcho = round(max(0.0, self.world.value("hcho", now)) * HCHO_PER_PPB)
        return [*masses(self.world, now), *counts(self.world, now), hcho, *climate(self.world, now), 0, 0x9700]


class Pms3003(Pms5003):
    """No counts; its reserved words are not zero. It takes no commands."""

    commands = False

    def words(self, now: float) -> list[int]:
        """As the manual's table."""
        return [*masses(self.world, now), 0x33D2, 0x0F28, 0x003F]


class Pmsa003i(Chip):
    """The PMS5003's frame on I2C, without any register. settings: `bad_sums`, so many reads come with a wrong sum first."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._bad = int(settings.get("bad_sums", 0))
        self._supply = Supply(settings)

    def write(self, data: bytes, now: float) -> None:
        """It has nothing to be written."""
        if data:
            raise not_acknowledged()

    def read(self, size: int, now: float) -> bytes:
        """The newest frame."""
        self._supply.dipped(now)
        words = [*masses(self.world, now), *counts(self.world, now), 0x9700]
        answer = frame(words if self._supply.warm(now) else [0] * 13)
        if self._bad:
            self._bad -= 1
            answer = answer[:-1] + bytes((answer[-1] ^ 0x01,))
        return answer[:size].ljust(size, b"\xff")
