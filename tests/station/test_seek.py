"""A port by what answers there: the one on which the instrument's own frames come, never one of two."""

import time
from itertools import count

import pytest

from drivers.errors import PortLost
from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from station import seek
from station.buses import open_bus
from station.config import parse
from station.device import Device

CONFIG = """
[station]
id = "T"
name = "T"
[[bus]]
name = "line"
kind = "{kind}"
port = "{port}"
[[instrument]]
name = "x"
driver = "{driver}"
bus = "line"
"""


def lines(**models):
    """A uart or Modbus line for each name."""
    kinds = {"y532": "modbus_rtu", "rs485_noise": "modbus_rtu", "y504": "modbus_rtu"}
    tables = [
        {"name": name, "kind": kinds.get(model, "uart"), "instrument": [{"model": model, "period": 0.2, **more}]}
        for name, (model, more) in models.items()
    ]
    return build({"line": tables})


def made(driver, port, monotonic=time.monotonic, more=""):
    """The bus and the only device of a configuration with this port."""
    kind = "modbus" if driver.startswith(("y5", "rs485")) else "uart"
    config = parse(CONFIG.format(kind=kind, port=port, driver=driver) + more, "x")
    bus = open_bus(config.buses[0], list(config.instruments))
    bus._monotonic = monotonic
    return bus, Device(config.instruments[0])


def read(bus, device):
    return device.read(bus, {}, device.model.deadline)


def test_the_port_is_the_one_whose_bytes_are_the_instruments_own(tmp_path, caplog):
    with Simulation(lines(a=("sds011", {}), b=("pms5003", {})), tmp_path), caplog.at_level("INFO"):
        bus, device = made("pms5003", f"{tmp_path}/*")
        seen = []
        bus.trace.tap = lambda direction, data: seen.append(data)
        assert read(bus, device).usable
        assert f"found on {tmp_path / 'b'}" in caplog.text
        assert read(bus, device).usable and seen, "the tap of a trace is on the found port"
        bus.close()


def test_a_modbus_unit_is_found_by_its_answer(tmp_path):
    with Simulation(lines(a=("rs485_noise", {}), b=("y532", {}), c=("pms5003", {})), tmp_path):
        bus, device = made("y532", f"{tmp_path}/*")
        assert read(bus, device).values["ph"] > 7
        bus.close()


def test_of_two_that_answer_none_is_guessed_and_the_search_rests(tmp_path):
    clock = [1000.0]
    with Simulation(lines(a=("pms5003", {}), b=("pms5003", {})), tmp_path):
        bus, device = made("pms5003", f"{tmp_path}/*", lambda: clock[0])
        with pytest.raises(PortLost) as caught:
            read(bus, device)
        assert str(tmp_path / "a") in str(caught.value) and str(tmp_path / "b") in str(caught.value)
        begin = time.monotonic()
        with pytest.raises(PortLost):
            read(bus, device)
        assert time.monotonic() - begin < 0.1, "nobody is asked again at once"
        (tmp_path / "a").unlink()
        clock[0] += seek.REST
        assert read(bus, device).usable
        bus.close()


def test_of_two_that_answer_the_configured_serial_number_decides(tmp_path):
    with Simulation(lines(a=("y504", {"number": "23060018"}), b=("y504", {})), tmp_path):
        bus, device = made("y504", f"{tmp_path}/*", more='serial = "Y0123060017"\n')
        assert read(bus, device) and device.identity == "Y0123060017"
        assert bus._found[0] == str(tmp_path / "b")
        bus.close()


def test_an_adapter_that_comes_back_under_another_name_is_found_again(tmp_path):
    with Simulation(lines(a=("pms5003", {})), tmp_path):
        bus, device = made("pms5003", f"{tmp_path}/*")
        assert read(bus, device).usable
        (tmp_path / "a").rename(tmp_path / "z")
        assert read(bus, device).usable and bus._found[0] == str(tmp_path / "z")
        bus.close()


def test_auto_looks_where_adapters_keep_their_names(tmp_path, mocker):
    mocker.patch("station.seek.AUTO", f"{tmp_path}/*")
    with Simulation(lines(a=("pms5003", {})), tmp_path):
        bus, device = made("pms5003", "auto")
        assert read(bus, device).usable
        bus.close()
    bus, device = made("pms5003", "auto")
    with pytest.raises(PortLost) as caught:
        read(bus, device)
    assert f"answers on no port of {tmp_path}/*" in str(caught.value)


def test_a_long_search_is_made_in_slices(tmp_path, mocker):
    """Nobody waits a minute for it: the watchdog would take the station for hung."""
    asked = []
    mocker.patch("station.seek.SLICE", 2.5)
    mocker.patch(
        "station.seek.SoughtBus._answer", lambda self, path: asked.append(path[-1]) or (False if path.endswith("3") else None)
    )
    for number in range(4):
        (tmp_path / f"tty{number}").touch()
    clock = count()
    bus, _device = made("pms5003", f"{tmp_path}/tty*", lambda: next(clock))
    with pytest.raises(PortLost, match="still looking"):
        bus._search()
    assert asked == ["0", "1"]
    assert bus._search()[0].endswith("tty3") and asked == ["0", "1", "2", "3"], "it goes on where it was"
