"""`station scan` against simulated lines: what is there is found with its speed and address, and nothing is written to it."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import serial

from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from station.cli.main import main
from station.upkeep import scan
from tests.drivers.serial_server import Server, leaky

SCENARIO = {
    "line": [
        {"name": "pm", "kind": "uart", "instrument": [{"model": "pms5003", "period": 0.5}]},
        {"name": "nova", "kind": "uart", "instrument": [{"model": "sds011", "mode": "query"}]},
        {"name": "dust", "kind": "uart", "baud": 115200, "instrument": [{"model": "sps30"}]},
        {"name": "fast", "kind": "uart", "baud": 38400, "instrument": [{"model": "nmea"}]},
        {"name": "still", "kind": "uart", "instrument": [{"model": "sds011", "mode": "query"}]},
        {"name": "i2c", "kind": "i2c", "instrument": [{"model": "sht3x", "address": 0x44}, {"model": "sgp40", "address": 0x59}]},
        {
            "name": "rs485",
            "kind": "modbus_rtu",
            "baud": 4800,
            "instrument": [{"model": "rs485_noise", "address": 1}, {"model": "rs485_climate", "address": 7}],
        },
        {"name": "sonde", "kind": "modbus_tcp", "instrument": [{"model": "y4000", "address": 3}]},
    ]
}


@pytest.fixture(scope="module")
def simulation():
    folder = Path(tempfile.mkdtemp(prefix="shsc-"))  # socket paths must be short
    with Simulation(build(SCENARIO), folder) as running:
        running.fault("still", "silence")
        yield running
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def quiet(what, left):
    assert what and left >= 0


def test_chips(simulation):
    found = scan.scan_i2c(simulation.ports["i2c"])
    assert [one.address for one in found] == [0x44, 0x59]
    assert "sht3x" in found[0].guesses and "sgp40" in found[1].guesses


def test_a_bus_that_hangs_or_is_not_there(simulation):
    simulation.fault("i2c", "stuck_bus")
    (found,) = scan.scan_i2c(simulation.ports["i2c"])
    simulation.fault("i2c", "clear")
    assert found.address is None and found.evidence
    (found,) = scan.scan_i2c("/dev/i2c-77")
    assert "i2c-77" in found.evidence


@pytest.mark.parametrize(
    ("line", "driver", "baud"),
    [("pm", "pms5003", 9600), ("nova", "sds011", 9600), ("dust", "sps30", 115200), ("fast", "nmea", 38400)],
)
def test_sensors_by_their_bytes(simulation, line, driver, baud):
    found = scan.scan_serial(simulation.ports[line], quiet)
    assert driver in found.guesses and found.baud == baud
    assert found.port == simulation.ports[line]


def test_a_silent_line(simulation):
    found = scan.scan_serial(simulation.ports["still"], quiet)
    assert not found.guesses and not found.evidence


def test_a_port_that_is_held(simulation):
    with serial.Serial(simulation.ports["pm"], 9600, exclusive=True):
        found = scan.scan_serial(simulation.ports["pm"], quiet)
    assert not found.guesses and "another program holds it" in found.evidence


def test_modbus_units_and_their_speed(simulation):
    seen = []
    simulation.listen(lambda line, direction, data: seen.append(data) if (line, direction) == ("rs485", ">") else None)
    found = list(scan.sweep(simulation.ports["rs485"], (1, 2, 7), quiet))
    assert [(one.address, one.baud, one.parity) for one in found] == [(1, 4800, "N"), (7, 4800, "N")]
    assert "rs485_noise" in found[0].guesses
    assert {data[1] for data in seen} == {0x03}, "only holding registers are read, nothing is written"


@leaky
def test_modbus_units_and_their_parity(simulation):
    """A pty knows none: a serial server (RFC 2217) does, and its device has another than the first that is tried."""
    with Server(simulation.ports["rs485"], "rfc2217", "E") as server:
        (found,) = scan.sweep(server.url, (7,), quiet, [(4800, "N"), (4800, "E")])
    assert (found.address, found.baud, found.parity) == (7, 4800, "E")


def test_modbus_over_tcp(simulation):
    found = list(scan.sweep(simulation.ports["sonde"], range(1, 6), quiet))
    assert [(one.address, one.baud) for one in found] == [(3, None)]


def test_the_estimate_is_an_upper_bound_of_a_silent_sweep(simulation):
    began, left = time.monotonic(), []
    port = simulation.ports["still"]
    assert list(scan.sweep(port, (1, 2), lambda what, s: left.append(s), [(9600, "N"), (4800, "N")])) == []
    took = time.monotonic() - began
    assert left[0] == scan.sweep_time(2, 2) and left == sorted(left, reverse=True)
    assert 0.4 * left[0] < took < 3 * left[0], "on a busy machine"


def test_the_command(simulation, capsys):
    assert main(["scan", "--json", "--i2c", simulation.ports["i2c"], "--modbus", simulation.ports["sonde"], "--units", "3"]) == 0
    found = json.loads(capsys.readouterr().out)["found"]
    assert [(one["kind"], one["address"]) for one in found] == [("i2c", 0x44), ("i2c", 0x59), ("modbus", 3)]
    assert main(["scan", "--i2c", "/dev/i2c-77"]) == 3
    with pytest.raises(SystemExit) as end:
        main(["scan", "--units", "0-300"])
    assert end.value.code == 2


def test_whoever_has_no_port_is_told(capsys, monkeypatch):
    monkeypatch.setattr("station.upkeep.scan.i2c_ports", list)
    monkeypatch.setattr("station.upkeep.scan.serial_ports", list)
    assert main(["scan"]) == 1 and "Next:" in capsys.readouterr().out
    assert scan.recognise(b"\x00" * 100) == ()
