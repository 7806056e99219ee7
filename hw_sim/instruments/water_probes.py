"""Water probes that answer with whole numbers: Supmea DO7013, Seeed S-pH-01, S-EC-01 and S-RJY-01."""

from hw_sim.instruments.base import Map, placed, signed, unsigned

SATURATION = 92.0
"""% of oxygen that the DO7013 shows; the world knows only mg/L."""


class Do7013(Map):
    """Signed: 0 °C × 10, 1 mg/L × 100, 2 % × 10; 6 and 7 its state. Assumed: 3 to 7 are 0."""

    def registers(self, now: float) -> dict[int, int]:
        """Eight registers."""
        temperature, oxygen = self.world.value("water_temperature", now), self.world.value("oxygen", now)
        return placed(0, [signed(10 * temperature), signed(100 * oxygen), signed(10 * SATURATION)], [0] * 5)


class SPh01(Map):
    """0 °C, 1 pH × 100. Assumed: °C × 100."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0, [signed(100 * self.world.value("water_temperature", now)), unsigned(100 * self.world.value("ph", now))])


class SEc01(Map):
    """0 °C × 100, 2 conductivity, 3 salinity, 4 dissolved solids. Assumed: µS/cm, half of it in mg/L for both, 1 is 0."""

    def registers(self, now: float) -> dict[int, int]:
        """Five registers."""
        conductivity = self.world.value("conductivity", now)
        salts = unsigned(conductivity / 2)
        return placed(0, [signed(100 * self.world.value("water_temperature", now)), 0, unsigned(conductivity), salts, salts])


class SRjy01(Map):
    """0x0100 °C × 10, 0x0101 mg/L × 100; address 55 from the factory."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        temperature, oxygen = self.world.value("water_temperature", now), self.world.value("oxygen", now)
        return placed(0x0100, [signed(10 * temperature), unsigned(100 * oxygen)])
