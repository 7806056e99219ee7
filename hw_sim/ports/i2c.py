"""An I2C bus on a SOCK_SEQPACKET socket, one message a transaction.

Question: 7-bit address (1 byte), bytes written n and bytes to read m (2 bytes each, little endian), n bytes. Answer: 0 or a
negative errno (4 bytes, little endian), m bytes.
"""

import errno
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

Transact = Callable[[int, bytes, int], bytes]


class I2CServer(threading.Thread):
    """Serves one bus at `path`; `transact(address, write, read)` raises OSError with the kernel's errno."""

    def __init__(self, path: Path, transact: Transact) -> None:
        super().__init__(name=f"i2c-{path.name}", daemon=True)
        if len(str(path)) > 100:
            raise ValueError(f"{path} is too long for a socket (100 characters at most)")
        self.path = path
        self._transact = transact
        self._selector = selectors.DefaultSelector()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path.unlink(missing_ok=True)
        self._server.bind(str(path))
        self._server.listen(8)
        self._selector.register(self._server, selectors.EVENT_READ)
        self._stopping = False

    def stop(self) -> None:
        """End and remove the socket."""
        self._stopping = True
        if self.is_alive():
            self.join(5.0)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()
        self.path.unlink(missing_ok=True)

    def run(self) -> None:
        """Answer until `stop`."""
        while not self._stopping:
            for key, _events in self._selector.select(0.2):
                channel = key.fileobj
                assert isinstance(channel, socket.socket)
                if channel is self._server:
                    self._selector.register(channel.accept()[0], selectors.EVENT_READ)
                elif not self._answer(channel):
                    self._selector.unregister(channel)
                    channel.close()

    def _answer(self, channel: socket.socket) -> bool:
        """One transaction; False when the other end has gone."""
        try:
            message = channel.recv(65536)
            if len(message) < 5:
                return False
            address, written, read = struct.unpack("<BHH", message[:5])
            try:
                answer = struct.pack("<i", 0) + self._transact(address, message[5 : 5 + written], read)
            except OSError as error:
                answer = struct.pack("<i", -(error.errno or errno.EIO))
            channel.send(answer)
        except OSError:
            return False
        return True
