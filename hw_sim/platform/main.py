"""The platform as a process: says on stdout where it listens, obeys JSON lines on stdin, ends when stdin does."""

import argparse
import json
import os
import queue
import select
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hw_sim.platform.broker import Broker
from hw_sim.platform.consumer import Consumer
from hw_sim.platform.proxy import Proxy

EXAMPLE = "python -m hw_sim platform --dir /tmp/platform --schema gateway/payload.schema.json"
RECONNECT = 0.3
"""s between two attempts to connect."""

PATIENCE = 15.0
"""s for the first connection."""


def main(argv: list[str]) -> int:
    """Run until stdin ends, or SIGTERM, or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m hw_sim platform", epilog=f"example: {EXAMPLE}")
    parser.add_argument("--dir", type=Path, required=True, help="folder for its files; it must exist")
    parser.add_argument("--schema", type=Path, required=True, help="JSON Schema of the payload")
    parser.add_argument("--broker", default="embedded", help="embedded, or HOST:PORT of one that runs")
    parser.add_argument("--port", type=int, default=0, help="port of the embedded broker (0: a free one)")
    parser.add_argument("--outage", default="", metavar="AT:FOR", help="kill the embedded broker at AT s for FOR s")
    parser.add_argument("--proxy", action="store_true", help="stations connect through a line that can be cut or go dead")
    parser.add_argument("--username", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--ca", default="", help="encrypt; file of the authority's certificate")
    parser.add_argument("--certificate", default="")
    parser.add_argument("--key", default="")
    options = parser.parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    platform = Platform(options)
    try:
        platform.run()
    except SystemExit:
        return 0
    except TimeoutError as error:
        print(error, file=sys.stderr)
        return 3
    finally:
        platform.close()
    return 0


def send_at_once(_client: paho.Client, _data: Any, channel: Any) -> None:
    """A small packet does not wait for the acknowledgement of the one before."""
    channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Platform:
    """Broker and consumer, turned by one loop."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._folder: Path = options.dir
        self._broker = Broker(options.dir, options.port) if options.broker == "embedded" else None
        host, _, port = options.broker.rpartition(":")
        self._peer = (host, int(port)) if self._broker is None else ("127.0.0.1", self._broker.port)
        self._proxy = Proxy(self._peer[1]) if options.proxy else None
        self._consumer = Consumer(options.dir / "platform.db", options.schema, self._receipt)
        at, _, length = options.outage.partition(":")
        self._outage = (float(at), float(length)) if at else None
        self._client = self._make(options)
        self._orders: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._replies: list[Any] = []
        self._begin = time.monotonic()
        self._connect_at = self._write_at = 0.0
        self._connected = False
        self._cut = False
        self.outages = 0
        self._ahead = 0

    def _make(self, options: argparse.Namespace) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, "platform", protocol=paho.MQTTv5, reconnect_on_failure=False)
        client.connect_timeout = 2.0
        if options.username:
            client.username_pw_set(options.username, options.password)
        if options.ca:
            client.tls_set(options.ca, options.certificate or None, options.key or None)
        client.on_socket_open = send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def run(self) -> None:
        """Until stdin ends."""
        if self._broker is not None:
            self._broker.start()
        threading.Thread(target=self._listen, daemon=True).start()
        said = False
        while True:
            now = time.monotonic()
            self._follow_outage(now - self._begin)
            self._stay_connected(now)
            if not said and now - self._begin > PATIENCE:
                raise TimeoutError(f"no broker answers at {self._peer[0]}:{self._peer[1]}")
            if not said and self._connected:
                said = True
                port = self._proxy.port if self._proxy is not None else self._peer[1]
                self._say({"ready": True, "host": self._peer[0], "port": port})
                self._begin = now
            idle = not self._turn(0.02)
            self._consumer.work(time.monotonic(), idle)
            if now >= self._write_at:
                self._write_at = now + 0.5
                self._write()
            while not self._orders.empty():
                order = self._orders.get()
                if order is None:
                    return
                self._say(self._obey(order))

    def _turn(self, seconds: float) -> bool:
        """One turn of the network loop; False if nothing arrived."""
        channel = self._client.socket()
        if channel is None:
            self._connected = False
            time.sleep(seconds)
            return False
        pending = getattr(channel, "pending", lambda: 0)()
        readable, _, _ = select.select([channel], [], [], 0.0 if pending else seconds)
        if readable or pending:
            self._client.loop_read(500)
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        return bool(readable or pending)

    def close(self) -> None:
        """Commit, write the last counts, end the broker."""
        self._consumer.work(float("inf"), idle=True)
        self._write()
        self._consumer.close()
        if self._proxy is not None:
            self._proxy.close()
        if self._broker is not None:
            self._broker.kill()

    def stats(self) -> dict[str, Any]:
        """What has been counted."""
        return {
            **self._consumer.counts,
            "duplicates": self._consumer.duplicates(),
            "connected": self._connected,
            "outages": self.outages,
            "replies": self._replies,
        }

    def _listen(self) -> None:
        for line in sys.stdin:
            self._orders.put(line)
        self._orders.put(None)

    def _follow_outage(self, now: float) -> None:
        if self._outage is None or self._broker is None:
            return
        at, length = self._outage
        if not self._cut and now >= at:
            self._cut = True
            self.outages += 1
            self._broker.kill()
        elif now >= at + length:
            self._broker.start()
            self._outage = None

    def _stay_connected(self, now: float) -> None:
        if self._connected or now < self._connect_at:
            return
        self._connect_at = now + RECONNECT
        try:
            host, port = self._peer
            self._client.connect(host, port, keepalive=10, clean_start=False)
            self._connect_at = now + 2.0
        except OSError:
            return

    def _obey(self, line: str) -> dict[str, Any]:
        try:
            order = json.loads(line)
            match order["do"]:
                case "kill_broker" if self._broker is not None:
                    self.outages += 1
                    self._broker.kill()
                case "start_broker" if self._broker is not None:
                    self._broker.start()
                case "line" if self._proxy is not None:
                    self._proxy.set(order["state"])
                case "receipts":
                    self._consumer.receipts_on = bool(order["on"])
                case "forget":
                    self._consumer.forget(order["station"], order["first"], order["last"])
                case "clock":
                    self._ahead = int(order["ahead"])
                case "command":
                    topic = f"shanshui/v1/{order['station']}/command"
                    self._client.publish(topic, json.dumps(order["command"]), qos=1)
                case "stats":
                    return {"ok": True, **self.stats()}
                case other:
                    return {"ok": False, "error": f"cannot do {other!r}"}
        except (ValueError, KeyError, TypeError) as error:
            return {"ok": False, "error": repr(error)}
        return {"ok": True}

    def _receipt(self, station: str, content: dict[str, Any]) -> None:
        self._client.publish(f"shanshui/v1/{station}/receipt", json.dumps(content), qos=1)

    def _tell_time(self, station: str, question: bytes) -> None:
        """Answer a station's question for the time."""
        try:
            number = json.loads(question)["id"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        utc = time.time_ns() // 1_000_000 + self._ahead
        self._client.publish(f"shanshui/v1/{station}/time/reply", json.dumps({"id": number, "utc": utc}), qos=1)

    def _write(self) -> None:
        part = self._folder / "platform.part"
        part.write_text(json.dumps(self.stats()), "utf-8")
        os.replace(part, self._folder / "platform.json")

    def _say(self, content: dict[str, Any]) -> None:
        print(json.dumps(content), flush=True)

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._connected = not code.is_failure
        client.subscribe([(f"shanshui/v1/+/{what}", 1) for what in ("record", "batch", "digest", "time", "command/reply")])

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, _code: Any, _properties: Any) -> None:
        self._connected = False

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        _head, station, what = message.topic.removeprefix("shanshui/").split("/", 2)
        if what == "record":
            self._consumer.arrived(station, bytes(message.payload))
        elif what == "batch":
            self._consumer.batch_arrived(station, bytes(message.payload))
        elif what == "digest":
            self._consumer.work(float("inf"), idle=True)
            answer = self._consumer.digest_arrived(station, bytes(message.payload))
            if answer is not None:
                self._client.publish(f"shanshui/v1/{station}/digest/reply", json.dumps(answer), qos=1)
        elif what == "time":
            self._tell_time(station, bytes(message.payload))
        else:
            try:
                self._replies.append(json.loads(message.payload))
            except (ValueError, RecursionError):
                self._replies.append({"ok": False, "error": "the reply is not JSON"})
