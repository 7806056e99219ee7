"""A serial server: socket:// and rfc2217:// (RFC 2217: the client sets speed and parity there) in front of a simulated line."""

import select
import socket
import threading
from contextlib import suppress

import pytest
import serial
import serial.rfc2217

from hw_sim.line import GARBAGE

_IGNORED = (
    "ignore:setDaemon:DeprecationWarning",
    "ignore:setName:DeprecationWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
leaky = pytest.mark.filterwarnings(*_IGNORED)
"""pyserial 3.5 names its threads in an old way, and leaves a socket that was cut to the garbage collector."""


class Port(serial.Serial):
    """A pty has no lines for the modem, and no parity: that is only remembered."""

    cts = dsr = ri = cd = False

    def _update_rts_state(self):
        """Nothing to set."""

    _update_dtr_state = _update_rts_state

    def _reconfigure_port(self, force_update=False):
        wanted, self._parity = self._parity, serial.PARITY_NONE
        try:
            super()._reconfigure_port(force_update)
        finally:
            self._parity = wanted


class Server(threading.Thread):
    """A serial server in front of one port, for one client after the other; `cut` closes the connection.

    `parity` is what the device has: a client that sets another one is not understood by it, and understands nothing.
    """

    def __init__(self, path, scheme, parity="N"):
        super().__init__(daemon=True)
        self.path, self.scheme, self.parity = path, scheme, parity
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
                data = b"".join(manager.filter(data)) if manager else data
                if self.understood(port):
                    port.write(data)
            if port in ready:
                data = port.read(1024)
                if not self.understood(port):
                    data = bytes(GARBAGE[byte % len(GARBAGE)] for byte in data)
                channel.sendall(b"".join(manager.escape(data)) if manager else data)

    def understood(self, port):
        """The client's parity is the device's: else each character ends where the other side does not expect it."""
        return self.scheme == "socket" or port.parity == self.parity

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(5)
