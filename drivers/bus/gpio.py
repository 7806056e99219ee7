"""Digital inputs, pulse counters and switches. The only door to RPi.GPIO, which rpi-lgpio provides on every Pi (extra `gpio`).

`gpio` in the configuration's `port` means the Pi's own pins (BCM numbers); `unix:PATH` a simulated chip behind a SOCK_SEQPACKET
socket: b"r17" asks for a level (b"0" or b"1"), b"p17" for the pulses counted so far, b"w17 1" sets a level (b"ok").
"""

import socket
import time
from collections.abc import Callable
from typing import Any

from drivers.bus.trace import Trace
from drivers.errors import PortLost


class GpioBus:
    """The pins of one Pi."""

    def __init__(self, address: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self.trace = Trace()
        self._monotonic = monotonic
        self._gpio: Any = None
        self._socket: socket.socket | None = None
        self._counts: dict[int, int] = {}
        self._asked: dict[int, tuple[int, float]] = {}

    def port(self, line: int, _deadline: float) -> "GpioLine":
        """One line."""
        return GpioLine(self, line)

    def last_bytes(self) -> bytes:
        """The last answer, as text."""
        return self.trace.answer()

    def level(self, line: int) -> bool:
        """True if the line is high. Raises PortLost."""

        def real() -> bytes:
            self._pins().setup(line, self._gpio.IN)
            return b"1" if self._gpio.input(line) else b"0"

        return self._ask(b"r%d" % line, real) == b"1"

    def pulses(self, line: int, debounce: int) -> tuple[int, float]:
        """Falling edges since this was last asked, and the s since then; (0, 0.0) the first time. Raises PortLost.

        `debounce`: ms within which a bouncing contact counts once.
        """

        def real() -> bytes:
            if line not in self._counts:
                self._count(line, debounce)
            return b"%d" % self._counts[line]

        text = self._ask(b"p%d" % line, real)
        if not text.isdigit():
            raise PortLost(f"{self.address}: {text!r} is no count")
        count, now = int(text), self._monotonic()
        before = self._asked.get(line)
        self._asked[line] = (count, now)
        if before is None or count < before[0]:
            return 0, 0.0
        return count - before[0], now - before[1]

    def set(self, line: int, high: bool) -> None:
        """Drive the line. Raises PortLost."""

        def real() -> bytes:
            self._pins().setup(line, self._gpio.OUT, initial=int(high))
            self._gpio.output(line, int(high))
            return b"ok"

        self._ask(b"w%d %d" % (line, high), real)

    def _count(self, line: int, debounce: int) -> None:
        gpio = self._pins()
        gpio.setup(line, gpio.IN, pull_up_down=gpio.PUD_UP)
        self._counts[line] = 0

        def counted(_line: int) -> None:
            self._counts[line] += 1

        gpio.add_event_detect(line, gpio.FALLING, callback=counted, bouncetime=max(1, debounce))

    def _ask(self, question: bytes, real: Callable[[], bytes]) -> bytes:
        """One question to the simulated chip, or what the pins say."""
        self.trace.sent(question)
        try:
            answer = self._simulated(question) if self.address.startswith("unix:") else real()
        except (OSError, RuntimeError, ImportError) as error:
            self.close()
            raise PortLost(f"{self.address}: {error}") from None
        self.trace.received(answer)
        return answer

    def _simulated(self, question: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._socket.settimeout(1.0)
            self._socket.connect(self.address[5:])
        self._socket.send(question)
        answer = self._socket.recv(64)
        if not answer:
            raise OSError("the chip has gone")
        return answer

    def _pins(self) -> Any:
        if self._gpio is None:
            from RPi import GPIO  # off a Pi this raises RuntimeError

            GPIO.setmode(GPIO.BCM)
            self._gpio = GPIO
        return self._gpio

    def close(self) -> None:
        """Let go of the pins."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._gpio is not None:
            self._gpio.cleanup()
            self._gpio = None
        self._counts.clear()
        self._asked.clear()


class GpioLine:
    """One line of a bus."""

    def __init__(self, bus: GpioBus, line: int) -> None:
        self._bus = bus
        self._line = line

    def level(self) -> bool:
        """True if the line is high. Raises PortLost."""
        return self._bus.level(self._line)

    def pulses(self, debounce: int) -> tuple[int, float]:
        """(pulses, s) since this was last asked; (0, 0.0) the first time. Raises PortLost."""
        return self._bus.pulses(self._line, debounce)
