"""`station sim`: what a technician trains on; from another terminal faults are planted and read by the real command."""

import json
import os
import pty
import subprocess
import sys

import pytest

from tests.system.rig import wait_for

STATION = [sys.executable, "-m", "station"]

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
"""


def command(*words):
    return subprocess.run([*STATION, *words], capture_output=True, text=True, timeout=60)


@pytest.fixture
def training(short_folder):
    """A pH probe that runs, its lines as they come, and a configuration that reads it."""
    running = subprocess.Popen(
        [*STATION, "sim", "run", "y532", "--json", "--dir", str(short_folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    ports = json.loads(running.stdout.readline())["ports"]
    (short_folder / "station.toml").write_text(CONFIG.format(port=ports["y532"]), "utf-8")
    yield running, short_folder
    running.terminate()
    running.communicate(timeout=10)


def read(folder):
    places = ["--config", str(folder / "station.toml"), "--state", str(folder / "state"), "--run", str(folder / "run")]
    return command("read", "ph", "--json", "--lang", "en", *places)


def test_run_shows_what_is_asked_and_fault_makes_it_fail_until_cleared(training):
    running, folder = training
    good = read(folder)
    assert good.returncode == 0 and 7 < json.loads(good.stdout)["values"]["ph"] < 9
    travelled = [json.loads(running.stdout.readline()) for _ in range(2)]
    assert travelled[0]["asked"].startswith("01 03 28 00 00 02") and travelled[1]["answered"].startswith("01 03 04")
    planted = command("sim", "fault", "y532", "wrong_checksum", "--dir", str(folder))
    assert planted.returncode == 0, planted.stderr
    bad = read(folder)
    assert bad.returncode == 3 and "checksum" in json.loads(bad.stdout)["error"]
    assert command("sim", "fault", "y532", "clear", "--dir", str(folder)).returncode == 0
    assert read(folder).returncode == 0


def test_a_fault_that_does_not_exist_and_a_simulation_that_does_not_run(training, tmp_path):
    _running, folder = training
    wrong = command("sim", "fault", "y532", "fire", "--dir", str(folder))
    assert wrong.returncode == 2 and "silence" in wrong.stderr
    assert command("sim", "fault", "y533", "silence", "--dir", str(folder)).returncode == 2
    nobody = command("sim", "fault", "y532", "silence", "--dir", str(tmp_path), "--lang", "en")
    assert nobody.returncode == 3 and "station sim run" in nobody.stderr


def test_a_key_plants_a_fault_and_q_ends(short_folder):
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [*STATION, "sim", "run", "pms5003", "--lang", "en", "--dir", str(short_folder)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    seen = []

    def said(text):
        seen.append(running.stdout.readline())
        return text in seen[-1]

    wait_for("a frame with its meaning", lambda: said("PM2.5"))
    os.write(ours, b"s")
    wait_for("the fault is named", lambda: said("--- silence"))
    os.write(ours, b"q")
    running.communicate(timeout=10)
    assert running.returncode == 0 and any("driver = " in line for line in seen), "what to paste into station.toml"
    os.close(ours)


def test_list_and_a_mistyped_model():
    listed = json.loads(command("sim", "list", "--json").stdout)
    assert listed["models"]["y532"] == "modbus_rtu" and "faulty" in listed["scenarios"]
    wrong = command("sim", "run", "pms503")
    assert wrong.returncode == 2 and "pms5003" in wrong.stderr and "Traceback" not in wrong.stderr
