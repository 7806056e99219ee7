"""Soil probes on Modbus."""

from hw_sim.instruments.base import Map, placed, signed, unsigned


class Rs485Soil(Map):
    """0 moisture × 10, 1 temperature × 10 signed, 2 conductivity in µS/cm."""

    def registers(self, now: float) -> dict[int, int]:
        """Three registers."""
        value = self.world.value
        return {
            0: unsigned(10 * value("soil_moisture", now)),
            1: signed(10 * value("soil_temperature", now)),
            2: unsigned(value("soil_conductivity", now)),
        }


class Rs485SoilPh(Rs485Soil):
    """The same, and 3 pH × 10."""

    def registers(self, now: float) -> dict[int, int]:
        """Four registers."""
        return super().registers(now) | {3: unsigned(10 * self.world.value("soil_ph", now))}


class Es107(Rs485SoilPh):
    """The same, and 4 to 6 nitrogen, phosphorus, potassium in mg/kg, 7 salinity, 8 dissolved solids.

    Assumed: the last five are shares of the conductivity.
    """

    def registers(self, now: float) -> dict[int, int]:
        """Nine registers."""
        conductivity = self.world.value("soil_conductivity", now)
        return super().registers(now) | placed(4, [unsigned(share * conductivity) for share in (0.1, 0.14, 0.32, 0.55, 0.5)])


class JxbsSoil(Map):
    """0x0006 pH × 100, 0x0012 moisture × 10, 0x0013 temperature × 10, 0x0015 conductivity, 0x001E to 0x0020 N, P, K."""

    def registers(self, now: float) -> dict[int, int]:
        """Eight registers. Assumed: 0x0014 is there and 0."""
        value = self.world.value
        soil = [unsigned(10 * value("soil_moisture", now)), signed(10 * value("soil_temperature", now)), 0]
        nutrients = [unsigned(share * value("soil_conductivity", now)) for share in (0.1, 0.14, 0.32)]
        first = {0x0006: unsigned(100 * value("soil_ph", now))}
        return first | placed(0x0012, soil, [unsigned(value("soil_conductivity", now))]) | placed(0x001E, nutrients)


class Rk520(Map):
    """0 temperature × 10 signed, 1 moisture × 10, 2 conductivity × 1000 in mS/cm."""

    def registers(self, now: float) -> dict[int, int]:
        """Three registers."""
        value = self.world.value
        words = [signed(10 * value("soil_temperature", now)), unsigned(10 * value("soil_moisture", now))]
        return placed(0, words, [unsigned(1000 * (value("soil_conductivity", now) / 1000))])
