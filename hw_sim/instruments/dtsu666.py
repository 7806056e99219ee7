"""Chint DTSU666 electricity meter: floats ABCD; total active power in tenths of a watt, imported energy in kWh."""

from hw_sim.instruments.base import Map, float_abcd, placed


class Dtsu666(Map):
    """0x2012 power, 0x101E energy; the station's load and a pump of 450 W."""

    functions = (0x03, 0x10)

    def registers(self, now: float) -> dict[int, int]:
        """Two floats."""
        power = 450.0 + 10 * self.world.value("load_power", now)
        return placed(0x2012, float_abcd(10 * power)) | placed(0x101E, float_abcd(1530.25 + now * power / 3.6e6))
