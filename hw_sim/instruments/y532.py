"""Yosemitech Y532 pH probe, from the maker's Modbus manual, with the register that is right (0x2800; the manual says 0x2600).

0x2800 pH, 0x2400 temperature, 0x1200 the electrode's voltage in mV. It measures from power-up; there is no start.
"""

from hw_sim.instruments._yosemitech import Probe, floats, kept
from hw_sim.instruments.modbus_unit import Block

ACIDITY, TEMPERATURE, VOLTAGE, COEFFICIENTS = 0x2800, 0x2400, 0x1200, 0x2900
NERNST = 0.19842  # mV for each kelvin and pH


class Y532(Probe):
    """One probe."""

    serial = "YL4322050112"
    pace = 1.8
    boot = 0.5

    def measuring(self) -> list[Block]:
        """Each value in its own place."""
        return [
            Block(ACIDITY, 2, lambda now: floats(self.values(now)[0])),
            Block(TEMPERATURE, 2, lambda now: floats(self.values(now)[1])),
            Block(VOLTAGE, 2, lambda now: floats(self.values(now)[2])),
            kept(COEFFICIENTS, 12, floats(7.0, -0.0, 1.0, 0.0, 1.0, 0.0)),
        ]

    def measure(self, now: float) -> tuple[float, ...]:
        """pH, temperature, voltage of an ideal electrode."""
        acidity, temperature = self.sense("ph"), self.sense("water_temperature")
        return (acidity, temperature, NERNST * (temperature + 273.15) * (7.0 - acidity))
