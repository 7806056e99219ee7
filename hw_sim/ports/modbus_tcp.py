"""A Modbus TCP server on the loopback interface: one or many units, up to 64 connections, one thread."""

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from hw_sim.instruments.base import Unit
from hw_sim.line import Line
from hw_sim.loop import Loop
from hw_sim.ports.base import Port, PortError

HOST = "127.0.0.1"
MOST = 64
HEADER = struct.Struct(">HHHB")
PDU_MOST = 253


@dataclass(slots=True)
class _Connection:
    """One client."""

    socket: socket.socket
    buffer: bytes = b""


class ModbusTcp(Port):
    """A listening socket; its port number stays the same over unplug and replug."""

    def __init__(self, loop: Loop, line: Line, instruments: Mapping[str, Unit], port: int = 0) -> None:
        super().__init__(loop, line, instruments)
        self._port = port
        self._units = {unit.unit: (name, unit) for name, unit in instruments.items()}
        self._connections: dict[int, _Connection] = {}
        self._listener: socket.socket | None = None
        self._frozen = False
        self.plug_number()

    def plug_number(self) -> None:
        """The address as it is known."""
        self.address = f"tcp://{HOST}:{self._port}"

    def plug(self) -> None:
        """Listen. Raises PortError."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((HOST, self._port))
            self._listener.listen(MOST)
        except OSError as error:
            self._listener.close()
            raise PortError(f"{HOST}:{self._port}: {error.strerror}") from None
        self._listener.setblocking(False)
        self._port = self._listener.getsockname()[1]
        self.plug_number()
        self._frozen = False
        self.loop.watch(self._listener.fileno(), self._accept)

    def pull(self) -> None:
        """Hang up on everybody and listen no more."""
        for connection in list(self._connections.values()):
            self._hang_up(connection)
        if self._listener:
            self.loop.unwatch(self._listener.fileno())
            self._listener.close()
            self._listener = None

    def freeze(self, frozen: bool) -> None:
        """Half open: the kernel still takes connections and bytes, but nobody reads or answers them."""
        if frozen == self._frozen or not self._listener:
            return
        self._frozen = frozen
        if frozen:
            for fd in (self._listener.fileno(), *self._connections):
                self.loop.unwatch(fd)
            return
        self.loop.watch(self._listener.fileno(), self._accept)
        for connection in self._connections.values():
            self._watch(connection)

    def babble(self, data: bytes) -> None:
        """Noise, to everybody."""
        for connection in list(self._connections.values()):
            self._write(connection, data)

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            client, _peer = self._listener.accept()
        except OSError:
            return  # it has gone again
        if len(self._connections) >= MOST:
            client.close()
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(client)
        self._connections[client.fileno()] = connection
        self._watch(connection)

    def _watch(self, connection: _Connection) -> None:
        self.loop.watch(connection.socket.fileno(), lambda: self._readable(connection))

    def _readable(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(4096)
        except OSError:
            data = b""
        if not data:
            self._hang_up(connection)
            return
        buffer = connection.buffer + data
        while len(buffer) > HEADER.size:
            number, protocol, length, unit = HEADER.unpack_from(buffer)
            if protocol or not 2 <= length <= PDU_MOST + 1:
                self._hang_up(connection)  # no Modbus; nothing after it can be trusted
                return
            if len(buffer) < 6 + length:
                break
            request, buffer = buffer[: 6 + length], buffer[6 + length :]
            self._asked(connection, number, unit, request)
        connection.buffer = buffer

    def _asked(self, connection: _Connection, number: int, unit: int, request: bytes) -> None:
        name, instrument = self._units.get(unit, ("", None))
        if instrument is None:
            return
        counts = self.counts[name]
        counts["received"] += 1
        now = self.loop.time()
        pdu = instrument.answer(now, request[HEADER.size :])
        if pdu is None:
            return
        if not self.line.faults:
            counts["sent"] += 1
            self._write(connection, HEADER.pack(number, 0, len(pdu) + 1, unit) + pdu)
            return
        unit, pdu = self.line.message(now, name, unit, pdu)
        frame = HEADER.pack(number, 0, len(pdu) + 1, unit) + pdu
        delivery = self.line.deliver(now, name, request, frame)
        if delivery:
            counts["sent"] += 1
            self._deliver(connection, delivery.data, delivery.delay, 0.02 if delivery.slowness > 1 else 0.0)

    def _deliver(self, connection: _Connection, data: bytes, delay: float, pause: float) -> None:
        """All at once, or a byte each `pause` seconds; at once even without a turn of the loop where nothing is late."""
        pieces = [data[i : i + 1] for i in range(len(data))] if pause else [data]
        for place, piece in enumerate(pieces):
            wait = delay + place * pause
            if wait:
                self.loop.later(wait, lambda piece=piece: self._write(connection, piece))
            else:
                self._write(connection, piece)

    def _write(self, connection: _Connection, data: bytes) -> None:
        if connection.socket.fileno() < 0 or self._frozen:
            return
        try:
            connection.socket.send(data)
        except BlockingIOError:
            pass  # the client does not read; a real gateway's buffer is full as well
        except OSError:
            self._hang_up(connection)

    def _hang_up(self, connection: _Connection) -> None:
        fd = connection.socket.fileno()
        if fd >= 0:
            self.loop.unwatch(fd)
            del self._connections[fd]
            connection.socket.close()
