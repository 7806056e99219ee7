"""From `[[bus]]` to the bus: the scheme of its port picks the transport, and nothing above knows."""

from typing import TYPE_CHECKING

from station.config import Bus, Instrument
from station.worker import BusDevice

if TYPE_CHECKING:
    from drivers.bus.uart import Uart


def open_bus(bus: Bus, instruments: list[Instrument]) -> BusDevice:
    """The device of `bus`, not yet opened. Speed and format are the instruments' own unless the bus says otherwise."""
    if bus.kind == "i2c":
        from drivers.bus.i2c import I2CBus

        return I2CBus(bus.port)
    if bus.kind == "gpio":
        from drivers.bus.gpio import GpioBus

        return GpioBus(bus.port)
    if bus.kind == "modbus":
        from drivers.bus.modbus import ModbusBus, RtuWire, TcpWire

        if bus.port.startswith("tcp://"):
            return ModbusBus(TcpWire(bus.port))
        return ModbusBus(RtuWire(_line(bus, instruments), bus.echo))
    return _line(bus, instruments)


def _line(bus: Bus, instruments: list[Instrument]) -> "Uart":
    from drivers.bus.uart import Line, Uart

    defaults = instruments[0].model.defaults
    return Uart(
        Line(
            bus.port,
            bus.baud or int(defaults.get("baud", 9600)),
            bus.parity or str(defaults.get("parity", "N")),
            bus.stopbits or int(defaults.get("stopbits", 1)),
        )
    )
