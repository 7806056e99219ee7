"""A serial port of another machine: socket:// and rfc2217:// over a real TCP connection, with simulated devices behind it."""

import socket
from contextlib import contextmanager

import pytest

from drivers.catalogue import find
from drivers.errors import PortLost
from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from station.buses import open_bus
from station.config import parse
from station.device import Device
from tests.drivers.serial_server import Server, leaky

pytestmark = leaky

CONFIG = """
[station]
id = "T"
name = "T"
[[bus]]
name = "b"
kind = "{kind}"
port = "{port}"
[[instrument]]
name = "x"
driver = "{driver}"
bus = "b"
"""

DEVICES = {"pms5003": ("uart", "uart", "pm25"), "y532": ("modbus_rtu", "modbus", "ph")}
"""Driver → kind of the simulated line, kind of our bus, a quantity."""


@contextmanager
def served(folder, driver, scheme):
    """The server, and our bus and device at its URL."""
    line, kind, _key = DEVICES[driver]
    scenario = build({"line": [{"name": "l", "kind": line, "instrument": [{"model": driver, "period": 0.2}]}]})
    with Simulation(scenario, folder) as simulation, Server(simulation.ports["l"], scheme) as server:
        config = parse(CONFIG.format(kind=kind, port=server.url, driver=driver), "x")
        bus = open_bus(config.buses[0], list(config.instruments))
        try:
            yield server, bus, Device(config.instruments[0])
        finally:
            bus.close()


@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
@pytest.mark.parametrize("driver", DEVICES)
def test_a_device_behind_a_serial_server(tmp_path, driver, scheme):
    with served(tmp_path, driver, scheme) as (server, bus, device):
        for _ in range(3):
            assert DEVICES[driver][2] in device.read(bus, {}, 2.0).values
    assert server.speeds == [9600], "rfc2217 sets the speed over there; 1200 was set before"


@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
def test_a_connection_that_is_cut_is_a_lost_port_and_opened_again(tmp_path, scheme):
    with served(tmp_path, "pms5003", scheme) as (server, bus, device):
        assert device.read(bus, {}, 2.0).usable
        server.cutting.set()
        with pytest.raises(PortLost) as caught:
            for _ in range(20):
                device.read(bus, {}, 2.0)
        assert server.url in str(caught.value)
        assert device.read(bus, {}, 3.0).usable


def test_nobody_listens_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme in ("socket", "rfc2217"):
        config = parse(CONFIG.format(kind="uart", port=f"{scheme}://127.0.0.1:{port}", driver="pms5003"), "x")
        bus = open_bus(config.buses[0], list(config.instruments))
        with pytest.raises(PortLost) as caught:
            bus.port(0, 0.5).receive(find("pms5003").split)
        assert str(port) in str(caught.value)
