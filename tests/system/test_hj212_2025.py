"""What HJ 212-2025 adds, against a host that decrypts with its own SM4: encryption, activation, a new key."""

import importlib.util

import pytest

from hw_sim.platform import process
from hw_sim.platform.sm4 import decrypt, encrypt
from tests.gateway.hj212.vectors import A2_CIPHER_1, A2_KEY, A2_PLAIN_1
from tests.system.rig import wait_for
from tests.system.test_hj212 import ask, configure, settle, start, state

KEY = "Shanshui-key-016"
OLD = "--hj212", "127.0.0.1:0", "--edition", "2025"


@pytest.fixture
def sm4():
    if importlib.util.find_spec("cryptography") is None:
        pytest.skip("the extra sm4 is not installed")


def test_the_hosts_sm4_agrees_with_the_standards():
    """GB/T 32907-2016 annex A, HJ 212-2025 annex A.2."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    assert encrypt(key, key).hex() == "681edf34d206965e86b3e94f536e4246"
    assert decrypt(A2_CIPHER_1, A2_KEY) == A2_PLAIN_1[A2_PLAIN_1.index(b"CP=&&") + 5 : -8]


@pytest.mark.system
@pytest.mark.parametrize("form", ["raw", "printed"])
def test_encrypted_data_arrive(station, short_folder, sm4, form):
    (short_folder / "key").write_text(KEY)
    more = f'edition = 2025\nkey_file = "{short_folder}/key"\nciphertext = "{form}"'
    with process.hj212_host(short_folder / "host.log", *OLD, "--key", KEY) as host:
        start(station, ("bureau", host.ready["port"], more))
        _counts, records = settle(station, host)
        assert len(records) >= 2
        assert ask(host, "1014", "SKCreateTime=20260801000000000,NewSK=Another-key-0123", Flag="9")["result"] == "1"
        assert ask(host, "2051", f"BeginTime={records[0][3]};EndTime={records[0][3]}", Flag="9")["result"] == "1"
        assert host.order(do="stats")["problems"] == []
        wait_for("the new key is shown, not told", lambda: state(station)["link"]["changed"] == {"key": "******"})


@pytest.mark.system
def test_a_station_without_the_library_says_so(station, short_folder, monkeypatch):
    (short_folder / "key").write_text(KEY)
    shadow = short_folder / "shadow"
    (shadow / "cryptography").mkdir(parents=True)
    (shadow / "cryptography" / "__init__.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", str(shadow))
    configure(station, ("bureau", 1, f'edition = 2025\nkey_file = "{short_folder}/key"'))
    station.start("acquire")
    station.start("gateway")
    fault = wait_for("the message", lambda: state(station).get("last_error"))
    assert state(station)["fault"] == "settings" and "python3-cryptography" in fault and "Next:" in fault
    station.stop("gateway")
    assert "Traceback" not in station.log("gateway")


@pytest.mark.system
def test_activation(station, short_folder):
    with process.hj212_host(short_folder / "host.log", *OLD) as host:
        configure(station, ("bureau", host.ready["port"], "edition = 2025"))
        text = station.config.read_text("utf-8").replace('mn = "010000A8900016F000169DC0"', 'mn = ""')
        station.config.write_text(text, "utf-8")
        station.start("acquire")
        station.start("gateway")
        (told,) = wait_for("the hardware numbers", lambda: host.order(do="stats")["notices"])
        assert told.startswith("i23005-Info=T-1;i23006-Info=")
        wait_for("a backlog", lambda: state(station).get("owed", 0) >= 2)
        assert host.order(do="records", cn="2051")["records"] == [], "nothing is sent without an MN"
        assert ask(host, "1002", "i23005-Info=other", MN="A", Flag="9")["result"] == "3"
        assert ask(host, "1002", "i23005-Info=T-1", MN="00A1B2C3D4E5F60718293A4B", Flag="9")["result"] == "1"
        wait_for("data", lambda: state(station)["confirmed"] >= 2)
        _counts, records = settle(station, host)
        assert {row[0] for row in records} == {"00A1B2C3D4E5F60718293A4B"}


@pytest.mark.system
def test_the_surface_water_protocol(station, short_folder):
    """The same Flag as 2025, an MN with _, heartbeats, no RF."""
    with process.hj212_host(short_folder / "host.log", *OLD) as host:
        more = 'surface_water = true\nheartbeat = 1\nst = "21"'
        configure(station, ("bureau", host.ready["port"], more))
        text = station.config.read_text("utf-8").replace("010000A8900016F000169DC0", "A110000_0001")
        station.config.write_text(text, "utf-8")
        station.start("acquire")
        wait_for("a backlog", lambda: station.live().get("stored", 0) >= 4)
        station.start("gateway")
        wait_for("a heartbeat", lambda: "9015" in host.order(do="stats")["notices"])
        _counts, records = settle(station, host)
        assert {(row[0], row[1], row[7]) for row in records} == {("A110000_0001", "21", False)}
        assert ask(host, "1061", CRC="0000")["answer"] == "99", "its number for a wrong CRC"
