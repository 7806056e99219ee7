"""Modbus registers as numbers, and whole RTU replies as samples.

A register is an unsigned 16-bit word; addresses are zero-based as on the wire. The four byte orders of a 32-bit number
are named by how its bytes A (highest) to D stand on the wire.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from drivers.checksum import crc16
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut
from drivers.sample import Kind, Sample

Order = Literal["ABCD", "CDAB", "DCBA", "BADC"]
Format = Literal["f32", "u16", "s16", "u32", "s32"]

ORDERS: tuple[Order, ...] = ("ABCD", "CDAB", "DCBA", "BADC")

READS = (0x03, 0x04)
FULL_SCALE = 0xFFFF
"""A register of a transmitter that is unsigned and all ones: it has no value, or its sensor is broken."""

WRITES = (0x05, 0x06, 0x0F, 0x10)
LONG_WRITES = (0x0F, 0x10)
"""Their questions carry the values and are longer than eight bytes; their answers have eight."""

IDENTITIES = (0x11, 0x2B)
_CODES: Mapping[Format, str] = {"f32": ">f", "u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i"}


def size_of(kind: Format) -> int:
    """Registers that a number of this format takes."""
    return 1 if kind in ("u16", "s16") else 2


def number(registers: Sequence[int], offset: int, kind: Format, order: Order) -> float:
    """The number at `offset`. Raises IndexError if the registers end before it."""
    size = size_of(kind)
    words = [registers[offset + i] for i in range(size)]
    if order in ("CDAB", "DCBA"):
        words.reverse()
    if order in ("DCBA", "BADC"):
        words = [(word & 0xFF) << 8 | word >> 8 for word in words]
    value: float = struct.unpack(_CODES[kind], struct.pack(f">{size}H", *words))[0]
    return value


def split(buffer: bytes) -> Cut:
    """Cut a buffer of RTU frames: at each position the shortest length that the function allows and the CRC confirms."""
    frames: list[bytes] = []
    position = skipped = 0
    while position + 5 <= len(buffer):
        size = _frame_size(buffer, position)
        if size:
            frames.append(buffer[position : position + size])
            position += size
        else:
            position += 1
            skipped += 1
    return Cut(tuple(frames), buffer[position:], skipped)


def _frame_size(buffer: bytes, start: int) -> int:
    """Length of the sound frame at `start`, 0 if there is none."""
    function = buffer[start + 1]
    if function & 0x80:
        sizes = [5]
    elif function in READS:
        sizes = [5 + buffer[start + 2], 8]
    elif function in WRITES:
        sizes = [8, *([9 + buffer[start + 6]] if function in LONG_WRITES and start + 6 < len(buffer) else [])]
    elif function in IDENTITIES:
        sizes = [5 + buffer[start + 2]] if function == 0x11 else list(range(5, min(len(buffer) - start, 256) + 1))
    else:
        return 0
    return next((n for n in sizes if start + n <= len(buffer) and _sound(buffer[start : start + n])), 0)


def _sound(frame: bytes) -> bool:
    return crc16(frame[:-2]) == frame[-2] | frame[-1] << 8


def scaled(raw: float, scale: float) -> float:
    """raw × scale; a decimal scale such as 0.1 divides by 10, so that 213 becomes 21.3 and not 21.300000000000001."""
    inverse = round(1 / scale) if abs(scale) < 1 else 0
    return raw / inverse if inverse and abs(inverse * scale - 1) < 1e-12 else raw * scale


Values = Callable[[int, tuple[int, ...], bytes], Sample]
"""From (function, registers, the whole reply) to what they say; raises Foreign or Garbled if they cannot be the answer."""


def decode_reply(reply: bytes, values: Values) -> Sample:
    """A whole RTU reply as a sample; `values` makes it from the registers of a read.

    A Modbus exception is a good frame without values (`device_fault`); replies to writes are acknowledgements, 0x11 and
    0x2B identities. Raises Garbled (truncated, checksum, length) or Foreign (echo, foreign).
    """
    if len(reply) < 5:
        raise Garbled("too short for a Modbus reply", reason="truncated", raw=reply, expected="5", got=str(len(reply)))
    unit, function = reply[0], reply[1]
    if function in READS and len(reply) < 5 + reply[2] and not (len(reply) == 8 and _sound(reply)):
        size = 5 + reply[2]
        raise Garbled("the reply ends early", reason="truncated", raw=reply, expected=str(size), got=str(len(reply)))
    if not _sound(reply):
        wanted, got = crc16(reply[:-2]), reply[-2] | reply[-1] << 8
        raise Garbled("CRC", reason="checksum", raw=reply, expected=f"0x{wanted:04x}", got=f"0x{got:04x}")
    status: dict[str, int | float | str] = {"unit": unit}
    if function & 0x80:
        return Sample({}, status=status | {"exception": reply[2]}, reason="device_fault")
    if function in LONG_WRITES and len(reply) != 8:
        raise Foreign("this is a question, not a reply", reason="echo", raw=reply)
    if function in WRITES:
        return Sample({}, status=status | {"function": function}, kind=Kind.ACKNOWLEDGEMENT)
    if function in IDENTITIES:
        return Sample({}, status=status | {"identity": reply[2:-2].hex()}, kind=Kind.IDENTITY)
    if len(reply) == 5 and reply[2] == 0:  # Yosemitech's answer to a command sent as a read of no registers
        return Sample({}, status=status | {"function": function}, kind=Kind.ACKNOWLEDGEMENT)
    if len(reply) == 8:  # no reply has an odd number of data bytes
        raise Foreign("this is a question, not a reply", reason="echo", raw=reply)
    if function not in READS or len(reply) != 5 + reply[2] or reply[2] % 2:
        expected = f"{5 + reply[2]} bytes"
        raise Garbled("wrong length", reason="length", raw=reply, expected=expected, got=f"{len(reply)} bytes")
    found = values(function, struct.unpack(f">{reply[2] // 2}H", reply[3:-2]), reply)
    return Sample(found.values, found.fields, {"unit": unit, **found.status}, found.reason, taken=found.taken)
