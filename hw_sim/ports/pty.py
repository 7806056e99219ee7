"""A raw pty behind a symbolic link, as slow as the real line.

The kernel takes any speed for a pty and does not pace it; so bytes go out one each 10/baud seconds (at most three milliseconds'
worth at a time), and if the slave's speed is not the line's, what arrives is the garbage that a wrong speed makes, in both
directions. Bytes that nobody reads are dropped when the kernel's buffer is full, as a UART does.
"""

import os
import termios
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path

from hw_sim.loop import Loop, Timer
from hw_sim.ports.base import PortError

BITS = 10  # start, eight data, stop
AT_ONCE = 0.003  # seconds' worth of bytes in one piece
SPEED = 5  # place of the output speed in what tcgetattr gives
GARBAGE = bytes((0x00, 0x80, 0xE6, 0xF8)[(byte ^ byte >> 4) & 3] for byte in range(256))
SPEEDS = {rate: getattr(termios, f"B{rate}") for rate in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)}


class Pty:
    """One end is ours, the other is behind the link."""

    def __init__(self, loop: Loop, link: Path, baud: int, received: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._link = link
        self._code = SPEEDS[baud]
        self._byte_time = BITS / baud
        self._received = received
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._free = 0.0
        self._timer: Timer | None = None
        self._master = self._slave = -1

    @property
    def byte_time(self) -> float:
        """Seconds of one byte on the wire."""
        return self._byte_time

    def open(self) -> None:
        """A new pty; the link points to it from one moment to the next. Raises PortError."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        fresh = self._link.with_name(f".{self._link.name}.{os.getpid()}")
        try:
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.replace(self._link)
        except OSError as error:
            self._close_both()
            raise PortError(f"{self._link}: {error.strerror}") from None
        self._loop.watch(self._master, self._readable)

    def close(self) -> None:
        """Pull the plug: readers get an error, the link vanishes."""
        self._loop.unwatch(self._master)
        self._waiting.clear()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._link.unlink(missing_ok=True)
        self._close_both()

    def heard(self) -> bool:
        """Whether the other end has the line's speed."""
        return bool(termios.tcgetattr(self._slave)[SPEED] == self._code)

    def send(self, data: bytes, slowness: float = 1.0) -> None:
        """Put bytes behind those that are under way."""
        size = max(1, int(AT_ONCE / (self._byte_time * slowness)))
        pieces = [data[i : i + size] for i in range(0, len(data), size)]
        self._waiting.extend((piece, slowness) for piece in pieces)
        if self._timer is None:
            self._free = self._loop.time()
            self._next()

    def _next(self) -> None:
        """Wait until the next piece would be over."""
        self._timer = None
        if self._waiting:
            piece, slowness = self._waiting[0]
            self._free += len(piece) * self._byte_time * slowness
            self._timer = self._loop.at(self._free, self._write)

    def _write(self) -> None:
        piece, _slowness = self._waiting.popleft()
        try:
            os.write(self._master, piece if self.heard() else piece.translate(GARBAGE))
        except BlockingIOError:
            pass  # nobody reads: overrun
        self._next()

    def _readable(self) -> None:
        data = os.read(self._master, 4096)
        self._received(data if self.heard() else data.translate(GARBAGE))

    def _close_both(self) -> None:
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
