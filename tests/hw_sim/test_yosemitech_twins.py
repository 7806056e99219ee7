"""The simulated Yosemitech probes against their published registers, order and times; bytes worked out by hand."""

import struct

import pytest

from hw_sim.instruments import INSTRUMENTS
from hw_sim.world import World

WORLD = World(1)
STARTED = ("y504", "y511", "y513", "y514", "y516", "y550")


class Still(World):
    """A world that stands still."""

    def value(self, name, now):
        return {"water_temperature": 20.5, "conductivity": 1500.0, "oil": 0.25, "oxygen": 8.0}.get(name, 6.0)


STILL = Still(1)


def ask(made, text, now):
    reply = made.answer(bytes.fromhex(text), now)
    return None if reply is None else reply.hex()


def value(made, now, address="2600", count=4):
    reply = made.answer(bytes.fromhex(f"03{address}{count:04x}"), now)
    return struct.unpack(f"<{count // 2}f", reply[2 : 2 + count // 2 * 4])


@pytest.mark.parametrize("model", STARTED)
def test_nothing_until_started(model):
    made = INSTRUMENTS[model](STILL, {})
    assert set(value(made, 0.0)) == {0.0} and set(value(made, 600.0)) == {0.0}
    assert ask(made, "0325000001", 600.0) == "03020000"
    assert set(value(made, 600.0 + made.warm - 0.01)) == {0.0}, "warming up"
    assert value(made, 600.0 + made.warm + 0.01)[0] == 20.5
    assert ask(made, "032e000001", 700.0) == "03020000"
    last = value(made, 701.0)
    made.world = Still(2)
    assert value(made, 2000.0) == last, "a stopped probe keeps its last value"


def test_a_start_may_ask_for_no_register():
    assert ask(INSTRUMENTS["y504"](STILL, {}), "0325000000", 0.0) == "0300"


def test_y504_bytes():
    """20.5 is 0x41A40000, 8.0 is 0x41000000: all four bytes reversed on the wire. 8.0 / (14.6 − 0.32 × 20.5) = 0.99502…"""
    made = INSTRUMENTS["y504"](STILL, {})
    ask(made, "0325000001", 0.0)
    reply = ask(made, "0326000006", 60.0)
    assert reply[:12] == "030c0000a441" and reply[-8:] == "00000041"
    assert struct.unpack("<f", bytes.fromhex(reply[12:20]))[0] == pytest.approx(0.99502, abs=1e-5)


def test_values_come_in_over_the_stable_time_and_change_once_a_period():
    made = INSTRUMENTS["y511"](STILL, {})
    ask(made, "0325000001", 100.0)
    early, later = value(made, 108.1)[1], value(made, 120.0)[1]
    assert 0 < early < later < 6.0 and value(made, 141.0)[1] == 6.0
    moving = INSTRUMENTS["y514"](WORLD, {})
    ask(moving, "0325000001", 0.0)
    assert value(moving, 21.4) == value(moving, 23.2) != value(moving, 23.4), "1.3 s, then every 2 s"


def test_y520_is_started_by_a_write_of_no_registers():
    made = INSTRUMENTS["y520"](STILL, {})
    assert ask(made, "0325000001", 0.0) is None and ask(made, "031c000000", 0.0) is None
    assert ask(made, "101c0000010200 00".replace(" ", ""), 0.0) is None
    assert ask(made, "101c00000000", 10.0) == "101c000000"
    assert value(made, 12.2)[1] == 0.0, "0.000 for the first 2.3 s"
    assert value(made, 40.0, count=4) == (20.5, 1.5) and len(made.answer(bytes.fromhex("0326000005"), 40.0)) == 12


def test_ph_has_its_own_register_and_the_manuals_is_silent():
    for model in ("y532", "phg2091"):
        made = INSTRUMENTS[model](STILL, {})
        assert ask(made, "0328000002", 0.0) == "03040000c040", "6.0 is 0x40C00000"
        assert ask(made, "0324000002", 0.0) == "03040000a441"
        assert ask(made, "0326000002", 0.0) is None and ask(made, "0428000002", 0.0) is None
        assert value(made, 0.0, "1200", 2)[0] == pytest.approx(59.16)


def test_redox_ammonium_demand_oil():
    redox = INSTRUMENTS["y533"](STILL, {})
    assert ask(redox, "0312000002", 0.0) == "03040000c040" and ask(redox, "0328000002", 0.0) is None
    ammonium = INSTRUMENTS["y560"](STILL, {})
    assert ask(ammonium, "0328000002", 0.0) == "03040000c040" and ask(ammonium, "0324000002", 0.0) == "03040000a441"
    assert value(ammonium, 0.0, "2600", 4)[1] == 6.0, "the second is pH"
    demand = INSTRUMENTS["y550"](STILL, {})
    ask(demand, "0325000001", 0.0)
    assert ask(demand, "0326000005", 60.0) == "030a0000a4410000c0400000"
    assert ask(demand, "0312000002", 60.0) == "03040000c040", "turbidity"
    oil = INSTRUMENTS["y516"](STILL, {})
    ask(oil, "0325000001", 0.0)
    assert value(oil, 60.0)[1] == 250.0, "0.25 mg/L are 250 ppb"
    assert len(oil.answer(bytes.fromhex("0326000005"), 60.0)) == 12 and ask(oil, "0326000006", 60.0) is None, "four or five"


def test_the_sonde_begins_one_register_later_than_its_manual():
    made = INSTRUMENTS["y4000"](STILL, {})
    assert ask(made, "0326000010", 0.0) is None
    assert value(made, 0.0, "2601", 16) == (8.0, 6.0, 1.5, 6.0, 20.5, 6.0, 6.0, 6.0)
    assert ask(made, "0308000001", 0.0) == "03020000" and ask(made, "0309000007", 0.0) is None
    assert len(made.answer(bytes.fromhex("0314000007"), 0.0)) == 16


def test_a_cold_sonde_warms_up():
    made = INSTRUMENTS["y4000"](STILL, {"cold": True})
    assert set(value(made, 5.0, "2601", 16)) == {0.0}, "not ready, and the brush goes round"
    assert 0 < value(made, 20.0, "2601", 16)[0] < 8.0 == value(made, 60.0, "2601", 16)[0]


def test_serial_number_version_address():
    made = INSTRUMENTS["y532"](STILL, {"unit": 5})
    assert ask(made, "0330000001", 0.0) == "03020500", "the address is the first data byte"
    text = made.answer(bytes.fromhex("0309000007"), 0.0)[2:]
    assert len(text) == 14 and text[:1] == b"\t" and text[2:4] == b"43"
    assert len(made.answer(bytes.fromhex("0307000002"), 0.0)) == 6


def test_a_weak_supply_breaks_down_when_the_brush_starts():
    made = INSTRUMENTS["y511"](STILL, {"weak_supply": True})
    ask(made, "0325000001", 0.0)
    ask(made, "1032000001020500", 1.0)
    assert value(made, 50.0)[1] == 6.0
    assert ask(made, "103100000000", 50.0) is None and ask(made, "0326000004", 50.5) is None
    assert value(made, 90.0) == (0.0, 0.0), "it has to be started again"
    assert ask(made, "0332000001", 90.0) == "03021e00", "the interval is the default again"


def test_the_brush():
    made = INSTRUMENTS["y511"](STILL, {})
    ask(made, "0325000001", 0.0)
    assert value(made, 50.0)[1] == 6.0
    assert ask(made, "103100000000", 60.0) == "1031000000"
    made.world = type("Other", (Still,), {"value": lambda *_: 9.0})(1)
    assert value(made, 70.0)[1] == 6.0 and value(made, 71.0)[1] == 9.0, "10 to 11 s"
    assert ask(made, "0332000001", 71.0) == "03021e00", "minutes, low byte first"
    assert ask(made, "10320000010205 00".replace(" ", ""), 71.0) == "1032000001" and ask(made, "0332000001", 71.0) == "03020500"
    assert ask(INSTRUMENTS["y532"](STILL, {}), "103100000000", 0.0) is None, "a pH probe has none"
