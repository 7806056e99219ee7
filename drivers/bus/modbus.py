"""Modbus, and its serial line RTU. The only door to pymodbus, which encodes the questions; the exchange is ours.

Drain, send, read until a frame has the right length, CRC, unit and function, or the hard deadline has passed. What else
arrived decides which error it was. After a failure we listen until the line is quiet for a whole deadline, so that a late answer
is thrown away and never taken for the next one; if two come to the next question, the second is its own.
"""

import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.bus.trace import Trace
from drivers.bus.uart import STRAGGLER, WRONG_SPEED, Uart
from drivers.errors import Faulted, Foreign, Garbled, NoAnswer, WireError

HOLDING, INPUT, WRITE = 0x03, 0x04, 0x10
LONGEST = 512
"""Bytes after which noise is cut; no frame is longer than 256."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request: its bytes on the wire and what the answer must look like (`size` of its PDU)."""

    unit: int
    function: int
    frame: bytes
    size: int
    head: bytes


class Wire(Protocol):
    """How a question travels: RTU or TCP."""

    @property
    def trace(self) -> Trace:
        """The newest bytes."""
        ...

    def exchange(self, question: Question, until: float) -> bytes:
        """The answer's PDU behind the unit id (function first). Raises a wire error."""
        ...

    rtu: bool
    """True if questions are framed as on a serial line, False as on TCP."""

    def close(self) -> None:
        """Let go."""
        ...


class ModbusBus:
    """One line or server with Modbus units."""

    def __init__(self, wire: Wire, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wire = wire
        self._monotonic = monotonic
        self._framer: Any = None
        self._questions: dict[tuple[int, int, int, int, tuple[int, ...]], Question] = {}

    def port(self, unit: int, deadline: float) -> "ModbusUnit":
        """One unit; each of its exchanges may take `deadline` s."""
        return ModbusUnit(self, unit, deadline)

    def last_bytes(self) -> bytes:
        """The bytes of the last answer."""
        return self._wire.trace.answer()

    @property
    def trace(self) -> Trace:
        """The newest bytes of the wire."""
        return self._wire.trace

    def ask(self, unit: int, function: int, address: int, count: int, values: tuple[int, ...], deadline: float) -> bytes:
        """One exchange; the answer's PDU. Raises a wire error."""
        key = (unit, function, address, count, values)
        question = self._questions.get(key) or self._encode(key)
        return self._wire.exchange(question, self._monotonic() + deadline)

    def _encode(self, key: tuple[int, int, int, int, tuple[int, ...]]) -> Question:
        from pymodbus.framer import FramerRTU, FramerSocket
        from pymodbus.pdu import DecodePDU
        from pymodbus.pdu.register_message import (
            ReadHoldingRegistersRequest,
            ReadInputRegistersRequest,
            WriteMultipleRegistersRequest,
        )

        unit, function, address, count, values = key
        if self._framer is None:
            self._framer = (FramerRTU if self._wire.rtu else FramerSocket)(DecodePDU(False))
        if function == WRITE:
            request: Any = WriteMultipleRegistersRequest(address=address, registers=list(values), dev_id=unit)
            size, head = 5, struct.pack(">BHH", function, address, len(values))
        else:
            kind = ReadHoldingRegistersRequest if function == HOLDING else ReadInputRegistersRequest
            request = kind(address=address, count=count, dev_id=unit)
            size, head = 2 + 2 * count, bytes((function, 2 * count))
        question = Question(unit, function, self._framer.buildFrame(request), size, head)
        if len(self._questions) < 1024:
            self._questions[key] = question
        return question

    def close(self) -> None:
        """Let go of the line or server."""
        self._wire.close()


class ModbusUnit:
    """One unit on a bus, for one reading."""

    def __init__(self, bus: ModbusBus, unit: int, deadline: float) -> None:
        self._bus = bus
        self._unit = unit
        self._deadline = deadline

    def holding(self, address: int, count: int) -> tuple[int, ...]:
        """`count` holding registers from `address` (function 03). Raises a wire error."""
        return self._registers(HOLDING, address, count)

    def input(self, address: int, count: int) -> tuple[int, ...]:
        """The same of input registers (function 04)."""
        return self._registers(INPUT, address, count)

    def write(self, address: int, values: Sequence[int]) -> None:
        """Write registers (function 16); `values` may be empty. Raises a wire error."""
        self._bus.ask(self._unit, WRITE, address, 0, tuple(values), self._deadline)

    def pause(self, seconds: float) -> None:
        """Wait; each exchange has its own deadline."""
        time.sleep(seconds)

    def _registers(self, function: int, address: int, count: int) -> tuple[int, ...]:
        pdu = self._bus.ask(self._unit, function, address, count, (), self._deadline)
        return struct.unpack(f">{count}H", pdu[2:])


def _crc(data: bytes) -> bytes:
    from pymodbus.framer import FramerRTU

    return bytes(FramerRTU.compute_CRC(data).to_bytes(2, "big"))


Speed = tuple[int, str, int]
"""Baud, parity, stop bits."""


class RtuWire:
    """Modbus RTU on a serial line.

    `echo`: the adapter sends back what it is told, which is taken off. `speeds`: units whose speed is not the line's.
    """

    rtu = True

    def __init__(
        self,
        uart: Uart,
        echo: bool = False,
        speeds: Mapping[int, Speed] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._uart = uart
        self._echo = echo
        self._own: Speed = (uart.line.baud, uart.line.parity, uart.line.stopbits)
        self._speeds = speeds or {}
        self._monotonic = monotonic
        self._busy_until = 0.0
        self._quiet_until = 0.0
        self._failed = False
        self._unframed: dict[int, int] = {}
        """Unit → bytes that came in its turn since the last sound frame."""

    @property
    def trace(self) -> Trace:
        """The newest bytes of the line."""
        return self._uart.trace

    def exchange(self, question: Question, until: float) -> bytes:
        """One exchange; see the module."""
        start = self._monotonic()
        deadline = until - start
        self._uart.drain(self._quiet_until)
        if self._speeds:
            self._uart.tune(*self._speeds.get(question.unit, self._own))
        until += self._monotonic() - start  # listening is not the device's time
        pause = self._busy_until - self._monotonic()
        if pause > 0:
            time.sleep(pause)
        self._uart.write(question.frame)
        try:
            answer = self._answer(question, until)
        except (NoAnswer, Garbled, Foreign):
            self._quiet_until = self._monotonic() + max(0.05, deadline)
            self._failed = True
            raise
        self._failed = False
        self._busy_until = self._monotonic() + max(0.00175, 3.5 * 11 / self._uart.line.baud)
        return answer

    def _answer(self, question: Question, until: float) -> bytes:
        received = b""
        while True:
            data = self._uart.read(until)
            received += data
            body = received.removeprefix(question.frame) if self._echo else received
            found = _find(question, body)
            if found:
                self._unframed.pop(question.unit, None)
                return self._newer(question, body) if self._failed else found
            if not data or self._monotonic() >= until or len(received) > LONGEST:
                raise self._failure(question, body)
            missing = question.size + 3 - len(body)
            if missing > 0:  # the bytes that are on their way are not waited for one by one
                time.sleep(min(missing * 10 / self._uart.line.baud, max(0.0, until - self._monotonic())))

    def _newer(self, question: Question, body: bytes) -> bytes:
        """After a failure: the first answer may be the last question's, so what comes behind it within a moment counts."""
        until = self._monotonic() + STRAGGLER
        while len(body) <= LONGEST and (data := self._uart.read(until)):
            body += data
        return _find(question, body)

    def _failure(self, question: Question, body: bytes) -> WireError:
        """Which error it is; garbage for long is no bad checksum any more."""
        like_ours = body[:2] == bytes((question.unit, question.function))
        garbage = 0 if like_ours or _first_sound(body) else self._unframed.get(question.unit, 0) + len(body)
        self._unframed[question.unit] = garbage
        if garbage >= WRONG_SPEED:
            return Garbled(f"{garbage} bytes without a sound frame", reason="wrong_speed", raw=body)
        return _judge(question, body)

    def close(self) -> None:
        """Let go of the line."""
        self._uart.close()


def _find(question: Question, body: bytes) -> bytes:
    """The PDU of the last frame in `body` that answers `question`, or b"". Raises Faulted for a Modbus exception."""
    head = bytes((question.unit,)) + question.head
    start = body.rfind(head)
    while start >= 0:
        end = start + 1 + question.size
        if len(body) >= end + 2 and _crc(body[start:end]) == body[end : end + 2] and body[start : end + 2] != question.frame:
            return body[start + 1 : end]
        start = body.rfind(head, 0, start + len(head) - 1)
    refused = body.find(bytes((question.unit, question.function | 0x80)))
    if refused >= 0 and len(body) >= refused + 5:
        frame = body[refused : refused + 5]
        if _crc(frame[:3]) == frame[3:]:
            raise refusal(frame[2], frame)
    return b""


def refusal(code: int, raw: bytes) -> Faulted:
    """What a Modbus exception says."""
    return Faulted(f"Modbus exception {code}: {_EXCEPTIONS.get(code, 'a code of the maker')}", raw=raw)


_EXCEPTIONS = {
    1: "it does not know this function",
    2: "it has no such register",
    3: "it refuses this count or value",
    4: "it has failed",
    5: "it needs time",
    6: "it is busy",
}


def _judge(question: Question, body: bytes) -> WireError:
    """Which error it is that no frame in `body` answers `question`."""
    if not body:
        return NoAnswer("no byte came back", raw=body)
    if question.frame in body:
        return Foreign("only our own question came back", reason="echo", raw=body)
    sound = _first_sound(body)
    if sound is None:
        own = body[0] == question.unit and body[1:2] == bytes((question.function,))
        if own and len(body) < 3 + question.size:
            got = str(len(body))
            return Garbled("the answer ends early", reason="truncated", raw=body, expected=str(3 + question.size), got=got)
        if own:
            frame = body[: 3 + question.size]
            expected, got = _crc(frame[:-2]).hex(), frame[-2:].hex()
            return Garbled("CRC", raw=body, expected=expected, got=got)
        return Garbled("no sound frame", raw=body)
    if sound[0] != question.unit:
        return Foreign("another unit answered", raw=body, expected=str(question.unit), got=str(sound[0]))
    if sound[1] != question.function:
        expected, got = f"function {question.function:02x}", f"{sound[1]:02x}"
        return Foreign("another function was answered", raw=body, expected=expected, got=got)
    expected, got = f"{question.size + 3} bytes", str(len(sound))
    return Garbled("another number of registers", reason="length", raw=body, expected=expected, got=got)


def _first_sound(body: bytes) -> bytes | None:
    """The first thing in `body` that is a frame with a right CRC."""
    for start in range(max(0, len(body) - 4)):
        function = body[start + 1]
        size = 5 if function & 0x80 else 8 if function in (5, 6, 15, 16) else 5 + body[start + 2]
        frame = body[start : start + size]
        if len(frame) == size and _crc(frame[:-2]) == frame[-2:]:
            return frame
    return None
