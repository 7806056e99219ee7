"""Yosemitech Y4000 sonde, from the maker's Modbus manual, with the register that is right (0x2601).

0x2601: oxygen mg/L, turbidity NTU, conductivity mS/cm, pH, temperature °C, ORP mV, chlorophyll µg/L, blue-green algae cells/mL.
0x0800: error bits. 0x2F00: brush now; 0x0E00: brush interval in minutes, little endian.
"""

from dataclasses import dataclass

from hw_sim.instruments._yosemitech import Probe, floats, kept
from hw_sim.instruments.base import option
from hw_sim.instruments.modbus_unit import Block

VALUES, ERRORS, BRUSH, INTERVAL = 0x2601, 0x0800, 0x2F00, 0x0E00
ORDER = ("dissolved_oxygen", "turbidity", "conductivity", "ph", "water_temperature", "orp", "chlorophyll", "blue_green_algae")


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one sonde."""

    serial: str = option("", "serial number, 12 characters; empty: the model's own")
    errors: int = option(0, "what its error register says", 0, 0xFFFF)


class Y4000(Probe):
    """One sonde."""

    Settings = Settings
    settings: Settings  # type: ignore[assignment]
    serial_register = 0x1400
    serial = "YL3822110049"
    pace = 4.0
    boot = 1.0

    def measuring(self) -> list[Block]:
        """The eight values, errors, brush."""
        return [
            Block(VALUES, 16, lambda now: floats(*self.values(now))),
            Block(ERRORS, 1, lambda _now: self.settings.errors.to_bytes(2, "big")),
            kept(BRUSH, 1, b"\0\0"),
            kept(INTERVAL, 1, b"\x1e\0"),
        ]

    def measure(self, _now: float) -> tuple[float, ...]:
        """In the order of the registers; conductivity in mS/cm."""
        return tuple(self.sense(name) / (1000 if name == "conductivity" else 1) for name in ORDER)
