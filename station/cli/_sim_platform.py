"""`station sim platform`: an HJ 212 host, or an MQTT platform, for people: it tells what it gets in words and does what is typed.

The host is the strict one of the simulation, with a codec of its own; only the words come from here.
"""

import argparse
import json
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from station.cli import _hj212_words as said
from station.cli.common import print_json, seconds
from station.cli.main import Trouble
from station.words import N_, _

FAULTS = {
    "lose": ("lose_acks", N_("N acknowledgements are lost")),
    "late": ("late", N_("N acknowledgements come S s late")),
    "garbage": ("garbage", N_("N acknowledgements stand in garbage")),
    "twice": ("twice", N_("N acknowledgements come twice")),
    "foreign": ("foreign", N_("N acknowledgements of something that nobody sent")),
    "cut": ("close_mid_frame", N_("N times the connection ends in the middle of an acknowledgement")),
}
"""Word → fault of the host, and what it means."""

Archive = Callable[[Path], dict[tuple[str, int], str]]
"""What an MQTT platform has stored: (station, sequence) → payload."""

ORDERS = {
    "history CN [1h | FROM TO]": N_("request stored data: history 2051 1h"),
    "clock [YYYYMMDDhhmmss]": N_("read the clock, or set it"),
    "real-time S": N_("interval of real-time data in s"),
    "minutes N": N_("interval of minute data in min"),
    "timeouts S N": N_("timeout in s and resend count"),
    "ask CN [NAME=VALUE;…]": N_("any other request: ask 3020 InfoId=i21001"),
    **{f"{word} N" + (" [S]" if word == "late" else ""): text for word, (_kind, text) in FAULTS.items()},
    "silent, answer": N_("never answer; answer again"),
    "deaf, listen": N_("break every connection and take no new one; take them again"),
    "quit": N_("end"),
}
"""What may be typed, and what it does."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--hj212", metavar="[HOST]:PORT", help=_("take stations that speak HJ 212 there"))
    parser.add_argument("--mqtt", metavar=":PORT", help=_("take stations that speak MQTT at this port of 127.0.0.1"))
    parser.add_argument("--edition", type=int, choices=(2017, 2025), default=2017, help=_("edition of HJ 212"))
    parser.add_argument("--password", default="123456", metavar="PW", help=_("password of the stations"))
    parser.add_argument("--key", default="", metavar="KEY", help=_("SM4 key of 16 characters: encrypted data are expected"))
    parser.add_argument("--do", action="append", default=[], metavar="ORDER", help=_("do this when a station first speaks"))
    parser.add_argument("--for", dest="seconds", type=seconds, default=1e9, metavar="S", help=_("so many seconds"))
    parser.add_argument("--json", action="store_true", help=_("a JSON object a line"))


def run(options: argparse.Namespace, make_host: Callable[..., Any], make_mqtt: Callable[..., Any], archive: Archive) -> int:
    """Until the time is over, Ctrl-C, `quit`, or the end of what is typed at a terminal. Raises Trouble."""
    if not options.hj212 and not options.mqtt:
        raise Trouble(_("write --hj212 :9212 or --mqtt :1883"), 2)
    until = time.monotonic() + options.seconds
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        mqtt = stack.enter_context(_Mqtt(_port(options.mqtt)[1], make_mqtt, archive, options.json)) if options.mqtt else None
        desk = _Desk(options, make_host) if options.hj212 else None
        typed = _typed() if desk else queue.SimpleQueue()
        while time.monotonic() < until and (desk is None or desk.open):
            if desk is not None:
                desk.turn(typed)
            else:
                time.sleep(0.2)
            if mqtt is not None:
                mqtt.turn()
    return 0


def _port(text: str) -> tuple[str, int]:
    """Host and port of [HOST]:PORT. Raises Trouble."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise Trouble(_("{text!r} is no address; write [HOST]:PORT").format(text=text), 2)
    return host or "127.0.0.1", int(port)


def _typed() -> "queue.SimpleQueue[str | None]":
    """The lines that are typed, and None at their end if that means anything."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        if sys.stdin.isatty():
            lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


class _Desk:
    """The host and the person before it."""

    def __init__(self, options: argparse.Namespace, make_host: Callable[..., Any]) -> None:
        self._json = options.json
        self._first = list(options.do)
        self.open = True
        try:
            self._host = make_host(_port(options.hj212), options.edition, options.password, self._tell, options.key.encode())
        except OSError as error:
            text = _("cannot listen at {address}: {error}. Next: choose another port")
            raise Trouble(text.format(address=options.hj212, error=error.strerror)) from None
        host, port = self._host.where
        if self._json:
            self._print({"host": host, "port": port})
        else:
            print(_("HJ 212 at {host}:{port}; help tells what may be typed").format(host=host, port=port), flush=True)

    def turn(self, typed: "queue.SimpleQueue[str | None]") -> None:
        """Serve for a moment, then do what was typed."""
        self._host.turn(0.1)
        if self._host.counts["packets"]:
            while self._first:
                self._do(self._first.pop(0))
        while not typed.empty():
            line = typed.get()
            if line is None:
                self.open = False
            elif line.strip():
                self._do(line)

    def _do(self, line: str) -> None:
        """One order; a wrong one is told, and nothing happens."""
        verb, *words = line.split()
        try:
            if verb in FAULTS:
                self._host.faults[FAULTS[verb][0]] = int(words[0]) if words else 1
                self._host.delay = float(words[1]) if verb == "late" and len(words) > 1 else self._host.delay
            elif verb in ("silent", "answer"):
                self._host.silent = verb == "silent"
            elif verb in ("deaf", "listen"):
                self._host.deafen() if verb == "deaf" else self._host.listen()
            elif verb == "quit":
                self.open = False
            elif verb == "help":
                print("\n".join(f"  {order:<26} {_(text)}" for order, text in ORDERS.items()), flush=True)
            else:
                self._host.ask(*_request(verb, words), {})
        except (ValueError, IndexError, OverflowError):
            print(_("{order!r} cannot be done; help tells what may be typed").format(order=line.strip()), flush=True)

    def _tell(self, got: Any) -> None:
        """One packet that arrived."""
        if self._json:
            self._print({"header": got.header, "data": got.groups, "problems": got.problems})
            return
        print("\n".join(_in_words(got)), flush=True)

    def _print(self, content: dict[str, Any]) -> None:
        print_json(content)
        sys.stdout.flush()


def _request(verb: str, words: list[str]) -> tuple[str, str]:
    """The command and content that an order asks for. Raises ValueError or IndexError."""
    match verb:
        case "history" if len(words) < 3:
            hours = float((words[1] if len(words) == 2 else "1h").removesuffix("h"))
            return words[0], f"BeginTime={_stamp(-hours)};EndTime={_stamp(0)}"
        case "history":
            return words[0], f"BeginTime={words[1]};EndTime={words[2]}"
        case "clock":
            return ("1012", f"SystemTime={words[0]}") if words else ("1011", "")
        case "real-time":
            return "1062", f"RtdInterval={int(words[0])}"
        case "minutes":
            return "1064", f"MinInterval={int(words[0])}"
        case "timeouts":
            return "1000", f"OverTime={int(words[0])};ReCount={int(words[1])}"
        case "ask" if len(words[0]) == 4 and words[0].isdigit():
            return words[0], " ".join(words[1:])
    raise ValueError(verb)


def _stamp(hours: float) -> str:
    """YYYYMMDDhhmmss in Beijing, so many hours from now."""
    return (datetime.now(UTC) + timedelta(hours=8 + hours)).strftime("%Y%m%d%H%M%S")


def _in_words(got: Any) -> Iterator[str]:
    """A packet for people: what it is, what is wrong with it, what it says."""
    header = got.header
    cn, st = header.get("CN", "????"), header.get("ST", "??")
    name = _(said.COMMANDS.get(cn, N_("unknown")))
    part = f"  {header['PNO']}/{header['PNUM']}" if "PNUM" in header else ""
    again = "  " + _(said.ITEMS["RF"]) if "RF" in header else ""
    system = _(said.SYSTEMS.get(st, N_("unknown")))
    yield f"{datetime.now():%H:%M:%S}  {header.get('MN', '?')}  {cn} {name}  {st} {system}{part}{again}"  # noqa: DTZ005
    for problem in got.problems:
        yield f"  ✗ {problem}"
    for group in got.groups:
        yield "  · " + "; ".join(said.field(key, value) for key, value in group.items())


class _Mqtt:
    """The MQTT platform as a process; `turn` tells what it has stored meanwhile."""

    def __init__(self, port: int, make: Callable[..., Any], archive: Archive, as_json: bool) -> None:
        self._make = make
        self._archive = archive
        self._look_at = 0.0
        self._port = port
        self._json = as_json
        self._known: set[tuple[str, int]] = set()

    def __enter__(self) -> "_Mqtt":
        self._folder = Path(tempfile.mkdtemp(prefix="shanshui-platform-"))
        try:
            self._part = self._make(self._folder, "--port", str(self._port))
            self._part.__enter__()
        except RuntimeError as error:
            log = self._folder / "platform.log"
            why = log.read_text("utf-8", "replace").strip().splitlines()[-1:] if log.exists() else []
            shutil.rmtree(self._folder, ignore_errors=True)
            raise Trouble(_("the simulation does not start: {error}").format(error=" ".join(why) or error)) from None
        port = self._part.ready["port"]
        print_json({"mqtt": port}) if self._json else print(_("MQTT at 127.0.0.1:{port}").format(port=port), flush=True)
        return self

    def __exit__(self, *_error: object) -> None:
        self._part.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def turn(self) -> None:
        """What arrived since, once a second."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + 1.0
        stored = self._archive(self._folder / "platform.db")
        for key in sorted(stored.keys() - self._known):
            self._tell(json.loads(stored[key]))
        self._known.update(stored)

    def _tell(self, record: dict[str, Any]) -> None:
        if self._json:
            print_json(record)
        elif record["kind"] == "interval":
            values = (f"{row[0]}.{row[1]} {row[3]} {row[2]}" for row in record["body"])
            print(f"{record['station']} {record['sequence']} {record['time']}  " + ", ".join(values), flush=True)
        else:
            print(f"{record['station']} {record['sequence']} {record['time']}  {json.dumps(record['body'])}", flush=True)
