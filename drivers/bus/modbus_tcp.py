"""Modbus TCP. The same questions as in `modbus.py`; answers to earlier transactions are passed over by their number, and after a
failure the connection is closed, so that no late answer can come.
"""

import errno
import select
import socket
import time
from collections.abc import Callable

from drivers.bus.modbus import LONGEST, Question, refusal
from drivers.bus.trace import Trace
from drivers.errors import Foreign, Garbled, NoAnswer, PortLost


class TcpWire:
    """Modbus TCP: tcp://host:port."""

    rtu = False

    def __init__(self, address: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self._trace = Trace()
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        self._peer = (host.strip("[]"), int(port) if port.isdigit() else 502) if host else (port, 502)
        self._monotonic = monotonic
        self._socket: socket.socket | None = None
        self._transaction = 0

    @property
    def trace(self) -> Trace:
        """The newest bytes of the connection."""
        return self._trace

    def exchange(self, question: Question, until: float) -> bytes:
        """One exchange; answers to earlier transactions are passed over."""
        channel = self._open(until)
        self._transaction = self._transaction % 0xFFFF + 1
        request = self._transaction.to_bytes(2, "big") + question.frame[2:]
        self._trace.sent(request)
        try:
            channel.sendall(request)
            return self._answer(channel, question, until)
        except OSError as error:
            self.close()
            raise PortLost(f"{self.address}: {error.strerror or error}") from None
        except (NoAnswer, Garbled, Foreign, PortLost):
            self.close()
            raise

    def _answer(self, channel: socket.socket, question: Question, until: float) -> bytes:
        received = b""
        while True:
            while len(received) >= 7 and len(received) >= 6 + int.from_bytes(received[4:6], "big"):
                size = 6 + int.from_bytes(received[4:6], "big")
                frame, received = received[:size], received[size:]
                if frame[:2] == self._transaction.to_bytes(2, "big"):
                    return self._check(frame, question)
            ready, _, _ = select.select([channel], [], [], max(0.0, until - self._monotonic()))
            if not ready:
                raise (
                    NoAnswer("the server is silent", raw=received)
                    if not received
                    else Garbled("the answer ends early", reason="truncated", raw=received)
                )
            data = channel.recv(4096)
            if not data:
                raise PortLost(f"{self.address}: the server closed the connection")
            self._trace.received(data)
            received += data
            if len(received) > LONGEST:
                raise Garbled("noise without end", reason="header", raw=received[-LONGEST:])

    def _check(self, frame: bytes, question: Question) -> bytes:
        pdu = frame[7:]
        if frame[2:4] != b"\0\0" or len(frame) < 9:
            raise Garbled("this is not Modbus TCP", reason="header", raw=frame)
        if frame[6] != question.unit:
            raise Foreign("another unit answered", raw=frame, expected=str(question.unit), got=str(frame[6]))
        if pdu[0] == question.function | 0x80:
            raise refusal(pdu[1], frame)
        if pdu[0] != question.function:
            expected, got = f"function {question.function:02x}", f"{pdu[0]:02x}"
            raise Foreign("another function was answered", raw=frame, expected=expected, got=got)
        if len(pdu) != question.size or not pdu.startswith(question.head):
            sizes = {"expected": str(question.size), "got": str(len(pdu))}
            raise Garbled("another number of registers", reason="length", raw=frame, **sizes)
        return pdu

    def _open(self, until: float) -> socket.socket:
        if self._socket is None:
            try:
                wait = max(0.05, until - self._monotonic())
                self._socket = socket.create_connection(self._peer, timeout=wait)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                self._socket = None
                why = "nobody listens there" if error.errno == errno.ECONNREFUSED else error.strerror or str(error)
                raise PortLost(f"{self.address}: {why}") from None
        return self._socket

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
