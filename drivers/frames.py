"""Cutting a stream of bytes into frames, in any pieces, after any garbage."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers.checksum import complement8
from drivers.errors import Garbled, WireError


@dataclass(frozen=True, slots=True)
class Cut:
    """What a buffer contained.

    frames    whole, sound frames, oldest first
    rest      the unread tail, to be put before the next bytes; never longer than the longest frame
    skipped   number of bytes that belonged to no frame
    rejected  why the last thing that looked like a frame was not one
    """

    frames: tuple[bytes, ...]
    rest: bytes
    skipped: int = 0
    rejected: WireError | None = None

    def only(self, wanted: Callable[[bytes], bool]) -> "Cut":
        """The same without the frames that are not `wanted`."""
        return replace(self, frames=tuple(filter(wanted, self.frames)))


def cut(
    buffer: bytes,
    header: bytes | tuple[bytes, ...],
    length: Callable[[bytes], int],
    check: Callable[[bytes], object],
) -> Cut:
    """Cut `buffer` at frames that begin with `header`, or with one of several.

    `length` tells from a buffer's beginning how long the frame is (0: more bytes are needed to say); `check` raises a
    `WireError` if a candidate of that length is not sound. After a false start the search slides on by one byte, so
    that a real frame behind it is never swallowed. A `Garbled` from `length` refuses the candidate as well.
    """
    headers = header if isinstance(header, tuple) else (header,)
    frames: list[bytes] = []
    rejected: WireError | None = None
    position = skipped = 0
    while True:
        found = min((at for one in headers if (at := buffer.find(one, position)) >= 0), default=-1)
        if found < 0:
            keep = min(_partial_header(buffer, position, one) for one in headers)
            return Cut(tuple(frames), buffer[keep:], skipped + keep - position, rejected)
        skipped += found - position
        position = found
        try:
            size = length(buffer[position:])
            if not size or position + size > len(buffer):
                return Cut(tuple(frames), buffer[position:], skipped, rejected)
            check(buffer[position : position + size])
        except WireError as error:
            if rejected is None or error.reason != "header":  # a head inside a spoilt frame tells less than what spoilt it
                rejected = error
            position += 1
            skipped += 1
        else:
            frames.append(buffer[position : position + size])
            position += size


def _partial_header(buffer: bytes, start: int, header: bytes) -> int:
    """Where a header that is cut off by the buffer's end begins, else the end."""
    for size in range(min(len(header) - 1, len(buffer) - start), 0, -1):
        if buffer.endswith(header[:size]):
            return len(buffer) - size
    return len(buffer)


def chunks(size: int) -> Callable[[bytes], Cut]:
    """A `split` for devices whose answers have one fixed length and no header (I2C)."""

    def split(buffer: bytes) -> Cut:
        whole = len(buffer) - len(buffer) % size
        return Cut(tuple(buffer[i : i + size] for i in range(0, whole, size)), buffer[whole:])

    return split


def lines(longest: int) -> Callable[[bytes], Cut]:
    """A `split` for devices that send text: whole lines, CR, LF or both at their end; what is too long for one is passed over."""

    def split(buffer: bytes) -> Cut:
        *found, rest = buffer.replace(b"\r", b"\n").split(b"\n")
        frames = tuple(line for line in found if line.strip() and len(line) <= longest)
        skipped = len(buffer) - len(rest) - sum(map(len, frames))
        if len(rest) > longest:
            skipped, rest = skipped + len(rest), b""
        return Cut(frames, rest, skipped)

    return split


def expect_length(frame: bytes, size: int) -> None:
    """Raise Garbled unless `frame` has exactly `size` bytes: `truncated` if it is short, `length` if it is long."""
    if len(frame) != size:
        reason = "truncated" if len(frame) < size else "length"
        raise Garbled("wrong number of bytes", reason=reason, raw=frame, expected=str(size), got=str(len(frame)))


def expect_zero_sum(frame: bytes, start: int = 0) -> None:
    """Raise Garbled (checksum) unless the bytes from `start` on sum up to 0 modulo 256 (Cubic, Honeywell; Winsen from 1 on)."""
    expected = complement8(frame[start:-1])
    if expected != frame[-1]:
        raise Garbled("sum", raw=frame, expected=f"0x{expected:02x}", got=f"0x{frame[-1]:02x}")
