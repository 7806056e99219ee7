"""From `[[bus]]` to the bus: the scheme of its port picks the transport, and nothing above knows."""

from dataclasses import replace
from typing import TYPE_CHECKING

from station.config import Bus, Instrument, address_of
from station.device import BusDevice

if TYPE_CHECKING:
    from drivers.bus.modbus import Speed
    from drivers.bus.uart import Uart


def open_bus(bus: Bus, instruments: list[Instrument]) -> BusDevice:
    """The device of `bus`, not yet opened. Speed and format are the instruments' own unless the bus says otherwise."""
    if bus.sought:
        from station.seek import SoughtBus

        return SoughtBus(bus, instruments, lambda path: open_bus(replace(bus, port=path), instruments))
    if bus.kind == "i2c":
        from drivers.bus.i2c import I2CBus

        return I2CBus(bus.port)
    if bus.kind == "gpio":
        from drivers.bus.gpio import GpioBus

        return GpioBus(bus.port)
    if bus.kind == "program":
        from drivers.bus.program import ProgramBus

        return ProgramBus(bus.port)
    if bus.kind == "modbus":
        from drivers.bus.modbus import ModbusBus, RtuWire
        from drivers.bus.modbus_tcp import TcpWire

        if bus.port.startswith("tcp://"):
            return ModbusBus(TcpWire(bus.port))
        return ModbusBus(RtuWire(_line(bus, instruments), bus.echo, _speeds(bus, instruments)))
    return _line(bus, instruments)


class Supply:
    """The pin that switches the supply of a bus's instruments."""

    def __init__(self, port: str, pin: int) -> None:
        from drivers.bus.gpio import GpioBus

        self._gpio = GpioBus(port)
        self._pin = pin

    def switch(self, on: bool) -> None:
        """Give or take it. Raises PortLost."""
        self._gpio.set(self._pin, on)

    def close(self) -> None:
        """Let go of the pin."""
        self._gpio.close()


def open_supply(bus: Bus) -> Supply | None:
    """What switches the supply of the bus's instruments, or None if nothing is wired."""
    return None if bus.power is None else Supply(bus.power_port, bus.power)


def _speeds(bus: Bus, instruments: list[Instrument]) -> dict[int, "Speed"]:
    """Units whose speed or format is not that of the line's first instrument, unless the bus prescribes it."""
    return {address_of(one): speed_of(bus, one) for one in instruments if speed_of(bus, one) != speed_of(bus, instruments[0])}


def speed_of(bus: Bus, instrument: Instrument) -> "Speed":
    """What is configured for the instrument, else for the bus, else what its data sheet says."""
    sheet = instrument.model.defaults
    return (
        instrument.baud or bus.baud or int(sheet.get("baud", 9600)),
        bus.parity or str(sheet.get("parity", "N")),
        bus.stopbits or int(sheet.get("stopbits", 1)),
    )


def _line(bus: Bus, instruments: list[Instrument]) -> "Uart":
    from drivers.bus.uart import Line, Uart

    return Uart(Line(bus.port, *speed_of(bus, instruments[0])))
