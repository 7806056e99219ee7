"""`station sim run`: what it tells a technician to paste fits the twin that it starts, and it shows what travels."""

import tomllib

import pytest

from drivers.catalogue import CATALOGUE, find
from hw_sim.instruments import INSTRUMENTS
from hw_sim.scenario import of_models
from hw_sim.simulation import Simulation
from station.buses import open_bus
from station.cli.drivers import block
from station.cli.sim import _readable, _table
from station.config import parse
from station.device import Device

HEAD = '[station]\nid = "T"\nname = "T"\n'


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) & set(INSTRUMENTS)))
def test_the_twin_is_where_the_block_to_paste_says(name):
    pasted = tomllib.loads("\n".join(block(find(name))))
    (line,) = of_models({name: _table(name)}).lines
    (twin,) = line.instruments
    assert pasted["instrument"][0].get("address", twin.address) == twin.address
    assert pasted["bus"][0].get("baud", line.baud) == line.baud


@pytest.mark.parametrize("name", ["contact", "mmcli", "sht3x", "ezo_uart"])
def test_what_is_asked_and_answered_is_shown_on_every_kind_of_line(name, tmp_path):
    seen = []
    with Simulation(of_models({name: _table(name)}), tmp_path) as simulation:
        simulation.listen(lambda line, direction, data: seen.append((line, direction)))
        text = "\n".join(block(find(name))).replace(f'port = "{_port(name)}"', f'port = "{simulation.ports[name]}"')
        config = parse(HEAD + text, "pasted")
        bus = open_bus(config.buses[0], list(config.instruments))
        assert Device(config.instruments[0]).read(bus, {}, 5.0).usable
        bus.close()
    assert {(name, ">"), (name, "<")} <= set(seen)


def _port(name):
    return tomllib.loads("\n".join(block(find(name))))["bus"][0]["port"]


def test_text_is_shown_as_text_and_other_bytes_in_hexadecimal():
    assert (
        _readable(b"AT+CSQ\r") == r"'AT+CSQ\r'" and _readable(b"\x01\x03\x02") == "01 03 02" and _readable(b"\r\n") == r"'\r\n'"
    )
