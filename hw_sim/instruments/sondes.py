"""Sondes of many sensors and a network of them: In-Situ Aqua TROLL 400, 500 and 600, YSI EXO, IQ Sensor Net."""

from typing import Any

from hw_sim.instruments.base import Map, float_abcd, float_cdab, placed
from hw_sim.world import World

SATURATION = 92.0
"""% of oxygen that they show; the world knows only mg/L."""

IDLE = 5.0
"""s without a question after which a TROLL sleeps; the next question wakes it and is not answered."""

TROLL: dict[int, tuple[str, int]] = {
    1: ("water_temperature", 1),
    10: ("conductivity", 65),
    17: ("ph", 145),
    19: ("orp", 162),
    20: ("oxygen", 117),
    21: ("", 177),
    25: ("turbidity", 194),
    51: ("chlorophyll", 118),
}
"""In-Situ's number of a parameter → what it is in the world ("": the saturation), the number of its unit."""


class Troll(Map):
    """What they share. settings: `absent` numbers of parameters whose sensor is not plugged in, `units` number → another unit.

    `idle` s after which it sleeps, where simulated time runs faster than a host waits (5).
    """

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._asked = float("-inf")
        self._idle = float(settings.get("idle", IDLE))
        self._absent = [int(one) for one in settings.get("absent", [])]
        self._units = {int(key): int(unit) for key, unit in settings.get("units", {}).items()}

    def answer(self, pdu: bytes, now: float) -> bytes | None:
        """Nothing to the question that wakes it."""
        asleep, self._asked = now - self._asked > self._idle, now
        return None if asleep else super().answer(pdu, now)

    def measured(self, number: int, now: float) -> list[int]:
        """The float of a parameter."""
        course = TROLL[number][0]
        return float_abcd(self.world.value(course, now) if course else SATURATION)

    def unit(self, number: int) -> int:
        """The number of its unit."""
        return self._units.get(number, TROLL[number][1])


class AquaTroll600(Troll):
    """Parameter n at 5450 + 7 (n − 1): float ABCD, quality (0 good), unit, n, a float for off line. The absent are not there."""

    def registers(self, now: float) -> dict[int, int]:
        """Seven registers for each sensor."""
        found = placed(9000, [30, 0, 1234, 0, 0, 0, 0])
        for number in TROLL:
            if number not in self._absent:
                found |= placed(5450 + 7 * (number - 1), self.measured(number, now), [0, self.unit(number), number, 0, 0])
        return found


class AquaTroll400(Troll):
    """Counted from 1: float ABCD, number, unit, quality, a float for off line, possible units; absent: quality 7 and 0.0.

    Assumed: 0054 oxygen saturation, 0554 specific conductivity.
    """

    places = {20: 38, 1: 46, 21: 54, 10: 554, 17: 1538, 19: 1554}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """Eight registers for each parameter."""
        found = placed(9000, [7])
        for number, place in self.places.items():
            gone = number in self._absent
            value = [0, 0] if gone else self.measured(number, now)
            found |= placed(place - 1, value, [number, self.unit(number), 7 if gone else 0, 0, 0, 1])
        return found


class Exo(Map):
    """128 numbers of parameters, 256 their states (0 available, 2 not), 384 floats CDAB. settings: `unavailable` numbers."""

    parameters = {1: "water_temperature", 7: "conductivity", 18: "ph", 211: "", 212: "oxygen", 223: "turbidity"}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """Three blocks; what is not used is 0."""
        gone = self.settings.get("unavailable", [])
        rest = 32 - len(self.parameters)
        values = [float_cdab(self.world.value(one, now) if one else SATURATION) for one in self.parameters.values()]
        states = [2 if number in gone else 0 for number in self.parameters]
        found = placed(0, [15, 0, 0]) | placed(128, list(self.parameters), [0] * rest)
        return found | placed(256, states, [1] * rest) | placed(384, *values, [0] * 2 * rest)


class IqSensorNet(Map):
    """Function 04, eight registers a sensor, floats ABCD: S01 pH with its temperature, S02 turbidity without one.

    number and state (2 measures), model, errors, mode and validity (main and secondary: 1 valid, 4 missing), two floats.
    Assumed: the model and mode of S01. settings: `invalid` true: the sensors are being cleaned.
    """

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Sixteen registers."""
        main = 0x20 if self.settings.get("invalid") else 0x10
        ph = float_abcd(self.world.value("ph", now)), float_abcd(self.world.value("water_temperature", now))
        turbidity = float_abcd(self.world.value("turbidity", now))
        first = placed(0, [0x0102, 0x0201, 0, 0x0100 | main | 1], *ph)
        return first | placed(8, [0x0202, 0x0401, 0, main | 4], turbidity, [0x7FC0, 0])
