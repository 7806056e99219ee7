"""A Modbus TCP server on 127.0.0.1: many units, many connections, one thread; it can fall silent or answer late."""

import selectors
import socket
import struct
import threading
from collections.abc import Callable

Answer = Callable[[int, bytes], bytes | None]


class ModbusTcpServer(threading.Thread):
    """`answer(unit, pdu)` gives the reply's PDU, or None for silence. `port` is the one that it listens on."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        super().__init__(name="modbus-tcp", daemon=True)
        self._answer = answer
        self._selector = selectors.DefaultSelector()
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self._selector.register(self._server, selectors.EVENT_READ, b"")
        self._buffers: dict[socket.socket, bytes] = {}
        self._stopping = False

    def stop(self) -> None:
        """End and close every connection."""
        self._stopping = True
        if self.is_alive():
            self.join(5.0)
        for channel in [self._server, *self._buffers]:
            channel.close()
        self._selector.close()

    def run(self) -> None:
        """Answer until `stop`."""
        while not self._stopping:
            for key, _events in self._selector.select(0.2):
                channel = key.fileobj
                assert isinstance(channel, socket.socket)
                if channel is self._server:
                    self._accept()
                elif not self._serve(channel):
                    self._selector.unregister(channel)
                    del self._buffers[channel]
                    channel.close()

    def _accept(self) -> None:
        channel, _peer = self._server.accept()
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffers[channel] = b""
        self._selector.register(channel, selectors.EVENT_READ)

    def _serve(self, channel: socket.socket) -> bool:
        """Read what came and answer each whole request; False when the connection is at its end."""
        try:
            data = channel.recv(4096)
            if not data:
                return False
            buffer = self._buffers[channel] + data
            while len(buffer) >= 8 and len(buffer) >= (size := 6 + int.from_bytes(buffer[4:6], "big")):
                request, buffer = buffer[:size], buffer[size:]
                reply = self._answer(request[6], request[7:])
                if reply is not None:
                    channel.sendall(request[:4] + struct.pack(">HB", len(reply) + 1, request[6]) + reply)
            self._buffers[channel] = buffer
        except OSError:
            return False
        return True
