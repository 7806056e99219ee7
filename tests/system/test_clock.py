"""Wrong clocks and steps with the real processes, under a preload that shifts their wall clock (`tests/preload/`)."""

import json
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from hw_sim.platform.consumer import archive
from tests.system.rig import wait_for

SOURCE = Path(__file__).parents[1] / "preload" / "wrong_clock.c"
DAY = 86400


@pytest.fixture(scope="module")
def library(need, tmp_path_factory):
    made = tmp_path_factory.mktemp("preload") / "wrong_clock.so"
    done = subprocess.run([need("gcc"), "-shared", "-fPIC", "-O2", "-o", str(made), str(SOURCE), "-ldl"], capture_output=True)
    if done.returncode:
        need.lack(f"the preload cannot be compiled: {done.stderr.decode()[-200:]}")
    return made


class Machine:
    """What the station's processes believe: the clock's error in s, whether it is disciplined, which boot this is."""

    def __init__(self, folder, library, monkeypatch):
        self._offset, self._boot = folder / "offset", folder / "boot"
        self.set(0)
        self.boot("first")
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("WRONG_CLOCK", str(self._offset))
        monkeypatch.setenv("BOOT_ID", str(self._boot))

    def set(self, by, disciplined=False):
        part = self._offset.with_suffix(".part")
        part.write_text(f"{by} {int(disciplined)}\n")
        part.replace(self._offset)

    def boot(self, name):
        self._boot.write_text(f"{name}\n")


@pytest.fixture
def machine(library, short_folder, monkeypatch):
    return Machine(short_folder, library, monkeypatch)


def true_start(record):
    """The real machine did not restart: its monotonic clock ran through all of these boots."""
    return record.monotonic + round((time.time() - time.monotonic()) * 1000)


def test_several_boots_with_wrong_clocks_keep_order_and_spacing(station, machine):
    """1970, the image's date, next year: nothing is delivered, and everything is stamped when the time is known."""
    station.configure(1)
    wrong = {"epoch": 5 - time.time(), "image": -90 * DAY, "year": 365 * DAY}
    for name, by in wrong.items():
        machine.set(round(by))
        machine.boot(name)
        station.start("acquire")
        wait_for("intervals", lambda: station.live().get("stored", 0) >= 3)
        assert station.live()["clock"]["trusted"] is False
        station.kill("acquire")
        (station.folder / "run" / "live.json").unlink()
    assert station.records() == [], "nothing without a trusted time is read for delivery"
    machine.set(-40 * DAY)
    machine.boot("last")
    station.start("acquire")
    wait_for("more intervals", lambda: station.live().get("stored", 0) >= 3)
    machine.set(0, disciplined=True)
    wait_for("the time is known", lambda: station.live()["clock"]["trusted"])
    station.stop("acquire")
    found = station.records()
    assert {record.boot for record in found} == {*wrong, "last"} and len(found) >= 10
    intervals = sorted(station.intervals(), key=lambda record: record.sequence)
    starts = [record.start for record in intervals]
    assert starts == sorted(starts)
    for name in (*wrong, "last"):
        mine = [record for record in found if record.boot == name]
        assert len({record.start - record.monotonic for record in mine}) <= 2, "spacing is that of the monotonic clock"
    for record in found:
        off = abs(record.start - true_start(record))
        assert off <= (record.time_error if record.time_error is not None else 60_000) + 1500, record
    assert {record.time_source for record in found} == {"estimated", "ntp"}


def test_steps_in_the_middle_of_an_interval_lose_and_double_nothing(station, machine):
    station.configure(1)
    machine.set(50 * DAY)  # some way ahead of this installation's own date, which is a floor
    station.start("acquire")
    wait_for("intervals", lambda: len(station.intervals()) >= 3)
    for by in (50 * DAY + 600, 50 * DAY - 7200, 60 * DAY):
        before = len(stepped(station))
        machine.set(by)
        wait_for("the step is told", lambda before=before: len(stepped(station)) > before)
        stored = len(station.intervals())
        wait_for("measuring goes on", lambda stored=stored: len(station.intervals()) >= stored + 2)
    station.stop("acquire")
    intervals = sorted(station.intervals(), key=lambda record: record.sequence)
    keys = {(record.start, record.revision) for record in intervals}
    assert len(keys) == len(intervals), "no interval is there twice"
    gaps = [after.monotonic - before.monotonic for before, after in pairwise(intervals)]
    assert max(gaps) <= 1000 + 400 and min(gaps) > 0, "each begins where the one before ended"
    flagged = [record for record in intervals if any(row[10] == "clock" for row in json.loads(record.body))]
    assert len(flagged) >= 3 and [round(step / 1000) for step in stepped(station)] == [600, -7800, 10 * DAY + 7200]


def stepped(station):
    bodies = [json.loads(record.body) for record in station.records() if record.kind == "event"]
    return [body["by"] for body in bodies if body["code"] == "clock_stepped"]


def test_the_platforms_time_serves_where_there_is_no_other(station, platform, machine):
    """NTP is blocked and the clock stands in 1970: what was measured is stamped by the platform's time, and delivered."""
    machine.set(round(5 - time.time()))
    station.configure(platform.ready["port"])
    station.start("acquire")
    wait_for("intervals", lambda: station.live().get("stored", 0) >= 2)
    assert not station.live()["clock"]["trusted"]
    station.start("gateway")
    wait_for("the platform's time", lambda: station.live()["clock"]["source"] == "platform")
    wait_for("records are delivered", lambda: platform.order(do="stats")["stored"] >= 4)
    station.settle(platform)
    kept = [json.loads(text) for text in archive(platform.folder / "platform.db").values()]
    assert {one["time"]["source"] for one in kept} == {"platform"} and all(one["time"]["error"] < 5000 for one in kept)
    assert all(abs(one["start"] / 1000 - time.time()) < 60 for one in kept)
