"""Honeywell HPMA115S0 and HPMA115C0 (HPM series data sheet 32322550): automatic sending, questions, start and stop.

settings: `zeros` s after a start during which it says only zeros; `acknowledged`: an acknowledgement stands before each answer.
"""

from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.instruments.pms5003 import Supply
from hw_sim.world import World


def answer(kind: int, data: bytes, length: int) -> bytes:
    """40, a length, the command, its data, and the byte that makes the sum zero modulo 256."""
    body = bytes((0x40, length, kind)) + data
    return body + bytes(((0x10000 - sum(body)) % 256,))


def words(*numbers: float) -> bytes:
    """Masses in whole µg/m³, high byte first, at most 1000."""
    return b"".join(min(1000, round(number)).to_bytes(2, "big") for number in numbers)


class Hpma115S0(Talker):
    """PM2.5 at bytes 6 and 7 of what it sends, PM10 at 8 and 9."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._supply = Supply(settings)
        self._auto = self._running = True
        self._next = 0.0

    def masses(self, now: float) -> bytes:
        """The data of an answer."""
        pm25 = self._pm25(now)
        return words(pm25, 1.25 * pm25)

    def sent(self, now: float) -> bytes:
        """The 26 bytes before the sum of what it sends unasked, the first of them at byte 4."""
        return bytes(2) + self.masses(now)

    def _pm25(self, now: float) -> float:
        return max(1.0, self.world.value("pm25", now)) if self._supply.warm(now) else 0.0

    def reply(self, now: float) -> bytes:
        """The answer to a question for the masses."""
        return answer(4, self.masses(now), 5)

    def due(self, now: float) -> bytes:
        """32 bytes a second while it sends by itself."""
        self._supply.dipped(now)
        if not (self._auto and self._running) or now < self._next:
            return b""
        self._next = now + 1.0
        body = b"BM\x00\x1c" + self.sent(now).ljust(26, b"\0")
        return body + sum(body).to_bytes(2, "big")

    def hear(self, data: bytes, now: float) -> bytes:
        """One command of four bytes, or five with an argument; anything else is refused."""
        if sum(data) % 256 or data[:1] != b"\x68" or len(data) not in (4, 5):
            return b"\x96\x96"
        match data[2]:
            case 0x01:
                self._running = True
                self._supply.restart(now)
            case 0x02:
                self._running = False
            case 0x20:
                self._auto = False
            case 0x40:
                self._auto = True
            case 0x04 if self._running:
                return (b"\xa5\xa5" if self.settings.get("acknowledged") else b"") + self.reply(now)
            case 0x10:
                return answer(0x10, b"\x64", 2)
            case _:
                return b"\x96\x96"
        return b"\xa5\xa5"


class Hpma115C0(Hpma115S0):
    """PM1, PM2.5, PM4, PM10, from byte 4 of what it sends unasked."""

    def masses(self, now: float) -> bytes:
        """The data of an answer, spare bytes not counted."""
        pm25 = self._pm25(now)
        return words(0.7 * pm25, pm25, 1.1 * pm25, 1.25 * pm25)

    def sent(self, now: float) -> bytes:
        """The masses come first."""
        return self.masses(now)

    def reply(self, now: float) -> bytes:
        """With four spare bytes, and a length of 13."""
        return answer(4, self.masses(now) + bytes(4), 13)
