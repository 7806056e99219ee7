"""Sensirion SGP40 gas sensor, from the data sheet (version 1.2, section 4). I2C 0x59.

The raw signal falls with the logarithm of the gas and depends on humidity; the arguments of the command compensate that, so
that wrong arguments show in the values. Arguments with a wrong CRC are not acknowledged.
"""

import math
from dataclasses import dataclass

from hw_sim.instruments._sensirion import SensirionChip, checked, words
from hw_sim.instruments.base import Nack, option

MEASURE, SELF_TEST, HEATER_OFF, SERIAL = 0x260F, 0x280E, 0x3615, 0x3682
GOOD = 0xD400
CLEAN = 31500.0  # raw signal at 100 ppb
PER_E = 2100.0  # counts for each factor e of gas
PER_PERCENT = 14.0  # counts for each % of humidity that is not compensated


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one chip."""

    serial: int = option(0x0000_0123_4567, "serial number, 48 bits", 0, 0xFFFF_FFFF_FFFF)


class Sgp40(SensirionChip):
    """One chip."""

    Settings = Settings
    settings: Settings
    address = 0x59

    def command(self, now: float, code: int, arguments: bytes) -> None:
        """Measure, test itself, switch the heater off, tell its number."""
        if code == MEASURE:
            humidity, _temperature = checked(arguments, 2)
            self.prepare(now, 0.030, words(self._raw(humidity * 100 / 65535)))
        elif code == SELF_TEST:
            self.prepare(now, 0.320, words(GOOD))
        elif code == HEATER_OFF:
            self.prepare(now, 0.001, None)
        elif code == SERIAL:
            number = self.settings.serial
            self.prepare(now, 0.001, words(number >> 32, number >> 16 & 0xFFFF, number & 0xFFFF))
        else:
            raise Nack("unknown command")

    def _raw(self, assumed: float) -> int:
        gas = CLEAN - PER_E * math.log(self.sense("voc") / 100)
        return round(min(max(gas + PER_PERCENT * (self.sense("humidity") - assumed), 0), 65535))
