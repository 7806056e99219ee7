"""A GNSS receiver as u-blox makes them (NMEA 0183 v4.11): a burst of sentences each second, cold start, week roll-over."""

import math
from datetime import date, timedelta
from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.world import World


def sentence(body: str) -> bytes:
    """`$`, the body, `*` and the exclusive or of the body."""
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}\r\n".encode()


def angle(value: float, digits: int, sides: str) -> str:
    """ddmm.mmmmm,N"""
    size = round(abs(value) * 60, 5)
    return f"{int(size // 60):0{digits}d}{size % 60:08.5f},{sides[value < 0]}"


class Nmea(Talker):
    """settings: `latitude` `longitude` °, `altitude` m, `speed` kn, `first_fix` s, `date` YYYY-MM-DD, `rollover` true;
    `circle` m: it drives at `speed` round a circle of this radius.
    """

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._date = date.fromisoformat(settings.get("date", "2026-11-24"))
        if settings.get("rollover"):
            self._date -= timedelta(weeks=1024)
        self._first: float | None = None
        self._next = 0.0

    def due(self, now: float) -> bytes:
        """One burst a second."""
        if now < self._next:
            return b""
        self._first = now if self._first is None else self._first
        self._next = now + 1.0
        second = int(now) % 86400
        clock = f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}.00"
        fixed = now - self._first >= float(self.settings.get("first_fix", 26.0))
        return self._burst(clock, fixed, now)

    def _place(self, now: float) -> str:
        """Latitude and longitude at `now`."""
        get = self.settings.get
        latitude, longitude = float(get("latitude", 31.8206)), float(get("longitude", 117.2272))
        if circle := float(get("circle", 0.0)):
            turned = float(get("speed", 0.0)) * 1852 / 3600 * now / circle
            degrees = circle / 111_320.0
            latitude += degrees * math.sin(turned)
            longitude += degrees * math.cos(turned) / math.cos(math.radians(latitude))
        return angle(latitude, 2, "NS") + "," + angle(longitude, 3, "EW")

    def _burst(self, clock: str, fixed: bool, now: float) -> bytes:
        day = f"{self._date:%d%m%y}"
        if not fixed:
            return (
                sentence(f"GNRMC,{clock},V,,,,,,,{day},,,N,V")
                + sentence("GNVTG,,,,,,,,,N")
                + sentence(f"GNGGA,{clock},,,,,0,00,99.99,,,,,,")
            )
        get = self.settings.get
        place = self._place(now)
        return (
            sentence(f"GNRMC,{clock},A,{place},{float(get('speed', 0.0)):.3f},,{day},,,A,V")
            + sentence("GNVTG,,T,,M,0.0,N,0.0,K,A")
            + sentence(f"GNGGA,{clock},{place},1,09,1.01,{float(get('altitude', 38.5)):.1f},M,-2.0,M,,")
            + sentence("GNGSA,A,3,10,23,24,32,,,,,,,,,1.80,1.01,1.49,1")
        )

    def hear(self, data: bytes, now: float) -> bytes:
        """It takes configuration without a word."""
        return b""
