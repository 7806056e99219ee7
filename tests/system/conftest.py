"""Fixtures of the system tests; what they give is in `rig.py`."""

import shutil
import tempfile
from pathlib import Path

import pytest

from hw_sim.platform import process
from tests.system.rig import SCENARIO, SCHEMA, Mosquitto, Station


@pytest.fixture
def station(tmp_path, short_folder):
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


@pytest.fixture
def short_folder():
    """Socket paths are limited to 107 bytes; pytest's own folders may be longer."""
    folder = Path(tempfile.mkdtemp(prefix="shst-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def platform(short_folder):
    """The platform with its embedded broker."""
    folder = short_folder / "platform"
    folder.mkdir()
    with process.platform(folder, SCHEMA) as made:
        made.folder = folder
        yield made


@pytest.fixture
def broker(need, short_folder):
    made = Mosquitto(need("mosquitto"), short_folder)
    yield made
    made.kill()


@pytest.fixture
def district(broker, short_folder):
    """The platform behind a real mosquitto."""
    folder = short_folder / "district"
    folder.mkdir()
    with process.platform(folder, SCHEMA, "--broker", f"127.0.0.1:{broker.port}") as made:
        made.folder = folder
        yield made
