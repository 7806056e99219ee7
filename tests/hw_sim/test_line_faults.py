"""The faults of a line that sensors.md section 0 names, each as bytes."""

import pytest

from hw_sim.line import FAULTS, IDLE, Fault, Faults, crc16
from hw_sim.scenario import build
from hw_sim.simulation import Simulation, _request_size

REPLY = bytes.fromhex("01030200eb") + crc16(bytes.fromhex("01030200eb"))
QUESTION = bytes.fromhex("010300000001840a")


def travel(kind, reply=REPLY, question=QUESTION):
    return b"".join(data for _, data in Faults(1).bend(kind, reply, question, crc=True))


def test_what_travels():
    assert travel("inserted_zero") == REPLY[:1] + b"\0" + REPLY[1:]
    assert travel("inserted_zero", b"BM\x00\x1c") == b"B\0M\x00\x1c", "within a header, as captured"
    assert travel("echo_only") == QUESTION
    assert travel("echo_only", question=b"") == b"", "who speaks by himself echoes nothing"
    assert travel("first_truncated") == REPLY[: len(REPLY) // 2] != b""
    garbled = travel("wrong_baud")
    assert len(garbled) == len(REPLY) and set(garbled) <= {0x00, 0x80, 0x9E, 0xE6, 0xF8}


def test_every_new_kind_is_known():
    assert {"inserted_zero", "echo_only", "wrong_baud", "late_previous", "first_truncated", "all_ones"} <= set(FAULTS)


def test_a_late_reply_answers_the_next_question():
    faults = Faults(1)
    assert faults.bend("late_previous", b"first", b"q", crc=True) == []
    assert faults.bend("", b"second", b"q", crc=True) == [(0.0, b"first"), (0.0, b"second")]
    assert faults.bend("", b"third", b"q", crc=True) == [(0.0, b"third")]
    faults.bend("late_previous", b"fourth", b"q", crc=True)
    faults.clear()
    assert faults.bend("", b"fifth", b"q", crc=True) == [(0.0, b"fifth")]


@pytest.mark.parametrize("text", ["018302", "01101c000000", "010300"])
def test_a_reply_without_a_count_keeps_its_length(text):
    """An exception, an acknowledged write, no register."""
    reply = bytes.fromhex(text) + crc16(bytes.fromhex(text))
    assert travel("wrong_count", reply) == reply


def test_only_the_first_reply_after_a_rest_is_truncated():
    faults = Faults(1)
    faults.add(Fault("first_truncated", 1e9))
    asked = [10.0, 10.5, 11.0, 11.0 + IDLE, 11.1 + IDLE]
    assert [faults.kind("epever", at) for at in asked] == ["first_truncated", "", "", "first_truncated", ""]


def test_an_i2c_chip_that_reads_as_all_ones(tmp_path):
    scenario = build({"line": [{"name": "i2c", "kind": "i2c", "instrument": [{"model": "sht3x", "address": 0x44}]}]})
    with Simulation(scenario, tmp_path) as simulation:
        simulation.fault("i2c", "all_ones", count=1)
        assert simulation._lines["i2c"]._transact(0x44, bytes.fromhex("f32d"), 3) == b"\xff" * 3
        assert simulation._lines["i2c"]._transact(0x44, bytes.fromhex("f32d"), 3)[:2] == bytes.fromhex("8010")


@pytest.mark.parametrize(
    "text,size",
    [
        ("01", 0),
        ("010300000001840a", 8),
        ("012b0e01", 7),
        ("0111c02c", 4),
        ("011c", 0),
        ("01101c0000000000", 9),  # no registers, as the Y520 wants it: byte count 0, then the CRC
        ("0110901300030612", 15),
    ],
)
def test_the_length_of_a_request(text, size):
    assert _request_size(bytes.fromhex(text)) == size


def said(folder, text, *placed):
    """What travels on a line with these instruments when `text` is asked there."""
    table = {"name": "rs485", "kind": "modbus_rtu", "instrument": [{"model": model, "address": unit} for model, unit in placed]}
    body = bytes.fromhex(text)
    with Simulation(build({"line": [table]}), folder) as simulation:
        return b"".join(data for _, data in simulation._lines["rs485"]._hear_rtu(body + crc16(body)))


def test_a_universal_address_finds_one_device_and_garbles_two(tmp_path):
    assert said(tmp_path, "ff0330000001", ("y532", 5)) == bytes.fromhex("ff03020500") + crc16(bytes.fromhex("ff03020500"))
    assert said(tmp_path, "070330000001", ("y532", 5)) == b"", "nobody's address"
    heard = said(tmp_path, "ff0330000001", ("y532", 5), ("y504", 9))
    assert heard and heard[3:5] not in (b"\x05\x00", b"\x09\x00")


def test_requests_without_an_address_or_without_registers_reach_their_device(tmp_path):
    started = bytes.fromhex("03101c000000")
    assert said(tmp_path, "03101c00000000", ("y520", 3)) == started + crc16(started), "the write of no registers"
    assert said(tmp_path, "012b0e0100", ("epever", 1))[:5] == bytes.fromhex("012b0e0101")
    assert said(tmp_path, "012b0e0100", ("rs485_climate", 1)) == bytes.fromhex("01ab01") + crc16(bytes.fromhex("01ab01"))
    assert said(tmp_path, "0111", ("y532", 1)) == b"", "this maker is silent"
