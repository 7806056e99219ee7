"""A serial port of another machine: socket:// and rfc2217:// over a real TCP connection, with simulated devices behind it."""

import select
import socket
import threading
from contextlib import contextmanager, suppress

import pytest
import serial
import serial.rfc2217

from drivers.catalogue import find
from drivers.errors import PortLost
from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from station.buses import open_bus
from station.config import parse
from station.device import Device

pytestmark = [
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:setName:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""pyserial 3.5 names its threads in an old way, and leaves a socket that was cut to the garbage collector."""

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


class Port(serial.Serial):
    """A pty has no lines for the modem."""

    cts = dsr = ri = cd = False

    def _update_rts_state(self):
        """Nothing to set."""

    _update_dtr_state = _update_rts_state


class Server(threading.Thread):
    """A serial server in front of one port, for one client after the other; `cut` closes the connection."""

    def __init__(self, path, scheme):
        super().__init__(daemon=True)
        self.path, self.scheme = path, scheme
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"
        self.speeds = []
        self.cutting = threading.Event()

    def run(self):
        while True:
            try:
                channel, _peer = self.listener.accept()
            except OSError:
                return
            with channel, Port(self.path, 9600 if self.scheme == "socket" else 1200, timeout=0) as port:
                self.cutting.clear()
                with suppress(OSError):  # the client has gone, with bytes on the way
                    self.serve(channel, port)
                self.speeds.append(port.baudrate)

    def serve(self, channel, port):
        manager = None
        if self.scheme == "rfc2217":
            peer = type("Peer", (), {"write": staticmethod(channel.sendall)})
            manager = serial.rfc2217.PortManager(port, peer)
        while not self.cutting.is_set():
            ready, _, _ = select.select([channel, port], [], [], 0.05)
            if channel in ready:
                data = channel.recv(1024)
                if not data:
                    return
                port.write(b"".join(manager.filter(data)) if manager else data)
            if port in ready:
                data = port.read(1024)
                channel.sendall(b"".join(manager.escape(data)) if manager else data)


@contextmanager
def served(folder, driver, scheme):
    """The server, and our bus and device at its URL."""
    line, kind, _key = DEVICES[driver]
    scenario = build({"line": [{"name": "l", "kind": line, "instrument": [{"model": driver, "period": 0.2}]}]})
    with Simulation(scenario, folder) as simulation:
        server = Server(simulation.ports["l"], scheme)
        server.start()
        config = parse(CONFIG.format(kind=kind, port=server.url, driver=driver), "x")
        bus = open_bus(config.buses[0], list(config.instruments))
        try:
            yield server, bus, Device(config.instruments[0])
        finally:
            bus.close()
            server.listener.shutdown(socket.SHUT_RDWR)
            server.listener.close()
            server.join(5)


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
