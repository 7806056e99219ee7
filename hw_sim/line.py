"""Every fault of a wire, once: what happens to the answers of the instruments, and what happens to the port itself.

A fault lasts from a time for some seconds, or for a number of answers; it concerns a whole line or one instrument of it.
"""

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

PTY = frozenset({"uart", "modbus_rtu"})
MODBUS = frozenset({"modbus_rtu", "modbus_tcp"})
BYTES = PTY | {"modbus_tcp"}
ALL = BYTES | {"i2c", "gpio"}
ANSWERS = ALL - {"gpio"}

KINDS: dict[str, frozenset[str]] = {
    "silence": ANSWERS,  # no answer; on I2C: no acknowledge
    "late": ANSWERS,  # the answer comes after `delay` seconds
    "noise": ANSWERS,  # random bytes between the right ones; on I2C: flipped bits
    "loss": BYTES,  # some bytes are missing
    "truncated": BYTES,  # the second half is missing
    "dribble": BYTES,  # twenty times slower than the line's speed
    "wrong_checksum": PTY | {"i2c"},
    "echo": BYTES,  # the request comes back before the answer
    "foreign": MODBUS,  # another unit's answer, checksum right
    "wrong_function": MODBUS,  # the answer to another function, checksum right
    "wrong_count": MODBUS,  # one register more than asked, checksum right
    "exception": MODBUS,  # a Modbus exception, `code`
    "stuck": frozenset({"i2c"}),  # all bytes 0xFF: half-dead bus
    "held": frozenset({"i2c"}),  # SDA held low: ETIMEDOUT
    "endless": BYTES,  # noise without end
    "half_open": frozenset({"modbus_tcp"}),  # connected, but nobody reads or answers
    "unplug": ALL,  # the port vanishes; `for`: comes back by itself
    "replug": ALL,  # the port comes back
    "power": ANSWERS,  # the instruments lose their power for a moment
    "clear": ALL,  # all faults of the line end; an unplugged port comes back
}
"""Kind of fault → kinds of line where it makes sense."""

EVENTS = frozenset({"endless", "half_open", "unplug", "replug", "power", "clear"})
"""What happens to the port; all others change answers."""

SLOWNESS = 20.0
STRANGER = 0x2A


@dataclass(slots=True)
class Fault:
    """One fault: `left` answers, between two times of the loop's clock."""

    kind: str
    instrument: str = ""
    start: float = 0.0
    end: float = math.inf
    left: float = math.inf
    delay: float = 2.0
    code: int = 4


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes for the wire, after `delay` seconds, `slowness` times slower than the line."""

    data: bytes
    delay: float = 0.0
    slowness: float = 1.0


Alteration = Callable[[random.Random, bytes], bytes]


def _with_noise(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randint(1, 5)) + data[at:]


def _with_loss(rng: random.Random, data: bytes) -> bytes:
    lost = {rng.randrange(len(data)) for _ in range(1 + len(data) // 12)}
    return bytes(byte for place, byte in enumerate(data) if place not in lost)


def _with_wrong_checksum(_rng: random.Random, data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 0x01])


def _truncated(_rng: random.Random, data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(rng: random.Random, data: bytes) -> bytes:
    return bytes(byte ^ rng.randrange(1, 256) for byte in data)


WIRE: dict[str, Alteration] = {
    "noise": _with_noise,
    "loss": _with_loss,
    "truncated": _truncated,
    "wrong_checksum": _with_wrong_checksum,
}
CHIP: dict[str, Alteration] = {
    "noise": _flipped,
    "stuck": lambda _rng, data: b"\xff" * len(data),
    "wrong_checksum": _with_wrong_checksum,
}


def _altered_pdu(fault: Fault, pdu: bytes) -> bytes:
    """The same answer as another function's, with a register more, or as an exception."""
    if fault.kind == "wrong_function":
        return bytes([4 if pdu[0] == 3 else 3]) + pdu[1:]
    if fault.kind == "wrong_count" and len(pdu) > 1:
        return bytes([pdu[0], min(pdu[1] + 2, 255)]) + pdu[2:] + b"\0\0"
    return bytes([pdu[0] | 0x80, fault.code]) if fault.kind == "exception" else pdu


class Line:
    """The faults of one line, and its chance."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """From now on, within its times."""
        self.faults.append(fault)

    def take(self, now: float, instrument: str, kinds: Iterable[str]) -> Fault | None:
        """The first fault of these kinds that holds for this answer; it counts as used."""
        self.faults = [fault for fault in self.faults if fault.left > 0 and now < fault.end]
        for fault in self.faults:
            if fault.kind in kinds and now >= fault.start and fault.instrument in ("", instrument):
                fault.left -= 1
                return fault
        return None

    def message(self, now: float, instrument: str, unit: int, pdu: bytes) -> tuple[int, bytes]:
        """A Modbus answer before it gets its frame."""
        if not self.faults:
            return unit, pdu
        if self.take(now, instrument, ("foreign",)):
            unit = STRANGER if unit != STRANGER else unit + 1
        fault = self.take(now, instrument, ("wrong_function", "wrong_count", "exception"))
        return unit, _altered_pdu(fault, pdu) if fault else pdu

    def deliver(self, now: float, instrument: str, request: bytes, frame: bytes) -> Delivery | None:
        """A whole frame on its way to a port; None is silence."""
        if not self.faults:
            return Delivery(frame)
        if self.take(now, instrument, ("silence",)):
            return None
        for kind, alter in WIRE.items():
            if self.take(now, instrument, (kind,)):
                frame = alter(self.rng, frame)
        if request and self.take(now, instrument, ("echo",)):
            frame = request + frame
        late = self.take(now, instrument, ("late",))
        slow = self.take(now, instrument, ("dribble",))
        return Delivery(frame, late.delay if late else 0.0, SLOWNESS if slow else 1.0)

    def read(self, now: float, instrument: str, data: bytes) -> bytes:
        """What arrives of the bytes that a chip gave."""
        for kind, alter in CHIP.items():
            if self.faults and self.take(now, instrument, (kind,)):
                data = alter(self.rng, data)
        return data
