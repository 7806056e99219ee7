"""CPU of one reading on each kind of bus, beside a program with the bare library on the same wire.

Each side is a process of its own, which reads one simulated device again and again and tells its own CPU time. The bare programs
check nothing and know no units.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hw_sim.bench import Figure
from hw_sim.bench.rig import folder
from hw_sim.scenario import build
from hw_sim.simulation import Simulation

WARM = 5
"""Readings before the clock runs: the first begins the device, and imports."""

TIMED = f"""
for _ in range({WARM}): read()
begin = time.process_time()
for _ in range(count): read()
print((time.process_time() - begin) / count * 1e6)
"""

OURS = (
    """
import sys, time
from pathlib import Path
from station.buses import open_bus
from station.config import load
from station.device import Device
config, count = load(Path(sys.argv[1])), int(sys.argv[2])
bus, device = open_bus(config.buses[0], list(config.instruments)), Device(config.instruments[0])
read = lambda: device.read(bus, {}, 3.0)
"""
    + TIMED
)

BARE_UART = """
import serial
port = serial.Serial(address, 115200, timeout=3)
def read():
    port.read_until(b"BM")
    return struct.unpack(">15H", port.read(30))
"""

BARE_RTU = """
from pymodbus.client import ModbusSerialClient
port = ModbusSerialClient(address, baudrate=115200, timeout=3)
def read():
    port.read_holding_registers(0x2601, count=16, device_id=1)
    port.read_holding_registers(0x0800, count=1, device_id=1)
"""

BARE_TCP = """
from pymodbus.client import ModbusTcpClient
host, _, number = address.removeprefix("tcp://").rpartition(":")
port = ModbusTcpClient(host, port=int(number), timeout=3)
port.connect()
def read():
    port.read_holding_registers(0x2601, count=16, device_id=1)
    port.read_holding_registers(0x0800, count=1, device_id=1)
"""

BARE_I2C = """
import socket
port = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
port.connect(address[5:])
def read():
    port.send(struct.pack("<BHH", 0x44, 2, 0) + bytes((0x24, 0x00)))
    port.recv(64)
    time.sleep(0.016)
    port.send(struct.pack("<BHH", 0x44, 0, 6))
    return struct.unpack(">HxHx", port.recv(64)[4:])
"""

WIRES: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "uart stream": ("uart", "uart", {"model": "pms5003", "period": 0.02}, BARE_UART, "pyserial"),
    "Modbus RTU": ("modbus_rtu", "modbus", {"model": "y4000"}, BARE_RTU, "pymodbus"),
    "Modbus TCP": ("modbus_tcp", "modbus", {"model": "y4000"}, BARE_TCP, "pymodbus"),
    "I2C": ("i2c", "i2c", {"model": "sht3x", "address": 0x44}, BARE_I2C, "a socket, as smbus2 has no bus here"),
}
"""Bus → kind of the simulated line, kind of ours, the device, the bare program, its library."""


def figures(quick: bool) -> Iterator[Figure]:
    """Each kind of bus."""
    count = 100 if quick else 500
    for bus, wire in WIRES.items():
        yield poll(bus, *wire, count)


def poll(bus: str, line: str, kind: str, placed: dict[str, Any], bare: str, library: str, count: int) -> Figure:
    """µs of CPU of one reading by the driver, beside the bare library's."""
    with folder() as where, ExitStack() as stack:
        table = {"name": "line", "kind": line, "baud": 115200, "instrument": [placed]}
        simulation = stack.enter_context(Simulation(build({"line": [table]}), where))
        address = simulation.ports["line"]
        text = f'[station]\nid = "BENCH"\nname = "bench"\n[[bus]]\nname = "b"\nkind = "{kind}"\nport = "{address}"\n'
        text += "baud = 115200\n" if kind in ("uart", "modbus") else ""
        text += f'[[instrument]]\nname = "i"\ndriver = "{placed["model"]}"\nbus = "b"\n'
        (where / "station.toml").write_text(text, "utf-8")
        ours = _told(OURS, str(where / "station.toml"), str(count))
        head = "import struct, sys, time\naddress, count = sys.argv[1], int(sys.argv[2])\n"
        theirs = _told(head + bare + TIMED, address, str(count))
    return f"{bus}: CPU µs per reading of {placed['model']}", ours, theirs, library


def _told(program: str, *words: str) -> float:
    """The number that a program prints."""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, cwd=root)
    return float(done.stdout)
