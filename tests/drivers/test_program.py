"""mmcli as a bus: found on PATH like any program, bounded in time, its own words as evidence."""

import time

import pytest

from drivers.bus.program import ProgramBus
from drivers.catalogue import find
from drivers.errors import NoAnswer, PortLost
from hw_sim.scenario import of_models
from hw_sim.simulation import Simulation
from station.buses import open_bus
from station.cli.drivers import block
from station.config import BadConfig, parse
from station.device import Device

HEAD = '[station]\nid = "T"\nname = "T"\n'


def test_the_shipped_block_runs_the_mmcli_that_is_on_path(tmp_path, monkeypatch):
    config = parse(HEAD + "\n".join(block(find("mmcli"))), "pasted")
    assert config.buses[0].port == "mmcli"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with Simulation(of_models({"mmcli": {}}), tmp_path):
        device = Device(config.instruments[0])
        bus = open_bus(config.buses[0], list(config.instruments))
        sample = device.read(bus, {}, 5.0)
        assert -100 < sample.values["signal_strength"] < -60 and device.identity == "867698041234567"
        assert bus.last_bytes().startswith(b"{")


def test_a_program_that_hangs_is_ended_at_the_deadline(tmp_path):
    with Simulation(of_models({"mmcli": {}}), tmp_path) as simulation:
        simulation.fault("mmcli", "silence")
        begin = time.monotonic()
        with pytest.raises(NoAnswer):
            ProgramBus(simulation.ports["mmcli"]).port(0, 0.4).run("-m", "any", "--signal-get")
        assert time.monotonic() - begin < 5.0


def test_its_own_error_is_told(tmp_path):
    with Simulation(of_models({"mmcli": {"gone": True}}), tmp_path) as simulation:
        with pytest.raises(PortLost) as caught:
            ProgramBus(simulation.ports["mmcli"]).port(0, 5.0).run("-m", "any", "--signal-get")
        assert "couldn't find modem" in str(caught.value)
    with pytest.raises(PortLost) as caught:
        ProgramBus(str(tmp_path / "nowhere")).port(0, 1.0).run("x")
    assert "No such file" in str(caught.value)


def test_words_never_reach_a_shell(tmp_path):
    script = tmp_path / "echo"
    script.write_text('#!/bin/sh\nprintf "%s" "$2"\n', "utf-8")
    script.chmod(0o755)
    assert ProgramBus(str(script)).port(0, 5.0).run("-m", "$(touch x); a b") == b"$(touch x); a b"
    with pytest.raises(BadConfig):
        parse(HEAD + "\n".join(block(find("mmcli"))) + '\nmodem = "any; reboot"', "x")


def test_nobody_has_set_it_up_and_no_network(tmp_path):
    driver = find("mmcli")
    with Simulation(of_models({"mmcli": {}}), tmp_path) as simulation:
        port = ProgramBus(simulation.ports["mmcli"]).port(0, 5.0)
        assert driver.read(port, {}, driver.settings()).reason == "not_started"
    with Simulation(of_models({"mmcli": {"unknown": True}}), tmp_path) as simulation:
        port = ProgramBus(simulation.ports["mmcli"]).port(0, 5.0)
        driver.begin(port, driver.settings())
        assert driver.read(port, {}, driver.settings()).reason == "sentinel"
