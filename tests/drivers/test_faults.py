"""Every fault of a line, planted at the transport, and what the reading says of it; then the line is well and so is the reading.

The rows are the faults of DESIGN section 9 and those that field notes name beside them. `""` as reason: the fault does no harm,
and the value is the true one.
"""

import time

import pytest

from drivers.errors import WireError
from hw_sim.line import FAULTS
from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from station.buses import open_bus
from station.config import parse
from station.device import Device

CONFIG = """
[station]
id = "T"
name = "T"
[[bus]]
name = "b"
kind = "{kind}"
port = "{port}"
[[instrument]]
name = "x"
driver = "{driver}"
bus = "b"
"""

GARBLED = {"checksum", "header", "length", "truncated", "wrong_speed"}

WIRES = {
    "speaks": ("uart", "uart", "pms5003", "pm25", (10, 80)),
    "asked": ("uart", "uart", "bswa308", "laeq", (30, 90)),
    "rtu": ("modbus_rtu", "modbus", "y4000", "ph", (7, 9)),
    "tcp": ("modbus_tcp", "modbus", "y532", "ph", (7, 9)),
    "i2c": ("i2c", "i2c", "sht3x", "temperature", (0, 25)),
    "program": ("program", "program", "mmcli", "signal_strength", (-100, -60)),
}
"""A wire: kind of the simulated line, kind of our bus, driver, a quantity and where its truth lies."""

TOLD: dict[str, dict[str, set[str]]] = {
    "speaks": {
        "silence": {"timeout"},
        "noise": {""},
        "loss": GARBLED,
        "dribble": {""},
        "wrong_checksum": {"checksum"},
        "echo": {""},
        "echo_only": {"timeout"},
        "foreign": {"timeout"},
        "late": {"", "timeout"},
        "endless_noise": GARBLED,
        "inserted_zero": GARBLED,
        "wrong_baud": {"wrong_speed"},
        "unplug": {"port"},
    },
    "asked": {
        "silence": {"timeout"},
        "noise": {""},
        "loss": GARBLED,
        "dribble": {""},
        "wrong_checksum": {"checksum"},
        "echo": {""},
        "echo_only": {"echo"},
        "late": {"timeout"},
        "endless_noise": GARBLED,
        "inserted_zero": GARBLED,
        "wrong_baud": {"wrong_speed"},
        "unplug": {"port"},
    },
    "rtu": {
        "silence": {"timeout"},
        "noise": {""},
        "loss": GARBLED,
        "dribble": {""},
        "wrong_checksum": {"checksum"},
        "foreign": {"foreign"},
        "echo": {""},
        "echo_only": {"echo"},
        "late": {"timeout"},
        "late_previous": {"timeout"},
        "wrong_function": {"foreign"},
        "wrong_count": {"length"},
        "endless_noise": GARBLED,
        "inserted_zero": GARBLED,
        "wrong_baud": {"wrong_speed"},
        "first_truncated": {"truncated"},
        "unplug": {"port"},
    },
    "tcp": {
        "silence": {"timeout"},
        "late": {"timeout"},
        "wrong_function": {"foreign"},
        "wrong_count": {"length"},
        "unplug": {"timeout"},
    },
    "i2c": {
        "silence": {"timeout"},
        "wrong_checksum": {"checksum"},
        "not_acknowledged": {"timeout"},
        "all_ones": {"checksum"},
        "stuck_bus": {"port"},
    },
    "program": {"silence": {"timeout"}, "unplug": {"port"}},
}
"""Wire → fault → the reasons that a reading may carry while it lasts."""

LONG = {"speaks": 4, "asked": 7, "rtu": 4}
"""Wire → readings after which garbage must be called by its name; before that it may be a bad frame."""

DEADLINES = {"speaks": 0.5, "asked": 0.3, "rtu": 0.3, "tcp": 0.3, "i2c": 1.0, "program": 1.5}
SLOW = 3.0
"""s for one reading: enough for a good answer; for one that comes byte by byte."""

CASES = [(wire, fault) for wire, table in TOLD.items() for fault in table]


def test_no_fault_is_left_out():
    assert {fault for _wire, fault in CASES} == set(FAULTS)


class Rig:
    """One simulated device on one wire, and our side of it."""

    def __init__(self, wire, folder, **twin):
        line, kind, driver, self.key, self.truth = WIRES[wire]
        placed = {"model": driver, "period": 0.2, "address": 0x44 if kind == "i2c" else 1, **twin}
        self.simulation = Simulation(build({"line": [{"name": "l", "kind": line, "instrument": [placed]}]}), folder)
        config = parse(CONFIG.format(kind=kind, port=self.simulation.ports["l"], driver=driver), "x")
        self.deadline = DEADLINES[wire]
        self.bus = open_bus(config.buses[0], list(config.instruments))
        self.device = Device(config.instruments[0])

    def __enter__(self):
        self.simulation.__enter__()
        return self

    def __exit__(self, *error):
        self.bus.close()
        self.simulation.__exit__(*error)

    def reason(self, deadline=0.0):
        """What one reading says against itself, "" for the truth."""
        try:
            sample = self.device.read(self.bus, {}, deadline or self.deadline)
        except WireError as error:
            assert error.reason == "timeout" or error.reason == "port" or error.raw, "the evidence is kept"
            return error.reason
        low, high = self.truth
        assert sample.reason or low < sample.values[self.key] < high, "never a value that is not true"
        return sample.reason

    def until_well(self):
        """Read until it is well again."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if self.reason(SLOW if self.deadline < 0.5 else 0.0) == "":
                return True
        return False


@pytest.mark.parametrize(("wire", "fault"), CASES)
def test_a_fault_is_told_as_what_it_is_and_passes(wire, fault, tmp_path):
    with Rig(wire, tmp_path) as rig:
        if fault != "first_truncated":
            assert rig.until_well(), "before"
        rig.simulation.fault("l", fault)
        if wire == "speaks" and fault != "unplug":
            rig.bus.read(time.monotonic() + 0.25)  # a good frame was on its way
        told = [rig.reason(SLOW if fault == "dribble" else 0.0) for _ in range(LONG[wire] if fault == "wrong_baud" else 1)]
        assert told[-1] in TOLD[wire][fault], told
        assert "timeout" in TOLD[wire][fault] or "timeout" not in told, "what is heard is never silence"
        rig.simulation.fault("l", "clear")
        assert rig.until_well(), "after"


@pytest.mark.parametrize(("wire", "fault"), [("rtu", "late"), ("rtu", "late_previous"), ("asked", "late"), ("tcp", "late")])
def test_a_late_answer_is_never_taken_for_the_next_one(wire, fault, tmp_path):
    """Between two questions the truth changes; the answer to the first must not come back for the second."""
    with Rig(wire, tmp_path) as rig:
        assert rig.until_well()
        (twin,) = (made for _model, made in rig.simulation._lines["l"]._by_address.values())
        world, old, new = twin.world, sum(rig.truth) / 2, sum(rig.truth) / 2 + 1.0
        twin.world = type("Fixed", (), {"value": lambda _self, _name, _now: old})()
        rig.simulation.fault("l", fault, count=1)
        first = rig.reason(0.5)
        twin.world = type("Fixed", (), {"value": lambda _self, _name, _now: new})()
        assert first == "timeout"
        for _ in range(2):
            sample = rig.device.read(rig.bus, {}, SLOW)
            assert sample.values[rig.key] == pytest.approx(new, abs=0.06)
        twin.world = world


def test_a_swapped_instrument_is_noticed_when_it_is_plugged_in(tmp_path):
    with Rig("rtu", tmp_path, number="23060017") as first:
        assert first.until_well() and first.device.identity.endswith("23060017")
        first.simulation.fault("l", "unplug")
        assert first.reason() == "port"
        first.device.failed(_port_lost(first), 0.0)
        first.simulation.__exit__(None, None, None)
        with Rig("rtu", tmp_path, number="23060099"):
            assert first.until_well() and first.device.identity.endswith("23060099")


def _port_lost(rig):
    with pytest.raises(WireError) as caught:
        rig.device.read(rig.bus, {}, 0.5)
    return caught.value
