"""RS-485 climate and wind transmitters of the Renke kind. Both wind devices leave the factory with address 1."""

from hw_sim.instruments.base import Map, signed, unsigned


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
