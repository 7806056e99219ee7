"""Programs of this computer that know a device which nobody else may open: ModemManager's `mmcli`. The only door to subprocess.

The configured port is the program's name or path; what it is told are words of the driver, never a shell.
"""

import subprocess
import time
from collections.abc import Callable

from drivers.bus.trace import Trace
from drivers.errors import NoAnswer, PortLost

LONGEST = 65536
"""Bytes of an answer that are kept."""


class ProgramBus:
    """One program; each question runs it once."""

    def __init__(self, address: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self.trace = Trace(limit=LONGEST)
        self._monotonic = monotonic

    def port(self, _address: int, deadline: float) -> "ProgramPort":
        """The program, for one reading of at most `deadline` s."""
        return ProgramPort(self, self._monotonic() + deadline)

    def last_bytes(self) -> bytes:
        """The last answer."""
        return self.trace.answer()

    def run(self, words: tuple[str, ...], until: float) -> bytes:
        """Its answer. Raises NoAnswer if it hangs, PortLost if it cannot be run or says that it cannot."""
        self.trace.sent(" ".join(words).encode())
        wait = max(0.05, until - self._monotonic())
        try:
            done = subprocess.run(
                [self.address, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=wait, check=False
            )
        except subprocess.TimeoutExpired:
            raise NoAnswer(f"{self.address} did not come back in {wait:.1f} s") from None
        except OSError as error:
            raise PortLost(f"{self.address}: {error.strerror or error}") from None
        answer = done.stdout[:LONGEST]
        self.trace.received(answer)
        if done.returncode:
            said = (done.stderr or answer).decode("utf-8", "replace").strip().partition("\n")[0]
            raise PortLost(f"{self.address}: {said[:200] or f'it ended with {done.returncode}'}")
        return answer

    def close(self) -> None:
        """Nothing stays open."""


class ProgramPort:
    """A program, for one reading."""

    def __init__(self, bus: ProgramBus, until: float) -> None:
        self._bus = bus
        self._until = until

    def run(self, *words: str) -> bytes:
        """Its answer to these words. Raises NoAnswer or PortLost."""
        return self._bus.run(words, self._until)
