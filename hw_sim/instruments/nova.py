"""Nova Fitness SDS011 and SDS198 (Laser Dust Sensor Control Protocol v1.3): report mode, query, sleep, working period.

settings: `zeros` s after power-up, waking or brown-out during which it says 0 and 0; `brown_out` s after the first look at
which the supply dips; `mode` "query" and `period` min as an earlier owner left them in its flash.
"""

from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.instruments.pms5003 import Supply
from hw_sim.world import World

ID = b"\xa1\x60"


def answer(head: int, data: bytes) -> bytes:
    """AA, head, four bytes of data, the device's id, the sum of all six, AB."""
    body = data + ID
    return bytes((0xAA, head)) + body + bytes((sum(body) & 0xFF, 0xAB))


class Sds011(Talker):
    """PM2.5 and PM10, each × 10, low byte first."""

    head = 0xC0
    commands = True

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._supply = Supply(settings)
        self._query = settings.get("mode") == "query"
        self._minutes = int(settings.get("period", 0))
        self._awake = True
        self._next = 0.0

    def words(self, now: float) -> tuple[int, int]:
        """What a frame carries."""
        pm25 = max(0.1, self.world.value("pm25", now) * float(self.settings.get("times", 1.0)))
        return min(9999, round(10 * pm25)), min(9999, round(12.5 * pm25))

    def _measure(self, now: float) -> bytes:
        low, high = self.words(now) if self._supply.warm(now) else (0, 0)
        return answer(self.head, low.to_bytes(2, "little") + high.to_bytes(2, "little"))

    def due(self, now: float) -> bytes:
        """A frame a second, or one at the end of each working period."""
        if self._supply.dipped(now):
            self._awake = True
        if self._query or not self._awake or now < self._next:
            return b""
        self._next = now + (60.0 * self._minutes or 1.0)
        return self._measure(now)

    def hear(self, data: bytes, now: float) -> bytes:
        """Commands of 19 bytes, several if they came at once; asleep it obeys the command to wake only."""
        return b"".join(self._hear(data[i : i + 19], now) for i in range(0, len(data), 19))

    def _hear(self, data: bytes, now: float) -> bytes:
        good = len(data) == 19 and data[:2] == b"\xaa\xb4" and data[-1] == 0xAB and sum(data[2:17]) & 0xFF == data[17]
        if not (self.commands and good and data[15:17] in (b"\xff\xff", ID)):
            return b""
        number, write, value = data[2], data[3] == 1, data[4]
        if not self._awake:
            if (number, write, value) != (6, True, 1):
                return b""
            self._awake = True
            self._supply.restart(now)
            self._next = now + 1.0
            return b"\x00\xfe" + answer(0xC5, bytes((6, 1, 1, 0)))  # its line settles first
        return self._obey(number, write, value, now)

    def _obey(self, number: int, write: bool, value: int, now: float) -> bytes:
        match number:
            case 2:
                self._query = bool(value) if write else self._query
                return answer(0xC5, bytes((2, write, self._query, 0)))
            case 4:
                return self._measure(now)
            case 6:
                self._awake = bool(value) if write else True
                return answer(0xC5, bytes((6, write, self._awake, 0)))
            case 7:
                return answer(0xC5, bytes((7, 15, 7, 10)))
            case 8:
                self._minutes = min(30, value) if write else self._minutes
                self._next = now + (60.0 * self._minutes or 1.0)
                return answer(0xC5, bytes((8, write, self._minutes, 0)))
        return b""


class Sds198(Sds011):
    """Total dust in whole µg/m³ in the second word; it is not known to listen."""

    head = 0xCF
    commands = False

    def words(self, now: float) -> tuple[int, int]:
        """An unpublished word, the dust."""
        return 14, min(20000, max(1, round(self.world.value("tsp", now))))
