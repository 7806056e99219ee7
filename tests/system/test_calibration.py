"""A pH probe calibrated in the field, on the real processes: from the buffer to a delivered value, and back again."""

import json
import os
import select
import signal
import subprocess
import sys

import pytest

from calibration.certificate import load
from calibration.targets import target
from hw_sim.platform import process
from tests.system.rig import Station, wait_for

SCENARIO = """
[[line]]
name = "rs485"
kind = "modbus_rtu"
[[line.instrument]]
model = "y532"
address = 3
"""
CONFIG = """
[station]
id = "T-1"
name = "test"
language = "en"
interval = 1
[[bus]]
name = "rs485"
kind = "modbus"
port = "{rs485}"
baud = 9600
[[instrument]]
name = "river"
driver = "y532"
bus = "rs485"
address = 3
serial = "23060017"
[[destination]]
name = "district"
host = "127.0.0.1"
port = {port}
patience = 2
"""


@pytest.fixture
def river(tmp_path, short_folder):
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO, "utf-8")
    with process.instruments(str(scenario), short_folder) as sensors:
        made = Station(short_folder, sensors)
        (short_folder / "run").mkdir()
        yield made
        for running in made.processes.values():
            if running.poll() is None:
                running.kill()
                running.wait()


class Technician:
    """Somebody at `station calibrate ph`, who presses Enter when told to."""

    def __init__(self, station, *more):
        words = ["calibrate", "ph", "river", "--by", "Wang Li", "--stable", "4", "--temperature", "25", *more]
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "station", *words, *station.options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.heard = ""

    def hears(self, text):
        """Read until `text` was said."""
        while text not in self.heard:
            assert select.select([self.process.stdout], [], [], 60)[0], f"silent without {text!r}:\n{self.heard}"
            part = os.read(self.process.stdout.fileno(), 4096).decode()
            assert part, f"ended without {text!r}:\n{self.heard}"
            self.heard += part
        self.heard = self.heard.partition(text)[2]

    def enter(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ends(self):
        with self.process:
            return self.process.wait(30)


def newest(station, quantity="ph"):
    rows = [row for record in station.intervals()[-1:] for row in json.loads(record.body) if row[1] == quantity]
    return rows[0] if rows else [None] * 12


def immerse(station, ph):
    """Put the probe into a buffer, and wait until it says so."""
    station.sensors.order(do="hold", truths={"ph": ph, "water_temperature": 25.0})
    wait_for(f"pH {ph}", lambda: newest(station)[6] == pytest.approx(ph, abs=1e-3))


def test_from_the_buffer_to_a_delivered_value_and_back(river, platform, short_folder):
    river.config.write_text(CONFIG.format(port=platform.ready["port"], **river.sensors.ready["ports"]), "utf-8")
    river.start("acquire")
    river.start("gateway")
    wait_for("a value without certificate", lambda: newest(river)[10] == "out_of_calibration")

    first = Technician(river)
    first.hears("buffer pH 6.86")
    immerse(river, 6.90)
    first.enter()
    first.hears("to go at least")
    first.hears("Read: 6.9 in 6.86")
    wait_for("flagged", lambda: newest(river)[10] == "maintenance")
    first.process.send_signal(signal.SIGINT)
    assert first.ends() == 1

    second = Technician(river)
    second.hears("Going on after 1 of 2 steps")
    second.hears("buffer pH 4.01")
    immerse(river, 4.10)
    second.enter()
    second.hears("slope")
    second.hears("holds until")
    second.hears("Put everything back")
    river.sensors.order(do="hold", truths={"ph": 7.60, "water_temperature": 20.0})
    second.enter()
    assert second.ends() == 0

    (made,), bad = load(short_folder / "certificates")
    assert not bad and made.before == ((6.86, 6.9), (4.01, 4.1)) and made.author == "Wang Li"
    wait_for("a corrected value", lambda: newest(river)[11] == made.id and newest(river)[9] == 1, 40)
    river.settle(platform)
    rows = [row for record in river.intervals() for row in json.loads(record.body) if row[1] == "ph" and row[11] == made.id]
    value, raw = rows[-1][3], rows[-1][6]
    assert raw == pytest.approx(7.6, abs=0.01)
    assert made.apply(raw) == pytest.approx(value, abs=1e-4)
    # by hand: the line through (6.86, 6.90) and (4.01, 4.10) has slope 0.98246: 7.6 stands for 6.86 + 0.70/0.98246
    assert value == pytest.approx(7.5725, abs=0.002)
    assert made.coefficients["buffers"] == [6.86, 4.01] and target(made.method)["confidence"] == "unverified"
    bodies = [json.loads(record.body) for record in river.records() if record.kind == "event"]
    (told,) = [body for body in bodies if body["code"] == "calibrated"]
    assert told["certificate"] == made.id and told["figures"]["slope_percent"] == pytest.approx(98.246, abs=0.01)
