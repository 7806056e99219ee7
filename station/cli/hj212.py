"""`station hj212`: what HJ 212 frames say, offline."""

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from gateway.link.hj212.message import ACK, FATAL, HEADER
from gateway.link.hj212.sm4 import NoCryptography, Sm4, key_from
from gateway.link.hj212.verdict import Decrypt, Verdict, judge
from station.cli import _hj212_words as said
from station.cli.common import print_json
from station.cli.main import Trouble
from station.words import N_, _

FRAME = "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80"
"""The example of HJ 212-2017, annex A."""

EXAMPLE = f'station hj212 explain "{FRAME}"'

PARTS: dict[str, tuple[str, str]] = {
    "explain": (N_("every field of a frame in words, and whether it is right"), EXAMPLE),
}
"""Sub-command → what it does, and an example."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    choices = parser.add_subparsers(dest="part", required=True, metavar="|".join(PARTS))
    made = {}
    for name, (summary, example) in PARTS.items():
        made[name] = choices.add_parser(
            name,
            help=_(summary),
            description=_(summary),
            epilog=_("example:\n  {example}").format(example=example),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    explain = made["explain"]
    explain.add_argument("frame", metavar="FRAME", nargs="+", help=_("a frame in quotes; - reads one frame a line"))
    explain.add_argument("--json", action="store_true", help=_("a JSON object a line"))
    explain.add_argument("--key", metavar="KEY", help=_("SM4 key of an encrypted frame: 16 characters or 32 hexadecimal digits"))


def run(options: argparse.Namespace) -> int:
    """Run the sub-command."""
    decrypt = _decrypt(options.key)
    frames = _lines() if options.frame == ["-"] else iter([os.fsencode(" ".join(options.frame))])
    valid = True
    for raw in frames:
        verdict = judge(raw, decrypt)
        valid = valid and verdict.valid
        if options.json:
            print_json(answer(verdict))
        else:
            print("\n".join(tell(verdict)), end="\n\n")
    return 0 if valid else 1


def answer(verdict: Verdict) -> dict[str, Any]:
    """The verdict as the JSON object that is printed."""
    message = verdict.message
    return {
        "valid": verdict.valid,
        "crc_ok": verdict.crc_ok,
        "length_ok": verdict.length_ok,
        "crc_expected": verdict.crc_expected,
        "edition": message.edition if message.header else None,
        "encrypted": message.encrypted,
        "header": dict(message.header),
        "data": [dict(group) for group in message.groups],
        "problems": [said.finding(finding) for finding in message.findings],
    }


def tell(verdict: Verdict) -> Iterator[str]:
    """The verdict in words, line by line."""
    message = verdict.message
    sound = {True: _("right"), False: _("wrong"), None: _("cannot be checked")}
    head = _("valid") if verdict.valid else _("not valid")
    yield _("{head}: CRC {crc}, length {length}").format(head=head, crc=sound[verdict.crc_ok], length=sound[verdict.length_ok])
    for finding in message.findings:
        yield ("  ✗ " if finding.code in FATAL else "  ! ") + said.finding(finding)
    for name in HEADER:
        if name in message.header:
            value = message.header[name]
            yield f"  {name:<4} {value}  {_(said.ITEMS[name])}{_meaning(name, value, verdict)}"
    if message.encrypted and not message.groups:
        yield "  " + _("the data area is encrypted")
    for group in message.groups:
        yield "  · " + "; ".join(said.field(name, value) for name, value in group)


def _meaning(name: str, value: str, verdict: Verdict) -> str:
    """What the value of a header item means, if there is more to say."""
    message = verdict.message
    if name == "CN" and value in said.COMMANDS:
        return f": {_(said.COMMANDS[value])}"
    if name == "ST" and value in said.SYSTEMS:
        return f": {_(said.SYSTEMS[value])}"
    if name == "Flag" and message.edition is not None:
        wanted = _("an answer is wanted") if (message.flag or 0) & ACK else _("no answer is wanted")
        return f": {message.edition}, {wanted}"
    return ""


def _lines() -> Iterator[bytes]:
    """The frames on standard input, one a line; a line end within ciphertext does not end the frame."""
    waiting = b""
    for line in sys.stdin.buffer:
        if waiting and line.startswith(b"##"):
            yield waiting
            waiting = b""
        waiting += line
        if not (len(waiting) < _wanted(waiting) and _is_cipher(waiting)):
            yield waiting.rstrip(b"\r\n")
            waiting = b""
    if waiting:
        yield waiting.rstrip(b"\r\n")


def _is_cipher(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _wanted(text: bytes) -> int:
    """Bytes of the frame that begins here, as its length says; 0 if it says none."""
    digits = text[2:6]
    return 10 + int(digits) if text[:2] == b"##" and len(digits) == 4 and digits.isdigit() else 0


def _decrypt(key: str | None) -> Decrypt | None:
    """What opens encrypted frames. Raises Trouble if the key is none or the library is missing."""
    if key is None:
        return None
    try:
        return Sm4(key_from(key)).decrypt
    except (ValueError, NoCryptography) as error:
        raise Trouble(str(error), 2) from None
