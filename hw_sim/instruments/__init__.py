"""Simulated instruments, by the name of the driver that reads them. Each is written from the data sheet alone.

Three kinds, after what they hang on: a `Talker` on a UART, a `Chip` on I2C, a `Unit` on Modbus.
"""

from hw_sim.instruments.base import Chip, Talker, Unit
from hw_sim.instruments.pms5003 import Pms5003
from hw_sim.instruments.rs485_noise import Rs485Noise
from hw_sim.instruments.sgp40 import Sgp40
from hw_sim.instruments.sht3x import Sht3x
from hw_sim.instruments.yosemitech import Y504, Y511, Y513, Y514, Y516, Y520, Y532, Y533, Y550, Y560, Y4000

__all__ = ["INSTRUMENTS", "Chip", "Talker", "Unit"]

INSTRUMENTS: dict[str, type[Talker] | type[Chip] | type[Unit]] = {
    "pms5003": Pms5003,
    "sgp40": Sgp40,
    "sht3x": Sht3x,
    "rs485_noise": Rs485Noise,
    "y504": Y504,
    "y511": Y511,
    "y513": Y513,
    "y514": Y514,
    "y516": Y516,
    "y520": Y520,
    "y532": Y532,
    "phg2091": Y532,
    "y533": Y533,
    "y550": Y550,
    "y560": Y560,
    "y4000": Y4000,
}
