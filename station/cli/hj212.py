"""`station hj212`: what HJ 212 frames say, what would be sent, and what is being sent."""

import argparse
import os
import socket
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.link.hj212.frame import Framer
from gateway.link.hj212.message import ACK, FATAL, HEADER
from gateway.link.hj212.sm4 import NoCryptography, Sm4, key_from
from gateway.link.hj212.verdict import Decrypt, Verdict, judge
from gateway.link.link import Down, Place
from gateway.link.settings import Hj212Settings
from station.cli import _hj212_words as said
from station.cli.common import configuration, places, print_json
from station.cli.main import Trouble, common_options
from station.settings import suggestion
from station.words import N_, _

FRAME = "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80"
"""The example of HJ 212-2017, annex A."""

EXAMPLE = f'station hj212 explain "{FRAME}"'

BUILDS = ("2011", "2051", "2052", "2061", "2031", "2041")
"""Commands that `build` shows."""

PARTS: dict[str, tuple[str, str]] = {
    "explain": (N_("every field of a frame in words, and whether it is right"), EXAMPLE),
    "build": (N_("print the frames of the newest data, as a platform would get them"), "station hj212 build 2051"),
    "capture": (N_("show the traffic of a running destination, until Ctrl-C"), "station hj212 capture bureau"),
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
            parents=[common_options()],
        )
    made["build"].add_argument("cn", metavar="CN", choices=BUILDS, help=_("command: {words}").format(words=", ".join(BUILDS)))
    made["build"].add_argument("--destination", metavar="NAME", help=_("which one, if there are several"))
    made["capture"].add_argument("destination", metavar="NAME", nargs="?", help=_("which one, if there are several"))
    made["capture"].add_argument("--raw", action="store_true", help=_("the frames as they are"))
    explain = made["explain"]
    explain.add_argument("frame", metavar="FRAME", nargs="+", help=_("a frame in quotes; - reads one frame a line"))
    explain.add_argument("--json", action="store_true", help=_("a JSON object a line"))
    explain.add_argument("--key", metavar="KEY", help=_("SM4 key of an encrypted frame: 16 characters or 32 hexadecimal digits"))


def run(options: argparse.Namespace) -> int:
    """Run the sub-command."""
    return {"explain": _explain, "build": _build, "capture": _capture}[options.part](options)


def _explain(options: argparse.Namespace) -> int:
    """Exit code 1 if any frame is not valid."""
    decrypt = _decrypt(options.key)
    frames = _lines() if options.frame == ["-"] else _frames(options.frame)
    valid = True
    for raw in frames:
        verdict = judge(raw, decrypt)
        valid = valid and verdict.valid
        if options.json:
            print_json(answer(verdict))
        else:
            print("\n".join(tell(verdict)), end="\n\n")
    return 0 if valid else 1


def _frames(words: list[str]) -> Iterator[bytes]:
    """The frames of a command line: one that was not quoted comes as several words, each other begins with ##."""
    frame = [words[0]]
    for word in words[1:]:
        if word.startswith("##"):
            yield os.fsencode(" ".join(frame))
            frame = []
        frame.append(word)
    yield os.fsencode(" ".join(frame))


def answer(verdict: Verdict) -> dict[str, Any]:
    """The verdict as the JSON object that is printed."""
    message = verdict.message
    cut_off = "Flag" not in message.header and (not message.header or any(one.code == "no_area" for one in message.findings))
    return {
        "valid": verdict.valid,
        "crc_ok": verdict.crc_ok,
        "length_ok": verdict.length_ok,
        "crc_expected": verdict.crc_expected,
        "edition": None if cut_off else message.edition,
        "encrypted": message.encrypted,
        "header": dict(message.header),
        "data": [dict(group) for group in message.groups],
        "problems": [said.finding(finding) for finding in message.findings],
    }


SECRETS = frozenset(["PW", "NewPW", "NewSK"])
"""What is not shown of a station's own traffic."""


def tell(verdict: Verdict, hidden: frozenset[str] = frozenset()) -> Iterator[str]:
    """The verdict in words, line by line, without the values of what is `hidden`."""
    message = verdict.message
    sound = {True: _("right"), False: _("wrong"), None: _("cannot be checked")}
    head = _("valid") if verdict.valid else _("not valid")
    yield _("{head}: CRC {crc}, length {length}").format(head=head, crc=sound[verdict.crc_ok], length=sound[verdict.length_ok])
    for finding in message.findings:
        yield ("  ✗ " if finding.code in FATAL else "  ! ") + said.finding(finding)
    for name in HEADER:
        if name in message.header:
            value = "******" if name in hidden else message.header[name]
            yield f"  {name:<4} {value}  {_(said.ITEMS[name])}{_meaning(name, value, verdict)}"
    if message.encrypted and not message.groups:
        yield "  " + _("the data area is encrypted")
    for group in message.groups:
        yield "  · " + "; ".join(said.field(name, "******" if name in hidden else value) for name, value in group)


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
    except ValueError:
        raise Trouble(_("an SM4 key has 16 characters, or 32 hexadecimal digits"), 2) from None
    except NoCryptography:
        text = _("SM4 needs the Python package cryptography. Next: install python3-cryptography or shanshui-station[sm4]")
        raise Trouble(text, 2) from None


def _destination(options: argparse.Namespace) -> tuple[Place, Hj212Settings]:
    """The HJ 212 destination that is meant. Raises Trouble."""
    config = configuration(options)
    known = {one.name: one for one in config.destinations if one.link == "hj212"}
    if not known:
        raise Trouble(_('no [[destination]] in {file} has link = "hj212"').format(file=places(options).config), 2)
    name = options.destination or next(iter(known))
    if name not in known:
        hint = suggestion(name, known) + _(" Known: {words}.").format(words=", ".join(known))
        raise Trouble(_("there is no HJ 212 destination {name!r}.").format(name=name) + hint, 2)
    where = places(options)
    memory = (where.ledgers / f"{name}.db").with_suffix(".json")
    place = Place(config.station.id, config.station.interval, where.log, where.live, memory, where.run / f"tap-{name}.sock")
    return place, known[name].settings


def _build(options: argparse.Namespace) -> int:
    """Print frames; 1 if there are no data for them."""
    from gateway.link.hj212.outbox import Now  # here, because they bring sockets and databases along
    from gateway.link.hj212.preview import frames
    from gateway.link.hj212.uploads import BadFactor

    place, settings = _destination(options)
    try:
        found = frames(options.cn, place, settings, Now(time.monotonic(), time.time_ns() // 1_000_000))
    except (Down, BadFactor) as error:
        raise Trouble(str(error), 2) from None
    if not found:
        print(_("there are no data for {cn} yet").format(cn=options.cn), file=sys.stderr)
        return 1
    sys.stdout.flush()
    sys.stdout.buffer.write(b"".join(found))
    return 0


def _capture(options: argparse.Namespace) -> int:
    """Listen at the destination's tap until interrupted."""
    place, _settings = _destination(options)
    place.tap.unlink(missing_ok=True)
    framers = {b"<": Framer(), b">": Framer()}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        try:
            ear.bind(str(place.tap))
        except OSError as error:
            text = _("cannot listen at {path}: {error}. Next: start the station, or give its --run")
            raise Trouble(text.format(path=place.tap, error=error.strerror)) from None
        try:
            print(_("listening; Ctrl-C ends it"), file=sys.stderr, flush=True)
            while True:
                data = ear.recv(1 << 18)
                for frame in framers[data[:1]].feed(data[1:]):
                    raw = b"##%04d%s%04X" % (len(frame.segment), frame.segment, frame.crc)
                    _show(data[:1].decode(), raw, raw_only=options.raw)
        finally:
            place.tap.unlink(missing_ok=True)


def _show(direction: str, raw: bytes, *, raw_only: bool) -> None:
    """One captured frame."""
    arrow = {">": _("sent"), "<": _("received")}[direction]
    if raw_only:
        print(f"{direction} {raw.decode('utf-8', 'backslashreplace')}", flush=True)
    else:
        print(f"{arrow} {datetime.now():%H:%M:%S}  " + "\n".join(tell(judge(raw), SECRETS)), end="\n\n", flush=True)  # noqa: DTZ005
