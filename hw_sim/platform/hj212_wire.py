"""HJ 212 as a strict host reads and writes it. Written from the standard alone: it shares nothing with the station's codec."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

NUMERIC = re.compile(r"-?\d+(\.\d+)?")
NAME = re.compile(r"[A-Za-z0-9]{2,8}(-[A-Za-z]+)?")
MARKS = {"N", "F", "M", "S", "D", "C", "T", "B", "Td"}
WORDS = {
    "QnRtn", "ExeRtn", "DataTime", "NewSK", "SystemTime", "RestartTime", "RtdInterval", "MinInterval", "PolId",
    "InfoId", "SKCreateTime", "AlarmTime", "AlarmType", "VaseNo",
}  # fmt: skip
VALUES = {
    "Rtd", "Min", "Avg", "Max", "Cou", "Data", "DayData", "NightData", "RT", "Ala", "SampleRd", "StandardValue", "Check",
    "ResultType",
}  # fmt: skip


def check_sum(data: bytes) -> int:
    """The CRC of annex A, bit by bit as its C program does it."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            bit = register & 1
            register >>= 1
            if bit:
                register ^= 0xA001
    return register


def packet(text: str) -> bytes:
    """A whole packet around the data segment `text`."""
    data = text.encode()
    return f"##{len(data):04d}".encode() + data + f"{check_sum(data):04X}\r\n".encode()


@dataclass(slots=True)
class Packet:
    """What arrived: header, groups, and everything that a strict host has to say against it."""

    header: dict[str, str] = field(default_factory=dict)
    groups: list[dict[str, str]] = field(default_factory=list)
    area: str = ""
    encrypted: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def flag(self) -> int:
        """Flag as a number, 0 if it is none."""
        return int(self.header["Flag"]) if self.header.get("Flag", "").isdigit() else 0

    @property
    def key(self) -> tuple[str, ...]:
        """What makes a datum the same when it comes again: the standard's MN, CN, DataTime and PNO, and here the ST."""
        time = self.groups[0].get("DataTime", "") if self.groups else ""
        return (*(self.header.get(name, "") for name in ("MN", "ST", "CN")), time, self.header.get("PNO", ""))


Opener = Callable[[bytes], bytes]
"""Decrypts the content of a data area."""


def cut(buffer: bytes) -> tuple[bytes, bytes, str]:
    """The first packet, the rest, and what was wrong in between. No packet is empty."""
    begin = buffer.find(b"##")
    if begin < 0:
        return b"", buffer[-1:] if buffer.endswith(b"#") else b"", "bytes that are no packet" if buffer.strip(b"#") else ""
    problem = "bytes before a packet" if begin else ""
    buffer = buffer[begin:]
    if len(buffer) < 6:
        return b"", buffer, problem
    if not buffer[2:6].isdigit():
        return b"", buffer[2:], "a length that is no number"
    end = 12 + int(buffer[2:6]) + _printed(buffer)
    return (buffer[:end], buffer[end:], problem) if len(buffer) >= end else (b"", buffer, problem)


def _printed(buffer: bytes) -> int:
    """Bytes by which ciphertext printed as {0xE4,…} is longer than what it stands for; the length does not count them."""
    begin = buffer.find(b"CP=&&{0x", 0, 6 + int(buffer[2:6])) + 5
    if begin < 5:
        return 0
    close = buffer.find(b"}", begin)
    return 10**6 if close < 0 else close + 1 - begin - buffer.count(b"0x", begin, close)


def _unprinted(content: bytes) -> bytes:
    """Ciphertext as bytes, however it is written."""
    if not content.startswith(b"{0x"):
        return content
    inside, _, rest = content[1:].partition(b"}")
    return bytes(int(text, 16) for text in inside.split(b",")) + rest


def read(raw: bytes, edition: int, opener: Opener | None = None) -> Packet:
    """One packet that was cut out."""
    found = Packet()
    say = found.problems.append
    data, tail = raw[6:-6], raw[-6:]
    begin = data.find(b"CP=&&") + 5
    if opener is not None and begin >= 5 and (data[begin:].startswith(b"{0x") or not data[begin:-2].isascii()):
        data = data[:begin] + opener(_unprinted(data[begin:-2])) + data[-2:]
        found.encrypted = True
    if len(data) > 1024:
        say("data segment over 1024")
    if tail[4:] != b"\r\n":
        say("no CR LF")
    if tail[:4] != f"{check_sum(data):04X}".encode():
        say(f"CRC {tail[:4]!r}, right is {check_sum(data):04X}")
        return found
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        say("not UTF-8")
        return found
    head, mark, rest = text.partition("CP=&&")
    if not mark or not rest.endswith("&&"):
        say("no data area")
        return found
    if len(mark) + len(rest) > 950:
        say("CP over 950")
    _read_header(head, edition, found)
    found.area = rest[:-2]
    _read_groups(found)
    return found


def _read_header(head: str, edition: int, found: Packet) -> None:
    say = found.problems.append
    pattern = r"QN=(\d{17});ST=(\w{2});CN=(\d{4});PW=(\w{6});MN=(\w{0,24});Flag=(\d{1,3});(?:PNUM=(\d+);PNO=(\d+);)?(?:RF=(1);)?"
    match = re.fullmatch(pattern, head)
    if match is None:
        say(f"header {head!r}")
        return
    names = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")
    found.header = {name: value for name, value in zip(names, match.groups(), strict=True) if value is not None}
    try:
        datetime.strptime(match[1][:14], "%Y%m%d%H%M%S")  # noqa: DTZ007 - only whether it is a time
    except ValueError:
        say("QN is no time")
    flag = int(match[6])
    if flag >> 2 != {2017: 1, 2025: 2}[edition]:
        say(f"Flag {flag} in {edition}")
    if bool(flag & 2) != ("PNUM" in found.header):
        say("split bit and PNUM do not agree")
    if "PNUM" in found.header and not 1 <= int(match[8]) <= int(match[7]):
        say("PNO beyond PNUM")
    if edition == 2017 and "RF" in found.header:
        say("RF in 2017")
    if match[3].startswith("901") and match[3] != "9015" and (match[2] != "91" or flag & 1):
        say("an answer with ST or Flag of a request")


def _read_groups(found: Packet) -> None:
    say = found.problems.append
    cn = found.header.get("CN", "")
    for text in found.area.split(";") if found.area else ():
        group: dict[str, str] = {}
        for item in text.split(","):
            name, equals, value = item.partition("=")
            if not equals or name in group or not (NAME.fullmatch(name) or name in WORDS):
                say(f"field {item!r}")
            group[name] = value
            _check_value(name, value, say)
        found.groups.append(group)
    first = "AlarmTime" if cn == "2072" else "DataTime"
    if cn.startswith("2") and (not found.groups or list(found.groups[0]) != [first]):
        say(f"the data do not begin with {first}")
    elif cn in ("2061", "2031") and not found.groups[0]["DataTime"].endswith({"2061": "0000", "2031": "000000"}[cn]):
        say("DataTime is no beginning of an interval")
    every = [name for group in found.groups for name in group]
    if len(set(every)) < len(every):
        say("a field stands there twice")


def _check_value(name: str, value: str, say: Callable[[str], None]) -> None:
    suffix = name.rpartition("-")[2] if "-" in name else ""
    if name.endswith("Time") and not re.fullmatch(r"\d{14}", value):
        say(f"{name}={value!r} is no time")
    if suffix in VALUES and not NUMERIC.fullmatch(value):
        say(f"{name}={value!r} is no number")
    if suffix == "Flag" and value not in MARKS:
        say(f"{name}={value!r} is no mark")
