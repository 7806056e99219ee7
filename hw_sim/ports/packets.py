"""A server of one-message transactions on a unix socket (SOCK_SEQPACKET), for buses without a file of their own."""

import socket
from collections.abc import Callable
from pathlib import Path

from hw_sim.loop import Loop
from hw_sim.ports.base import PortError, socket_path

LARGEST = 65536
Reply = Callable[[bytes], None]


class PacketServer:
    """Hands each message to `handle`, with a function to answer it, now or later."""

    def __init__(self, loop: Loop, path: Path, handle: Callable[[bytes, Reply], None]) -> None:
        self._loop = loop
        self._path = path
        self._handle = handle
        self._clients: dict[int, socket.socket] = {}
        self._listener: socket.socket | None = None

    def open(self) -> None:
        """Listen; a socket that was left behind is replaced. Raises PortError."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            name = socket_path(self._path)
            self._path.unlink(missing_ok=True)
            self._listener.bind(name)
            self._listener.listen(16)
        except OSError as error:
            self._listener.close()
            self._listener = None
            raise error if isinstance(error, PortError) else PortError(f"{self._path}: {error.strerror}") from None
        self._listener.setblocking(False)
        self._loop.watch(self._listener.fileno(), self._accept)

    def close(self) -> None:
        """Hang up, and remove the socket."""
        for client in list(self._clients.values()):
            self._hang_up(client)
        if self._listener:
            self._loop.unwatch(self._listener.fileno())
            self._listener.close()
            self._listener = None
            self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        assert self._listener is not None
        client, _peer = self._listener.accept()
        client.setblocking(False)
        self._clients[client.fileno()] = client
        self._loop.watch(client.fileno(), lambda: self._readable(client))

    def _readable(self, client: socket.socket) -> None:
        try:
            message = client.recv(LARGEST)
        except OSError:
            message = b""
        if message:
            self._handle(message, lambda answer: self._send(client, answer))
        else:
            self._hang_up(client)

    def _send(self, client: socket.socket, answer: bytes) -> None:
        if client.fileno() < 0:
            return
        try:
            client.send(answer)
        except OSError:
            self._hang_up(client)

    def _hang_up(self, client: socket.socket) -> None:
        fd = client.fileno()
        if fd >= 0:
            self._loop.unwatch(fd)
            del self._clients[fd]
            client.close()
