"""MQTT 5 and 3.1.1 by paho-mqtt; the only door to it. Topics, batches and receipts: `gateway/platform-contract.md`.

paho's network loop runs in our own thread, one step at a time: no second thread that could die unseen, and a publish goes out at
once. Nothing is handed to the client while it is not connected. PUBACK means that the broker has a record, not that the platform
has stored it; which of the two frees a record is configured (`confirm`).
"""

import select
import socket
import ssl
import time
from contextlib import suppress
from functools import cache
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.link import tls
from gateway.link.answers import platform_time, receipt
from gateway.link.link import Command, Confirmed, Down, Event, Heard, Noted, Place, Refused
from gateway.link.secret import secret
from gateway.link.settings import MqttSettings
from gateway.link.traffic import Traffic
from gateway.payload import CONTENT_TYPE, packed, payload
from gateway.record import Record, compact

HANDSHAKE = 15.0
"""s for the broker to accept us."""

SILENCE = 30.0
"""s without a byte from the broker, while it owes us an acknowledgement, after which the connection counts as dead."""

SESSION = 3600
"""s for which the broker keeps receipts while we are away."""

STALE = 60
"""s after which a broker may throw an answer of ours away: nobody waits for it any more."""

FULL_BATCH = 200_000
"""Bytes of JSON in one batch at most."""

ASK_TIME = 3600.0
"""s between two questions for the platform's time."""

ANSWERS = ("digest/reply", "time/reply")
"""What the platform answers, below the station's topic, besides receipts and commands."""

NOT_US = ("Bad user name or password", "Not authorized", "Bad authentication method")
TOO_OLD = "Unsupported protocol version"
NAMES = {paho.MQTTv5: "MQTT 5", paho.MQTTv311: "MQTT 3.1.1"}


class Connection:
    """A session with one broker, turned step by step.

    `_thrown_out` counts sessions that ended before anything was acknowledged: so does mosquitto 2.0.11 where its access rules
    forbid a topic (the reason code that it sends is lost in the reset).
    """

    def __init__(self, place: Place, settings: MqttSettings) -> None:
        self._settings = settings
        self._station = place.station
        self._topic = f"{settings.topic}/{place.station}"
        self._port = settings.port or (8883 if settings.tls else 1883)
        self._version = paho.MQTTv5 if settings.protocol == 5 else paho.MQTTv311
        self._most = settings.in_flight + 20
        self._answer: Any = None
        self._allowed = 0
        self._lost: str | None = None
        self._welcome = False
        self._thrown_out = 0
        self._heard = 0.0
        self._misc_at = 0.0
        self._certificates = tls.Certificates()
        self._traffic = Traffic()
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._client: paho.Client | None = None

    def __del__(self) -> None:
        self._ear.close()
        self._mouth.close()

    @property
    def _where(self) -> str:
        return f"{self._settings.host}:{self._port}"

    def _accepted(self) -> paho.Client:
        """A client that the broker has accepted; an older protocol is tried where the broker does not know ours. Raises Down."""
        self._drop()
        for last in (False, True):
            self._answer, self._lost, self._allowed, self._welcome = None, None, 0, False
            self._traffic.renew()
            client = self._client = self._make()
            try:
                self._connect(client)
                self._shake_hands(client)
                break
            except Down as down:
                self._client = None
                old = down.kind == "protocol" and self._settings.protocol == 5
                if old:
                    self._version = paho.MQTTv311 if self._version == paho.MQTTv5 else paho.MQTTv5
                if last or not old or str(self._answer) != TOO_OLD:
                    raise
        return client

    def _make(self) -> paho.Client:
        settings = self._settings
        session = {} if self._version == paho.MQTTv5 else {"clean_session": False}
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id or f"shanshui-{self._station}",
            protocol=self._version,
            reconnect_on_failure=False,
            **session,  # type: ignore[arg-type]
        )
        client.max_inflight_messages_set(self._most)
        client.connect_timeout = 5.0
        if settings.username:
            client.username_pw_set(settings.username, secret(settings.password_file) if settings.password_file else None)
        if settings.tls:
            client.tls_set_context(tls.context(settings))
        client.will_set(f"{self._topic}/state", compact({"online": False}), qos=1, retain=True)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        self._listen(client)
        return client

    def _listen(self, client: paho.Client) -> None:
        """What the broker kept for us may come with its welcome: `client` must know who takes it."""

    def _connect(self, client: paho.Client) -> None:
        options: dict[str, Any] = {}
        if self._version == paho.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION
            options = {"clean_start": False, "properties": properties}
        try:
            client.connect(self._settings.host, self._port, self._settings.keepalive, **options)
        except ssl.SSLError as error:
            raise tls.refusal(error, self._where) from None
        except socket.gaierror:
            text = f"the name {self._settings.host} cannot be resolved"
            raise Down("dns", text, "check the spelling, the modem and the DNS server") from None
        except (OSError, ValueError) as error:
            text = f"{self._where} cannot be reached: {getattr(error, 'strerror', None) or error}"
            raise Down("unreachable", text, "check the modem, the address and the platform's firewall") from None
        self._certificates.look(self._settings, client.socket())

    def _shake_hands(self, client: paho.Client) -> None:
        until = time.monotonic() + HANDSHAKE
        while self._answer is None:
            if self._lost is not None and self._settings.tls:
                text = f"{self._where} closed the connection before accepting us ({self._lost})"
                raise Down("certificate", text, "check that the platform knows the station's certificate")
            if self._lost is not None or time.monotonic() > until:
                text = f"{self._where} does not answer as an MQTT broker ({self._lost or 'silence'})"
                raise Down("protocol", text, "check port, tls and protocol (5 or 4)")
            self._step(client, 0.1)
        if self._answer.is_failure:
            name = str(self._answer)
            if name in NOT_US:
                text = f"{self._where} refuses user {self._settings.username!r}: {name}"
                raise Down("refused_credentials", text, "check username and the password file")
            raise Down("protocol", f"{self._where} refuses us: {name}", "ask the platform")

    def _usable(self) -> paho.Client:
        if self._client is None or self._lost is not None:
            why = self._lost or "not connected"
            if self._thrown_out > 1:
                text = f"{self._where} ends the connection whenever we publish ({why})"
                raise Down("not_permitted", text, "ask the platform's owner for the topics of the contract")
            kind = {"Session taken over": "taken_over", "Keep alive timeout": "half_open"}.get(why, "lost")
            raise Down(kind, f"{self._where}: the connection was lost ({why})", "it is tried again by itself")
        return self._client

    def _step(self, client: paho.Client, seconds: float) -> None:
        """One turn of the network loop."""
        channel = client.socket()
        if channel is None:
            self._lost = self._lost or "closed"
            return
        pending = getattr(channel, "pending", lambda: 0)()
        writers = [channel] if client.want_write() else []
        readable, writable, _ = select.select([channel, self._ear], writers, [], 0.0 if pending else seconds)
        if self._ear in readable:
            self._ear.recv(4096)
        now = time.monotonic()
        if channel in readable or pending:
            self._heard = now
            client.loop_read(100)
        if writable:
            client.loop_write()
        if now >= self._misc_at:
            self._misc_at = now + 1.0
            self._traffic.look(channel)
            client.loop_misc()

    def _on_connect(self, _client: paho.Client, _data: Any, _flags: Any, code: Any, properties: Any) -> None:
        self._answer = code
        self._allowed = getattr(properties, "ReceiveMaximum", 0)

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if self._lost is None:  # paho calls twice, the second time without the broker's reason
            self._lost = str(code)
            self._thrown_out += not self._welcome

    def wake(self) -> None:
        """End the waiting in `poll`."""
        with suppress(OSError):  # it is awake already, or closed
            self._mouth.send(b"!")

    def close(self) -> None:
        """Disconnect in order, for good."""
        self._drop()
        self._ear.close()
        self._mouth.close()

    def _drop(self) -> None:
        if self._client is None:
            return
        if self._lost is None:
            self._client.publish(f"{self._topic}/state", compact({"online": False}), qos=1, retain=True)
            self._client.disconnect()
        if (channel := self._client.socket()) is not None:
            channel.close()
        self._client = None


class MqttLink(Connection):
    """Records, receipts and whatever else a station and its platform tell each other."""

    def __init__(self, place: Place, settings: MqttSettings) -> None:
        super().__init__(place, settings)
        self._events: list[Event] = []
        self._batch: list[bytes] = []
        self._batched: list[int] = []
        self._unacknowledged: dict[int, tuple[float, list[int]]] = {}
        self._denied = ""
        self._ask_at = 0.0
        self._asked: tuple[str, float] = ("", 0.0)

    def open(self) -> None:
        """Connect, subscribe, say that we are here. Raises Down."""
        client = self._accepted()
        if self._allowed and self._allowed < self._most:  # paho keeps within its own limit only
            self._most = self._allowed
            client = self._accepted()
        client.subscribe([(f"{self._topic}/{what}", 1) for what in ("receipt", "command", *ANSWERS)])
        client.publish(f"{self._topic}/state", compact({"online": True}), qos=1, retain=True)
        self._heard, self._ask_at = time.monotonic(), 0.0

    def _listen(self, client: paho.Client) -> None:
        self._unacknowledged.clear()
        self._batch.clear()
        self._batched.clear()
        self._denied = ""
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe

    def send(self, record: Record, replay: bool) -> None:
        """Publish one record, or put it with those of the backlog that share a message. Raises Down."""
        text = payload(self._station, record, replay=replay)
        if not replay or self._settings.batches == 1:
            self._publish("record", text, [record.sequence])
            return
        self._batch.append(text)
        self._batched.append(record.sequence)
        if len(self._batch) >= self._settings.batches or sum(map(len, self._batch)) >= FULL_BATCH:
            self._flush()

    def _flush(self) -> None:
        """Send what shares a message. Raises Down."""
        texts, numbers, self._batch, self._batched = self._batch, self._batched, [], []
        if len(texts) == 1:
            self._publish("record", texts[0], numbers)
        elif texts:
            self._publish("batch", packed(texts), numbers, CONTENT_TYPE)

    def _publish(self, what: str, content: bytes, numbers: list[int], content_type: str = "") -> None:
        client = self._usable()
        expiry = round(self._settings.patience) if self._settings.confirm == "receipt" else 0
        info = client.publish(f"{self._topic}/{what}", content, qos=1, properties=self._properties(expiry, content_type))
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Down("lost", f"{self._where}: {paho.error_string(info.rc)}", "it is tried again by itself")
        self._unacknowledged[info.mid] = (time.monotonic(), numbers)

    def _properties(self, expiry: int, content_type: str = "") -> Properties | None:
        """After `expiry` s it is sent again, or of no use: the broker need not keep it any longer (0: it must)."""
        return _properties(expiry, content_type) if self._version == paho.MQTTv5 else None

    def poll(self, seconds: float) -> list[Event]:
        """Receipts, refusals and commands. Raises Down."""
        self._flush()
        client = self._usable()
        now = time.monotonic()
        self._watch(now)
        if now >= self._ask_at:
            self._ask_at = now + ASK_TIME
            self._asked = (str(round(now * 1000)), now)
            self.tell("time", compact({"id": self._asked[0]}))
        self._step(client, seconds)
        events, self._events = self._events, []
        return events

    def _watch(self, now: float) -> None:
        """Raises Down if the broker is gone without a word, or will not take what we publish. Warns of certificates."""
        if self._denied:
            text = f"{self._where}: {self._denied}"
            raise Down("not_permitted", text, "ask the platform's owner for the topics of the contract")
        oldest = next(iter(self._unacknowledged.values()), (now, []))[0]
        if now - max(oldest, self._heard) > SILENCE:
            text = f"{self._where}: not a byte for {SILENCE:.0f} s, though the connection stands"
            raise Down("half_open", text, "it is tried again by itself")
        for whose, days in self._certificates.warnings(time.time()):
            self._events.append(Noted("certificate_ends", {"whose": whose, "days": days}))

    def reply(self, text: str) -> None:
        """Publish the answer to a command."""
        self.tell("command/reply", text)

    def tell(self, what: str, text: str) -> bool:
        """Publish `text` on a topic of ours."""
        if self._client is None:
            return False
        self._client.publish(f"{self._topic}/{what}", text, qos=1, properties=self._properties(STALE))
        return True

    def state(self) -> dict[str, Any]:
        """The protocol in use, the bytes carried, and the days that certificates are good for."""
        return {
            "protocol": NAMES[self._version],
            "bytes": self._traffic.total,
            "certificate_days": self._certificates.days(time.time()),
        }

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, codes: Any, _properties: Any) -> None:
        if codes[0].is_failure:
            self._denied = f"we may not read {self._topic}/receipt ({codes[0]})"

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        what = message.topic.removeprefix(f"{self._topic}/")
        content = bytes(message.payload)
        if what == "receipt":
            self._events.extend(receipt(content))
        elif what == "time/reply":
            self._events.extend(platform_time(content, *self._asked, time.monotonic()))
        elif what in ANSWERS:
            self._events.append(Heard(what.removesuffix("/reply"), content.decode("utf-8", "replace")))
        else:
            self._events.append(Command(content.decode("utf-8", "replace")))

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, code: Any, _properties: Any) -> None:
        _since, numbers = self._unacknowledged.pop(mid, (0.0, []))
        if not code.is_failure:
            self._welcome, self._thrown_out = True, 0
        if code.is_failure and self._settings.confirm == "puback":
            self._events.extend(Refused(number, str(code)) for number in numbers)
        elif code.is_failure:
            self._denied = self._denied or f"the broker does not take our records ({code})"
        elif self._settings.confirm == "puback":
            self._events.extend(Confirmed(number, number) for number in numbers)


@cache
def _properties(expiry: int, content_type: str) -> Properties | None:
    """Of a message that the broker keeps for `expiry` s. They cost as much to make as the rest of the message."""
    if not expiry and not content_type:
        return None
    made = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if expiry:
        made.MessageExpiryInterval = expiry
    if content_type:
        made.ContentType = content_type
    return made


def _send_at_once(_client: paho.Client, _data: Any, channel: Any) -> None:
    """A small packet does not wait for the acknowledgement of the one before (TCP_NODELAY)."""
    channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


Link = MqttLink
