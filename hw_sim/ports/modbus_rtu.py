"""Modbus RTU units that share one serial line."""

from collections.abc import Mapping
from pathlib import Path

from hw_sim.instruments.base import Unit
from hw_sim.line import Line
from hw_sim.loop import Loop, Timer
from hw_sim.ports.base import Port
from hw_sim.ports.pty import Pty
from hw_sim.sums import crc16_modbus

SHORT, LONG = 8, 9
"""Bytes of a request to read or to write one; bytes round the data of a request to write many."""
WRITE_MANY = 16
SIZES = {function: SHORT for function in range(1, 7)}
GAP = 3.5  # bytes of silence that end a frame
GAP_LEAST = 0.005  # s; a pty and a busy machine cannot do better
BROADCAST = 0


class ModbusRtu(Port):
    """A pty with several units on it."""

    def __init__(self, loop: Loop, line: Line, instruments: Mapping[str, Unit], link: Path, baud: int) -> None:
        super().__init__(loop, line, instruments)
        self.address = str(link)
        self._units = dict(instruments)
        self._pty = Pty(loop, link, baud, self._received)
        self._gap = GAP * self._pty.byte_time
        self._buffer = b""
        self._silence: Timer | None = None

    def plug(self) -> None:
        """A new pty."""
        self._buffer = b""
        self._pty.open()

    def pull(self) -> None:
        """The pty goes."""
        self._pty.close()

    def babble(self, data: bytes) -> None:
        """Noise."""
        if self.plugged:
            self._pty.send(data)

    def _received(self, data: bytes) -> None:
        if self._silence:
            self._silence.cancel()
            self._silence = None
        self._buffer += data
        while (size := _size(self._buffer)) and _sound(self._buffer[:size]):
            request, self._buffer = self._buffer[:size], self._buffer[size:]
            self._asked(request)
        if self._buffer:
            self._silence = self.loop.later(max(self._gap, GAP_LEAST), self._quiet)

    def _quiet(self) -> None:
        """Silence ends a frame, whatever its length; what is no frame is forgotten."""
        request, self._buffer = self._buffer, b""
        if _sound(request):
            self._asked(request)

    def _asked(self, request: bytes) -> None:
        """A sound request: it took its time on the wire, then comes the gap, then the answer."""
        now = self.loop.time()
        pause = len(request) * self._pty.byte_time + self._gap
        for name, unit in self._units.items():
            if request[0] in (BROADCAST, unit.unit) or request[0] == unit.universal:
                self.counts[name]["received"] += 1
                pdu = unit.answer(now, request[1:-2])
                if pdu is not None and request[0] != BROADCAST:
                    self._answer(name, unit.unit if request[0] == unit.universal else request[0], request, pdu, pause)

    def _answer(self, name: str, number: int, request: bytes, pdu: bytes, pause: float) -> None:
        now = self.loop.time()
        number, pdu = self.line.message(now, name, number, pdu)
        body = bytes([number]) + pdu
        delivery = self.line.deliver(now, name, request, body + crc16_modbus(body))
        if delivery:
            self.loop.later(pause + delivery.delay, lambda: self._send(name, delivery.data, delivery.slowness))

    def _send(self, name: str, data: bytes, slowness: float) -> None:
        if self.plugged:
            self.counts[name]["sent"] += 1
            self._pty.send(data, slowness)


def _size(buffer: bytes) -> int:
    """Length of the request that the buffer begins with, once it is whole; else 0."""
    if len(buffer) < SHORT:
        return 0
    size = LONG + buffer[6] if buffer[1] == WRITE_MANY else SIZES.get(buffer[1], 0)
    return size if len(buffer) >= size else 0


def _sound(frame: bytes) -> bool:
    return len(frame) >= 4 and crc16_modbus(frame[:-2]) == frame[-2:]
