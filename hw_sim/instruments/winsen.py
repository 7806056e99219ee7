"""Winsen ZH03B (manual v2.1): sending by itself or asked, sleep and wake; MH-Z19 carbon dioxide (manual v1.6), only asked.

The same for the ZPHS01B module. settings: ZH03B `zeros` s after a start during which it says only zeros; MH-Z19 `warm` s of
preheating in which it says 0 ppm; ZPHS01B `zero` what stands for 0 °C.
"""

import struct
from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.instruments.pms5003 import Supply, frame, masses
from hw_sim.world import World


def reply(data: bytes) -> bytes:
    """FF, seven bytes, the two's complement of their sum."""
    body = data.ljust(7, b"\0")
    return b"\xff" + body + bytes(((~sum(body) + 1) & 0xFF,))


def asked(data: bytes) -> int:
    """The command in nine bytes from the host, −1 if there is none."""
    good = len(data) == 9 and data[:2] == b"\xff\x01" and (~sum(data[1:8]) + 1) & 0xFF == data[8]
    return data[2] if good else -1


class Zh03b(Talker):
    """24 bytes a second, or nine when asked: PM2.5, PM10, PM1."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._supply = Supply(settings)
        self._by_itself = self._awake = True
        self._next = 0.0

    def due(self, now: float) -> bytes:
        """A frame a second while it sends by itself."""
        self._supply.dipped(now)
        if not (self._by_itself and self._awake) or now < self._next:
            return b""
        self._next = now + 1.0
        return frame([*self._masses(now), 0, 0, 0])

    def _masses(self, now: float) -> list[int]:
        return masses(self.world, now) if self._supply.warm(now) else [0] * 6

    def hear(self, data: bytes, now: float) -> bytes:
        """Nine bytes a command, several if they came at once."""
        return b"".join(self._obey(data[i : i + 9], now) for i in range(0, len(data), 9))

    def _obey(self, data: bytes, now: float) -> bytes:
        match asked(data):
            case 0xA7:
                if not data[3] and not self._awake:
                    self._supply.restart(now)
                self._awake = not data[3]
                return reply(b"\xa7\x01")
            case 0x78 if self._awake:
                self._by_itself = data[3] == 0x40
            case 0x86 if self._awake:
                pm1, pm25, pm10 = self._masses(now)[3:]
                return reply(b"\x86" + b"".join(one.to_bytes(2, "big") for one in (pm25, pm10, pm1)))
        return b""


class Mhz19(Talker):
    """Carbon dioxide in ppm at bytes 2 and 3, temperature + 40 at 4."""

    _first: float | None = None

    def due(self, now: float) -> bytes:
        """It speaks only when asked."""
        if self._first is None:
            self._first = now
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """A question for the concentration."""
        self.due(now)
        if asked(data) != 0x86:
            return b""
        warm = now - (self._first or 0.0) >= float(self.settings.get("warm", 0.0))
        co2 = round(self.world.value("co2", now)) if warm else 0
        return reply(b"\x86" + co2.to_bytes(2, "big") + bytes((round(self.world.value("temperature", now)) + 40,)))


class Zphs01b(Talker):
    """26 bytes when asked: masses, CO2, a grade of VOC, temperature, humidity, formaldehyde in µg/m³, CO, O3, NO2."""

    def due(self, now: float) -> bytes:
        """It speaks only when asked."""
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """A question."""
        if asked(data) != 0x86:
            return b""
        co2, temperature, humidity, hcho, co, o3, no2 = (
            self.world.value(name, now) for name in ("co2", "temperature", "humidity", "hcho", "co", "o3", "no2")
        )
        zero = int(self.settings.get("zero", 435))
        gases = round(hcho * 30.026 / 24.465), round(10 * co), round(o3 / 10), round(no2 / 10)
        climate = round(10 * temperature) + zero, round(humidity)
        body = b"\x86" + struct.pack(">4HB6H", *masses(self.world, now)[3:], round(co2), 1, *climate, *gases) + b"\0\0"
        return b"\xff" + body + bytes((-sum(body) & 0xFF,))
