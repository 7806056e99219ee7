"""Simulated instruments, by the name of the driver that reads them. Each is written from the data sheet alone.

Three kinds, after what they hang on: a `Talker` on a UART, a `Chip` on I2C, a `Unit` on Modbus.
"""

from hw_sim.instruments.base import Chip, Talker, Unit
from hw_sim.instruments.nova import Sds011, Sds198
from hw_sim.instruments.pms5003 import Pms3003, Pms5003, Pms5003ST, Pms5003T, Pmsa003i
from hw_sim.instruments.rs485_noise import Rs485Noise
from hw_sim.instruments.sen5x import Sen5x
from hw_sim.instruments.sgp40 import Sgp40
from hw_sim.instruments.sht3x import Sht3x
from hw_sim.instruments.sps30 import Sps30, Sps30I2c
from hw_sim.instruments.yosemitech import Y504, Y532, Y4000

__all__ = ["INSTRUMENTS", "Chip", "Talker", "Unit"]

INSTRUMENTS: dict[str, type[Talker] | type[Chip] | type[Unit]] = {
    "pms5003": Pms5003,
    "pms5003t": Pms5003T,
    "pms5003st": Pms5003ST,
    "pms3003": Pms3003,
    "pmsa003i": Pmsa003i,
    "sds011": Sds011,
    "sds198": Sds198,
    "sps30": Sps30,
    "sps30_i2c": Sps30I2c,
    "sen5x": Sen5x,
    "sgp40": Sgp40,
    "sht3x": Sht3x,
    "rs485_noise": Rs485Noise,
    "y504": Y504,
    "y532": Y532,
    "y4000": Y4000,
}
