"""A GPIO chip on a SOCK_SEQPACKET socket, one message a question.

b"r17": the level of line 17, b"0" or b"1". b"p17": the falling edges so far, in decimal. b"w17 1": drive the line, b"ok".
A line that nothing hangs on reads high, as with a pull-up.
"""

import re
import selectors
import socket
import threading
from collections.abc import Callable
from pathlib import Path

_QUESTION = re.compile(rb"([rpw])(\d{1,3})(?: ([01]))?")


class GpioServer(threading.Thread):
    """Serves one chip at `path`; `ask(verb, line, level)` gives the answer, b"" closes the connection."""

    def __init__(self, path: Path, ask: Callable[[str, int, bool], bytes]) -> None:
        super().__init__(name=f"gpio-{path.name}", daemon=True)
        if len(str(path)) > 100:
            raise ValueError(f"{path} is too long for a socket (100 characters at most)")
        self.path = path
        self._ask = ask
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
        """One question; False when the other end has gone, or the chip has."""
        try:
            found = _QUESTION.fullmatch(channel.recv(64))
            answer = self._ask(found[1].decode(), int(found[2]), found[3] == b"1") if found else b""
            if answer:
                channel.send(answer)
        except OSError:
            return False
        return bool(answer)
