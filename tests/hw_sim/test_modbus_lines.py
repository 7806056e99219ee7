"""The scenario of Modbus twins, asked over its real lines by bare bytes."""

import os
import select
import termios
import time

import pytest

from hw_sim.line import crc16
from hw_sim.scenario import load
from hw_sim.simulation import Simulation

SPEEDS = {4800: termios.B4800, 9600: termios.B9600, 115200: termios.B115200}


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    with Simulation(load("modbus-devices"), tmp_path_factory.mktemp("l")) as simulation:
        yield simulation.ports


def ask(port, baud, text, size):
    """The reply's `size` bytes, without the CRC, which is checked."""
    fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        settings = termios.tcgetattr(fd)
        settings[4] = settings[5] = SPEEDS[baud]
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        os.write(fd, bytes.fromhex(text) + crc16(bytes.fromhex(text)))
        heard, end = b"", time.monotonic() + 5
        while len(heard) < size + 2 and select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]:
            heard += os.read(fd, 256)
    finally:
        os.close(fd)
    assert crc16(heard[:-2]) == heard[-2:]
    return heard[:-2]


@pytest.mark.parametrize(
    "line,baud,question,size",
    [
        ("probes", 9600, "0b101c00000000", 6),  # start the Y520
        ("probes", 9600, "0d0328000002", 7),  # pH
        ("analysers", 9600, "010306d7000a", 23),
        ("level", 9600, "c80313880010", 35),
        ("level", 9600, "0304 00000008".replace(" ", ""), 19),
        ("weather", 4800, "010300000002", 7),
        ("solar", 115200, "010431000012", 39),
        ("solar", 115200, "0102200c0001", 4),
    ],
)
def test_each_line_answers_to_the_byte(ports, line, baud, question, size):
    reply = ask(ports[line], baud, question, size)
    assert len(reply) == size and reply[:2] == bytes.fromhex(question)[:2]
