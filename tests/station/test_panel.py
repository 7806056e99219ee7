"""LED, button and the modem's supply, on a simulated chip."""

import json
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from hw_sim.ports.gpio import GpioServer
from station.acquire import Acquisition
from station.config import BadConfig, parse
from station.host.panel import (
    CARD,
    FAST,
    LONGEST_OFFLINE,
    NO_ANSWER,
    NO_PLATFORM,
    OFF,
    OFFLINE,
    STEADY,
    WELL,
    ModemGuard,
    Panel,
    PanelSettings,
    lit,
)  # fmt: skip
from station.live import write_json
from station.places import Places
from station.trial.verdict import stored_records
from tests.system.rig import wait_for


@pytest.mark.parametrize(("pattern", "blinks"), [(WELL, 1), (NO_PLATFORM, 2), (NO_ANSWER, 3), (CARD, 4), (FAST, 10), (STEADY, 0)])
def test_patterns_as_they_are_documented(pattern, blinks):
    """Counted as a person does: how often it lights up in three seconds."""
    states = [lit(pattern, n * 0.01 + 0.001) for n in range(300)]
    starts = sum(now and not before for before, now in pairwise([states[-1], *states]))
    assert starts == blinks
    assert all(states) if pattern == STEADY else not all(states)


def test_the_modem_loses_power_ever_more_rarely():
    guard, cycles = ModemGuard(), []
    for second in range(0, 24 * 3600, 10):
        if guard.look(False, float(second)):
            cycles.append(second)
    gaps = [b - a for a, b in pairwise(cycles)]
    assert cycles[0] == OFFLINE and gaps[0] == 2 * OFFLINE and max(gaps) == LONGEST_OFFLINE
    assert gaps == sorted(gaps)


def test_a_gateway_that_does_not_run_is_no_dead_modem():
    guard = ModemGuard()
    assert not any(guard.look(None, float(second)) for second in range(0, 7200, 10))
    guard.look(False, 7200.0)
    guard.look(True, 8000.0)
    assert not guard.look(False, 8100.0) and not guard.look(False, 8999.0) and guard.look(False, 9001.0)


class Chip:
    """Pins: what they read, and what was driven."""

    def __init__(self, path):
        self.levels = {24: True}
        self.driven = []
        self.server = GpioServer(path, self.ask)
        self.server.start()

    def ask(self, verb, line, high):
        if verb == "w":
            self.driven.append((line, high))
            return b"ok"
        return b"1" if self.levels.get(line, True) else b"0"


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="shpa-") as made:  # socket paths must be short
        yield Path(made)


@pytest.fixture
def chip(folder):
    made = Chip(folder / "gpio.sock")
    yield made
    made.server.stop()


def settings(folder):
    return PanelSettings(f"unix:{folder}/gpio.sock", led=23, button=24, modem=25)


def test_led_button_and_modem(folder, chip):
    panel = Panel(settings(folder), folder / "delivery.json")
    panel.pattern = WELL
    for step in range(61):
        panel.turn(3000.0 + step * 0.05)
    assert [high for line, high in chip.driven if line == 23] == [True, False, True], "one blink, and the next one begins"
    chip.levels[24] = False
    for step in range(100):
        panel.turn(3100.0 + step * 0.05)
    assert len(panel.presses) == 1, "held for five seconds it counts once"
    chip.levels[24] = True
    panel.turn(3106.0)
    chip.levels[24] = False
    panel.turn(3107.0)
    panel.turn(3108.0)
    assert len(panel.presses) == 1, "a short touch does nothing"
    chip.driven.clear()
    for second in range(int(OFFLINE + OFF) + 3):
        write_json(folder / "delivery.json", {"monotonic": time.monotonic(), "destinations": {"d": {"connected": False}}})
        panel.turn(4000.0 + second)
    assert [one for one in chip.driven if one[0] == 25] == [(25, False), (25, True)] and panel.cycles == 1
    panel.stop()
    panel._gpio.close()


CONFIG = """
[station]
id = "T-1"
name = "test"
interval = 1
[[bus]]
name = "i2c"
kind = "i2c"
port = "unix:/nowhere.sock"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[panel]
port = "unix:{folder}/gpio.sock"
led = 23
button = 24
"""


def test_acquisition_works_the_panel(folder, chip, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda number, handler: None)  # it runs in a thread here
    (folder / "run").mkdir()
    places = Places(folder / "c", folder / "state", folder / "run")
    service = Acquisition(parse(CONFIG.format(folder=folder), "c"), places)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        wait_for("the LED says that an instrument does not answer", lambda: service._pole.pattern == NO_ANSWER)
        chip.levels[24] = False
        wait_for("maintenance", lambda: service.pipeline.maintenance and service._pole.pattern == FAST)
        assert (23, True) in chip.driven
    finally:
        service.stop()
        thread.join(20)
    asked = [json.loads(record.body) for record in stored_records(places.log) if record.kind == "event"]
    assert {"code": "requested", "action": "maintenance", "who": "button", "arguments": {"on": True}, "result": "on"} in asked


@pytest.mark.parametrize("panel", ["panel = 3", "[panel]\nled = 999", "[panel]\nlamp = 3"])
def test_a_wrong_panel_is_told(panel):
    text = CONFIG.partition("[panel]")[0]
    with pytest.raises(BadConfig, match=r"panel|led|lamp"):
        parse(f"{panel}\n{text}" if panel.startswith("panel") else text + panel, "c")
