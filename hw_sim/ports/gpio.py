"""Digital inputs behind a unix socket: b"r" and the line's number in decimal, answered by b"0" or b"1"."""

from collections.abc import Iterable
from pathlib import Path

from hw_sim.line import Line
from hw_sim.loop import Loop
from hw_sim.ports.base import Port
from hw_sim.ports.packets import PacketServer, Reply


class Gpio(Port):
    """Some pins are high, all others low."""

    def __init__(self, loop: Loop, line: Line, high: Iterable[int], path: Path) -> None:
        super().__init__(loop, line, {})
        self._high = set(high)
        self._server = PacketServer(loop, path, self._asked)
        self.address = f"unix:{path}"

    def set(self, pin: int, high: bool) -> None:
        """Change a pin."""
        if high:
            self._high.add(pin)
        else:
            self._high.discard(pin)

    def plug(self) -> None:
        """Listen."""
        self._server.open()

    def pull(self) -> None:
        """The chip is gone."""
        self._server.close()

    def _asked(self, message: bytes, reply: Reply) -> None:
        """A question that is none gets no answer."""
        if message[:1] == b"r" and message[1:].isdigit():
            reply(b"1" if int(message[1:]) in self._high else b"0")
