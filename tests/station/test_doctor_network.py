"""`station doctor` and the way to the platform: real sockets, certificates and brokers; each layer's fault named right."""

import datetime
import ipaddress
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.link import mqtt
from gateway.log.store import RecordLog
from gateway.record import Record
from hw_sim.platform import process
from hw_sim.platform.broker import free_port
from station import deliver, events
from station.config import parse
from station.doctor import network
from station.doctor.network import check_network
from station.live import read_fresh
from station.places import Places
from tests.station.doctor_rig import Machine, assert_good, assert_named
from tests.system.rig import SCHEMA, Mosquitto, wait_for

CONFIG = """
[station]
id = "T-1"
name = "test"
language = "en"
[[bus]]
name = "i2c"
kind = "i2c"
port = "/dev/i2c-1"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[[destination]]
name = "district"
host = "{host}"
port = {port}
{more}
"""


@pytest.fixture
def folder():
    made = Path(tempfile.mkdtemp(prefix="shdn-"))  # socket paths must be short
    yield made
    subprocess.run(["rm", "-rf", str(made)], check=True)


@pytest.fixture
def rig(folder):
    return Rig(folder)


class Rig:
    """A station with one stored record and one destination."""

    def __init__(self, folder):
        self.folder = folder
        self.machine = Machine(folder)
        for name in ("run/requests", "state/acquire", "state/gateway"):
            (folder / name).mkdir(parents=True)
        self.places = Places(folder / "station.toml", folder / "state", folder / "run")
        log = RecordLog.open(self.places.log, first=1)
        log.append(Record(0, "interval", 60, round(time.time() * 1000), 0, "b", 0, "ntp", 1, "[]"))
        log.close()

    def config(self, port, host="127.0.0.1", more=""):
        return parse(CONFIG.format(port=port, host=host, more=more), "c")

    def check(self, port, host="127.0.0.1", more=""):
        return list(check_network(self.machine.host, self.places, self.config(port, host, more)))


@pytest.fixture
def broker(need, folder):
    made = Mosquitto(need("mosquitto"), folder)
    yield made
    made.kill()


def test_all_the_way_to_the_receipt(rig):
    home = rig.folder / "platform"
    home.mkdir()
    with process.platform(home, SCHEMA) as platform:
        checks = rig.check(platform.ready["port"])
        assert_good(checks)
        layers = [check.name for check in checks if check.verdict == "good"]
        assert layers[-4:] == ["district.tcp", "district.login", "district.publish", "district.receipt"]
        assert platform.order(do="stats")["stored"] == 1


@pytest.mark.parametrize(
    ("file", "text", "name", "finding"),
    [
        ("sys/class/net/wwan0/carrier", "0", "network.link", "no_link"),
        ("proc/net/fib_trie", "  |-- 127.0.0.1\n   /32 host LOCAL\n", "network.address", "no_address"),
        ("proc/net/route", "Iface\tDestination\n", "network.route", "no_route"),
        ("etc/resolv.conf", "# nothing\n", "network.resolver", "no_nameserver"),
    ],
)
def test_the_machines_own_layers(rig, file, text, name, finding):
    rig.machine.write(file, text)
    checks = rig.check(free_port(), host="localhost")
    assert_named([check for check in checks if check.name.startswith("network.")], name, finding)


def test_a_name_that_does_not_exist(rig):
    checks = rig.check(1883, host="no-such-platform.invalid")
    assert_named(checks, "district.dns", "dns")
    assert {check.name for check in checks if check.verdict == "skipped"} >= {
        "district.tcp",
        "district.login",
        "district.receipt",
    }


def test_a_port_where_nobody_listens(rig):
    assert_named(rig.check(free_port()), "district.tcp", "tcp_refused")


def test_a_host_that_keeps_silent(rig, monkeypatch):
    """A listener whose queue is full answers no SYN, as a firewall that drops."""
    monkeypatch.setattr(network, "PATIENCE", 0.5)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        crowd = [socket.socket() for _one in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        assert_named(rig.check(server.getsockname()[1]), "district.tcp", "tcp_silent")
        for one in crowd:
            one.close()


def test_a_host_without_a_way_there(rig):
    checks = rig.check(1883, host="255.255.255.255")
    assert_named(checks, "district.tcp", "tcp_unreachable")


NOW = datetime.datetime.now(datetime.UTC)


def days(number):
    return NOW + datetime.timedelta(days=number)


class Authority:
    """Signs certificates for servers."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
        self.path = folder / "ca.pem"
        basic = x509.BasicConstraints(ca=True, path_length=None)
        made = self._builder(self.name, self.key, days(-100), days(1000)).add_extension(basic, critical=True)
        self.path.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject, key, begin, end):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)

    def server(self, begin, end, address="127.0.0.1"):
        """A file with certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        made = self._builder(subject, key, begin, end).add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = self.folder / "server.pem"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
        return path


class TlsServer:
    """Shakes hands with one who comes, then closes."""

    def __init__(self, certificate):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            channel = self._server.accept()[0]
            with channel:
                if self._server.fileno() < 0 or not (channel.settimeout(5) or channel.recv(1, socket.MSG_PEEK)):
                    return
                try:
                    self._context.wrap_socket(channel, server_side=True).close()
                except OSError:
                    continue

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(10)
        self._server.close()


@pytest.mark.parametrize(
    ("certificate", "finding", "verdict"),
    [
        ((days(-90), days(-1)), "tls_expired", "failed"),
        ((days(2), days(90)), "tls_future", "failed"),
        ((days(-1), days(90), "10.0.0.1"), "tls_name", "failed"),
        ((days(-1), days(10)), "tls_soon", "warning"),
    ],
)
def test_certificates(rig, certificate, finding, verdict):
    authority = Authority(rig.folder)
    with TlsServer(authority.server(*certificate)) as server:
        checks = rig.check(server.port, more=f'tls = true\nca = "{authority.path}"')
    layers = [check for check in checks if check.name.rpartition(".")[2] in ("dns", "tcp", "tls")]
    assert_named(layers, "district.tls", finding, verdict)


def test_a_stranger(rig):
    with TlsServer(Authority(rig.folder).server(days(-1), days(90))) as server:
        assert_named(rig.check(server.port, more="tls = true"), "district.tls", "tls_stranger")


def test_no_tls_there(rig, broker):
    authority = Authority(rig.folder)
    assert_named(rig.check(broker.port, more=f'tls = true\nca = "{authority.path}"'), "district.tls", "tls_other")


def test_our_own_certificate_is_missing(rig, broker):
    checks = rig.check(broker.port, more='tls = true\ncertificate = "/nowhere/station.pem"')
    assert_named(checks, "district.tls", "tls_own")
    assert max(check.code for check in checks) == 2


def test_no_broker_behind_the_port(rig, monkeypatch):
    monkeypatch.setattr(mqtt, "HANDSHAKE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert_named(rig.check(server.getsockname()[1]), "district.login", "protocol")


def test_a_platform_that_sends_no_receipt(rig, broker, monkeypatch):
    monkeypatch.setattr(network, "RECEIPT", 1.0)
    assert_named(rig.check(broker.port), "district.receipt", "no_receipt")


@pytest.mark.parametrize(("more", "name", "finding"), [("", "district.login", "unanswered"), ("654321", "district.receipt", "")])
def test_the_password_of_an_hj212_platform(rig, more, name, finding):
    """It has no login: a platform that is given a wrong password keeps silent."""
    log = RecordLog.open(rig.places.log, first=1)
    body = events.set_up("1", ["climate=sht3x"], [("climate", "temperature", 12.5)])
    log.append(Record(0, "event", 0, round(time.time() * 1000), 0, "b", 0, "ntp", 1, body))
    log.close()
    secret = rig.folder / "secret"
    secret.write_text(more or "000000")
    settings = f'link = "hj212"\nmn = "A1"\nre_count = 0\nover_time = 1\npassword_file = "{secret}"'
    with process.hj212_host(rig.folder / "host.log", "--hj212", "127.0.0.1:0", "--password", "654321") as host:
        checks = rig.check(host.ready["port"], more=settings)
    if finding:
        assert_named(checks, name, finding)
    else:
        assert_good(checks)
        assert next(check for check in checks if check.name == name).verdict == "good"


@pytest.fixture
def guarded(need, folder):
    """A broker that asks for a password, and the station's file with a wrong one."""
    passwords = folder / "passwords"
    command = [need("mosquitto_passwd"), "-b", "-c", str(passwords), "T-1", "right"]
    subprocess.run(command, check=True, capture_output=True)
    passwords.chmod(0o644)
    folder.chmod(0o755)  # mosquitto gives up root
    made = Mosquitto(need("mosquitto"), folder, f"allow_anonymous false\npassword_file {passwords}\n")
    made.secret = folder / "secret"
    made.secret.write_text("wrong\n")
    made.more = f'username = "T-1"\npassword_file = "{made.secret}"'
    yield made
    made.kill()


def test_a_wrong_password(rig, guarded, monkeypatch):
    assert_named(rig.check(guarded.port, more=guarded.more), "district.login", "login")


def test_a_wrong_password_while_the_gateway_runs(rig, guarded, monkeypatch):
    """Then the gateway's own experience is told, and its session is left in peace."""
    monkeypatch.setattr("signal.signal", lambda number, handler: None)  # it runs in a thread here
    service = deliver.Gateway(rig.config(guarded.port, more=guarded.more), rig.places)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        wait_for(
            "refused", lambda: (read_fresh(rig.places.delivery) or {}).get("destinations", {}).get("district", {}).get("fault")
        )
        checks = rig.check(guarded.port, more=guarded.more)
        assert_named(checks, "district.login", "login")
        assert "Bad user name or password" in "".join(check.evidence for check in checks) or "Not authorized" in str(checks)
    finally:
        service.stop()
        thread.join(20)
