"""A recorded trace as an instrument."""

import time

import pytest

from drivers.catalogue import find
from hw_sim.instruments import INSTRUMENTS
from hw_sim.instruments.replay import BadTrace
from hw_sim.scenario import build, of_trace
from hw_sim.simulation import Simulation
from hw_sim.world import World
from station.buses import open_bus
from station.config import parse
from station.device import Device
from station.tracing import Recording

TRACE = """
# an FMR20 that is switched on: recorded by a public project
10.000 > C8 03 13 88 00 10 D1 31
10.047 < C8 03 20 00 00 00 00 00 00 00 00 00 00 00 00 41 A0 00 00
10.060 < 40 40 00 00 00 00 00 00 00 00 00 00 00 00 00 00 F7 A1
22.000 > c803138900 0200fc   # no such register
22.015 < C8 83 02 10 CF
23.000 > C803138800 10D131
"""
QUESTION = bytes.fromhex("c80313880010d131")
STARTING = bytes.fromhex("c80320" + "00" * 12 + "41a0000040400000" + "00" * 12 + "f7a1")


def replay(folder, text):
    (folder / "a.trace").write_text(text, "utf-8")
    return INSTRUMENTS["replay"](World(1), {"trace": str(folder / "a.trace")})


def test_questions_are_answered_as_they_were(tmp_path):
    made = replay(tmp_path, TRACE)
    assert made.hear(QUESTION, 0.0) == STARTING
    assert made.hear(QUESTION, 1.0) == b"", "the second time there was no answer"
    assert made.hear(QUESTION, 2.0) == STARTING, "from the first again"
    assert made.hear(bytes.fromhex("c8031389000200fc"), 3.0) == bytes.fromhex("c8830210cf")
    assert made.hear(bytes.fromhex("010300000001840a"), 4.0) == b"" and made.due(5.0) == b""


def test_a_question_in_pieces_after_noise(tmp_path):
    made = replay(tmp_path, TRACE)
    assert made.hear(b"\xff\x00" + QUESTION[:3], 0.0) == b"" and made.hear(QUESTION[3:], 0.1) == STARTING


def test_a_stream_is_repeated_in_its_own_time(tmp_path):
    made = replay(tmp_path, "5.0 < 41\n5.5 < 42\n6.0 < 43\n")
    said = [made.due(100 + n / 4).decode() for n in range(12)]
    assert said == ["A", "", "B", "", "C", "", "A", "", "B", "", "C", ""]


def test_without_times_a_second_passes_from_line_to_line(tmp_path):
    made = replay(tmp_path, "< 41\n< 42\n")
    assert [made.due(float(n)) for n in range(4)] == [b"A", b"B", b"A", b"B"]
    alone = replay(tmp_path, "< 41\n")
    assert [alone.due(n / 2) for n in range(3)] == [b"A", b"", b"A"]


@pytest.mark.parametrize("line", ["hello", "1.0 01 03", "1.0 > 0g", "x > 01", "1.0 >", "1.0 < 012"])
def test_what_is_no_traffic_is_named_with_its_line(tmp_path, line):
    with pytest.raises(BadTrace, match=r"line 2.*time in s"):
        replay(tmp_path, f"1.0 > 01\n{line}\n")


def test_it_stands_on_a_line(tmp_path):
    (tmp_path / "a.trace").write_text(TRACE, "utf-8")
    placed = {"model": "replay", "trace": str(tmp_path / "a.trace")}
    scenario = build({"line": [{"name": "radar", "kind": "uart", "instrument": [placed]}]})
    with Simulation(scenario, tmp_path) as simulation:
        assert b"".join(data for _, data in simulation._lines["radar"]._hear_uart(QUESTION)) == STARTING


CONFIG = '[station]\nid = "T"\nname = "T"\n'

RECORDED = {
    "pms5003": ("uart", {"period": 0.2}, "pm25", ""),
    "y532": ("modbus_rtu", {}, "ph", ""),
    "y4000": ("modbus_tcp", {}, "ph", ""),
    "sht3x": ("i2c", {"address": 0x44}, "temperature", ""),
    "contact": ("gpio", {"address": 17}, "running", "address = 17"),
    "mmcli": ("program", {}, "signal_strength", ""),
}
"""Driver → kind of the line, settings of the twin, a quantity, more of the configuration: one for each kind of bus."""


def opened(driver, port, more):
    """Our side of a line: the bus as it is configured, its `[[bus]]`, the device."""
    kind = find(driver).port
    text = f'[[bus]]\nname = "b"\nkind = "{kind}"\nport = "{port}"\n'
    config = parse(f'{CONFIG}{text}[[instrument]]\nname = "x"\ndriver = "{driver}"\nbus = "b"\n{more}\n', "x")
    return open_bus(config.buses[0], list(config.instruments)), config.buses[0], Device(config.instruments[0])


@pytest.mark.parametrize("driver", RECORDED)
def test_what_was_recorded_on_a_bus_is_read_again_from_the_replay(driver, tmp_path):
    """station trace's file, played as a line: the same driver reads the same numbers, with nothing of the twin left."""
    kind, twin, key, more = RECORDED[driver]
    scenario = build({"line": [{"name": "l", "kind": kind, "instrument": [{"model": driver, **twin}]}]})
    path = tmp_path / "field.trace"
    with Simulation(scenario, tmp_path) as simulation:
        bus, table, device = opened(driver, simulation.ports["l"], more)
        recording = Recording(table, bus.trace, path, 1e9, time.monotonic)
        then = [device.read(bus, {}, 3.0).values[key] for _ in range(6 if kind == "uart" else 2)]
        recording.close()
        bus.close()
    with Simulation(of_trace(path), tmp_path) as simulation:
        bus, _table, device = opened(driver, simulation.ports["b"], more)
        again = [device.read(bus, {}, 3.0).values[key] for _ in range(2)]
        bus.close()
    assert set(again) <= set(then), "only what was said then"
