"""An on-line analyser through the whole station: asked often, stored when its sample time changes, published with that time."""

import json
from datetime import datetime
from importlib.resources import files
from itertools import pairwise

import pytest

from hw_sim.platform import process
from tests.system.rig import SCENARIO, Station, wait_for

CYCLE = 2
LINE = f"""
[[line]]
name = "rs485"
kind = "modbus_rtu"
[[line.instrument]]
model = "lida"
parameter = "cod"
cycle = {CYCLE}
"""

MORE = """
[[bus]]
name = "rs485"
kind = "modbus"
port = "{rs485}"
[[instrument]]
name = "analyser"
driver = "modbus_map"
map = "lida.toml"
bus = "rs485"
quantity = "cod"
interval = 0.4
"""


@pytest.fixture
def analysed(tmp_path, short_folder):
    """A station with an analyser that finishes an analysis every two seconds, described as shipped but asked more often."""
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO + LINE, "utf-8")
    shipped = files("drivers").joinpath("water/lida.toml").read_text("utf-8")
    (short_folder / "lida.toml").write_text(shipped.replace("least_interval = 5.0", "least_interval = 0.4"), "utf-8")
    with process.instruments(str(scenario), short_folder) as sensors:
        made = Station(short_folder, sensors)
        (short_folder / "run").mkdir()
        yield made
        for running in made.processes.values():
            if running.poll() is None:
                running.kill()
                running.wait()


def rows(records):
    """The rows of the analyser, in the order in which they were stored."""
    return [row for one in records for row in json.loads(one.body) if row[0] == "analyser"]


def test_each_result_is_stored_once_and_published_with_the_time_of_its_sample(analysed, platform):
    analysed.configure(platform.ready["port"], MORE.format(**analysed.sensors.ready["ports"]))
    analysed.start("acquire")
    analysed.start("gateway")
    wait_for("four results", lambda: len(rows(analysed.intervals())) >= 4)
    asked = analysed.sensors.order(do="stats")["stats"]["rs485"]["lida"]
    counts = analysed.settle(platform)
    stored = [row for row in rows(analysed.intervals()) if row[3] is not None]
    assert counts["stored"] and all(len(row) == 13 and row[1] == "cod" for row in stored)
    times = [datetime.fromisoformat(row[12]) for row in stored]
    assert times == sorted(set(times)), "no result twice"
    assert all((later - earlier).total_seconds() >= CYCLE for earlier, later in pairwise(times))
    assert asked > 2 * len(stored), "it was asked more often than it had something new"
