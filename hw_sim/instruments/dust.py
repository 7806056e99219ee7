"""Dust meters of site stations and particle transmitters on Modbus; TSP is the world's, PM10 is 1.25 of PM2.5."""

from hw_sim.instruments.base import Map, float_abcd, placed, unsigned


class JiaMing(Map):
    """Function 04: 0x007E TSP in mg/m³ ABCD, 0x0258 mode. settings: `mode` 0 measures, 1 maintenance (0)."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Three registers."""
        shown = placed(0x007E, float_abcd(self.world.value("tsp", now) / 1000))
        return shown | {0x0258: int(self.settings.get("mode", 0))}


class Dm601(Map):
    """0 TSP and 2 the same before the factor in mg/m³ ABCD; 0x0064 state, 0x0065 fault.

    settings: `factor` (1), `state` 0 measures, 1 maintenance, 2 fault, 3 calibration (0), `fault` (0).
    """

    def registers(self, now: float) -> dict[int, int]:
        """Seven registers."""
        tsp = self.world.value("tsp", now) / 1000
        dust = placed(0, float_abcd(tsp), float_abcd(tsp / float(self.settings.get("factor", 1.0))))
        state = [int(self.settings.get("state", 0)), int(self.settings.get("fault", 0)), 0]
        return dust | placed(0x0064, state)


class BoLing(Map):
    """0 TSP, 2 PM10, 4 PM2.5: whole µg/m³ in 32 bits, high word first."""

    def registers(self, now: float) -> dict[int, int]:
        """Six registers."""
        pm25 = self.world.value("pm25", now)
        whole = [round(self.world.value("tsp", now)), round(1.25 * pm25), round(pm25)]
        return placed(0, *([one >> 16, one & 0xFFFF] for one in whole))


class PmSense(Map):
    """Function 04: particles in a millilitre up to 1, 2.5, 10 µm; PM1, PM2.5, PM10 × 10; both again as means of ten seconds."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Twelve registers. Assumed: 30 particles a µg/m³; PM1 is 0.7 of PM2.5."""
        pm25 = self.world.value("pm25", now)
        mass = [unsigned(10 * share * pm25) for share in (0.7, 1.0, 1.25)]
        counts = [unsigned(30 * share * pm25) for share in (0.7, 1.0, 1.01)]
        return placed(0, counts, mass, counts, mass)


class T640(Map):
    """Function 04, floats ABCD: 6 PM10, 8 PM2.5, 34 kPa, 36 % and 44 °C of the sample, 40 °C outside, 46 L/min."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """The first hundred registers; what is not named is 0."""
        value = self.world.value
        floats = {
            6: 1.25 * value("pm25", now),
            8: value("pm25", now),
            34: value("pressure", now) / 10,
            36: 31.0,
            40: value("temperature", now),
            44: 27.5,
            46: 5.0,
        }
        table = dict.fromkeys(range(100), 0)
        for register, number in floats.items():
            table |= placed(register, float_abcd(number))
        return table
