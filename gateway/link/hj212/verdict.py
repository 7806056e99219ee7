"""What is right and wrong with one frame, as somebody pasted it: for people and for tests of platforms.

More patient than a receiver: it looks for the data segment by its marks when the length is wrong, so that length and CRC get a
verdict each, and it says what a wrong CRC really is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.link.hj212.frame import LARGEST_SEGMENT, crc, modbus_crc
from gateway.link.hj212.message import FATAL, LARGEST_AREA, Finding, Message, parse, unprinted
from gateway.link.hj212.oddities import oddities

Decrypt = Callable[[bytes], bytes]
"""From the content of an encrypted data area to its text."""

_HEAD = re.compile(rb"##(\d{4}(?!\d+[A-Z]{2}=)|\d{1,3}(?=[A-Z]{2}=)|\d{5,9}(?=[A-Z]{2}=))")
_UNMARKED = re.compile(rb"#?(\d{4})(?=[A-Z]{2}=)|(?=(?:QN|ST|CN)=)")
_WITHOUT_LENGTH = re.compile(rb"\A.{0,8}?(?=[A-Z]{2}=)", re.DOTALL)
_TAIL = re.compile(rb"&&([0-9A-Fa-f]{4})(?=(\\r\\n|\s)*(##|\Z))")
_LINE_END = re.compile(rb"(\\r\\n|\\r|\\n|\s)*\Z")
_WATER_STATION = re.compile(r"[A-Z]\d{6}_\w+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one frame. `crc_ok` and `crc_expected` are None when there is nothing to compute it from."""

    crc_ok: bool | None
    length_ok: bool
    crc_expected: str | None
    message: Message

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything wrong or odd."""
        return self.message.findings

    @property
    def valid(self) -> bool:
        """True if nothing found is fatal."""
        return not any(finding.code in FATAL for finding in self.findings)


def judge(raw: bytes, decrypt: Decrypt | None = None) -> Verdict:
    """The verdict on one frame. Its line end may be missing, or be the four characters `\\r\\n`."""
    found: list[Finding] = []
    begin = _begin(raw, found)
    if begin < 0:
        return Verdict(False, False, None, Message({}, (), False, tuple(found)))
    head = _HEAD.match(raw, begin) or _UNMARKED.match(raw, begin)
    body = raw[head.end() :] if head else _WITHOUT_LENGTH.sub(b"", raw[begin + 2 :])
    told = int(head[1]) if head and head[1] else None
    if told is None:
        found.append(Finding("no_length"))
    elif head and len(head[1]) != 4:
        found.append(Finding("length_digits", {"count": len(head[1])}))
    segment, crc_text, behind = _cut(body, told)
    if behind:
        found.append(Finding("behind", {"count": behind}))
    message = parse(segment)
    plain, opened = _plain(segment, message, decrypt)
    if opened is not None:
        message = replace(opened, encrypted=True)
    length_ok = _length(told, segment, plain, found)
    crc_ok, expected = None, None
    if not message.encrypted or opened is not None:
        expected = crc(plain)
        crc_ok = _crc(crc_text, expected, plain, found)
    else:
        found.append(Finding("no_key" if decrypt is None else "wrong_key"))
    if message.edition == 2025 and _WATER_STATION.fullmatch(message.header.get("MN", "")):
        found.append(Finding("water_protocol"))
    message = replace(message, findings=(*found, *message.findings, *oddities(message)))
    return Verdict(crc_ok, length_ok, None if expected is None else f"{expected:04X}", message)


def _begin(raw: bytes, found: list[Finding]) -> int:
    """Where the frame begins, -1 if nothing here looks like one."""
    begin = raw.find(b"##")
    if begin < 0:
        found.append(Finding("no_header"))
        match = _UNMARKED.search(raw)
        begin = match.start() if match else -1
    if begin > 0 and raw[:begin].strip():
        found.append(Finding("before", {"count": begin}))
    return begin


def _cut(body: bytes, told: int | None) -> tuple[bytes, bytes, int]:
    """The data segment, the text of the CRC (empty if there is none), and how many bytes follow."""
    if told is not None:
        text, rest = body[told : told + 4], body[told + 4 :]
        if re.fullmatch(rb"[0-9A-Fa-f]{4}", text) and (_LINE_END.match(rest) or body[:told].endswith(b"&&")):
            return body[:told], text, len(_LINE_END.sub(b"", rest))
    for match in _TAIL.finditer(body):
        return body[: match.start(1)], match[1], len(_LINE_END.sub(b"", body[match.end() :]))
    body = _LINE_END.sub(b"", body)
    tail = re.search(rb"&&([^&=;,]{1,6})\Z", body) or re.search(rb"([0-9A-Fa-f]{4})\Z", body)
    if tail:  # something that should be a CRC, or one behind a data area that is not closed
        return body[: tail.start(1)], tail[1], 0
    return body, b"", 0


def _plain(segment: bytes, message: Message, decrypt: Decrypt | None) -> tuple[bytes, Message | None]:
    """The segment as its length and CRC count it, and the message that was decrypted, if it was."""
    if not message.encrypted:
        return segment, None
    begin = segment.find(b"CP=&&") + 5
    content = unprinted(segment[begin:].removesuffix(b"&&"))
    if decrypt is not None:
        opened = segment[:begin] + decrypt(content) + b"&&"
        reread = parse(opened)
        if not reread.encrypted:
            return opened, reread
    return segment[:begin] + content + b"&&", None


def _length(told: int | None, segment: bytes, plain: bytes, found: list[Finding]) -> bool:
    actual = len(plain)
    if max(actual, len(segment) if plain == segment else 0) > LARGEST_SEGMENT:
        found.append(Finding("too_long", {"count": actual}))
    at = plain.find(b"CP=&&")
    if at >= 0 and actual - at > LARGEST_AREA + 10:  # the edition of 2005 allows ten more than those after it
        found.append(Finding("area_long", {"count": actual - at}))
    if told is None:
        return False
    if told == actual:
        return True
    if told == len(segment):  # ciphertext in printed form, counted as printed
        found.append(Finding("length_printed", {"told": told, "actual": actual}))
        return True
    facts = {"told": told, "actual": actual}
    if told == len(plain.decode("utf-8", "replace")):
        found.append(Finding("length_characters", facts))
    else:
        found.append(Finding("length_long" if told > actual else "length_short", facts))
    return False


def _crc(text: bytes, expected: int, plain: bytes, found: list[Finding]) -> bool:
    """Compare, and name what a wrong CRC is."""
    if not re.fullmatch(rb"[0-9A-Fa-f]{4}", text):
        found.append(Finding("no_crc", {"got": text.decode("latin-1")}))
        return False
    told = int(text, 16)
    if told == expected:
        if text != text.upper():
            found.append(Finding("crc_case"))
        return True
    modbus = modbus_crc(plain)
    codes = {_swapped(modbus): "crc_modbus_swapped", modbus: "crc_modbus", _swapped(expected): "crc_swapped"}
    found.append(Finding(codes.get(told, "crc"), {"got": text.decode("ascii"), "expected": f"{expected:04X}"}))
    return False


def _swapped(value: int) -> int:
    return (value & 0xFF) << 8 | value >> 8
