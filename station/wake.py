"""The datagram by which acquisition tells the gateway that a row was stored. If it is lost, the gateway polls."""

import socket
from pathlib import Path

from station.places import shared


class Waker:
    """The sending end."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def wake(self) -> None:
        """Say that there is something new; a gateway that is away or busy does not matter."""
        try:
            self._socket.sendto(b"!", self._path)
        except OSError:  # nobody listens, or it has been told already: it polls
            return

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class Ear:
    """The receiving end."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with shared():
            self._socket.bind(str(path))

    def wait(self, seconds: float) -> bool:
        """True if something new was announced within `seconds`."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(16)
        except (TimeoutError, BlockingIOError):
            return False
        return True

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        self._path.unlink(missing_ok=True)
