"""Several devices with different speeds on one RS-485 line: each is asked at its own, and hears nothing else."""

import os
import select
import termios
import threading
import tty

import pytest

from hw_sim.line import crc16
from station.buses import open_bus
from station.config import parse

CONFIG = """
[station]
id = "T"
name = "T"
[[bus]]
name = "rs485"
kind = "modbus"
port = "{port}"
[[instrument]]
name = "ph"
driver = "y532"
bus = "rs485"
address = 3
[[instrument]]
name = "noise"
driver = "rs485_noise"
bus = "rs485"
address = 5
[[instrument]]
name = "solar"
driver = "epever"
bus = "rs485"
address = 7
"""

SPEEDS = {3: termios.B9600, 5: termios.B4800, 7: termios.B115200}
"""Unit → the speed of its data sheet."""


@pytest.fixture
def line():
    """A line whose units answer one register only if they are asked at their own speed."""
    master, slave = os.openpty()
    tty.setraw(slave)
    stop = threading.Event()

    def run():
        while not stop.is_set():
            if not select.select([master], [], [], 0.05)[0]:
                continue
            question = os.read(master, 256)
            if termios.tcgetattr(slave)[5] == SPEEDS[question[0]]:
                body = bytes((question[0], 3, 2, 0, question[0]))
                os.write(master, body + crc16(body))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield os.ttyname(slave)
    stop.set()
    thread.join(5)
    os.close(master)
    os.close(slave)


def test_each_device_is_asked_at_its_own_speed_in_any_order(line):
    config = parse(CONFIG.format(port=line), "x")
    bus = open_bus(config.buses[0], list(config.instruments))
    for unit in (3, 5, 7, 5, 3, 3, 7):
        assert bus.port(unit, 2.0).holding(0, 1) == (unit,)
    bus.close()
