"""The simulated particle sensors against published frames and the states that their sheets describe."""

import struct

import pytest

from hw_sim.instruments import INSTRUMENTS
from hw_sim.world import World

WORLD = World(1)


def made(name, **settings):
    return INSTRUMENTS[name](WORLD, settings)


def ask(talker, text, now):
    return talker.hear(bytes.fromhex(text), now).hex()


def test_plantower_acknowledges_and_sleeps():
    """Acknowledgements: PMS5003 data manual v2.3, appendix I."""
    sensor = made("pms5003")
    assert ask(sensor, "424de100000170", 0.0) == "424d0004e1000174"
    assert ask(sensor, "424de400000173", 1.0) == "424d0004e4000177"
    assert ask(sensor, "424de200000171", 2.0) == "" and sensor.due(3.0) == b"", "asleep"
    assert ask(sensor, "424de400010174", 4.0) == "" and len(sensor.due(5.0)) == 32, "awake and active again"
    assert ask(sensor, "424de200000172", 6.0) == "", "a wrong sum"


@pytest.mark.parametrize(("name", "length"), [("pms5003t", 32), ("pms5003st", 40), ("pms3003", 24)])
def test_plantower_lengths_and_sums(name, length):
    frame = made(name).due(0.0)
    assert len(frame) == length and int.from_bytes(frame[2:4], "big") == length - 4
    assert sum(frame[:-2]) & 0xFFFF == int.from_bytes(frame[-2:], "big")
    assert made(name, zeros=5.0).due(0.0)[4:-2] == bytes(length - 6), "empty while it starts"


def test_a_pms3003_takes_no_commands():
    assert ask(made("pms3003"), "424de100000170", 0.0) == ""


def test_an_sds011_answers_as_its_protocol_paper_prints():
    """Laser Dust Sensor Control Protocol v1.3, for the device A160."""
    sensor = made("sds011")
    zeros = "00" * 11
    assert ask(sensor, f"aab40700{zeros}a16008ab", 0.0) == "aac5070f070aa16028ab"
    assert ask(sensor, f"aab40600{zeros}a16007ab", 0.0) == "aac506000100a16008ab"
    assert ask(sensor, "aab4080102" + "00" * 10 + "ffff09ab", 0.0)[:8] == "aac50801"
    assert ask(sensor, f"aab40800{zeros}a16009ab", 0.0) == "aac508000200a1600bab"
    assert ask(sensor, "aab4060100" + "00" * 10 + "a16008ab", 0.0) == "aac506010000a16008ab"
    assert ask(sensor, f"aab40700{zeros}a16008ab", 1.0) == "", "asleep it hears nothing"
    assert ask(sensor, "aab4060101" + "00" * 10 + "a16009ab", 2.0).endswith("aac506010100a16009ab")
    assert ask(sensor, f"aab40700{zeros}a16108ab", 3.0) == "", "another device's id"


def test_an_sps30_on_uart_refuses_and_answers_as_published():
    """Frames: MasandeM/sps30, sps30_test.go; avaldebe/PyPMS, tests."""
    sensor = made("sps30")
    assert ask(sensor, "7e000300fc7e", 0.0) == "7e00034300b97e", "not measuring: state 43"
    assert ask(sensor, "7e0000020103f97e", 0.0) == "7e00000000ff7e"
    assert ask(sensor, "7e0000020103f97e", 0.1) == "7e00004300bc7e", "measuring already"
    assert ask(sensor, "7e000300fc7e", 0.5) == "7e00030000fc7e", "no value yet"
    assert ask(sensor, "7e000300fc7e", 1.5).startswith("7e00030028")
    assert ask(sensor, "7e000300fc7e", 1.6) == "7e00030000fc7e", "nor a new one"
    assert ask(sensor, "7e00d20100", 1.6) == "" and ask(sensor, "2c7e", 1.6) == "7e00d200050000000000287e", "in two pieces"
    assert ask(sensor, "ff7e007d3100ee7e", 1.7) == "7e007d314300ab7e", "it is awake"
    assert ask(sensor, "7e001000ef7e", 1.8) == "7e00104300ac7e", "sleeps only from idle"
    assert ask(sensor, "7e005600a97e", 2.0) == "7e00560000a97e"
    assert ask(sensor, "7e000300fc7e", 9.0) == "7e00030000fc7e", "ten seconds of cleaning"
    assert ask(sensor, "7e000300fc7e", 12.1).startswith("7e00030028")


def test_an_sps30_cleans_itself_after_so_much_measuring():
    sensor = made("sps30", interval=100)
    ask(sensor, "7e0000020103f97e", 0.0)
    assert ask(sensor, "7e000300fc7e", 99.0).startswith("7e00030028")
    assert ask(sensor, "7e000300fc7e", 101.0) == "7e00030000fc7e"
    assert ask(sensor, "7e000300fc7e", 112.0).startswith("7e00030028")


def test_an_sps30_on_i2c_before_the_start_and_asleep():
    """Zeros with right CRCs: Sensirion/embedded-sps, issue 57. Waking: data sheet v1.0, section 6.3.3."""
    sensor = made("sps30_i2c")
    sensor.write(b"\x03\x00", 0.0)
    assert sensor.read(60, 0.0) == bytes.fromhex("000081" * 20)
    sensor.write(b"\x10\x01", 1.0)
    for now in (2.0, 2.2):
        with pytest.raises(OSError, match="no acknowledge"):
            sensor.write(b"\x11\x03", now)  # the second comes too late
    sensor.write(b"\x11\x03", 2.25)
    with pytest.raises(OSError, match="no acknowledge"):
        sensor.write(bytes.fromhex("00100300ad"), 3.0)  # a wrong CRC
    sensor.write(bytes.fromhex("00100300ac"), 3.0)
    sensor.write(b"\x02\x02", 4.1)
    assert sensor.read(3, 4.1) == bytes.fromhex("0001b0")


def test_a_sen5x_takes_its_time_and_knows_nothing_at_first():
    sensor = made("sen5x")
    sensor.write(b"\x00\x21", 0.0)
    with pytest.raises(OSError, match="no acknowledge"):
        sensor.write(b"\x03\xc4", 0.040)  # 50 ms to start
    sensor.write(b"\x03\xc4", 0.060)
    with pytest.raises(OSError, match="no acknowledge"):
        sensor.read(24, 0.070)
    assert sensor.read(24, 0.081) == bytes.fromhex("ffffac" * 4 + "7fff8f" * 4)
    sensor.write(b"\x03\xc4", 5.0)
    data = sensor.read(24, 5.1)
    words = struct.unpack(">8H", b"".join(data[i : i + 2] for i in range(0, 24, 3)))
    assert 0 < words[0] < words[1] < words[2] < words[3] < 3000 and words[6] == 1000 and words[7] == 0x7FFF
    sensor.write(b"\x03\xc4", 12.0)
    assert sensor.read(24, 12.1)[21:23] == bytes.fromhex("000a"), "NOx after ten seconds"
