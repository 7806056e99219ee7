"""HJ 212 frames: `##`, four digits of length, the data segment, four hex digits of CRC, CR LF.

Source: HJ 212-2017 clause 6.3 and annex A; HJ 212-2025 has the same. The length counts the bytes of the data segment alone.
Frames are cut by that length and nothing else, because an encrypted data area may contain `##`, `&&` and CR LF.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

LARGEST_SEGMENT = 1024
"""Bytes of a data segment that the standard allows."""

RECEIVED_SEGMENT = 8192
"""Bytes of a data segment that a receiver still takes: longer ones than allowed are sent in the field."""

_HEAD = re.compile(rb"##(\d{4})")
_SHORT_HEAD = re.compile(rb"##(\d{3})(?=[A-Za-z])")
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")

Check = Callable[[bytes, int], bool]
"""Whether a data segment belongs to a CRC; a receiver of encrypted frames decrypts first."""


def _crc_table() -> tuple[int, ...]:
    """What eight shifts make of each low byte."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()


def crc(data: bytes) -> int:
    """The CRC of the standard (annex A): its register is shifted by eight before each byte, so its low byte is lost.

    This is not the CRC of Modbus. Only 256 values exist: one damaged frame in 256 passes, so the syntax must be checked too.
    """
    register, table = 0xFFFF, _TABLE
    for byte in data:
        register = table[register >> 8 ^ byte]
    return register


def modbus_crc(data: bytes) -> int:
    """CRC-16 of Modbus, which some devices send by mistake."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ _TABLE[(register ^ byte) & 0xFF]
    return register


def encode(segment: bytes, plain: bytes | None = None) -> bytes:
    """The frame around `segment`. An encrypted segment comes with its plaintext, over which the CRC and the length are.

    Raises ValueError if the plaintext is longer than the standard allows.
    """
    told = segment if plain is None else plain
    if len(told) > LARGEST_SEGMENT:
        raise ValueError(f"the data segment has {len(told)} bytes; {LARGEST_SEGMENT} are allowed")
    return b"##%04d%s%04X\r\n" % (len(told), segment, crc(told))


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame that was received. `sound` says whether the CRC agrees."""

    segment: bytes
    crc: int
    sound: bool


def agrees(segment: bytes, told: int) -> bool:
    """The check of plain frames."""
    return crc(segment) == told


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a frame would lie in the buffer."""

    begin: int
    segment: int
    end: int


class Framer:
    """Cuts a stream into frames. However the stream is split into pieces, the frames are the same.

    A length that was garbled must not swallow the frames behind it: when a sound frame ends inside a longer one that is still
    waited for, the longer one is given up. `garbage` counts the bytes that belonged to no frame.
    """

    def __init__(self, check: Check = agrees) -> None:
        self._check = check
        self._buffer = b""
        self._seen = 0
        self.garbage = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete with `data`. One with a wrong CRC is told if it looks like a frame otherwise."""
        self._buffer += data
        found: list[Frame] = []
        at = 0
        while (begin := self._buffer.find(b"##", at)) >= 0:
            self._skip(at, begin)
            at = begin
            if len(self._buffer) - begin < 7:
                break
            cut = _cut(self._buffer, begin)
            if cut is None:
                at = begin + 1
                self._skip(begin, at)
                continue
            inner = self._inner(cut)
            if inner is not None:
                self._skip(begin, inner.begin)
                found.append(self._frame(inner, True))
                at = self._after(inner.end)
            elif len(self._buffer) < cut.end:
                self._seen = len(self._buffer) - begin
                break
            else:
                at = self._take(cut, found)
            self._seen = 0
        else:
            last = self._buffer[-1:] if self._buffer.endswith(b"#") and len(self._buffer) > at else b""
            self._skip(at, len(self._buffer) - len(last))
            at = len(self._buffer) - len(last)
        self._buffer = self._buffer[at:]
        return found

    def _take(self, cut: _Cut, found: list[Frame]) -> int:
        """Judge a complete frame; where to go on."""
        text = self._buffer[cut.end - 4 : cut.end]
        if _CRC.fullmatch(text):
            segment = self._buffer[cut.segment : cut.end - 4]
            if self._check(segment, int(text, 16)):
                found.append(self._frame(cut, True))
                return self._after(cut.end)
            if segment.endswith(b"&&") and segment.count(b"=") > 1:
                found.append(self._frame(cut, False))
        self._skip(cut.begin, cut.begin + 2)
        return cut.begin + 2  # its length may be what is wrong: look for the next frame inside

    def _inner(self, outer: _Cut) -> _Cut | None:
        """The sound frame inside `outer` that ends first, if there is one among the bytes that arrived."""
        limit = min(len(self._buffer), outer.end)
        best: _Cut | None = None
        for match in _HEAD.finditer(self._buffer, outer.begin + 2, limit):
            cut = _Cut(match.start(), match.end(), match.end() + int(match[1]) + 4)
            if cut.end <= outer.begin + self._seen or cut.end > limit or (best and cut.end >= best.end):
                continue
            text = self._buffer[cut.end - 4 : cut.end]
            if _CRC.fullmatch(text) and self._check(self._buffer[cut.segment : cut.end - 4], int(text, 16)):
                best = cut
        return best

    def _frame(self, cut: _Cut, sound: bool) -> Frame:
        text = self._buffer[cut.end - 4 : cut.end]
        return Frame(self._buffer[cut.segment : cut.end - 4], int(text, 16), sound)

    def _after(self, end: int) -> int:
        """Behind the line's end, if it is there."""
        return end + 2 if self._buffer[end : end + 2] == b"\r\n" else end

    def _skip(self, begin: int, end: int) -> None:
        self.garbage += len(self._buffer[begin:end].strip(b"\r\n"))


def _cut(buffer: bytes, begin: int) -> _Cut | None:
    """The place of the frame that begins here, or None if this is not the beginning of one."""
    match = _HEAD.match(buffer, begin) or _SHORT_HEAD.match(buffer, begin)
    if match is None or int(match[1]) > RECEIVED_SEGMENT:
        return None
    return _Cut(begin, match.end(), match.end() + int(match[1]) + 4)
