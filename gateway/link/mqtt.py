"""MQTT 5 and 3.1.1 by paho-mqtt; the only door to it. Topics and receipts: `gateway/platform-contract.md`.

paho's network loop runs in our own thread, one step at a time: no second thread that could die unseen, and a publish goes out at
once. Nothing is handed to the client while it is not connected. PUBACK means that the broker has a record, not that the platform
has stored it; which of the two frees a record is configured (`confirm`).
"""

import json
import select
import socket
import ssl
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.link.link import Command, Confirmed, Down, Event, Place, Refused
from gateway.link.secret import secret_file
from gateway.link.settings import MqttSettings
from gateway.payload import payload
from gateway.record import Record, compact

HANDSHAKE = 15.0
"""s for the broker to accept us."""

SESSION = 3600
"""s for which the broker keeps receipts while we are away."""

BIGGEST = 10**15


class MqttLink:
    """One broker."""

    def __init__(self, place: Place, settings: MqttSettings) -> None:
        self._settings = settings
        self._station = place.station
        self._topic = f"{settings.topic}/{place.station}"
        self._port = settings.port or (8883 if settings.tls else 1883)
        self._events: list[Event] = []
        self._numbers: dict[int, int] = {}
        self._answer: Any = None
        self._lost: str | None = None
        self._misc_at = 0.0
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

    def open(self) -> None:
        """Connect, subscribe, say that we are here. Raises Down."""
        self.close()
        self._answer, self._lost = None, None
        self._numbers.clear()
        client = self._client = self._make()
        try:
            self._connect(client)
            self._shake_hands(client)
        except Down:
            self._client = None
            raise
        client.subscribe([(f"{self._topic}/receipt", 1), (f"{self._topic}/command", 1)])
        client.publish(f"{self._topic}/state", compact({"online": True}), qos=1, retain=True)

    def _make(self) -> paho.Client:
        settings = self._settings
        version = paho.MQTTv5 if settings.protocol == 5 else paho.MQTTv311
        session = {} if version == paho.MQTTv5 else {"clean_session": False}
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id or f"shanshui-{self._station}",
            protocol=version,
            reconnect_on_failure=False,
            **session,  # type: ignore[arg-type]
        )
        client.max_inflight_messages_set(settings.in_flight + 10)
        client.connect_timeout = 5.0
        if settings.username:
            client.username_pw_set(settings.username, self._password())
        if settings.tls:
            client.tls_set_context(self._tls())
        client.will_set(f"{self._topic}/state", compact({"online": False}), qos=1, retain=True)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _password(self) -> str | None:
        """From its file."""
        if not self._settings.password_file:
            return None
        path = secret_file(self._settings.password_file)
        try:
            return path.read_text("utf-8").strip()
        except OSError as error:
            text = f"the password file {path} cannot be read: {error.strerror}"
            raise Down("refused_credentials", text, "create it, readable for the gateway's user") from None

    def _tls(self) -> ssl.SSLContext:
        settings = self._settings
        try:
            context = ssl.create_default_context(cafile=settings.ca or None)
            if settings.certificate:
                context.load_cert_chain(settings.certificate, secret_file(settings.key) if settings.key else None)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(name for name in (settings.ca, settings.certificate, settings.key) if name)
            text = f"a certificate or key cannot be used ({files}): {error}"
            raise Down("certificate", text, "check that these files exist, belong together and are PEM") from None
        return context

    def _connect(self, client: paho.Client) -> None:
        version5 = self._settings.protocol == 5
        options: dict[str, Any] = {}
        if version5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION
            options = {"clean_start": False, "properties": properties}
        try:
            client.connect(self._settings.host, self._port, self._settings.keepalive, **options)
        except ssl.SSLError as error:
            text = f"{self._where}: the certificate was not accepted ({error.reason or error})"
            raise Down("certificate", text, "check ca, the host's name and the station's clock") from None
        except socket.gaierror:
            text = f"the name {self._settings.host} cannot be resolved"
            raise Down("dns", text, "check the spelling, the modem and the DNS server") from None
        except (OSError, ValueError) as error:
            text = f"{self._where} cannot be reached: {getattr(error, 'strerror', None) or error}"
            raise Down("unreachable", text, "check the modem, the address and the platform's firewall") from None

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
            if name in ("Bad user name or password", "Not authorized", "Bad authentication method"):
                text = f"{self._where} refuses user {self._settings.username!r}: {name}"
                raise Down("refused_credentials", text, "check username and the password file")
            raise Down("protocol", f"{self._where} refuses us: {name}", "ask the platform")

    def send(self, record: Record, replay: bool) -> None:
        """Publish one record. Raises Down."""
        client = self._usable()
        info = client.publish(f"{self._topic}/record", payload(self._station, record, replay=replay), qos=1)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Down("lost", f"{self._where}: {paho.error_string(info.rc)}", "it is tried again by itself")
        if self._settings.confirm == "puback":
            self._numbers[info.mid] = record.sequence

    def poll(self, seconds: float) -> list[Event]:
        """Receipts, refusals and commands. Raises Down."""
        client = self._usable()
        self._step(client, seconds)
        events, self._events = self._events, []
        return events

    def reply(self, text: str) -> None:
        """Publish the answer to a command."""
        if self._client is not None:
            self._client.publish(f"{self._topic}/command/reply", text, qos=1)

    def state(self) -> dict[str, Any]:
        """Nothing of its own."""
        return {}

    def wake(self) -> None:
        """End the waiting in `poll`."""
        try:
            self._mouth.send(b"!")
        except BlockingIOError:  # it is awake already
            return

    def close(self) -> None:
        """Disconnect in order."""
        if self._client is None:
            return
        if self._lost is None:
            self._client.publish(f"{self._topic}/state", compact({"online": False}), qos=1, retain=True)
            self._client.disconnect()
        self._client = None

    def _usable(self) -> paho.Client:
        if self._client is None or self._lost is not None:
            why = self._lost or "not connected"
            raise Down("lost", f"{self._where}: the connection was lost ({why})", "it is tried again by itself")
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
        if channel in readable or pending:
            client.loop_read(100)
        if writable:
            client.loop_write()
        now = time.monotonic()
        if now >= self._misc_at:
            self._misc_at = now + 1.0
            client.loop_misc()

    def _on_connect(self, _client: paho.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._answer = code

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._lost = str(code)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if message.topic.endswith("/receipt"):
            self._events.extend(receipt(bytes(message.payload)))
        else:
            self._events.append(Command(message.payload.decode("utf-8", "replace")))

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, code: Any, _properties: Any) -> None:
        sequence = self._numbers.pop(mid, None)
        if sequence is None:
            return
        if code.is_failure:
            self._events.append(Refused(sequence, str(code)))
        else:
            self._events.append(Confirmed(sequence, sequence))


def _send_at_once(_client: paho.Client, _data: Any, channel: Any) -> None:
    """A small packet does not wait for the acknowledgement of the one before (TCP_NODELAY)."""
    channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def receipt(payload: bytes) -> list[Event]:
    """The events in a receipt; what is not as the contract says is passed over, never an error."""
    try:
        content = json.loads(payload)
        ranges = [(a, b) for a, b in content.get("ranges", []) if _number(a) and _number(b) and a <= b]
        refused = [(n, str(why)) for n, why in content.get("refused", []) if _number(n)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return []
    return [*(Confirmed(a, b) for a, b in ranges), *(Refused(n, why) for n, why in refused)]


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < BIGGEST


Link = MqttLink
