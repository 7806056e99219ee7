"""Yosemitech Y504 dissolved oxygen probe (optical), from the maker's Modbus manual.

Reading 0x2500 starts the measurement, reading 0x2E00 stops it; until it is started the values are 0, with a right CRC.
0x2600: temperature, saturation as a fraction, mg/L.
"""

from hw_sim.instruments._yosemitech import Probe, floats, kept
from hw_sim.instruments.modbus_unit import Block

START, STOP, VALUES, CALIBRATION = 0x2500, 0x2E00, 0x2600, 0x1100


class Y504(Probe):
    """One probe."""

    LEAST = 0  # some hosts start it by reading no register at all
    serial = "YL0122080317"
    pace = 1.7
    boot = 0.4
    _running = False

    def power(self, now: float) -> None:
        """It boots, and does not measure until it is told to."""
        super().power(now)
        self._running = False

    def measuring(self) -> list[Block]:
        """Start, stop, values, calibration (K, B)."""
        return [
            Block(START, 1, lambda now: self._run(now, True)),
            Block(STOP, 1, lambda now: self._run(now, False)),
            Block(VALUES, 6, lambda now: floats(*self.values(now))),
            kept(CALIBRATION, 4, floats(1.0, 0.0)),
        ]

    def measure(self, now: float) -> tuple[float, ...]:
        """Temperature, fraction, mg/L."""
        if not self._running:
            return (0.0, 0.0, 0.0)
        return (
            self.sense("water_temperature"),
            self.sense("oxygen_saturation") / 100,
            self.sense("dissolved_oxygen"),
        )

    def _run(self, _now: float, running: bool) -> bytes:
        if running != self._running:
            self._running = running
            self._until = 0.0
        return b"\0\0"
