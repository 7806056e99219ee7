"""Cubic PM1006, PM1003, PM2005, PM2012 on a UART: they speak only when asked (PM2016 data sheet, UART protocol 1).

settings: `brown_out` s after the first look at which the supply sags: every mass is 1000 from then on; `alarm` the alarm byte
(PM2005); `closed`: the PM2012 has not been opened.
"""

from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.instruments.pms5003 import Supply
from hw_sim.world import World


def reply(command: int, data: bytes) -> bytes:
    """16, the length of command and data, both, and what makes the sum zero."""
    body = bytes((0x16, len(data) + 1, command)) + data
    return body + bytes((-sum(body) % 256,))


class Cubic(Talker):
    """What all of them do."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._supply = Supply(settings)
        self._weak = False
        self._open = not settings.get("closed", False)

    def mass(self, factor: float, now: float) -> int:
        """A mass in whole µg/m³."""
        return 1000 if self._weak else min(999, max(1, round(factor * self.world.value("pm25", now))))

    def due(self, now: float) -> bytes:
        """Nothing comes unasked."""
        self._weak = self._supply.dipped(now) or self._weak
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """One question whose bytes add up to zero."""
        self.due(now)
        if len(data) < 4 or data[0] != 0x11 or data[1] != len(data) - 3 or sum(data) % 256:
            return b""
        match data[2]:
            case 0x0B:
                return self.measured(data[3:-1], now)
            case 0x0C:
                self._open = data[3] == 2
                return reply(0x0C, data[3:4])
            case 0x1E:
                return reply(0x1E, b"PM V1.20.22.1")
            case 0x1F:
                return reply(0x1F, bytes.fromhex("00140023000b10e4162c"))
        return b""

    def measured(self, argument: bytes, now: float) -> bytes:
        """The answer to a question for the measurement."""
        raise NotImplementedError


class Pm1006(Cubic):
    """PM2.5 in bytes 5 and 6 of the frame; the rest is not documented and not zero."""

    def measured(self, argument: bytes, now: float) -> bytes:
        """To 01 only."""
        if argument != b"\x01":
            return b""
        pm25 = self.mass(1.0, now)
        data = (
            bytes((0, 0)) + pm25.to_bytes(2, "big") + bytes((0, 0, 3, 0xCB, 0, 0)) + pm25.to_bytes(2, "big") + b"\x01\x00\x00\x00"
        )
        return reply(0x0B, data)


class Pm2005(Cubic):
    """PM2.5 at 5, PM10 at 9, alarm at 15, state at 18 of the frame."""

    def measured(self, argument: bytes, now: float) -> bytes:
        """Masses to 01."""
        if argument != b"\x01":
            return b""
        data = bytearray(16)
        data[2:4] = self.mass(1.0, now).to_bytes(2, "big")
        data[6:8] = self.mass(1.25, now).to_bytes(2, "big")
        data[12] = int(self.settings.get("alarm", 0))
        data[15] = 1 if self._open else 3
        return reply(0x0B, bytes(data))


class Pm2012(Cubic):
    """Masses on two scales, six counts per litre, four bytes more."""

    def measured(self, argument: bytes, now: float) -> bytes:
        """To 07, once it is open."""
        if argument != b"\x07" or not self._open:
            return b""
        masses = [self.mass(factor, now) for factor in (0.6, 0.9, 1.1, 0.7, 1.0, 1.25)]
        pm25 = self.world.value("pm25", now)
        counts = [max(0, round(factor * pm25)) for factor in (1600, 460, 80, 9, 2.5, 1)]
        return reply(0x0B, b"".join(number.to_bytes(4, "big") for number in [*masses, *counts, 0]))
