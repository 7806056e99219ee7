"""One digital input: simulated over a socket, real through RPi.GPIO, and without either a clear word."""

import socket
import sys
import threading
import types

import pytest

from drivers.bus.gpio import GpioBus
from drivers.errors import PortLost


def test_over_the_socket(tmp_path):
    path = str(tmp_path / "gpio.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(path)
        server.listen()

        def serve():
            channel, _ = server.accept()
            with channel:
                while message := channel.recv(16):
                    channel.send(b"1" if message == b"r17" else b"0")

        threading.Thread(target=serve, daemon=True).start()
        bus = GpioBus(f"unix:{path}")
        assert bus.port(17, 1.0).level() is True and bus.port(18, 1.0).level() is False
        bus.close()


def test_through_the_library(mocker):
    fake = mocker.MagicMock()
    fake.input.return_value = 1
    package = types.ModuleType("RPi")
    package.GPIO = fake
    mocker.patch.dict(sys.modules, {"RPi": package, "RPi.GPIO": fake})
    bus = GpioBus("gpio")
    assert bus.port(17, 1.0).level() is True
    fake.setmode.assert_called_once_with(fake.BCM)
    bus.close()
    fake.cleanup.assert_called_once_with()


def test_off_a_pi_it_says_so():
    with pytest.raises(PortLost):
        GpioBus("gpio").port(17, 1.0).level()
    with pytest.raises(PortLost):
        GpioBus("unix:/nowhere/gpio.sock").port(17, 1.0).level()
