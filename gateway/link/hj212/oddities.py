"""What is odd in the content of a message that is whole: for people who look into frames; a receiver does not mind."""

import re
from collections.abc import Iterator
from datetime import datetime

from gateway.link.hj212.message import Finding, Message

MARKS = frozenset(["N", "F", "M", "S", "D", "C", "T", "B", "Td", "P", "0", "1", "2", "3"])
"""Data marks of 2017 and 2025; P and the digits are of 2005."""

_SPANS = (
    (1000, 1014), (1021, 1022), (1031, 1032), (1041, 1042), (1061, 1064), (1072, 1072), (2011, 2013), (2021, 2022), (2031, 2031),
    (2041, 2041), (2051, 2052), (2061, 2062), (2071, 2072), (2081, 2081), (2111, 2111), (3011, 3022), (3024, 3024), (9011, 9015),
)  # fmt: skip

COMMANDS = frozenset(str(number) for first, last in _SPANS for number in range(first, last + 1))
"""Commands of the three editions."""

NUMBERS = frozenset(
    ["Rtd", "Min", "Avg", "Max", "Cou", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax", "Data", "DayData", "NightData", "RT", "RawAvg"]
)
"""Suffixes whose value is a number."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def oddities(message: Message) -> Iterator[Finding]:
    """Values that are no numbers, times that are none, unknown marks and commands, items that belong to another edition."""
    header = message.header
    cn = message.command
    if len(cn) == 4 and cn.isdigit() and cn not in COMMANDS:
        yield Finding("unknown_command", {"value": cn})
    if "PW" in header and not re.fullmatch(r"[0-9A-Za-z]{6}", header["PW"], re.ASCII):
        yield Finding("odd_password")
    if len(header.get("MN", "")) > 24:
        yield Finding("long_station", {"count": len(header["MN"])})
    if "RF" in header and message.edition in (2005, 2017):
        yield Finding("early_resent", {"edition": message.edition})
    if "DataTime" not in message.parameters and cn[:2] == "20" and any("-" in name for name in message.parameters):
        yield Finding("no_time")
    for group in message.groups:
        for name, value in group:
            yield from _odd_value(name, value.strip())


def _odd_value(name: str, value: str) -> Iterator[Finding]:
    suffix = name.rpartition("-")[2] if "-" in name else ""
    facts = {"field": name[:40], "value": value[:40]}
    if name.endswith("Time") and len(name) > 6 and not _is_time(value):
        yield Finding("odd_time", facts)
    elif suffix in NUMBERS and not _NUMBER.fullmatch(value):
        yield Finding("odd_value", facts)
    elif suffix == "Flag" and value not in MARKS:
        yield Finding("odd_mark", facts)


def _is_time(text: str) -> bool:
    """True for YYYYMMDDhhmmss (17 digits with milliseconds), and hhmmss, which CstartTime is."""
    if not (text.isascii() and text.isdigit() and len(text) in (6, 14, 17)):
        return False
    try:
        datetime.strptime(text[:14] if len(text) > 6 else f"20000101{text}", "%Y%m%d%H%M%S")  # noqa: DTZ007 - no zone on the wire
    except ValueError:
        return False
    return True
