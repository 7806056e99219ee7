"""A bus without wires: simulated instruments in this process, on a clock of somebody's own. Drivers see the ports they know.

What a line does to bytes (speed, faults, other units) is not here; `hw_sim`'s ports have that.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drivers.errors import Faulted, NoAnswer
from drivers.frames import Cut
from station.device import Tap, Traced

TICK = 0.05
"""s between two looks whether a device has spoken."""

BROKEN = 0x80
"""Bit of the function in a Modbus exception."""


class _Trace(Traced):
    tap: Tap | None = None


class Shortcut:
    """The devices of one bus by their address. `clock` gives s since the simulation's midnight; reading takes no time."""

    def __init__(self, kind: str, devices: Mapping[int, Any], clock: Callable[[], float]) -> None:
        self._make = {"uart": _Stream, "i2c": _Chip, "modbus": _Unit, "gpio": _Pin}[kind]
        self._devices = devices
        self._clock = clock
        self._counted: dict[int, tuple[int, float]] = {}

    def port(self, address: int, deadline: float) -> Any:
        """The port of one device for one reading that may take `deadline` s."""
        alone = self._make is _Stream
        device = next(iter(self._devices.values())) if alone else self._devices.get(address)
        return self._make(device, address, self._clock(), deadline, self._counted)

    def last_bytes(self) -> bytes:
        """Nothing is kept."""
        return b""

    @property
    def trace(self) -> Traced:
        """Nobody listens."""
        return _Trace()

    def close(self) -> None:
        """There is nothing to let go of."""


class _Port:
    def __init__(self, device: Any, address: int, now: float, deadline: float, counted: dict[int, tuple[int, float]]) -> None:
        if device is None:
            raise NoAnswer("nobody has this address")
        self._device = device
        self._address = address
        self._now = now
        self._until = now + deadline
        self._counted = counted

    def pause(self, seconds: float) -> None:
        """Time passes for the device."""
        self._now += seconds
        self._until += seconds


class _Stream(_Port):
    def receive(self, split: Callable[[bytes], Cut]) -> bytes:
        """The newest whole frame that comes until the deadline, the first if none has come yet. Raises NoAnswer."""
        heard = getattr(self._device, "unread", b"")
        self._device.unread = b""
        while True:
            heard += self._device.due(self._now)
            found = split(heard)
            if found.frames:
                return found.frames[-1]
            if self._now >= self._until:
                raise NoAnswer("nothing came")
            self._now += TICK

    def send(self, data: bytes) -> None:
        """The answer waits to be received."""
        self._device.unread = self._device.hear(data, self._now)


class _Chip(_Port):
    def transfer(self, write: bytes, read: int = 0, wait: float = 0.0) -> bytes:
        """Write, wait, read. Raises NoAnswer."""
        try:
            if write:
                self._device.write(write, self._now)
            self._now += wait + 0.0005
            answer: bytes = self._device.read(read, self._now) if read else b""
        except OSError as error:
            raise NoAnswer(str(error)) from None
        return answer


class _Unit(_Port):
    def holding(self, address: int, count: int) -> tuple[int, ...]:
        """Function 03. Raises NoAnswer or Faulted."""
        return self._read(0x03, address, count)

    def input(self, address: int, count: int) -> tuple[int, ...]:
        """Function 04. Raises NoAnswer or Faulted."""
        return self._read(0x04, address, count)

    def write(self, address: int, values: Sequence[int]) -> None:
        """Function 16. Raises NoAnswer or Faulted."""
        head = struct.pack(">BHHB", 0x10, address, len(values), 2 * len(values))
        self._ask(head + struct.pack(f">{len(values)}H", *values))

    def _read(self, function: int, address: int, count: int) -> tuple[int, ...]:
        reply = self._ask(struct.pack(">BHH", function, address, count))
        return struct.unpack(f">{count}H", reply[2:])

    def _ask(self, pdu: bytes) -> bytes:
        reply: bytes | None = self._device.answer(pdu, self._now)
        if reply is None:
            raise NoAnswer("no answer")
        if reply[0] & BROKEN:
            raise Faulted(f"exception {reply[1]}", raw=reply)
        return reply


class _Pin(_Port):
    def level(self) -> bool:
        """True if it is high."""
        return bool(self._device.level(self._now))

    def pulses(self, debounce: int) -> tuple[int, float]:
        """(falling edges, s) since this was last asked, (0, 0.0) the first time."""
        count = self._device.pulses(self._now)
        before, at = self._counted.get(self._address, (count, self._now))
        self._counted[self._address] = count, self._now
        return count - before, self._now - at
