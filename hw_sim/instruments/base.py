"""What the three kinds of simulated instruments have to do. Times are s since the scenario's midnight."""

import errno
import struct
from typing import Any

from hw_sim.world import World


class Talker:
    """A device on a UART that speaks by itself and may listen."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        self.world = world
        self.settings = settings

    def due(self, now: float) -> bytes:
        """The frame that it sends at `now`, b"" if none is due."""
        raise NotImplementedError

    def hear(self, data: bytes, now: float) -> bytes:
        """Its reply to `data`."""
        raise NotImplementedError


class Chip:
    """A device on I2C."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        self.world = world
        self.settings = settings

    def write(self, data: bytes, now: float) -> None:
        """A write transaction. Raises OSError with the kernel's errno."""
        raise NotImplementedError

    def read(self, size: int, now: float) -> bytes:
        """A read transaction. Raises OSError with the kernel's errno."""
        raise NotImplementedError


def not_acknowledged() -> OSError:
    """What i2c-bcm2835 says when nobody acknowledges."""
    return OSError(errno.EREMOTEIO, "no acknowledge")


class Pin:
    """Something on a GPIO pin; a subclass overrides what it does."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        self.world = world
        self.settings = settings

    def level(self, now: float) -> bool:
        """True if the line is high; nothing pulls it low."""
        return True

    def pulses(self, now: float) -> int:
        """Falling edges so far."""
        return 0

    def drive(self, high: bool, now: float) -> str:
        """The Pi drives the line; the name of a line whose power this cuts, or ""."""
        return ""


class Unit:
    """A device on Modbus; a subclass gives its registers. Functions 03, 04, 16: Modbus application protocol v1.1b3."""

    silent_on_unknown = False
    """True for makers whose devices do not answer for a register that they do not have."""

    functions: tuple[int, ...] = (0x03, 0x04, 0x10)

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        self.world = world
        self.settings = settings

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """The registers from `address` on, or None if it does not have them all."""
        raise NotImplementedError

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Take a write; False if it has no such register."""
        return False

    def answer(self, pdu: bytes, now: float) -> bytes | None:
        """The reply's PDU to a request's PDU, None for silence."""
        function = pdu[0]
        if function not in self.functions:
            return None if self.silent_on_unknown else bytes((function | 0x80, 1))
        if len(pdu) < 5:
            return bytes((function | 0x80, 3))
        address, count = struct.unpack(">HH", pdu[1:5])
        if function == 0x10:
            values = list(struct.unpack(f">{count}H", pdu[6 : 6 + 2 * count])) if len(pdu) >= 6 + 2 * count else []
            return pdu[:5] if self.write(address, values, now) else self._unknown(function)
        if not 1 <= count <= 125:
            return bytes((function | 0x80, 3))
        registers = self.block(address, count, now)
        if registers is None:
            return self._unknown(function)
        return bytes((function, 2 * count)) + struct.pack(f">{count}H", *registers)

    def _unknown(self, function: int) -> bytes | None:
        return None if self.silent_on_unknown else bytes((function | 0x80, 2))
