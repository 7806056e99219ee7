"""The way to each platform, layer by layer: link, address, route, name, connection, encryption, login, publish, receipt.

The first three are the machine's. The last three are the gateway's word while it runs; else they are tried here with the newest
record, which a platform knows by its key if it has it already.
"""

import ipaddress
import shutil
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from gateway.link.link import Confirmed, Down, Link, Passed, Place, Refused
from gateway.link.secret import secret_file
from gateway.link.settings import LINKS
from gateway.log.reader import LogReader
from gateway.record import Record
from station.config import Config
from station.destinations import Destination
from station.doctor.check import CONFIGURATION, DEVICE, Check, failed, good, skipped, warning
from station.doctor.host import Host
from station.live import read_fresh
from station.places import Places
from station.words import _

PATIENCE = 5.0
"""s for a connection and for a handshake."""

RECEIPT = 10.0
"""s for the platform to say that it holds a record."""

SOON = 30
"""Days before the end of the platform's certificate at which it is told."""

LAYERS = ("dns", "tcp", "tls", "login", "publish", "receipt")

_KINDS = {
    "unreachable": "tcp_unreachable", "dns": "dns", "refused_credentials": "login", "certificate": "tls_own",
    "protocol": "protocol", "settings": "protocol", "lost": "lost", "internal": "lost",
}  # fmt: skip


class _Broken(Exception):
    """A layer does not carry: what is above it is not tried."""

    def __init__(self, check: Check) -> None:
        self.check = check
        super().__init__(check.name)


def check_network(host: Host, where: Places, config: Config) -> Iterator[Check]:
    """The machine's own layers, then each destination's."""
    if not config.destinations:
        return
    yield _link(host)
    yield _address(host)
    yield _route(host)
    if any(not _is_address(destination.settings.host) for destination in config.destinations):
        yield _resolver(host)
    for destination in config.destinations:
        seen = []
        try:
            for check in _layers(where, config, destination):
                seen.append(check)
                yield check
        except _Broken as broken:
            seen.append(broken.check)
            yield broken.check
            names = {check.name for check in seen}
            above = [name for layer in LAYERS if (name := f"{destination.name}.{layer}") not in names]
            start = LAYERS.index(broken.check.name.rpartition(".")[2])
            yield from (skipped(name, _("not tried: what is below does not carry")) for name in above if _rank(name) > start)


def _rank(name: str) -> int:
    return LAYERS.index(name.rpartition(".")[2])


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _link(host: Host) -> Check:
    names = [path.name for path in host.glob("/sys/class/net/*") if path.name != "lo"]
    up = [name for name in names if host.read(f"/sys/class/net/{name}/carrier") == "1"]
    if not up:
        return failed("network.link", "no_link", DEVICE, names=", ".join(names) or "-")
    return good("network.link", ", ".join(up))


def _address(host: Host) -> Check:
    lines = (host.read("/proc/net/fib_trie") or "").splitlines()
    found = {before.split()[-1] for before, line in pairwise(lines) if "host LOCAL" in line and "--" in before}
    for line in (host.read("/proc/net/if_inet6") or "").splitlines():
        number, _index, _length, scope, *_rest = line.split()
        if scope == "00":
            found.add(str(ipaddress.IPv6Address(int(number, 16))))
    real = sorted(address for address in found if not ipaddress.ip_address(address).is_loopback)
    if not real:
        return failed("network.address", "no_address", DEVICE, names=", ".join(sorted(found)) or "-")
    return good("network.address", ", ".join(real))


def _route(host: Host) -> Check:
    four = [line.split() for line in (host.read("/proc/net/route") or "").splitlines()[1:]]
    six = [line.split() for line in (host.read("/proc/net/ipv6_route") or "").splitlines()]
    ways = [fields[0] for fields in four if len(fields) > 7 and fields[1] == fields[7] == "00000000"]
    ways += [fields[9] for fields in six if len(fields) > 9 and fields[0] == "0" * 32 and fields[1] == "00" and fields[9] != "lo"]
    if not ways:
        return failed("network.route", "no_route", DEVICE)
    return good("network.route", _("default route by {name}").format(name=ways[0]))


def _resolver(host: Host) -> Check:
    lines = (host.read("/etc/resolv.conf") or "").splitlines()
    servers = [line.split()[1] for line in lines if line.startswith("nameserver") and len(line.split()) > 1]
    if not servers:
        return failed("network.resolver", "no_nameserver", DEVICE)
    return good("network.resolver", ", ".join(servers))


def _layers(where: Places, config: Config, destination: Destination) -> Iterator[Check]:
    settings, name = destination.settings, destination.name
    port = settings.port or (8883 if settings.tls else 1883)
    place = f"{settings.host}:{port}"
    yield _name(name, settings.host)
    tls = getattr(settings, "tls", False)
    with _connect(name, settings.host, port, place) as line:
        yield good(f"{name}.tcp", place)
        if tls:
            yield _tls(name, line, settings, place)
    delivery = read_fresh(where.delivery)
    state = delivery["destinations"].get(name) if delivery else None
    yield from _by_gateway(destination, place, state) if state else _ourselves(where, config, destination, place)


def _name(name: str, host: str) -> Check:
    if _is_address(host):
        return skipped(f"{name}.dns", _("{host} is an address").format(host=host))
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise _Broken(failed(f"{name}.dns", "dns", DEVICE, host=host, why=error)) from None
    return good(f"{name}.dns", f"{host}: {', '.join(sorted(found))}")


def _connect(name: str, host: str, port: int, place: str) -> socket.socket:
    try:
        return socket.create_connection((host, port), PATIENCE)
    except TimeoutError:
        check = failed(f"{name}.tcp", "tcp_silent", DEVICE, where=place, seconds=f"{PATIENCE:.0f}")
    except ConnectionRefusedError:
        check = failed(f"{name}.tcp", "tcp_refused", DEVICE, where=place)
    except OSError as error:
        check = failed(f"{name}.tcp", "tcp_unreachable", DEVICE, where=place, why=error.strerror or error)
    raise _Broken(check)


_VERIFY = {9: "tls_future", 10: "tls_expired", 62: "tls_name", 64: "tls_name"}
"""OpenSSL's X509_V_ERR_… : not yet valid, expired, host mismatch, address mismatch; the rest are strangers."""


def _tls(name: str, line: socket.socket, settings: Any, place: str) -> Check:
    layer = f"{name}.tls"
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
        if settings.certificate:
            context.load_cert_chain(settings.certificate, secret_file(settings.key) if settings.key else None)
    except (OSError, ssl.SSLError) as error:
        raise _Broken(failed(layer, "tls_own", CONFIGURATION, why=error)) from None
    try:
        with context.wrap_socket(line, server_hostname=settings.host) as wrapped:
            certificate = wrapped.getpeercert() or {}
            version = wrapped.version()
    except ssl.SSLCertVerificationError as error:
        finding = _VERIFY.get(error.verify_code, "tls_stranger")
        raise _Broken(failed(layer, finding, DEVICE, where=place, why=error.verify_message)) from None
    except OSError as error:
        raise _Broken(failed(layer, "tls_other", DEVICE, where=place, why=getattr(error, "reason", None) or error)) from None
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (end - datetime.now(UTC)).days
    if days < SOON:
        return warning(layer, "tls_soon", where=place, days=days)
    return good(layer, _("{version}, certificate until {day}").format(version=version, day=end.date()))


def _down(destination: Destination, place: str, kind: str, why: str, answered: bool) -> Check:
    """A session that could not begin, or broke; what the gateway or the link says of it.

    HJ 212 has no login: a platform that does not know us answers nothing, or hangs up.
    """
    finding = _KINDS.get(kind, "lost")
    if finding == "lost" and destination.link == "hj212" and not answered:
        finding = "unanswered"
    return failed(f"{destination.name}.login", finding, DEVICE, where=place, why=why, host=place)


def _by_gateway(destination: Destination, place: str, state: dict[str, Any]) -> Iterator[Check]:
    name = destination.name
    if not state["connected"]:
        raise _Broken(_down(destination, place, state["fault"], state["last_error"], bool(state["confirmed"])))
    yield good(f"{name}.login", _("the gateway is connected"))
    yield good(f"{name}.publish", _("the gateway has sent {count} records").format(count=state["sent"]))
    if state["sent"] and not state["confirmed"]:
        yield failed(f"{name}.receipt", "no_receipt", DEVICE, where=place, sequence="-", seconds=RECEIPT)
    else:
        yield good(f"{name}.receipt", _("{count} records are confirmed").format(count=state["confirmed"]))


def _ourselves(where: Places, config: Config, destination: Destination, place: str) -> Iterator[Check]:
    """With the link itself: nobody else uses it now. What the link remembers stays the gateway's: it is given a copy."""
    name = destination.name
    with tempfile.TemporaryDirectory() as scratch:
        memory = Path(scratch) / "memory.json"
        with suppress(OSError):
            shutil.copyfile(where.ledgers / f"{name}.json", memory)
        stop = where.run / f"tap-{name}.sock"
        home = Place(config.station.id, config.station.interval, where.log, where.live, memory, stop)
        link: Link = import_module(LINKS[destination.link].module).Link(home, destination.settings)
        try:
            link.open()
            yield good(f"{name}.login", _("accepted"))
            yield from _try_record(destination, place, link, _newest(where))
        except Down as down:
            raise _Broken(_down(destination, place, down.kind, str(down), answered=False)) from None
        finally:
            link.close()


def _try_record(destination: Destination, place: str, link: Link, record: Record | None) -> Iterator[Check]:
    """Send a record and see what comes of it. HJ 212 intervals are the gateway's alone: minutes may have to wait for others."""
    layer = f"{destination.name}.publish"
    if record is None:
        yield skipped(layer, _("there is no record yet"))
    elif destination.link != "mqtt" and record.kind == "interval":
        yield skipped(layer, _("only the gateway sends to this platform; start it"))
    else:
        link.send(record, replay=True)
        yield good(layer, _("record {sequence}").format(sequence=record.sequence))
        yield _receipt(destination, place, link, record)


def _newest(where: Places) -> Record | None:
    reader = LogReader(where.log)
    found = reader.newest_first(0, 2**62, 1)
    reader.close()
    return found[0] if found else None


def _receipt(destination: Destination, place: str, link: Link, record: Record) -> Check:
    """The platform's word on `record`. Raises Down."""
    layer, began = f"{destination.name}.receipt", time.monotonic()
    while (took := time.monotonic() - began) < RECEIPT:
        for event in link.poll(0.5):
            if isinstance(event, Refused) and event.sequence == record.sequence:
                return failed(layer, "refused_record", DEVICE, where=place, sequence=record.sequence, why=event.reason)
            if isinstance(event, Passed) and event.sequence == record.sequence:
                return skipped(layer, _("this platform takes no such record"))
            if isinstance(event, Confirmed) and event.first <= record.sequence <= event.last:
                if destination.settings.confirm == "written":
                    return good(layer, _("written; this platform never answers"))
                return good(layer, _("after {seconds:.1f} s").format(seconds=took))
    return failed(layer, "no_receipt", DEVICE, where=place, sequence=record.sequence, seconds=RECEIPT)
