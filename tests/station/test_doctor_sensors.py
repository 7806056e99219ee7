"""`station doctor` and the instruments: each fault is planted on the wire, in the port or in the files, and named right."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from station.config import parse
from station.doctor.sensors import check_sensors
from station.places import Places
from tests.drivers.serial_server import Server, leaky
from tests.station.doctor_rig import Machine, assert_good, assert_named

SCENARIO = {
    "speed": 60,
    "line": [
        {"name": "pm", "kind": "uart", "instrument": [{"model": "pms5003", "period": 5}]},
        {"name": "i2c", "kind": "i2c", "instrument": [{"model": "sht3x", "address": 0x44}]},
        {"name": "rs485", "kind": "modbus_rtu", "baud": 4800, "instrument": [{"model": "rs485_noise", "address": 1}]},
        {"name": "sonde", "kind": "modbus_tcp", "instrument": [{"model": "y4000", "address": 1}]},
        {"name": "dust", "kind": "uart", "baud": 115200, "instrument": [{"model": "sps30"}]},
    ],
}
DRIVERS = {
    "pm": ("uart", "pms5003"), "i2c": ("i2c", "sht3x"), "rs485": ("modbus", "rs485_noise"), "sonde": ("modbus", "y4000"),
    "dust": ("uart", "sps30"),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder():
    made = Path(tempfile.mkdtemp(prefix="shdr-"))  # socket paths must be short
    yield made
    subprocess.run(["rm", "-rf", str(made)], check=True)


@pytest.fixture(scope="module")
def simulation(folder):
    with Simulation(build(SCENARIO), folder) as running:
        yield running


@pytest.fixture
def rig(simulation, tmp_path, monkeypatch):
    """Fewer ways are tried than in the field, where each takes more than a second: `test_scan.py` has them all."""
    monkeypatch.setattr("station.doctor.sensors.SPEEDS", ((4800, "N"), (4800, "E")))
    monkeypatch.setattr("station.upkeep.scan.LISTEN", ((9600, 1.2), (115200, 0.4)))
    return Rig(simulation, tmp_path)


class Rig:
    """One simulated line at a time, configured and examined."""

    def __init__(self, simulation, folder):
        self.simulation = simulation
        self.machine = Machine(folder)
        (folder / "run/requests").mkdir(parents=True)
        (folder / "state/acquire").mkdir(parents=True)
        (folder / "certificates").mkdir()
        self.places = Places(folder / "station.toml", folder / "state", folder / "run")

    def check(self, line, port="", driver="", more="", bus=""):
        kind, usual = DRIVERS[line]
        text = f'[station]\nid = "T-1"\nname = "t"\nlanguage = "en"\n[[bus]]\nname = "b"\nkind = "{kind}"\n'
        text += f'port = "{port or self.simulation.ports[line]}"\n{bus}\n[[instrument]]\nname = "x"\nbus = "b"\n'
        config = parse(text + f'driver = "{driver or usual}"\n{more}\n', "c")
        return list(check_sensors(self.machine.host, self.places, config))

    def with_fault(self, line, kind, **options):
        self.simulation.fault(line, kind)
        try:
            return self.check(line, **options)
        finally:
            self.simulation.fault(line, "clear")


@pytest.mark.parametrize("line", DRIVERS)
def test_what_is_well_is_called_well(rig, line):
    assert_good(rig.check(line))


@pytest.mark.parametrize(
    ("line", "fault", "name", "finding"),
    [
        ("pm", "silence", "x.answers", "timeout"),  # no power, TX and RX swapped
        ("pm", "wrong_checksum", "x.answers", "checksum"),
        ("pm", "wrong_baud", "x.answers", "wrong_speed"),  # also what a wrong parity looks like: only garbage
        ("rs485", "silence", "x.answers", "timeout"),  # A and B swapped
        ("rs485", "wrong_checksum", "x.answers", "checksum"),
        ("rs485", "foreign", "x.answers", "foreign"),
        ("rs485", "echo_only", "x.answers", "echo"),
        ("rs485", "wrong_function", "x.answers", "foreign"),
        ("sonde", "silence", "x.answers", "timeout"),
        ("i2c", "not_acknowledged", "x.answers", "timeout"),
        ("i2c", "wrong_checksum", "x.answers", "checksum"),
        ("i2c", "stuck_bus", "x.answers", "bus_held_low"),
    ],
)
def test_wires(rig, line, fault, name, finding):
    assert_named(rig.with_fault(line, fault), name, finding)


def test_wrong_address(rig):
    assert_named(rig.check("rs485", more="address = 9"), "x.answers", "timeout")
    assert_named(rig.check("i2c", more="address = 0x45"), "x.answers", "timeout")


def test_wrong_speed(rig):
    checks = rig.check("pm", bus="baud = 115200")
    assert_named(checks, "x.answers", "other_speed")
    assert "9600" in checks[1].evidence, "the right one is told"


@leaky
@pytest.mark.parametrize(("line", "parity", "more"), [("rs485", "E", "baud = 4800"), ("pm", "N", 'parity = "E"')])
def test_wrong_parity(rig, line, parity, more):
    """A pty knows no parity, but RFC 2217 does: the client sets it at the server, and the device has another one."""
    with Server(rig.simulation.ports[line], "rfc2217", parity) as server:
        checks = rig.check(line, port=server.url, bus=more)
        assert_named(checks, "x.answers", "other_parity")
        assert f'write parity = "{parity}"' in checks[1].next
        assert_good(rig.check(line, port=server.url, bus=f'baud = {4800 if line == "rs485" else 9600}\nparity = "{parity}"'))


def test_a_modbus_unit_at_another_speed(rig):
    checks = rig.check("rs485", bus="baud = 9600")
    assert_named(checks, "x.answers", "other_speed")
    assert "baud = 4800" in checks[1].next


def test_another_model_on_the_line(rig):
    checks = rig.check("pm", driver="sds011")
    assert_named(checks, "x.answers", "other_model")
    assert "pms5003" in checks[1].evidence


def test_a_register_that_the_device_does_not_have(rig):
    assert_named(rig.check("rs485", driver="y532", bus="baud = 4800"), "x.answers", "device_fault")


def test_an_adapter_that_is_not_plugged_in(rig):
    rig.machine.write("dev/serial/by-path/platform-usb-0:1.2:1.0-port0", "")
    checks = rig.check("pm", port="/dev/serial/by-path/platform-usb-0:1.3:1.0-port0")
    bus = checks[0]
    assert (bus.name, bus.verdict) == ("bus.b", "failed") and "0:1.2" in bus.evidence, "it tells what is plugged in"
    assert_named([bus], "bus.b", "port_missing")


@pytest.mark.parametrize(
    ("take_away", "finding"), [("sys/class/i2c-adapter/i2c-1/name", "i2c_off"), ("sys/module/i2c_dev/refcnt", "i2c_module")]
)
def test_i2c_that_is_not_there(rig, take_away, finding):
    path = rig.machine.root / take_away
    path.unlink()
    path.parent.rmdir()
    assert_named(rig.check("i2c", port="/dev/i2c-77")[:1], "bus.b", finding)


def test_i2c_that_is_too_fast(rig, tmp_path):
    port = tmp_path / "i2c-1"
    port.touch()
    rig.machine.write("sys/bus/i2c/devices/i2c-1/of_node/clock-frequency", (400_000).to_bytes(4, "big"))
    assert_named(rig.check("i2c", port=port)[:1], "bus.b", "i2c_fast", "warning")


def test_the_serial_console_on_the_sensors_port(rig):
    device = os.path.basename(os.path.realpath(rig.simulation.ports["pm"]))
    rig.machine.write("proc/cmdline", f"console={device},115200 console=tty1 root=PARTUUID=1-02\n")
    assert_named(rig.check("pm")[:1], "bus.b", "console")


def test_a_port_that_the_services_user_may_not_open(rig):
    """A pty belongs to the group tty, in which the service is not: as a port whose udev rule is missing."""
    rig.machine.write("etc/passwd", "root:x:0:0::/:/bin/sh\nstation-acquire:x:61001:61000::/:\n")
    rig.machine.write("etc/group", "root:x:0:\nstation:x:61000:\ndialout:x:20:\n")
    assert_named(rig.check("pm")[:1], "bus.b", "port_rights")
    rig.machine.write(
        "etc/group", "root:x:0:\nstation:x:61000:\ndialout:x:{}:\n".format(os.stat(rig.simulation.ports["pm"]).st_gid)
    )
    os.chmod(rig.simulation.ports["pm"], 0o660)
    assert_good(rig.check("pm"))


HOLD = "import sys, serial; p = serial.Serial(sys.argv[1], 9600, exclusive=True); print('held', flush=True); sys.stdin.read()"


def test_a_port_that_another_program_holds(rig):
    (rig.machine.root / "proc/locks").symlink_to("/proc/locks")
    port = rig.simulation.ports["pm"]
    with subprocess.Popen([sys.executable, "-c", HOLD, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        checks = rig.check("pm")
        holder.stdin.close()
    assert_named(checks[:1], "bus.b", "port_held")
    assert str(holder.pid) in checks[0].evidence


def test_a_modbus_server_that_is_not_there(rig):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert_named(rig.check("sonde", port=f"tcp://127.0.0.1:{port}")[:1], "bus.b", "bus_tcp")


def test_another_instrument_in_its_place(rig):
    (identity,) = [check.evidence for check in rig.check("dust") if check.name == "x.identity"]
    rig.places.memory.write_text('{"utc": 0, "indices": {}, "taken": {}, "identities": {"x": "0123456789ABCDEF"}}')
    checks = rig.check("dust")
    assert_named(checks, "x.identity", "swapped")
    assert identity in next(check.evidence for check in checks if check.name == "x.identity")


def test_a_serial_number_that_is_not_the_configured_one(rig):
    assert_named(rig.check("dust", more='serial = "SPS-1"'), "x.identity", "swapped")


def test_an_impossible_value(rig):
    assert_good(rig.check("i2c"))
    kind, driver = DRIVERS["i2c"]
    text = f'[station]\nid = "T-1"\nname = "t"\n[[bus]]\nname = "b"\nkind = "{kind}"\nport = "{rig.simulation.ports["i2c"]}"\n'
    text += f'[[instrument]]\nname = "x"\nbus = "b"\ndriver = "{driver}"\n[quality.humidity]\nlow = 0\nhigh = 1\n'
    assert_named(list(check_sensors(rig.machine.host, rig.places, parse(text, "c"))), "x.plausible", "implausible")


CERTIFICATE = """
model = "sht3x"
serial = "S-1"
quantity = "temperature"
reference = "a reference thermometer"
date = 2026-01-01
valid_until = {}
author = "Wang Li"

[correction]
method = "linear"
gain = 1.0
offset = 0.1
"""


@pytest.mark.parametrize(
    ("until", "finding", "verdict"),
    [("2026-05-01", "expired", "failed"), ("2026-07-01", "expires", "warning"), (None, "uncalibrated", "warning")],
)
def test_calibration(rig, until, finding, verdict):
    rig.machine.at(1_781_000_000.0)  # 2026-06-09
    certificate = rig.places.certificates / "one.toml"
    certificate.write_text(CERTIFICATE.format("2027-01-01"))
    assert_good(rig.check("i2c", more='serial = "S-1"'))
    certificate.unlink() if until is None else certificate.write_text(CERTIFICATE.format(until))
    assert_named(rig.check("i2c", more='serial = "S-1"'), "x.calibration", finding, verdict)


def test_a_certificate_that_is_none(rig):
    (rig.places.certificates / "one.toml").write_text("gain = 0.9\n")
    assert_named(rig.check("i2c"), "certificates", "bad_certificate")


def test_a_port_by_what_answers_a_serial_server_and_a_program(rig, folder):
    """Nothing that is well is called missing only because it is no file of /dev."""
    sought = rig.check("pm", port=f"{folder}/p*")
    assert sought[0].verdict == "skipped"
    assert_good(sought)
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        assert rig.check("pm", port=f"socket://127.0.0.1:{number}?logging=info")[0].verdict == "good"
    assert_named(rig.check("pm", port=f"rfc2217://127.0.0.1:{number}")[:1], "bus.b", "bus_tcp")
