"""The simulated instruments against published facts, not against our own decoders."""

import os
import select
import struct
import termios
import time

import pytest

from hw_sim.instruments import INSTRUMENTS
from hw_sim.instruments.pms5003 import capture
from hw_sim.instruments.sht3x import crc8, word
from hw_sim.line import FAULTS, Fault, Faults, crc16
from hw_sim.ports.pty import PtyLine
from hw_sim.scenario import BadScenario, build, load, shipped_names
from hw_sim.world import COURSES, World

WORLD = World(1)


def test_check_values_of_the_sheets():
    assert word(0xBEEF) == b"\xbe\xef\x92" and crc8(b"\xff\xff") == 0xAC
    assert crc16(bytes.fromhex("010300000001")) == bytes.fromhex("840a")


def test_a_plantower_frame_and_the_capture():
    made = INSTRUMENTS["pms5003"](WORLD, {"capture": "pms5003_real.hex", "period": 1.0})
    real = capture("pms5003_real.hex")
    assert len(real) == 10 and [made.due(float(n)) for n in range(10)] == real
    frame = made.due(10.0)
    assert frame[:4] == bytes.fromhex("424d001c") and len(frame) == 32
    assert sum(frame[:30]) & 0xFFFF == int.from_bytes(frame[30:], "big")
    assert made.due(10.5) == b"", "not yet"


def test_plantower_commands():
    made = INSTRUMENTS["pms5003"](WORLD, {})
    assert made.hear(bytes.fromhex("424de10000 0170".replace(" ", "")), 0.0)[:4] == bytes.fromhex("424d0004")
    assert made.due(100.0) == b"", "passive"
    assert len(made.hear(bytes.fromhex("424de200000171"), 0.0)) == 32
    assert made.hear(b"junk", 0.0) == b""


def test_sht3x_does_not_acknowledge_before_it_is_done():
    made = INSTRUMENTS["sht3x"](WORLD, {})
    made.write(b"\x24\x00", 0.0)
    with pytest.raises(OSError, match="no acknowledge"):
        made.read(6, 0.010)
    answer = made.read(6, 0.016)
    assert crc8(answer[:2]) == answer[2] and crc8(answer[3:5]) == answer[5]
    assert -40 < -45 + 175 * int.from_bytes(answer[:2], "big") / 65535 < 50


def test_sgp40_checks_the_crc_of_its_arguments():
    made = INSTRUMENTS["sgp40"](WORLD, {})
    made.write(bytes.fromhex("260f8000a2666693"), 0.0)
    assert len(made.read(3, 0.031)) == 3
    with pytest.raises(OSError, match="no acknowledge"):
        made.write(bytes.fromhex("260f8000a3666693"), 1.0)


def test_yosemitech_floats_are_little_endian_and_unknown_registers_silent():
    made = INSTRUMENTS["y532"](WORLD, {})
    answer = made.answer(bytes.fromhex("0328000002"), 0.0)
    assert answer[:2] == b"\x03\x04" and 7 < struct.unpack("<f", answer[2:])[0] < 9
    assert made.answer(bytes.fromhex("0326000002"), 0.0) is None and made.answer(b"\x04\x28\x00\x00\x02", 0.0) is None


def test_a_noise_meter_refuses_as_modbus_says():
    made = INSTRUMENTS["rs485_noise"](WORLD, {})
    assert made.answer(bytes.fromhex("0300000001"), 0.0)[:2] == b"\x03\x02"
    assert made.answer(bytes.fromhex("0300090001"), 0.0) == b"\x83\x02"
    assert made.answer(bytes.fromhex("2b0e0100"), 0.0) == b"\xab\x01"


def test_the_world_is_the_same_for_the_same_seed():
    assert all(World(1).value(name, 5.0) == World(1).value(name, 5.0) for name in COURSES)
    assert World(1).value("pm25", 5.0) != World(2).value("pm25", 5.0)


@pytest.mark.parametrize("kind", ["noise", "loss", "wrong_checksum", "echo", "foreign", "wrong_function", "wrong_count"])
def test_each_fault_changes_the_bytes(kind):
    body = bytes.fromhex("03040000e840")
    reply = body + crc16(body)
    bent = b"".join(data for _, data in Faults(1).bend(kind, b"\x05" + reply, b"question", crc=True))
    assert bent != b"\x05" + reply and kind in FAULTS


def test_faults_end_and_are_counted():
    faults = Faults(1)
    faults.add(Fault("silence", time.monotonic() + 100, "a", 2))
    assert [faults.kind(name, time.monotonic()) for name in ("b", "a", "a", "a")] == ["", "silence", "silence", ""]


def test_shipped_scenarios_are_good_and_a_bad_one_says_everything():
    assert shipped_names()
    for name in shipped_names():
        assert load(name).lines
    assert {one.kind for one in load("faulty").faults} == set(FAULTS), "every kind that there is"
    with pytest.raises(BadScenario) as caught:
        build({"line": [{"kind": "can", "instrument": [{"model": "x9"}]}], "fault": [{"line": "q", "kind": "fire"}]})
    for word_ in ("can", "x9", "'q'", "fire", "name is missing"):
        assert word_ in str(caught.value)


def test_a_pty_paces_and_garbles_at_the_wrong_speed(tmp_path):
    spoken = [(0.0, bytes(range(1, 97)))]
    line = PtyLine(tmp_path / "x", 9600, lambda _: [], lambda: [spoken.pop()] if spoken else [])
    fd = os.open(tmp_path / "x", os.O_RDWR | os.O_NOCTTY)
    try:
        settings = termios.tcgetattr(fd)
        settings[4] = settings[5] = termios.B9600
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        line.start()
        begin, got = time.monotonic(), b""
        while len(got) < 96 and select.select([fd], [], [], 5)[0]:
            got += os.read(fd, 256)
        assert got == bytes(range(1, 97)) and time.monotonic() - begin > 0.08, "96 bytes take 0.1 s at 9600 baud"
        settings[4] = settings[5] = termios.B19200
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        spoken.append((0.0, b"\x42\x4d" * 8))
        assert select.select([fd], [], [], 5)[0] and b"\x42\x4d" not in os.read(fd, 256)
    finally:
        os.close(fd)
        line.stop()
    assert not (tmp_path / "x").exists()
