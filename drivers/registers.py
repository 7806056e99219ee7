"""Modbus registers as numbers, whole RTU replies as samples, and register tables as data.

A register is an unsigned 16-bit word; addresses are zero-based as on the wire. The four byte orders of a 32-bit number
are named by how its bytes A (highest) to D stand on the wire.
"""

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drivers.checksum import crc16
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut
from drivers.sample import Kind, Sample

Order = Literal["ABCD", "CDAB", "DCBA", "BADC"]
Format = Literal["f32", "u16", "s16", "u32", "s32"]

READS = (0x03, 0x04)
WRITES = (0x05, 0x06, 0x0F, 0x10)
LONG_WRITES = (0x0F, 0x10)
"""Their questions carry the values and are longer than eight bytes; their answers have eight."""

IDENTITIES = (0x11, 0x2B)
_CODES: Mapping[Format, str] = {"f32": ">f", "u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i"}


@dataclass(frozen=True, slots=True)
class Field:
    """One quantity in a block: offset in registers from the block's start, format, factor to the registry's unit."""

    quantity: str
    offset: int
    format: Format = "f32"
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are read in one question, and the fields in them."""

    address: int
    count: int
    fields: tuple[Field, ...]
    function: int = 0x03
    order: Order = "ABCD"


def number(registers: Sequence[int], offset: int, kind: Format, order: Order) -> float:
    """The number at `offset`. Raises IndexError if the registers end before it."""
    size = 1 if kind in ("u16", "s16") else 2
    words = [registers[offset + i] for i in range(size)]
    if order in ("CDAB", "DCBA"):
        words.reverse()
    if order in ("DCBA", "BADC"):
        words = [(word & 0xFF) << 8 | word >> 8 for word in words]
    value: float = struct.unpack(_CODES[kind], struct.pack(f">{size}H", *words))[0]
    return value


def sample(block: Block, registers: Sequence[int]) -> Sample:
    """The values of a block. A number that is none (NaN, infinite) is a field with the reason `sentinel`."""
    values: dict[str, float] = {}
    fields: dict[str, str] = {}
    for field in block.fields:
        found = number(registers, field.offset, field.format, block.order)
        if math.isfinite(found):
            values[field.quantity] = found * field.scale
        else:
            fields[field.quantity] = "sentinel"
    return Sample(values, fields)


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


def decode_reply(reply: bytes, block: Block, values: Callable[[Sequence[int]], Sample]) -> Sample:
    """A whole RTU reply to the question of `block` as a sample; `values` makes it from the registers.

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
    return _read_reply(reply, block, values)


def _read_reply(reply: bytes, block: Block, values: Callable[[Sequence[int]], Sample]) -> Sample:
    """A reply with function 03 or 04, or whatever else has a right CRC."""
    if len(reply) == 5 and reply[2] == 0:  # Yosemitech's answer to a command sent as a read of no registers
        return Sample({}, status={"unit": reply[0], "function": reply[1]}, kind=Kind.ACKNOWLEDGEMENT)
    if len(reply) == 8:  # no reply has an odd number of data bytes
        raise Foreign("this is a question, not a reply", reason="echo", raw=reply)
    if reply[1] != block.function:
        expected, got = f"0x{block.function:02x}", f"0x{reply[1]:02x}"
        raise Foreign("another function was answered", raw=reply, expected=expected, got=got)
    if reply[2] != 2 * block.count or len(reply) != 5 + reply[2]:
        expected = f"{2 * block.count} bytes"
        raise Garbled("wrong number of registers", reason="length", raw=reply, expected=expected, got=f"{reply[2]} bytes")
    found = values(struct.unpack(f">{block.count}H", reply[3:-2]))
    return Sample(found.values, found.fields, {"unit": reply[0], **found.status}, found.reason)
