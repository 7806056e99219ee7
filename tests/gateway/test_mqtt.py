"""The MQTT link against the field: each trouble is noticed in time and called by its name."""

import json
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from gateway.link import mqtt
from gateway.link.answers import platform_time, receipt
from gateway.link.link import Confirmed, Down, Noted, TimeTold
from gateway.link.mqtt import MqttLink
from gateway.link.settings import MqttSettings
from gateway.link.tls import not_after
from hw_sim.platform import process
from hw_sim.platform.broker import Broker
from hw_sim.platform.proxy import Proxy
from station.explain import LINK_ADVICE, explain_link
from tests.gateway.lines import certificates, place, record, until
from tests.system.rig import SCHEMA, Mosquitto


@pytest.fixture
def folder():
    """mosquitto gives up root and must still read there."""
    made = Path(tempfile.mkdtemp(prefix="shmq-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def broker(folder):
    made = Broker(folder)
    made.start()
    yield made
    made.kill()


LINKS = []


@pytest.fixture(autouse=True)
def close_links():
    yield
    while LINKS:
        LINKS.pop().close()


def made(folder, host, port, **settings):
    LINKS.append(MqttLink(place(folder), MqttSettings(host, port, **settings)))
    return LINKS[-1]


def opened(folder, port, **settings):
    link = made(folder, "127.0.0.1", port, **settings)
    link.open()
    return link


def failure(folder, port, host="127.0.0.1", **settings):
    with pytest.raises(Down) as down:
        made(folder, host, port, **settings).open()
    return down.value


def test_a_line_that_goes_dead_is_noticed_by_a_deadline(folder, broker, mocker):
    mocker.patch.object(mqtt, "SILENCE", 1.0)
    line = Proxy(broker.port)
    try:
        link = opened(folder, line.port, confirm="puback")
        link.send(record(1), replay=False)
        assert Confirmed(1, 1) in until(link, lambda events: events)
        line.set("frozen")
        link.send(record(2), replay=False)
        with pytest.raises(Down) as down:
            until(link, lambda events: events)
        assert down.value.kind == "half_open" and "not a byte for 1 s" in down.value.detail
    finally:
        line.close()
    assert 30.0 + 1.0 < 60.0, "SILENCE as it is kept in the field, and a turn of the loop"


@pytest.fixture
def dropping(broker, need):
    """`dropping("drop")`, or with a condition: the kernel's filter before the broker's port."""
    need.root()
    nft = need("nft")
    table = f"shanshui{broker.port}"

    def drop(what):
        rules = "\n".join(f"tcp {end} {broker.port} {what}" for end in ("dport", "sport"))
        text = f"table ip {table} {{\nchain packets {{\ntype filter hook input priority 0\n{rules}\n}}\n}}\n"
        done = subprocess.run([nft, "-f", "-"], input=text, text=True, capture_output=True)
        if done.returncode:
            need.lack(f"nft does not work here: {done.stderr.strip()}")

    yield drop
    subprocess.run([nft, "delete", "table", "ip", table], capture_output=True)


def test_packets_that_the_network_drops_are_noticed_too(folder, broker, dropping, mocker):
    """The same with the kernel's filter: not even TCP gets an answer."""
    mocker.patch.object(mqtt, "SILENCE", 1.0)
    link = opened(folder, broker.port, confirm="puback")
    dropping("drop")
    link.send(record(1), replay=False)
    with pytest.raises(Down) as down:
        until(link, lambda events: events)
    assert down.value.kind == "half_open"


def test_a_third_of_the_packets_lost_loses_no_record(folder, broker, dropping):
    link = opened(folder, broker.port, confirm="puback", in_flight=500)
    dropping("numgen random mod 100 < 30 drop")
    for number in range(1, 101):
        link.send(record(number), replay=False)
    events = until(link, lambda events: len(events) >= 100, 50.0)
    assert sorted(event.first for event in events) == list(range(1, 101))


def test_who_is_not_there_or_no_broker_is_called_so(folder, mocker):
    mocker.patch.object(mqtt, "HANDSHAKE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        down = failure(folder, port)
        assert down.kind == "protocol" and "silence" in down.detail
    assert failure(folder, port).kind == "unreachable"
    mocker.patch.object(socket, "getaddrinfo", side_effect=socket.gaierror(-3, "Temporary failure in name resolution"))
    down = failure(folder, 1883, "broker.example")
    assert down.kind == "dns" and "broker.example" in down.detail


def test_every_kind_of_trouble_is_explained_in_both_languages():
    from station import words

    source = (Path(mqtt.__file__).parent / "link.py").read_text("utf-8")
    named = source.split("has it in both languages:")[1].split('"""')[0].split("`detail`")[0]
    kinds = {word.strip(" .\n") for part in named.split(";") for word in part.split(",")}
    assert kinds | {"internal"} == set(LINK_ADVICE)
    english = explain_link("dns", "district", "x")
    words.use("zh")
    chinese = explain_link("dns", "district", "x")
    assert "cannot be resolved" in english and chinese != english and "district" in chinese


def old_broker(server):
    """A broker of MQTT 3.1.1 (section 3.2.2.3: return code 1, "unacceptable protocol version"); it takes the second one."""
    for answer in (b"\x20\x02\x00\x01", b"\x20\x02\x00\x00"):
        channel, _ = server.accept()
        with channel:
            hello = channel.recv(500)
            assert hello[8] == {1: 5, 0: 4}[answer[3]]
            channel.sendall(answer)
            if answer[3] == 0:
                channel.recv(500)


def test_a_broker_that_knows_only_3_1_1_gets_it(folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=old_broker, args=(server,), daemon=True)
        thread.start()
        link = opened(folder, server.getsockname()[1])
        assert link.state()["protocol"] == "MQTT 3.1.1"
        thread.join(5.0)


def test_the_brokers_own_limit_is_kept(folder, need):
    """mosquitto ends the session of whoever has more under way than its Receive Maximum (MQTT 5, 4.9)."""
    broker = Mosquitto(need("mosquitto"), folder, "allow_anonymous true\n", inflight=5)
    try:
        link = opened(folder, broker.port, confirm="puback")
        for number in range(1, 61):
            link.send(record(number), replay=False)
        assert len(until(link, lambda events: len(events) >= 60)) == 60
    finally:
        broker.kill()


def test_access_rules_that_forbid_are_told(folder, need):
    (folder / "acl").write_text("user T-1\ntopic read shanshui/v1/#\n")
    rules = f"allow_anonymous true\nacl_file {folder}/acl\n"
    broker = Mosquitto(need("mosquitto"), folder, rules)
    try:
        link = made(folder, "127.0.0.1", broker.port, username="T-1")
        for _attempt in range(2):
            link.open()
            with pytest.raises(Down) as down:
                link.send(record(1), replay=False)
                until(link, lambda events: events)
        assert down.value.kind == "not_permitted", down.value.detail
    finally:
        broker.kill()


@pytest.mark.parametrize(
    ("reason", "kind", "words"), [(0x8E, "taken_over", "Session taken over"), (0x8B, "lost", "shutting down")]
)
def test_why_a_broker_ends_the_session_is_told_in_words(folder, reason, kind, words):
    """MQTT 5, 3.14.2.1: the reason code of DISCONNECT. (mosquitto 2.0.11 sends none when a session is taken over.)"""

    def broker(server):
        channel, _ = server.accept()
        with channel:
            channel.recv(500)
            channel.sendall(b"\x20\x03\x00\x00\x00")
            channel.recv(500)
            channel.sendall(bytes([0xE0, 0x01, reason]))
            channel.settimeout(5.0)
            while channel.recv(500):
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=broker, args=(server,), daemon=True)
        thread.start()
        link = opened(folder, server.getsockname()[1])
        with pytest.raises(Down) as down:
            until(link, lambda events: events)
        thread.join(5.0)
    assert down.value.kind == kind and words in down.value.detail


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves the socket of a failed handshake
def test_who_the_broker_is_and_how_long_certificates_last(folder, need, monkeypatch):
    """A stranger, another identity and an ended certificate are told apart; what ends within 30 days is told in time."""
    certificates(need("openssl"), folder, right=(60, "IP:127.0.0.1"), other=(60, "DNS:other.example"), ended=(-1, "IP:127.0.0.1"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    own = {"tls": True, "ca": "ca.pem", "certificate": "station.pem", "key": "station.key"}
    for name, kind in (("other", "identity"), ("ended", "expired"), ("right", "")):
        rules = f"cafile {folder}/ca.pem\ncertfile {folder}/{name}.pem\nkeyfile {folder}/{name}.key\nrequire_certificate true\n"
        broker = Mosquitto(need("mosquitto"), folder, rules + "allow_anonymous true\n")
        try:
            if kind:
                assert failure(folder, broker.port, **own).kind == kind
                continue
            assert failure(folder, broker.port, **own | {"ca": str(folder / "station.pem")}).kind == "untrusted"
            assert failure(folder, broker.port, **own | {"key": "ca.key"}).kind == "certificate"
            link = opened(folder, broker.port, **own)
            days = link.state()["certificate_days"]
            assert days["own"] in (19, 20) and days["broker"] in (59, 60)
            noted = [event for event in until(link, lambda events: events) if isinstance(event, Noted)]
            assert noted == [Noted("certificate_ends", {"whose": "own", "days": days["own"]})]
            assert link.state()["bytes"] > 1000, "the handshake is counted"
        finally:
            broker.kill()


def test_the_end_of_a_certificate_is_read_from_its_der(folder, need):
    openssl = need("openssl")
    certificates(openssl, folder)
    subprocess.run([openssl, "x509", "-in", "station.pem", "-outform", "DER", "-out", "x"], cwd=folder, check=True)
    told = subprocess.run(
        [openssl, "x509", "-in", "station.pem", "-noout", "-enddate"], cwd=folder, capture_output=True, text=True
    )
    import ssl

    assert not_after((folder / "x").read_bytes()) == ssl.cert_time_to_seconds(told.stdout.strip().removeprefix("notAfter="))
    for garbage in (b"", b"\x30\x03\x02\x01\x01", b"\x30\x82", (folder / "x").read_bytes()[:60]):
        with pytest.raises(ValueError, match="no certificate"):
            not_after(garbage)


def test_a_backlog_shares_compressed_messages_and_what_is_live_does_not(folder):
    (folder / "platform").mkdir()
    with process.platform(folder / "platform", SCHEMA) as platform:
        link = opened(folder, platform.ready["port"])
        for number in range(1, 121):
            link.send(record(number), replay=True)
        link.send(record(121), replay=False)
        events = until(link, lambda events: sum(e.last - e.first + 1 for e in events if isinstance(e, Confirmed)) >= 121)
        told = [event for event in until(link, lambda e: e) if isinstance(event, TimeTold)] if not any(
            isinstance(event, TimeTold) for event in events
        ) else events  # fmt: skip
        stats = platform.order(do="stats")
        assert (stats["stored"], stats["batches"], stats["invalid"]) == (121, 3, 0)
        assert any(isinstance(event, TimeTold) and event.source == "platform" for event in told)


def test_answers_are_read_as_the_contract_says_and_nothing_else():
    assert receipt(b'{"ranges":[[1,3]],"refused":[[4,"schema"]]}')[0] == Confirmed(1, 3)
    for strange in (b"", b"[]", b'{"ranges":3}', b'{"ranges":[[3,1],[0,2],["a",2]]}', b"\xff"):
        assert receipt(strange) == []
    assert platform_time(json.dumps({"id": "7", "utc": 1_800_000_000_000}).encode(), "7", 10.0, 10.5) == [
        TimeTold(1_800_000_000_250, 10_500, 251, "platform")
    ]
    for strange in (b"", b'{"id":"8","utc":1800000000000}', b'{"id":"7","utc":"x"}', b'{"id":"7","utc":-1}'):
        assert platform_time(strange, "7", 10.0, 10.5) == []
