"""What is connected? I2C addresses, sensors on serial lines by what they say, Modbus units by asking each address.

Nothing is changed: a chip gets an empty write (as with i2cdetect), a line is first only listened to and then asked for its serial
number, a Modbus unit is asked for one register with a pause before the next. A port that another program holds is left alone.
"""

import glob
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from drivers.catalogue import CATALOGUE, find
from drivers.driver import Driver
from drivers.errors import Faulted, Foreign, Garbled, NoAnswer, PortLost, WireError

if TYPE_CHECKING:
    from drivers.bus.modbus import ModbusBus
    from drivers.bus.uart import Uart

FIRST_CHIP, LAST_CHIP = 0x08, 0x77
"""I2C addresses that are not reserved (NXP UM10204, table 3)."""

LISTENED = ("pms5003", "pms5003t", "pms5003st", "pms3003", "sds011", "sds198", "windsonic", "nmea")
"""Devices that speak by themselves in frames with a checksum, so that a whole one is no accident."""

ASKED = ("sps30", "sds011", "modem")
"""Devices that keep silent until they are asked who they are."""

LISTEN = ((9600, 2.6), (115200, 1.2), (4800, 1.2), (19200, 1.2), (38400, 1.2))
"""Speeds (bit/s) at which a line is listened to, and for how many s: a PMS5003 may pause for 2.3 s in still air."""

ENOUGH = 40
"""Bytes without a frame after which another speed is tried."""

SPEEDS = ((9600, "N"), (4800, "N"), (19200, "N"), (115200, "N"), (9600, "E"), (4800, "E"), (19200, "E"), (2400, "N"))
"""Speeds and parities of Modbus lines, the usual ones first."""

QUESTIONS = ((0x0000, 1), (0x0900, 7), (0x1400, 7))
"""(holding register, count) that a unit is asked for, until it answers: most refuse a register that they do not have, but
Yosemitech's probes keep silent; the last two are their serial numbers."""

PATIENCE = 0.2
"""s for a Modbus unit to begin its answer."""

Progress = Callable[[str, float], None]
"""Called with what is tried now and the s that are left at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that answers, or why a port could not be looked at.

    port      how the configuration would name it
    address   I2C address or Modbus unit, None for a line without addresses
    baud      bit/s; parity: "N", "E" or "O"
    guesses   names of drivers that it may be, the likeliest first
    evidence  what was seen: a serial number, a register, an exception, an error
    """

    port: str
    kind: str
    address: int | None = None
    baud: int | None = None
    parity: str = ""
    guesses: tuple[str, ...] = ()
    evidence: str = ""


def i2c_ports() -> list[str]:
    """The machine's I2C buses."""
    return sorted(glob.glob("/dev/i2c-*"))


def serial_ports() -> list[str]:
    """The machine's serial ports, each once, by its most lasting name."""
    names: dict[str, str] = {}
    for pattern in ("/dev/serial/by-path/*", "/dev/serial[0-9]", "/dev/ttyUSB*", "/dev/ttyACM*", "/dev/ttyAMA*"):
        for name in sorted(glob.glob(pattern)):
            names.setdefault(os.path.realpath(name), name)
    return sorted(names.values())


@cache
def _by_kind(kind: str) -> tuple[Driver, ...]:
    return tuple(driver for name in CATALOGUE if (driver := find(name)).port == kind)


def scan_i2c(port: str) -> list[Found]:
    """Every address that acknowledges, with the chips that it may be. A bus that cannot be used is one entry."""
    from drivers.bus.i2c import I2CBus

    bus = I2CBus(port)
    found = []
    try:
        for address in range(FIRST_CHIP, LAST_CHIP + 1):
            with suppress(NoAnswer):
                bus.port(address, 0.1).transfer(b"")
                guesses = tuple(one.name for one in _by_kind("i2c") if one.defaults.get("address") == address)
                found.append(Found(port, "i2c", address, guesses=guesses))
    except PortLost as error:
        return [Found(port, "i2c", evidence=str(error))]
    finally:
        bus.close()
    return found


def scan_serial(port: str, progress: Progress) -> Found:
    """What speaks on a line, or answers when it is asked who it is; no guess if nothing does."""
    from drivers.bus.uart import Line, Uart

    left = sum(seconds for _baud, seconds in LISTEN) + len(ASKED)
    heard = 0
    for baud, seconds in LISTEN:
        progress(f"{port} {baud}", left)
        left -= seconds
        uart = Uart(Line(port, baud))
        try:
            data = _listen(uart, seconds)
        except PortLost as error:
            return Found(port, "uart", evidence=str(error))
        finally:
            uart.close()
        names = recognise(data)
        if names:
            return Found(port, "uart", None, baud, "N", names)
        heard += len(data)
        if not data and not heard:
            break  # a line that is silent at one speed is silent at all
    return _ask(port, progress) or Found(port, "uart", evidence=f"{heard} bytes" if heard else "")


def _listen(uart: "Uart", seconds: float) -> bytes:
    """What arrives within `seconds` s, or until it is known or garbage. Raises PortLost."""
    end, data = time.monotonic() + seconds, b""
    while time.monotonic() < end:
        data += uart.read(end)
        if recognise(data) or (len(data) > ENOUGH * 10):
            break
    return data


def recognise(data: bytes) -> tuple[str, ...]:
    """The drivers that find a whole and sound frame in `data`."""
    names = []
    for name in LISTENED:
        driver = find(name)
        for frame in driver.split(data).frames:
            with suppress(WireError):
                driver.decode(frame, driver.settings())
                names.append(name)
                break
    return tuple(names)


def _ask(port: str, progress: Progress) -> Found | None:
    from drivers.bus.uart import Line, Uart

    for number, name in enumerate(ASKED):
        driver = find(name)
        progress(f"{port} {name}?", float(len(ASKED) - number))
        uart = Uart(Line(port, int(driver.defaults["baud"])))
        assert driver.identify is not None
        try:
            identity = driver.identify(uart.port(0, 0.6), driver.settings())
        except WireError:
            continue
        finally:
            uart.close()
        return Found(port, "uart", None, uart.line.baud, "N", (name,), identity)
    return None


def sweep_time(speeds: int, units: int) -> float:
    """s that a sweep without any answer takes: each question waits, and then the line must be quiet for as long."""
    return speeds * units * len(QUESTIONS) * 2 * PATIENCE


def sweep(
    port: str, units: Iterable[int], progress: Progress, speeds: Sequence[tuple[int, str]] = SPEEDS, all_speeds: bool = False
) -> Iterator[Found]:
    """The Modbus units of a line or server (tcp://host:port). After a speed at which one answered no other is tried.

    `all_speeds`: go on, for a line whose units differ in speed.
    """
    asked = list(units)
    ways = [(0, "")] if port.startswith("tcp://") else list(speeds)
    left = sweep_time(len(ways), len(asked))
    for baud, parity in ways:
        answered = False
        bus = _modbus(port, baud, parity)
        try:
            for unit in asked:
                progress(f"{port} {baud or ''} {parity} {unit}".strip(), left)
                left -= sweep_time(1, 1)
                evidence = _ask_unit(bus, unit)
                if evidence:
                    answered = True
                    yield Found(port, "modbus", unit, baud or None, parity, _modbus_guesses(unit, baud), evidence)
        except PortLost as error:
            yield Found(port, "modbus", evidence=str(error))
            return
        finally:
            bus.close()
        if answered and not all_speeds:
            return


def _modbus(port: str, baud: int, parity: str) -> "ModbusBus":
    from drivers.bus.modbus import ModbusBus, RtuWire
    from drivers.bus.modbus_tcp import TcpWire
    from drivers.bus.uart import Line, Uart

    return ModbusBus(RtuWire(Uart(Line(port, baud, parity))) if baud else TcpWire(port))


def _ask_unit(bus: "ModbusBus", unit: int) -> str:
    """What a unit says, "" if nobody answers. Raises PortLost."""
    for register, count in QUESTIONS:
        try:
            values = bus.port(unit, PATIENCE).holding(register, count)
        except Faulted as error:
            return str(error)  # it is there, it only has no such register
        except (NoAnswer, Garbled, Foreign):
            continue
        return f"0x{register:04x}: {' '.join(f'{value:04x}' for value in values)}"
    return ""


def _modbus_guesses(unit: int, baud: int) -> tuple[str, ...]:
    """Drivers whose data sheet gives a new device this unit and speed; there may be many."""
    fitting = [one for one in _by_kind("modbus") if one.defaults.get("unit") == unit and baud in (0, one.defaults.get("baud"))]
    return tuple(one.name for one in fitting if one.name != "modbus_map")
