"""An HJ 212 host: validates strictly, acknowledges, asks, and misbehaves when it is told to.

By hand: `python -m hw_sim platform --hj212 :9212` prints what arrives in words. From a test: JSON orders on stdin, an answer
each.
"""

import argparse
import json
import select
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hw_sim.platform.hj212_wire import Packet, cut, packet, read
from hw_sim.platform.sm4 import decrypt

EXAMPLE = "python -m hw_sim platform --hj212 :9212"

NAMES = {
    "2011": "real-time data", "2021": "equipment state", "2031": "daily data", "2051": "minute data", "2061": "hourly data",
    "2052": "single noise measurement", "2062": "standard-sample check", "2072": "alarm", "2081": "power-on time",
    "1013": "asks for the time", "9015": "heartbeat", "9011": "answer", "9012": "result",
    "9013": "noted", "1011": "clock", "1061": "real-time interval", "1063": "minute interval", "3019": "serial number",
    "3020": "device information",
}  # fmt: skip

FAULTS = ("lose_acks", "late", "garbage", "close_mid_frame", "twice", "foreign")
"""Acknowledgements lost, late, behind garbage, broken off with the connection, doubled, or with a number that nobody sent."""


Told = Callable[[Packet], None] | None
"""Hears of every packet, after it was judged."""


@dataclass(slots=True)
class Exchange:
    """A request of ours and what came back."""

    cn: str
    answer: str = ""
    result: str = ""
    data: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Peer:
    """One connected station."""

    channel: socket.socket
    buffer: bytes = b""
    mn: str = ""
    st: str = "22"
    alive: bool = True


class Host:
    """The platform. `record` holds each datum by its key with the number of times that it arrived."""

    def __init__(self, where: tuple[str, int], edition: int, password: str, told: Told = None, key: bytes = b"") -> None:
        self.where = where
        self._edition = edition
        self._password = password
        self._told = told
        self.silent = False
        self.key = key
        self._server: socket.socket | None = None
        self._peers: list[Peer] = []
        self._later: list[tuple[float, Peer, bytes]] = []
        self.faults: Counter[str] = Counter()
        self.delay = 2.0
        self.record: dict[tuple[str, ...], str] = {}
        self.arrivals: Counter[tuple[str, ...]] = Counter()
        self.order: list[tuple[tuple[str, ...], bool]] = []
        self.exchanges: dict[str, Exchange] = {}
        self.problems: list[str] = []
        self.counts: Counter[str] = Counter()
        self.notices: list[str] = []
        self._count = 0
        self._next_password = password
        self._next_key = b""
        self.listen()

    def listen(self) -> None:
        """Take connections, again after an outage."""
        if self._server is None:
            self._server = socket.create_server(self.where)
            self.where = self._server.getsockname()[:2]

    def deafen(self) -> None:
        """An outage: every connection breaks, and no new one is taken."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.kick()

    def kick(self) -> None:
        """Break every connection."""
        for peer in self._peers:
            peer.channel.close()
        self._peers.clear()
        self._later.clear()

    def turn(self, seconds: float) -> None:
        """One turn of the loop."""
        now = time.monotonic()
        for at, peer, data in [one for one in self._later if one[0] <= now]:
            self._later.remove((at, peer, data))
            self._write(peer, data)
        channels = [peer.channel for peer in self._peers] + ([self._server] if self._server else [])
        if not channels:
            time.sleep(seconds)
            return
        readable, _, _ = select.select(channels, [], [], seconds)
        if self._server is not None and self._server in readable:
            channel, _address = self._server.accept()
            channel.settimeout(5.0)
            self.counts["connections"] += 1
            self._peers.append(Peer(channel))
        for peer in [one for one in self._peers if one.channel in readable]:
            self._read(peer)
        self._peers = [peer for peer in self._peers if peer.alive]

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.channel.recv(65536)
        except OSError:
            data = b""
        if not data:
            peer.alive = False
            peer.channel.close()
            return
        peer.buffer += data
        while peer.alive:
            raw, rest, problem = cut(peer.buffer)
            if problem:
                self.problems.append(problem)
            progress = len(rest) < len(peer.buffer)
            peer.buffer = rest
            if raw:
                self._take(peer, read(raw, self._edition, self._open if self.key else None), raw)
            elif not progress:
                return

    def _open(self, content: bytes) -> bytes:
        return decrypt(content, self.key)

    def _take(self, peer: Peer, got: Packet, raw: bytes) -> None:
        self.counts["packets"] += 1
        asked = self.exchanges.get(got.header.get("QN", ""))  # an answer repeats the PW of what it answers, wrong as it may be
        if asked is None and got.header.get("PW", self._password) != self._password:
            got.problems.append("wrong PW")
        cn = got.header.get("CN", "")
        if self.key and (cn.startswith("2") or cn == "1014") and not got.encrypted and len(got.area) >= 16:
            got.problems.append("not encrypted")
        if self._told is not None:
            self._told(got)
        if got.problems:
            self.counts["invalid"] += 1
            self.problems.extend(f"{problem}: {raw[:200]!r}" for problem in got.problems)
            return
        peer.mn = got.header["MN"]
        if cn == "9011" and asked:
            asked.answer = got.groups[0]["QnRtn"]
        elif cn == "9012" and asked:
            asked.result = got.groups[0]["ExeRtn"]
            if asked.cn == "1072" and asked.result == "1":
                self._password = self._next_password
            if asked.cn == "1014" and asked.result == "1":
                self.key = self._next_key
        elif cn == "9013" and asked:
            asked.answer = "9013"
        elif asked:
            asked.data.append(got.area)
        elif cn in ("1001", "1013", "1014", "9015"):
            self.notices.append(got.area if cn != "9015" else cn)
            self._acknowledge(peer, got, "9013")
        elif cn.startswith("3") or cn == "2072":  # no data with a key of their own: information, alarms
            self.notices.append(got.area)
            self._acknowledge(peer, got, "9014")
        else:
            self._store(peer, got)

    def _store(self, peer: Peer, got: Packet) -> None:
        if not got.header["ST"].startswith("9"):
            peer.st = got.header["ST"]
        key = got.key
        self.arrivals[key] += 1
        if self.record.setdefault(key, got.area) != got.area:
            self.counts["conflicts"] += 1
            self.problems.append(f"other data under the same key {key}")
        elif self.arrivals[key] == 1:
            self.counts["stored"] += 1
            self.order.append((key, "RF" in got.header))
        for one in self.exchanges.values():
            if not one.result and one.cn == got.header["CN"]:
                one.data.append(got.area)
        self._acknowledge(peer, got, "9014")

    def _acknowledge(self, peer: Peer, got: Packet, cn: str) -> None:
        if self.silent or not got.flag & 1:
            return
        flag = (got.flag >> 2) << 2
        header = ";".join(f"{name}={got.header[name]}" for name in ("PW", "MN"))
        answer = packet(f"QN={got.header['QN']};ST=91;CN={cn};{header};Flag={flag};CP=&&&&")
        if self._fault("lose_acks"):
            return
        if self._fault("late"):
            self._later.append((time.monotonic() + self.delay, peer, answer))
            return
        if self._fault("garbage"):
            answer = b"##0300\x00\xffQN=##01" + answer + b"###"
        if self._fault("twice"):
            answer += answer
        if self._fault("foreign"):
            answer = packet(f"QN=20200101000000000;ST=91;CN={cn};{header};Flag={flag};CP=&&&&") + answer
        if self._fault("close_mid_frame"):
            self._write(peer, answer[: len(answer) // 2])
            peer.alive = False
            peer.channel.close()
            return
        self._write(peer, answer)

    def _fault(self, kind: str) -> bool:
        """True if this fault is on, once less then."""
        if self.faults[kind] <= 0:
            return False
        self.faults[kind] -= 1
        self.counts[kind] += 1
        return True

    def _write(self, peer: Peer, data: bytes) -> None:
        try:
            peer.channel.sendall(data)
        except OSError:
            peer.alive = False

    def ask(self, cn: str, content: str, header: dict[str, str]) -> str:
        """Send a request to every station; its number. `header` replaces items, QN and CRC included."""
        self._count += 1
        moment = datetime.now(UTC) + timedelta(hours=8, milliseconds=self._count)
        number = header.get("QN") or moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"
        self.exchanges[number] = Exchange(cn)
        self._next_password = content.partition("NewPW=")[2] or self._password
        self._next_key = content.partition("NewSK=")[2].encode()
        for peer in self._peers:
            items = {"QN": number, "ST": peer.st, "CN": cn, "PW": self._password, "MN": peer.mn, "Flag": str(self._flag | 1)}
            items |= {name: value for name, value in header.items() if name in items}
            text = ";".join(f"{name}={value}" for name, value in items.items()) + f";CP=&&{content}&&"
            data = packet(text)
            self._write(peer, data[:-6] + header["CRC"].encode() + b"\r\n" if "CRC" in header else data)
        return number

    @property
    def _flag(self) -> int:
        return {2017: 4, 2025: 8}[self._edition]

    def obey(self, line: str) -> dict[str, Any]:
        """One order of a test: stats, records, ask, exchange, fault, kick, deafen, listen."""
        try:
            order = json.loads(line)
            match order["do"]:
                case "stats":
                    return {"ok": True, **self.counts, "problems": self.problems[-20:], "notices": self.notices}
                case "records":
                    wanted = order.get("cn")
                    keys = [(key, resent) for key, resent in self.order if wanted in (None, key[2])]
                    rows = [[*key, self.record[key], self.arrivals[key], resent] for key, resent in keys]
                    return {"ok": True, "records": rows}
                case "ask":
                    return {"ok": True, "number": self.ask(order["cn"], order.get("content", ""), order.get("header", {}))}
                case "exchange":
                    one = self.exchanges[order["number"]]
                    return {"ok": True, "answer": one.answer, "result": one.result, "data": one.data}
                case "fault" if order["kind"] in FAULTS:
                    self.faults[order["kind"]] = int(order.get("count", 1))
                    self.delay = float(order.get("delay", self.delay))
                case "kick" | "deafen" | "listen" as verb:
                    {"kick": self.kick, "deafen": self.deafen, "listen": self.listen}[verb]()
                case other:
                    return {"ok": False, "error": f"cannot do {other!r}"}
        except (ValueError, KeyError, TypeError) as error:
            return {"ok": False, "error": repr(error)}
        return {"ok": True}


def in_words(got: Packet) -> str:
    """One line about a packet, for a person."""
    head = got.header
    cn = head.get("CN", "????")
    name = NAMES.get(cn, "command")
    wrong = f"  WRONG: {'; '.join(got.problems)}" if got.problems else ""
    return f"{head.get('MN', '?')}  {cn} {name}  ST={head.get('ST', '?')} Flag={head.get('Flag', '?')}  {got.area}{wrong}"


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hw_sim platform", epilog=f"example: {EXAMPLE}")
    parser.add_argument("--hj212", required=True, metavar="[HOST]:PORT", help="where to listen; port 0 takes a free one")
    parser.add_argument("--edition", type=int, choices=(2017, 2025), default=2017)
    parser.add_argument("--password", default="123456", help="PW of the stations")
    parser.add_argument("--key", default="", help="SM4 key of 16 characters: encrypted data are expected (2025)")
    parser.add_argument("--silent", action="store_true", help="never answer")
    parser.add_argument("--orders", action="store_true", help="take JSON orders on stdin, answer each, end with it")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Listen until SIGTERM or SIGINT, or, with orders, until stdin ends."""
    options = _arguments(argv)
    name, _, port = options.hj212.rpartition(":")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        where = (name or "127.0.0.1", int(port))
        told = None if options.orders else lambda got: print(in_words(got), flush=True)
        host = Host(where, options.edition, options.password, told, options.key.encode())
        host.silent = options.silent
    except (OSError, ValueError) as error:
        print(f"cannot listen at {options.hj212}: {error}", file=sys.stderr)
        return 3
    print(json.dumps({"ready": True, "host": host.where[0], "port": host.where[1]}), flush=True)
    lines: list[str | None] = []
    if options.orders:
        threading.Thread(target=_feed, args=(lines,), daemon=True).start()
    try:
        while True:
            host.turn(0.02)
            while lines:
                line = lines.pop(0)
                if line is None:
                    return 0
                print(json.dumps(host.obey(line)), flush=True)
    except SystemExit:
        return 0


def _feed(lines: list[str | None]) -> None:
    """Orders from stdin, and None at its end."""
    for line in sys.stdin:
        lines.append(line)
    lines.append(None)
