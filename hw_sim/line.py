"""Every fault that a line can have, once. A reply goes in; what really travels, and when, comes out."""

import random
from dataclasses import dataclass

Parts = list[tuple[float, bytes]]
"""(s to wait before, bytes) in order."""

FAULTS = (
    "silence", "noise", "loss", "dribble", "wrong_checksum", "foreign", "echo", "late", "wrong_function", "wrong_count",
    "endless_noise", "unplug", "inserted_zero", "echo_only", "wrong_baud", "late_previous", "first_truncated",
    "not_acknowledged", "stuck_bus", "all_ones",
)  # fmt: skip
"""On a serial line all but the last three (`not_acknowledged`, `stuck_bus`, `all_ones` are I2C's); on Modbus TCP silence, late,
wrong_function, wrong_count, unplug; on I2C also silence, unplug, wrong_checksum; of a program silence and unplug.
Elsewhere a fault changes nothing.
"""

GARBAGE = (0x00, 0x80, 0xE6, 0xF8, 0x9E)
"""What a UART makes of bytes sent at another speed, as captured from SDS011 and PMS5003T."""

IDLE = 2.0
"""s without a reply after which a device counts as idle: the next reply is its first again."""


@dataclass(slots=True)
class Fault:
    """A fault of a line until the monotonic time `until`; of one instrument only if `instrument` is named."""

    kind: str
    until: float
    instrument: str = ""
    left: int = -1
    """So many replies more (−1: no limit)."""


class Faults:
    """The faults of one line."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._active: list[Fault] = []
        self._held = b""
        self._last: dict[str, float] = {}

    def add(self, fault: Fault) -> None:
        """From now on."""
        self._active.append(fault)

    def clear(self) -> None:
        """All is well again."""
        self._active.clear()
        self._held = b""

    def kind(self, instrument: str, now: float) -> str:
        """The fault that `instrument` has at `now`, "" for none; counts a use."""
        first = now - self._last.get(instrument, -IDLE) >= IDLE
        self._last[instrument] = now
        self._active = [fault for fault in self._active if now < fault.until and fault.left]
        for fault in self._active:
            if (not fault.instrument or fault.instrument == instrument) and (first or fault.kind != "first_truncated"):
                fault.left -= fault.left > 0
                return fault.kind
        return ""

    def bend(self, kind: str, reply: bytes, question: bytes, crc: bool) -> Parts:
        """What travels instead of `reply`; `crc`: its last two bytes are a Modbus CRC, to be made right again.

        A reply that "late_previous" held back travels before whatever answers the next question.
        """
        before: Parts = [(0.0, self._held)] if self._held else []
        self._held = reply if kind == "late_previous" else b""
        return before + self._bend(kind, reply, question, crc)

    def _bend(self, kind: str, reply: bytes, question: bytes, crc: bool) -> Parts:
        match kind:
            case "silence" | "late_previous":
                return []
            case "noise":
                return [(0.0, self._random.randbytes(self._random.randint(1, 9)) + reply)]
            case "loss":
                at = self._random.randrange(len(reply))
                return [(0.0, reply[:at] + reply[at + 1 :])]
            case "dribble":
                return [(0.02, reply[i : i + 1]) for i in range(len(reply))]
            case "wrong_checksum":
                return [(0.0, reply[:-1] + bytes([reply[-1] ^ 0x5A]))]
            case "echo":
                return [(0.0, question + reply)]
            case "echo_only":
                return [(0.0, question)] if question else []
            case "inserted_zero":
                return [(0.0, reply[:1] + b"\0" + reply[1:])]
            case "wrong_baud":
                return [(0.0, bytes(GARBAGE[byte % len(GARBAGE)] for byte in reply))]
            case "first_truncated":
                return [(0.0, reply[: len(reply) // 2])]
            case "late":
                return [(1.4, reply)]
            case "endless_noise":
                return [(0.02, self._random.randbytes(16)) for _ in range(100)]
            case "foreign" | "wrong_function" | "wrong_count" if crc:
                return [(0.0, _modbus(kind, reply))]
            case "foreign" | "wrong_function" | "wrong_count":
                return []
        return [(0.0, reply)]


def _modbus(kind: str, reply: bytes) -> bytes:
    """Another unit's reply, another function's, or one register less; with a right CRC."""
    body = bytearray(reply[:-2])
    if kind == "foreign":
        body[0] = body[0] % 246 + 1
    elif kind == "wrong_function":
        body[1] = 0x04 if body[1] == 0x03 else 0x03
    elif body[1] <= 0x04 and body[2] >= 2:  # an exception and an acknowledged write have no count
        body = body[:-2]
        body[2] -= 2
    return bytes(body) + crc16(bytes(body))


def crc16(data: bytes) -> bytes:
    """CRC of Modbus RTU as it stands on the wire (Modbus over serial line, v1.02, section 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _bit in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
