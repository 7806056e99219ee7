"""The simulated instruments, one file a device: bytes in, bytes out. The table has the names of the drivers as keys."""

from hw_sim.instruments.base import Instrument
from hw_sim.instruments.plain import Plain
from hw_sim.instruments.pms5003 import Pms5003
from hw_sim.instruments.rs485_noise import Rs485Noise
from hw_sim.instruments.sgp40 import Sgp40
from hw_sim.instruments.sht3x import Sht3x
from hw_sim.instruments.y504 import Y504
from hw_sim.instruments.y532 import Y532
from hw_sim.instruments.y4000 import Y4000

INSTRUMENTS: dict[str, type[Instrument]] = {
    "pms5003": Pms5003,
    "sgp40": Sgp40,
    "sht3x": Sht3x,
    "rs485_noise": Rs485Noise,
    "y504": Y504,
    "y532": Y532,
    "y4000": Y4000,
    "plain": Plain,
}
