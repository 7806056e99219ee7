"""RS-485 climate, wind and rain transmitters and weather boxes, most of the Renke kind.

Renke's two wind devices leave the factory with address 1, DFRobot's two with address 2.
"""

from typing import Any

from hw_sim.instruments.base import Map, placed, signed, unsigned
from hw_sim.world import World


class Rs485Climate(Map):
    """Relative humidity × 10, temperature × 10 signed; 4800 baud.

    0x07D0 address, 0x07D1 speed: 0 2400, 1 4800, 2 9600.
    """

    def registers(self, now: float) -> dict[int, int]:
        """0x0000 humidity 0 to 100 %, 0x0001 temperature −40 to 80 °C."""
        humidity = min(100.0, max(0.0, self.world.value("humidity", now)))
        temperature = min(80.0, max(-40.0, self.world.value("temperature", now)))
        return {
            0x0000: unsigned(10 * humidity),
            0x0001: signed(10 * temperature),
            0x07D0: int(self.settings.get("unit", 1)),
            0x07D1: 1,
        }


class Rs485Wind(Map):
    """RS-FSJT-N01: wind speed × 10; a cup that hardly turns says 0."""

    def registers(self, now: float) -> dict[int, int]:
        """0x0000 speed 0 to 60 m/s."""
        return {0x0000: unsigned(10 * min(60.0, self.world.value("wind_speed", now)))}


class Rs485WindDirection(Map):
    """RS-FXJT: gear, degrees. settings: `gears` 8 or 16."""

    def registers(self, now: float) -> dict[int, int]:
        """0x0000 gear from 0 (north) on, clockwise; 0x0001 degrees 0 to 359."""
        gears = int(self.settings.get("gears", 8))
        degrees = round(self.world.value("wind_direction", now)) % 360
        return {0x0000: round(degrees * gears / 360) % gears, 0x0001: degrees}


class Sen0483(Map):
    """DFRobot: wind speed × 10 in 0x0000, its address in 0x1000."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return {0x0000: unsigned(10 * self.world.value("wind_speed", now)), 0x1000: int(self.settings.get("unit", 2))}


class Sen0482(Map):
    """DFRobot: degrees × 10 in 0x0000, one of 16 steps in 0x0001, its address in 0x1000."""

    def registers(self, now: float) -> dict[int, int]:
        """Three registers."""
        tenths = round(10 * self.world.value("wind_direction", now)) % 3600
        return {0x0000: tenths, 0x0001: round(tenths / 225) % 16, 0x1000: int(self.settings.get("unit", 2))}


class RyFsx485(Map):
    """Raintech: function 04, 1 speed × 10, 2 one of 16 directions. Assumed: 0 is north, clockwise."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        direction = round(self.world.value("wind_direction", now) / 22.5) % 16
        return {1: unsigned(10 * self.world.value("wind_speed", now)), 2: direction}


class Rs485Rain(Map):
    """Rain since it was last cleared, × 10 mm, in 0x0000; 0x5A written there clears it.

    settings: `total` mm at the first question (12.4), `rate` mm/h instead of the world's rain.
    """

    functions: tuple[int, ...] = (0x03, 0x06, 0x10)

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._total = float(settings.get("total", 12.4))
        self._at: float | None = None

    def total(self, now: float) -> float:
        """mm so far."""
        rate = float(self.settings["rate"] if "rate" in self.settings else self.world.value("rain", now))
        self._total += rate * (now - (now if self._at is None else self._at)) / 3600
        self._at = now
        return self._total

    def registers(self, now: float) -> dict[int, int]:
        """One register; the bucket counts whole tenths."""
        return {0x0000: int(10 * self.total(now) + 1e-6) & 0xFFFF}

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Clear it."""
        if address != 0 or values != [0x5A]:
            return False
        self._total, self._at = 0.0, now
        return True


class Rs485Weather(Rs485Rain):
    """Renke's box of many elements, 0x01F4 to 0x0201; settings as the rain gauge's.

    Wind × 10, force, direction 0 to 7, degrees, humidity × 10, temperature × 10 signed, noise × 10, PM2.5, PM10, kPa × 10, lux in
    two registers, lux / 100, rain × 10. Assumed: the lux' high word comes first, and the force is Beaufort's.
    """

    functions = (0x03,)

    def registers(self, now: float) -> dict[int, int]:
        """Fourteen registers."""
        value = self.world.value
        speed, degrees = value("wind_speed", now), round(value("wind_direction", now)) % 360
        wind = [unsigned(10 * speed), unsigned((speed / 0.836) ** (2 / 3)), round(degrees / 45) % 8, degrees]
        air = [unsigned(10 * value("humidity", now)), signed(10 * value("temperature", now)), unsigned(10 * value("noise", now))]
        dust = [unsigned(value("pm25", now)), unsigned(1.25 * value("pm25", now))]
        lux = 70000
        others = [unsigned(value("pressure", now)), lux >> 16, lux & 0xFFFF, lux // 100]
        return placed(0x01F4, wind, air, dust, others, [int(10 * self.total(now) + 1e-6) & 0xFFFF])
