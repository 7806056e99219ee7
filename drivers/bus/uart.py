"""Serial lines; the only door to pyserial.

A line is opened exclusively by its configured name (use /dev/serial/by-path/…: it stays the same when the adapter comes back
under another number), reopened by that name after it was lost, and drained when it is opened. A URL opens a port of another
machine: `rfc2217://host:port` sets its speed there, `socket://host:port` takes the speed as it is.
"""

import errno
import io
import os
import select
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import serial

from drivers.bus.trace import Trace
from drivers.errors import Foreign, Garbled, NoAnswer, PortLost, WireError

TAIL = 512
"""Unread bytes that are kept between two readings; no frame of a stream is longer."""

WRONG_SPEED = 64
"""So many bytes without anything like a frame in them mean a wrong speed or noise."""

STRAGGLER = 0.1
"""s for which a device that has just failed may still send the answer before the answer."""

POLL = 0.02
"""s for which a port without a file descriptor (rfc2217) is listened to at once."""


class Frames(Protocol):
    """What a stream's `split` gives."""

    @property
    def frames(self) -> tuple[bytes, ...]:
        """Whole frames, oldest first."""
        ...

    @property
    def rest(self) -> bytes:
        """The unread tail."""
        ...

    @property
    def rejected(self) -> WireError | None:
        """Why the last candidate was none."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """How a serial line is set: 8 data bits always. `path` may be a URL."""

    path: str
    baud: int = 9600
    parity: str = "N"
    stopbits: int = 1


class Uart:
    """One serial line."""

    def __init__(self, line: Line, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.line = line
        self.trace = Trace()
        self.bytes_in = 0
        self.bytes_out = 0
        self._monotonic = monotonic
        self._serial: serial.Serial | None = None
        self._fd: int | None = None
        self._tail = b""
        self._unframed = 0
        self._asked_at = 0.0
        self._quiet_until = 0.0
        self._failed = False
        self._echo = b""
        """Our question, as long as it may still come back."""

    def port(self, _address: int, deadline: float) -> "UartPort":
        """The device on this line, for one reading of at most `deadline` s."""
        return UartPort(self, self._monotonic() + deadline)

    def last_bytes(self) -> bytes:
        """The bytes received since something was sent, the newest last."""
        return self.trace.answer()

    def read(self, until: float) -> bytes:
        """What has arrived, waiting until the monotonic time `until` for the first byte; b"" if none. Raises PortLost."""
        port = self._open()
        try:
            data = self._wait(self._fd, until) if self._fd is not None else self._poll(port, until)
        except OSError as error:
            raise self._lost(error) from None
        self.bytes_in += len(data)
        self.trace.received(data)
        return data

    def _wait(self, fd: int, until: float) -> bytes:
        """As the kernel tells it."""
        ready, _, _ = select.select([fd], [], [], max(0.0, until - self._monotonic()))
        data = os.read(fd, 4096) if ready else b""
        if ready and not data:
            raise OSError(errno.ECONNRESET if "://" in self.line.path else errno.EIO, "the other end has gone")
        return data

    def _poll(self, port: serial.Serial, until: float) -> bytes:
        """A port that pyserial reads in a thread of its own."""
        while not (waiting := port.in_waiting):
            if self._monotonic() >= until:
                return b""
            first = port.read(1)  # at most `POLL` s; raises when the connection has gone
            if first:
                return first + port.read(port.in_waiting)
        return port.read(waiting)

    def write(self, data: bytes) -> None:
        """Send `data`. Raises PortLost."""
        port = self._open()
        try:
            port.write(data)
        except (OSError, termios.error) as error:  # SerialException is an OSError
            raise self._lost(error) from None
        self.bytes_out += len(data)
        self.trace.sent(data)

    def ask(self, data: bytes) -> float:
        """Send a question, once what came before it is thrown away; s that this took. Raises PortLost.

        After an answer that did not come we listen for as long again: what is late is never taken for the next one.
        """
        began = self._monotonic()
        self.drain(self._quiet_until)
        self._asked_at = self._monotonic()
        self.write(data)
        self._echo = data
        return self._asked_at - began

    def tune(self, baud: int, parity: str, stopbits: int) -> None:
        """From now on with this speed and format: several devices of one line may differ. Raises PortLost."""
        line = self.line
        if (baud, parity, stopbits) == (line.baud, line.parity, line.stopbits):
            return
        self.line = Line(line.path, baud, parity, stopbits)
        if self._serial is not None:
            try:
                self._serial.apply_settings({"baudrate": baud, "parity": parity, "stopbits": stopbits})
            except (OSError, ValueError, termios.error) as error:
                raise self._lost(error) from None

    def drain(self, until: float = 0.0) -> None:
        """Throw away what has arrived; with `until`, also what arrives before that monotonic time."""
        self._tail = b""
        while self.read(until) or self._monotonic() < until:
            pass

    def newest_frame(self, split: Callable[[bytes], Frames], until: float) -> bytes:
        """The newest whole frame that `split` finds before the monotonic time `until`. Raises a wire error."""
        heard = len(self._tail)
        rejected: WireError | None = None
        while True:
            data = self.read(until)
            if not data:
                raise self._nothing(heard, rejected)
            heard += len(data)
            self._unframed += len(data)
            self._tail += data
            if self._is_echo():
                continue
            found = split(self._tail)
            self._tail = found.rest[-TAIL:]
            rejected = found.rejected or rejected
            if found.frames:
                self._unframed, self._asked_at = 0, 0.0
                return self._newer(split, found.frames[-1]) if self._failed else found.frames[-1]
            if self._monotonic() >= until:
                raise self._nothing(heard, rejected)

    def _newer(self, split: Callable[[bytes], Frames], frame: bytes) -> bytes:
        """After a failure: `frame` may answer the last question, so what comes behind it within a moment counts."""
        self._failed = False
        until = self._monotonic() + STRAGGLER
        while data := self.read(until):
            found = split(self._tail + data)
            self._tail = found.rest[-TAIL:]
            frame = (frame, *found.frames)[-1]
        return frame

    def _is_echo(self) -> bool:
        """True while nothing but our question has come back; what an adapter puts before the answer is taken off."""
        if not self._echo or self._echo.startswith(self._tail):
            return bool(self._echo)
        self._tail, self._echo = self._tail.removeprefix(self._echo), b""
        return False

    def _nothing(self, heard: int, rejected: WireError | None) -> WireError:
        """Why there is no frame."""
        if self._asked_at:
            now = self._monotonic()
            self._asked_at, self._quiet_until, self._failed = 0.0, now + now - self._asked_at, True
        sent, received = self.trace.exchanges()[-1]
        raw = received[-heard:] if heard else b""
        if not heard:
            return NoAnswer("nothing was received")
        if sent and received == sent:
            return Foreign("only our own question came back", reason="echo", raw=raw)
        if rejected is not None:
            return rejected
        if self._unframed >= WRONG_SPEED:
            return Garbled(f"{self._unframed} bytes without a frame", reason="wrong_speed", raw=raw)
        return Garbled("no whole frame", reason="truncated" if self._tail else "header", raw=raw)

    def _open(self) -> serial.Serial:
        if self._serial is None:
            line = self.line
            exclusive = None if "://" in line.path else True
            try:
                self._serial = serial.serial_for_url(
                    line.path, line.baud, parity=line.parity, stopbits=line.stopbits, timeout=POLL, exclusive=exclusive
                )
                self._serial.reset_input_buffer()
                with suppress(io.UnsupportedOperation):
                    self._fd = self._serial.fileno()
            except (OSError, ValueError, termios.error) as error:
                self.close()
                raise PortLost(_why(line.path, error)) from None
            self._tail = b""
            self._unframed = 0
        return self._serial

    def _lost(self, error: Exception) -> PortLost:
        self.close()
        return PortLost(_why(self.line.path, error))

    def close(self) -> None:
        """Let go of the line."""
        if self._serial is not None:
            with suppress(OSError, termios.error):  # it may be gone already
                self._serial.close()
        self._serial = self._fd = None


class UartPort:
    """A serial line for one reading."""

    def __init__(self, uart: Uart, until: float) -> None:
        self._uart = uart
        self._until = until

    def receive(self, split: Callable[[bytes], Frames]) -> bytes:
        """The newest whole frame. Raises NoAnswer, Garbled or PortLost when the deadline has passed."""
        return self._uart.newest_frame(split, self._until)

    def send(self, data: bytes) -> None:
        """Discard what was received, then send; the reading's deadline moves by what listening took. Raises PortLost."""
        self._until += self._uart.ask(data)

    def pause(self, seconds: float) -> None:
        """Wait; the reading's deadline moves by as much."""
        time.sleep(seconds)
        self._until += seconds


_WHY = {
    errno.ENOENT: "there is no such port",
    errno.ENXIO: "there is no device behind this port",
    errno.ENODEV: "there is no device behind this port",
    errno.EACCES: "this user may not open it",
    errno.EPERM: "this user may not open it",
    errno.EAGAIN: "another program holds it",
    errno.EBUSY: "another program holds it",
    errno.EIO: "it was unplugged",
    errno.ECONNRESET: "the other end closed the connection",
}


def _why(path: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number is None and "exclusively lock" in str(error):
        number = errno.EAGAIN
    return f"{path}: {_WHY.get(number or 0, str(error))}"
