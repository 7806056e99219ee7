"""What every simulated instrument is: an object that a port feeds with bytes and the time. It knows no port and no clock.

`sense(quantity)` is the truth at this moment. Settings are a frozen dataclass; `option` gives a field its bounds and its help.
"""

import errno
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

Sense = Callable[[str], float]


def option(default: Any, text: str, low: float = -math.inf, high: float = math.inf) -> Any:
    """A setting with its bounds and help."""
    return field(default=default, metadata={"help": text, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class NoSettings:
    """For a device that has none."""


class Instrument:
    """One device."""

    Settings: ClassVar[type[Any]] = NoSettings
    kind: ClassVar[str]
    """On which kind of line it can be: uart, modbus or i2c."""

    def __init__(self, sense: Sense, settings: Any) -> None:
        self.sense = sense
        self.settings = settings

    def power(self, now: float) -> None:
        """Power comes, or has been interrupted."""


class Stream(Instrument):
    """A device on a line of its own, that may speak unasked."""

    kind = "uart"
    due: float = math.inf
    """When it speaks next, unasked."""

    def frame(self, now: float, heard: bool) -> bytes:
        """What it says at `due`; sets the next `due`. `heard` is false while nobody listens at the right speed."""
        raise NotImplementedError

    def receive(self, now: float, data: bytes) -> list[bytes]:
        """Bytes that came; the answers, in order."""
        raise NotImplementedError


class Nack(OSError):
    """The chip does not acknowledge; the errno is that of a Raspberry Pi."""

    def __init__(self, text: str) -> None:
        super().__init__(errno.EREMOTEIO, text)


class Chip(Instrument):
    """A chip on an I2C bus."""

    kind = "i2c"
    address: ClassVar[int]
    """Its usual address, 7 bits."""

    def write(self, now: float, data: bytes) -> None:
        """Bytes written to it. Raises Nack."""
        raise NotImplementedError

    def read(self, now: float, count: int) -> bytes:
        """Exactly `count` bytes; 0xFF where it has no more. Raises Nack."""
        raise NotImplementedError


class Unit(Instrument):
    """A Modbus unit: protocol data units in and out, whatever carries them."""

    kind = "modbus"
    unit: int = 1
    universal: ClassVar[int] = 0
    """A second address that always works, if it has one."""

    def answer(self, now: float, pdu: bytes) -> bytes | None:
        """The answer to one request; None is silence."""
        raise NotImplementedError
