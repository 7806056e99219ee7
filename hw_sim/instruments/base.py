"""What the kinds of simulated instruments have to do. Times are s since the scenario's midnight."""

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


class Tool:
    """A device that only a program of this computer may ask."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        self.world = world
        self.settings = settings

    def run(self, words: list[str], now: float) -> tuple[str, str]:
        """What the program says to these words: on its output, or as its error."""
        raise NotImplementedError


class Unit:
    """A device on Modbus; a subclass gives its registers. Modbus application protocol v1.1b3, section 6.

    Functions 03, 04: `block`; 06, 16: `write`; 02: `inputs`; 05: `switch`; 0x2B/0x0E: `identity`.
    Exceptions: 1 no such function, 2 no such register, 3 a malformed request.
    """

    silent_on_unknown = False
    """True for makers whose devices do not answer what they do not know."""

    functions: tuple[int, ...] = (0x03, 0x04, 0x10)

    universal = 0
    """A second address that it answers to, the same for all of its kind; 0: none."""

    empty_counts: tuple[int, ...] = ()
    """Registers at which this maker asks with a count of zero, which Modbus forbids."""

    identity: tuple[str, ...] = ()
    """Maker, product code, revision, as function 0x2B gives them."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        self.world = world
        self.settings = settings

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """The registers from `address` on, or None if it does not have them all."""
        raise NotImplementedError

    def block_of(self, function: int, address: int, count: int, now: float) -> list[int] | None:
        """The same for a device whose functions 03 and 04 read different tables."""
        return self.block(address, count, now)

    def inputs(self, address: int, count: int, now: float) -> list[bool] | None:
        """The discrete inputs from `address` on, or None if it does not have them all."""
        return None

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Take a write; False if it has no such register."""
        return False

    def switch(self, address: int, on: bool, now: float) -> bool:
        """Set a coil; False if it has no such coil."""
        return False

    def answer(self, pdu: bytes, now: float) -> bytes | None:
        """The reply's PDU to a request's PDU, None for silence."""
        function = pdu[0]
        if function not in self.functions:
            return self._refuse(function, 1)
        if function == 0x2B:
            return self._identify(pdu)
        if len(pdu) < 5:
            return self._refuse(function, 3)
        address, count = struct.unpack(">HH", pdu[1:5])
        if function == 0x05 and count not in (0x0000, 0xFF00):
            return self._refuse(function, 3)
        if function in (0x05, 0x06):
            done = self.switch(address, bool(count), now) if function == 0x05 else self.write(address, [count], now)
            return pdu[:5] if done else self._refuse(function, 2)
        if function == 0x10:
            return self._write_many(pdu, address, count, now)
        if not (1 <= count <= (2000 if function == 0x02 else 125)) and (count or address not in self.empty_counts):
            return self._refuse(function, 3)
        return self._read(function, address, count, now)

    def _read(self, function: int, address: int, count: int, now: float) -> bytes | None:
        if function == 0x02:
            states = self.inputs(address, count, now)
            if states is None:
                return self._refuse(function, 2)
            size = (count + 7) // 8
            return bytes((function, size)) + sum(on << bit for bit, on in enumerate(states)).to_bytes(size, "little")
        registers = self.block_of(function, address, count, now)
        if registers is None:
            return self._refuse(function, 2)
        return bytes((function, 2 * count)) + struct.pack(f">{count}H", *registers)

    def _write_many(self, pdu: bytes, address: int, count: int, now: float) -> bytes | None:
        good = count <= 123 and len(pdu) == 6 + 2 * count and pdu[5] == 2 * count
        if not good or (count == 0 and address not in self.empty_counts):
            return self._refuse(pdu[0], 3)
        values = list(struct.unpack(f">{count}H", pdu[6:]))
        return pdu[:5] if self.write(address, values, now) else self._refuse(pdu[0], 2)

    def _identify(self, pdu: bytes) -> bytes | None:
        """Basic identification, read as a stream (section 6.21)."""
        if pdu[1:3] != b"\x0e\x01":
            return self._refuse(0x2B, 1 if pdu[1:2] != b"\x0e" else 3)
        head = bytes((0x2B, 0x0E, 0x01, 0x01, 0x00, 0x00, len(self.identity)))
        return head + b"".join(bytes((number, len(text))) + text.encode() for number, text in enumerate(self.identity))

    def _refuse(self, function: int, code: int) -> bytes | None:
        return None if self.silent_on_unknown else bytes((function | 0x80, code))


class Map(Unit):
    """A device whose registers are one table, any part of which may be read at once."""

    functions: tuple[int, ...] = (0x03,)

    def registers(self, now: float) -> dict[int, int]:
        """Address → register, 0 to 65535."""
        raise NotImplementedError

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """As many registers of the table as were asked for."""
        table = self.registers(now)
        wanted = range(address, address + count)
        return [table[one] for one in wanted] if all(one in table for one in wanted) else None


def signed(number: float) -> int:
    """A whole number as a 16-bit register in two's complement, −32768 to 32767, held at the ends."""
    return min(32767, max(-32768, round(number))) & 0xFFFF


def unsigned(number: float) -> int:
    """A whole number as a 16-bit register, 0 to 65535, held at the ends."""
    return min(65535, max(0, round(number)))


def placed(start: int, *blocks: list[int]) -> dict[int, int]:
    """Registers one after the other from `start` on."""
    return {start + offset: register for offset, register in enumerate(one for block in blocks for one in block)}


def float_abcd(number: float) -> list[int]:
    """A 32-bit float, high word first, high byte first."""
    return list(struct.unpack(">2H", struct.pack(">f", number)))


def float_cdab(number: float) -> list[int]:
    """A 32-bit float, low word first, high byte first in each."""
    return float_abcd(number)[::-1]


def float_dcba(number: float) -> list[int]:
    """A 32-bit float with all four bytes reversed."""
    return list(struct.unpack(">2H", struct.pack("<f", number)))
