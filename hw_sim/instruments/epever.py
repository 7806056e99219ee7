"""EPEver solar charge controller: function 04 in hundredths, 32-bit numbers low word first; 115200 baud, address 1.

The quirk of the real one, a truncated first reply after idle, is the fault "first_truncated" of the line. settings: those of the
clock. Assumed: the texts of the identification, the battery's limits (12 V lead), the sums of months and years.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from hw_sim.instruments.base import Map, placed, signed, unsigned
from hw_sim.instruments.clock import Clock
from hw_sim.world import World

OVER, UNDER, CUT = 16.0, 12.0, 11.1
"""Battery V: over-voltage, under-voltage, load disconnected."""

FULL = 14.4
"""Battery V at which boost charging ends and float charging begins."""

DAY = 86400


class Epever(Map):
    """Panel, battery, load and day statistics; a clock that can be set; coil 2 switches the load."""

    functions = (0x02, 0x03, 0x04, 0x05, 0x10, 0x2B)
    identity = ("EPsolar Tech co., Ltd", "Tracer2210CN", "V02.05+V07.12")

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._clock = Clock(settings)
        self._wanted = True
        self._set: tuple[list[int], float] | None = None

    def block_of(self, function: int, address: int, count: int, now: float) -> list[int] | None:
        """Values by function 04, the clock by 03."""
        if function == 0x03:
            return self._time(now) if (address, count) == (0x9013, 3) else None
        if 0x3300 <= address <= 0x3313:
            table = self._statistics(now)
            return [table[one] for one in range(address, address + count)] if address + count <= 0x3314 else None
        return self.block(address, count, now)

    def registers(self, now: float) -> dict[int, int]:
        """Rated words between the values that the table does not name are 0."""
        battery, panel, load, power, use = self._state(now)
        net = (power - use) / battery
        warm = self.world.value("temperature", now)
        values = placed(
            0x3100,
            [_cents(panel), _cents(power / panel if panel else 0.0), *_long(power)],
            [_cents(battery), _cents(power / battery), *_long(power), 0, 0, 0, 0],
            [_cents(battery if load else 0.0), _cents(use / battery), *_long(use)],
            [signed(100 * warm), signed(100 * (warm + 4)), signed(100 * (warm + 6))],
        )
        soc = min(100.0, max(0.0, (battery - CUT) / (13.2 - CUT) * 100))
        values |= {0x311A: unsigned(soc), 0x311B: signed(100 * warm), 0x311C: 0, 0x311D: 1200}
        values |= placed(0x331A, [_cents(battery)], _long(net))
        return values | placed(0x3200, [_battery(battery), _charging(battery, power), int(load)])

    def inputs(self, address: int, count: int, now: float) -> list[bool] | None:
        """0x2000 inside too hot, 0x200C night."""
        if count != 1:
            return None
        night = self._state(now)[1] < 5.0
        return {0x2000: [self.world.value("temperature", now) > 80.0], 0x200C: [night]}.get(address)

    def switch(self, address: int, on: bool, now: float) -> bool:
        """Coil 2: the load."""
        if address != 2:
            return False
        self._wanted = on
        return True

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Set the clock, all of it."""
        if address != 0x9013 or len(values) != 3 or _moment(values) is None:
            return False
        self._set = (values, now)
        return True

    def _state(self, now: float) -> tuple[float, float, bool, float, float]:
        """Battery V, panel V, load on, panel W, load W."""
        battery = self.world.value("battery_voltage", now)
        power = self.world.value("solar_power", now)
        load = self._wanted and battery >= CUT
        return battery, 17.5 if power >= 0.5 else 0.8, load, power if power >= 0.5 else 0.0, self._use(now) if load else 0.0

    def _use(self, now: float) -> float:
        return self.world.value("load_power", now)

    def _time(self, now: float) -> list[int]:
        """(min, s), (day, hour), (year, month), high byte first in each."""
        at = self._clock.shows(now, now)
        moment = _moment(self._set[0]) if self._set else None
        if self._set and moment:
            at = moment + timedelta(seconds=now - self._set[1])
        return [at.minute << 8 | at.second, at.day << 8 | at.hour, at.year % 100 << 8 | at.month]

    def _statistics(self, now: float) -> dict[int, int]:
        """Today's extremes, and the kWh used and made today, this month, this year, in all."""
        midnight = now // DAY * DAY
        times = [midnight + 1800 * n for n in range(int((now - midnight) // 1800) + 1)]
        states = [self._state(at) for at in times]
        hours = (now - midnight) / 3600
        used, made = (sum(state[place] for state in states) / len(states) * hours / 1000 for place in (4, 3))
        panels, batteries = [state[1] for state in states], [state[0] for state in states]
        extremes = [_cents(one) for one in (max(panels), min(panels), max(batteries), min(batteries))]
        sums = [_long(today + before) for today in (used, made) for before in (0.0, 1.5, 24.0, 61.0)]
        return placed(0x3300, extremes, *sums)


def _cents(number: float) -> int:
    return unsigned(100 * number)


def _long(number: float) -> list[int]:
    """Hundredths in 32 bits, two's complement, low word first."""
    whole = round(100 * number) & 0xFFFFFFFF
    return [whole & 0xFFFF, whole >> 16]


def _battery(volts: float) -> int:
    """Status word 0x3200, bits 3–0."""
    if volts > OVER:
        return 1
    return 3 if volts < CUT else 2 if volts < UNDER else 0


def _charging(volts: float, watts: float) -> int:
    """Status word 0x3201: bit 0 running; bits 3–2: 1 float, 2 boost."""
    if watts <= 0:
        return 1
    return 1 | (1 if volts >= FULL else 2) << 2


def _moment(words: list[int]) -> datetime | None:
    """The time that three clock words say, None if there is no such time."""
    minute, day, year = (divmod(word, 256) for word in words)
    try:
        return datetime(2000 + year[0], year[1], day[0], day[1], *minute, tzinfo=UTC)
    except ValueError:
        return None
