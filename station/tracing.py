"""Recording the raw traffic of a bus: a line for what was sent or received, with its time.

    # shanshui trace 1 rs485 modbus /dev/serial/by-path/…
    12.345 > 01 03 00 00 00 01 84 0a
    12.361 < 01 03 02 02 78 b9 06

Times are s since the recording began. On I2C the chip's address is the first byte of what is sent. `station sim
run FILE` plays the file back, so that a problem of the field becomes a test.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from station.config import Bus
from station.device import Traced

KEPT = 20_000
"""Lines that may wait to be written; more are lost, and counted in the file."""


class Recording:
    """The traffic of one bus into a file, from now on until `close`, or until the monotonic time `until`."""

    def __init__(self, bus: Bus, traced: Traced, path: Path, until: float, monotonic: Callable[[], float]) -> None:
        self.until = until
        self._traced = traced
        self._monotonic = monotonic
        self._began = monotonic()
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._heard = self._written = 0
        self._file: TextIO = path.open("w", encoding="utf-8")
        self._file.write(f"# shanshui trace 1 {bus.name} {bus.kind} {bus.port}\n")
        traced.tap = self._hear

    def _hear(self, direction: str, data: bytes) -> None:
        """In the bus's thread."""
        self._heard += 1
        self._lines.append(f"{self._monotonic() - self._began:.3f} {direction} {data.hex(' ')}\n")

    def write(self) -> None:
        """Put what was heard into the file. Raises OSError."""
        while self._lines:
            self._written += 1
            self._file.write(self._lines.popleft())
        self._file.flush()

    def close(self) -> None:
        """Stop listening. Raises OSError."""
        self._traced.tap = None
        try:
            self.write()
            if self._heard > self._written:
                self._file.write(f"# {self._heard - self._written} lines were lost\n")
        finally:
            self._file.close()
