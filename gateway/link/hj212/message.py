"""The data segment of a frame: header items, then the data area `CP=&&…&&` with groups (`;`) of fields (`,`).

Source: HJ 212-2017 clause 6.3, HJ 212-2025 as quoted elsewhere (RF, version bits). What is sent here is strict; what is read is
taken as far as it can be understood, and every oddity is told.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

LARGEST_AREA = 950
"""Characters of the item CP that the standard of 2017 allows."""

HEADER = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")
"""The header items in the order of 2017 and 2025; 2005 had PNUM and PNO behind QN."""

EDITIONS: Mapping[int, int] = {0: 2005, 1: 2017, 2: 2025}
"""Version bits of Flag → year. A water station that follows its own protocol also says 2 (2025)."""

ACK, SPLIT = 1, 2
"""Bits of Flag: an answer is wanted; the packet is one of several and has PNUM and PNO."""

Fields = tuple[tuple[str, str], ...]
"""One group of the data area: names and values."""

_ORDERS = (HEADER, ("QN", "PNUM", "PNO", "ST", "CN", "PW", "MN", "Flag", "RF"))
_FIELD = re.compile(r"([^=;,]*)(?:=(//.*?//(?=[;,]|\Z)|[^;,]*))?([;,]|\Z)", re.DOTALL)
_PRINTED = re.compile(rb"\{(0x[0-9A-Fa-f]{2}(,\s*0x[0-9A-Fa-f]{2})*)\}")
_NAMED = re.compile(rb"\s*[A-Za-z][\w-]{2,20}=")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

FATAL = frozenset(
    [
        "no_header", "no_length", "length_short", "length_long", "length_characters", "no_crc", "crc", "crc_modbus",
        "crc_swapped", "crc_modbus_swapped", "no_area", "no_opening", "no_closing", "missing_item", "bad_command",
        "bad_flag", "wrong_key",
    ]
)  # fmt: skip
"""Findings that make a frame invalid; the others are oddities that a receiver survives."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong or odd: a word, and what belongs to it."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A data segment that was read: header as on the wire, groups in order, and what was found odd."""

    header: Mapping[str, str]
    groups: tuple[Fields, ...]
    encrypted: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def command(self) -> str:
        """The command number (CN), "" if there is none."""
        return self.header.get("CN", "")

    @property
    def number(self) -> str:
        """The exchange's number (QN), "" if there is none."""
        return self.header.get("QN", "")

    @property
    def flag(self) -> int | None:
        """Flag as a number, None if it is absent or none."""
        text = self.header.get("Flag", "")
        return int(text) if text.isascii() and text.isdigit() and int(text) < 256 else None

    @property
    def edition(self) -> int | None:
        """Year of the edition by Flag (2005 if there is no Flag: that edition had it optional), None if it is unknown."""
        if "Flag" not in self.header:
            return 2005
        return None if self.flag is None else EDITIONS.get(self.flag >> 2)

    @property
    def wants_answer(self) -> bool:
        """True if the sender waits for an answer."""
        return bool((self.flag or 0) & ACK)

    @property
    def parameters(self) -> dict[str, str]:
        """All fields in one table, names trimmed: requests separate them by `;` or `,`."""
        return {name: value.strip() for group in self.groups for name, value in group}


def flag_of(edition: int, *, ack: bool, split: bool = False) -> int:
    """The number Flag for an edition (2005, 2017 or 2025)."""
    version = next(bits for bits, year in EDITIONS.items() if year == edition)
    return version << 2 | (SPLIT if split else 0) | (ACK if ack else 0)


def area(groups: Iterable[Fields]) -> str:
    """The text between `&&` and `&&`."""
    return ";".join(",".join(f"{name}={value}" for name, value in group) for group in groups)


def compose(header: Mapping[str, str], groups: Iterable[Fields]) -> bytes:
    """The data segment, header items in the standard's order."""
    items = "".join(f"{name}={header[name]};" for name in HEADER if header.get(name) is not None)
    return f"{items}CP=&&{area(groups)}&&".encode()


def split(groups: Sequence[Fields], room: int) -> list[list[Fields]]:
    """The groups in packets of at most `room` bytes each, cut between groups; a first group DataTime is repeated in each.

    A single group that is larger stays whole: the caller sees it when the frame is made.
    """
    head = [group for group in groups[:1] if group[:1] and group[0][0] == "DataTime"]
    parts: list[list[Fields]] = [list(head)]
    used = len(area(head).encode())
    for group in groups[len(head) :]:
        size = len(area([group]).encode()) + 1
        if used + size > room and len(parts[-1]) > len(head):
            parts.append(list(head))
            used = len(area(head).encode())
        parts[-1].append(group)
        used += size
    return parts


def parse(segment: bytes) -> Message:
    """Read a data segment, whatever is in it. A frame is invalid if one of its findings is in FATAL."""
    findings: list[Finding] = []
    begin = 0 if segment.startswith(b"CP=") else segment.find(b";CP=") + 1
    if not begin and not segment.startswith(b"CP="):
        header = _header(segment.decode("utf-8", "replace"), findings)
        return Message(header, (), False, (*findings, Finding("no_area")))
    header = _header(segment[:begin].decode("utf-8", "replace"), findings)
    content = segment[begin + 3 :]
    for mark, code in ((content[:2], "no_opening"), (content[2:][-2:], "no_closing")):
        if mark != b"&&":
            findings.append(Finding(code))
    content = content.removeprefix(b"&&")
    content = content.removesuffix(b"&&")
    if is_encrypted(content):
        return Message(header, (), True, tuple(findings))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
        findings.append(Finding("not_utf8"))
    return Message(header, _groups(text, findings), False, tuple(findings))


def is_encrypted(content: bytes) -> bool:
    """True if a data area is no text, or the printed form of bytes, as in annex A of 2025.

    What begins with a field's name is text, in whatever character set its values are.
    """
    if _PRINTED.match(content):
        return True
    if _NAMED.match(content):
        return False
    try:
        return bool(_CONTROL.search(content.decode("utf-8")))
    except UnicodeDecodeError:
        return True


def unprinted(content: bytes) -> bytes:
    """A data area with `{0xE4,0x3E,…}` replaced by those bytes."""
    match = _PRINTED.match(content)
    if match is None:
        return content
    return bytes(int(text, 16) for text in match[1].split(b",")) + content[match.end() :]


def printed(content: bytes) -> bytes:
    """The printed form of a data area whose whole blocks of 16 are encrypted."""
    whole = len(content) // 16 * 16
    text = ",".join(f"0x{byte:02X}" for byte in content[:whole])
    return b"{%s}" % text.encode() + content[whole:] if whole else content


def _header(text: str, findings: list[Finding]) -> dict[str, str]:
    header: dict[str, str] = {}
    for item in text.rstrip(";").split(";") if text.strip(";") else ():
        name, equals, value = item.partition("=")
        if item != item.strip() or name != name.strip():
            findings.append(Finding("spaces", {"item": item.strip()[:40]}))
        name = name.strip()
        if not equals or name not in HEADER:
            findings.append(Finding("unknown_item", {"item": item[:40]}))
        elif name in header:
            findings.append(Finding("item_twice", {"item": name}))
        else:
            header[name] = value
    findings.extend(_header_findings(header))
    return header


def _header_findings(header: Mapping[str, str]) -> Iterable[Finding]:
    for name in ("ST", "CN", "PW", "MN"):
        if name not in header:
            yield Finding("missing_item", {"item": name})
    for name in ("QN", "Flag"):
        if name not in header:
            yield Finding("absent_item", {"item": name})
    if not any(list(header) == [name for name in order if name in header] for order in _ORDERS):
        yield Finding("order", {"got": " ".join(header)})
    if "CN" in header and not re.fullmatch(r"\d{4}", header["CN"], re.ASCII):
        yield Finding("bad_command", {"value": header["CN"][:20]})
    if "QN" in header and not is_number(header["QN"]):
        yield Finding("odd_number", {"value": header["QN"][:40]})
    yield from _flag_findings(header)


def _flag_findings(header: Mapping[str, str]) -> Iterable[Finding]:
    message = Message(header, ())
    if "Flag" in header and message.edition is None:
        yield Finding("bad_flag", {"value": header["Flag"][:20]})
    split_bit = bool((message.flag or 0) & SPLIT)
    numbered = "PNUM" in header and "PNO" in header
    if split_bit and not numbered:
        yield Finding("split_without_numbers")
    elif numbered and not split_bit and message.flag is not None:
        yield Finding("numbers_without_split")
    if numbered and not _counts(header["PNO"], header["PNUM"]):
        yield Finding("bad_part", {"part": header["PNO"][:9], "parts": header["PNUM"][:9]})
    if header.get("RF", "1") != "1":
        yield Finding("odd_resent", {"value": header["RF"][:9]})


def is_number(text: str) -> bool:
    """True if `text` is a QN as the standard wants it: YYYYMMDDhhmmsszzz."""
    fits = re.fullmatch(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])([0-5]\d){2}\d{3}", text, re.ASCII)
    return fits is not None


def _counts(part: str, parts: str) -> bool:
    """True if the packet is one of 1 to `parts`."""
    digits = all(text.isascii() and text.isdigit() and len(text) <= 4 for text in (part, parts))
    return digits and 1 <= int(part) <= int(parts)


def _groups(text: str, findings: list[Finding]) -> tuple[Fields, ...]:
    groups: list[list[tuple[str, str]]] = [[]]
    empty = False
    if not text.strip():
        return ()
    for match in _FIELD.finditer(text):
        name, value, end = match[1].strip(), match[2], match[3]
        if name != match[1]:
            findings.append(Finding("spaces", {"item": name[:40]}))
        if value is not None:
            groups[-1].append((name, value))
        elif name:
            findings.append(Finding("bare_field", {"field": name[:40]}))
            groups[-1].append((name, ""))
        elif end or groups[-1]:
            empty = True
        if end == ";":
            groups.append([])
        if not end:
            break
    if empty:
        findings.append(Finding("empty_field"))
    findings.extend(_field_findings(groups))
    if text.endswith(";"):
        findings.append(Finding("trailing"))
    return tuple(tuple(group) for group in groups if group)


def _field_findings(groups: Sequence[Sequence[tuple[str, str]]]) -> Iterable[Finding]:
    every = Counter(name for group in groups for name, _value in group)
    for name in [name for name, count in every.items() if count > 1]:
        yield Finding("field_twice", {"field": name[:40]})
    for group in groups:
        names = [name for name, _value in group]
        if "Flag" in names:
            yield Finding("bare_flag")
        for at, name in enumerate(names):
            if not name or name.startswith("-") or name.endswith("-td") or name.count("-") > 1:
                yield Finding("odd_suffix", {"field": name[:40]})
            if at == 0 and name.endswith("-Flag") and len(names) > 1:
                yield Finding("flag_first", {"field": name[:40]})
