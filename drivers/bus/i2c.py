"""I2C: two transports behind one `transfer`. The only door to smbus2.

`/dev/i2c-1` goes through smbus2; `unix:PATH` through a SOCK_SEQPACKET socket, one message a transaction: address (1 byte), number
of bytes written and number of bytes to read (2 bytes each, little endian), the bytes written; the answer is 0 or a negative
errno (4 bytes, little endian) and the bytes read. Use 100 kHz: several sensors do not stand more.
"""

import errno
import socket
import struct
import time
from typing import Any, Protocol

from drivers.bus.trace import Trace
from drivers.errors import NoAnswer, PortLost

ABSENT = (errno.EREMOTEIO, errno.ENXIO, errno.ENODEV)
"""What the kernel says when nobody acknowledges: 121 on a Raspberry Pi."""


class Transport(Protocol):
    """One transaction on a bus."""

    def transact(self, chip: int, write: bytes, read: int) -> bytes:
        """Write, then (repeated start) read. Raises OSError with the kernel's errno."""
        ...

    def close(self) -> None:
        """Let go of the bus."""
        ...


class _Kernel:
    """/dev/i2c-N through smbus2."""

    def __init__(self, path: str) -> None:
        from smbus2 import SMBus, i2c_msg

        self._message: Any = i2c_msg
        self._bus: Any = SMBus(path)

    def transact(self, chip: int, write: bytes, read: int) -> bytes:
        messages = [self._message.write(chip, write)] if write or not read else []  # nothing at all: is the chip there?
        answer = self._message.read(chip, read) if read else None
        if answer is not None:
            messages.append(answer)
        self._bus.i2c_rdwr(*messages)
        return bytes(answer) if answer is not None else b""

    def close(self) -> None:
        self._bus.close()


class _Socket:
    """A bus behind a unix socket."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(1.0)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def transact(self, chip: int, write: bytes, read: int) -> bytes:
        self._socket.send(struct.pack("<BHH", chip, len(write), read) + write)
        answer = self._socket.recv(65536)
        if len(answer) < 4:
            raise OSError(errno.EIO, "the bus has gone")
        status: int = struct.unpack("<i", answer[:4])[0]
        if status:
            raise OSError(-status, "I2C")
        return answer[4:]

    def close(self) -> None:
        self._socket.close()


class I2CBus:
    """One I2C bus; `address` is /dev/i2c-N or unix:PATH. In its trace the chip's address stands before what was written."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.trace = Trace()
        self._transport: Transport | None = None

    def port(self, chip: int, _deadline: float) -> "I2CChip":
        """One chip. The kernel's own time-out bounds a transfer."""
        return I2CChip(self, chip)

    def last_bytes(self) -> bytes:
        """The bytes of the last answer."""
        return self.trace.answer()

    def transact(self, chip: int, write: bytes, read: int) -> bytes:
        """One transaction. Raises NoAnswer if nobody acknowledges, PortLost if the bus cannot be used."""
        try:
            if self._transport is None:
                path = self.address
                self._transport = _Socket(path[5:]) if path.startswith("unix:") else _Kernel(path)
        except OSError as error:
            raise PortLost(f"{self.address}: {error.strerror or error}") from None
        self.trace.sent(bytes((chip,)) + write)
        try:
            answer = self._transport.transact(chip, write, read)
        except OSError as error:
            if error.errno in ABSENT:
                raise NoAnswer(f"nobody at 0x{chip:02x} on {self.address}") from None
            self.close()
            raise PortLost(f"{self.address}: {error.strerror or error}") from None
        if len(answer) != read:
            raise NoAnswer(f"0x{chip:02x} gave {len(answer)} bytes instead of {read}")
        self.trace.received(answer)
        return answer

    def close(self) -> None:
        """Let go of the bus."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class I2CChip:
    """One address on a bus."""

    def __init__(self, bus: I2CBus, chip: int) -> None:
        self._bus = bus
        self._chip = chip

    def transfer(self, write: bytes, read: int = 0, wait: float = 0.0) -> bytes:
        """Write, pause `wait` s, read; without a pause in one transaction. Raises NoAnswer or PortLost."""
        if not wait:
            return self._bus.transact(self._chip, write, read)
        self._bus.transact(self._chip, write, 0)
        time.sleep(wait)
        return self._bus.transact(self._chip, b"", read) if read else b""
