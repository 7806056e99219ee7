"""One digital input. The only door to RPi.GPIO, which rpi-lgpio provides on every Pi (extra `gpio`).

`gpio` in the configuration's `port` means the Pi's own pins (BCM numbers); `unix:PATH` a simulated chip: b"r" and the line's
number in decimal, answered by b"0" or b"1".
"""

import socket
from typing import Any

from drivers.bus.trace import Trace
from drivers.errors import PortLost


class GpioBus:
    """The pins of one Pi."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.trace = Trace()
        self._gpio: Any = None
        self._socket: socket.socket | None = None

    def port(self, line: int, _deadline: float) -> "GpioLine":
        """One line."""
        return GpioLine(self, line)

    def last_bytes(self) -> bytes:
        """The last level, as a byte."""
        return self.trace.answer()

    def level(self, line: int) -> bool:
        """True if the line is high. Raises PortLost."""
        try:
            high = self._simulated(line) if self.address.startswith("unix:") else self._real(line)
        except (OSError, RuntimeError, ImportError) as error:
            self.close()
            raise PortLost(f"{self.address}: {error}") from None
        self.trace.sent(b"r%d" % line)
        self.trace.received(b"1" if high else b"0")
        return high

    def _simulated(self, line: int) -> bool:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._socket.settimeout(1.0)
            self._socket.connect(self.address[5:])
        self._socket.send(b"r%d" % line)
        return self._socket.recv(8) == b"1"

    def _real(self, line: int) -> bool:
        if self._gpio is None:
            from RPi import GPIO  # off a Pi this raises RuntimeError

            GPIO.setmode(GPIO.BCM)
            self._gpio = GPIO
        self._gpio.setup(line, self._gpio.IN)
        return bool(self._gpio.input(line))

    def close(self) -> None:
        """Let go of the pins."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._gpio is not None:
            self._gpio.cleanup()
            self._gpio = None


class GpioLine:
    """One line of a bus."""

    def __init__(self, bus: GpioBus, line: int) -> None:
        self._bus = bus
        self._line = line

    def level(self) -> bool:
        """True if the line is high. Raises PortLost."""
        return self._bus.level(self._line)
