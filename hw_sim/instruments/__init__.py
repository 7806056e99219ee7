"""Simulated instruments, by the name of the driver that reads them. Each is written from the data sheet alone.

Four kinds, after what they hang on: a `Talker` on a UART, a `Chip` on I2C, a `Unit` on Modbus, a `Pin` on GPIO.
"""

from hw_sim.instruments import transmitters, yosemitech
from hw_sim.instruments.analyser import Lida
from hw_sim.instruments.base import Chip, Pin, Talker, Unit
from hw_sim.instruments.pins import Contact, PowerSwitch, Pulse
from hw_sim.instruments.pms5003 import Pms5003
from hw_sim.instruments.rs485_noise import Rs485Noise
from hw_sim.instruments.sgp40 import Sgp40
from hw_sim.instruments.sht3x import Sht3x

__all__ = ["INSTRUMENTS", "Chip", "Pin", "Talker", "Unit"]

INSTRUMENTS: dict[str, type[Talker] | type[Chip] | type[Unit] | type[Pin]] = {
    "pms5003": Pms5003,
    "sgp40": Sgp40,
    "sht3x": Sht3x,
    "rs485_climate": transmitters.Rs485Climate,
    "rs485_noise": Rs485Noise,
    "rs485_wind": transmitters.Rs485Wind,
    "y504": yosemitech.Y504,
    "y511": yosemitech.Y511,
    "y513": yosemitech.Y513,
    "y514": yosemitech.Y514,
    "y516": yosemitech.Y516,
    "y520": yosemitech.Y520,
    "y532": yosemitech.Y532,
    "y533": yosemitech.Y533,
    "y550": yosemitech.Y550,
    "y560": yosemitech.Y560,
    "y4000": yosemitech.Y4000,
    "lida": Lida,
    "fmr20": transmitters.Fmr20,
    "pressure_level": transmitters.PressureLevel,
    "tuf2000": transmitters.Tuf2000,
    "fuf2000": transmitters.Fuf2000,
    "current_loop": transmitters.CurrentLoop,
    "contact": Contact,
    "pulse": Pulse,
    "power_switch": PowerSwitch,
    "epever": transmitters.Epever,
    "dtsu666": transmitters.Dtsu666,
}
