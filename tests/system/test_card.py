"""A card of 64 MB: free space never falls under the floor in ninety days, and a folder that becomes read-only stops nothing."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

SCRIPT = """
import json, os, random, subprocess, sys
from pathlib import Path
from gateway.log.raw import RawLog
from gateway.log.reader import LogReader
from gateway.log.room import Room
from gateway.log.store import RecordLog
from gateway.ranges import Ranges
from gateway.record import ChannelRow
from station.clock import RELEASE, Clock
from station.recorder import RETRY, Recorder

folder, story = Path(sys.argv[1]), sys.argv[2]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "card", str(folder)], check=True)
FLOOR, PERIOD, DAY = 8 << 20, 600, 144
path = folder / "records.db"
utc, mono = RELEASE / 1000, 5000.0

class Kernel:
    def synchronised(self): return 20
    def weak_source(self): return "rtc"

class Instruments:
    maintenance = False
    def choose_certificates(self, day): pass
    def close(self, *more):
        some = ("pm25", "ug/m3", 12.3, 11.0, 14.0, 13.1, 300, 300, 1, "", "3f2a9c01d4e7")
        return [ChannelRow(f"i{n}", *some) for n in range(100)]

class Witness:
    def __init__(self): self.records = {}
    def storing(self, record): pass
    def stored(self, record): self.records[record.sequence] = record
    def stamped(self, *more): pass

def free():
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize

confirmed = Ranges()
def unconfirmed():
    owed = Ranges([(0, 2**62)])
    for first, last in confirmed: owed.remove(first, last)
    return owed

room = Room.of(folder, FLOOR)
clock = Clock(lambda: utc, lambda: mono, system=Kernel())
log = RecordLog.open(path, 1, room, background=False)
raw = RawLog(path, 7, "boot", room)
witness = Witness()
recorder = Recorder(log, clock, "boot", PERIOD, Instruments(), lambda: None, witness, unconfirmed)

def interval():
    global utc, mono
    for n in range(30):
        raw.add("pm", round(mono * 1000) + n, {"pm25": random.random(), "pm10": random.random(), "pm1": random.random()}, "")
    utc, mono = utc + PERIOD, mono + PERIOD
    now = clock.now()
    recorder.tick(now)
    raw.tick(now.monotonic, now.offset)

def numbers():
    reader = LogReader(path)
    found = {n for a, b in reader.runs(0, 2**62) for n in range(a, b + 1)}
    reader.close()
    return found

random.seed(1)
out = {"least": free(), "waited": 0}
if story == "full":
    for day in range(90):
        for _ in range(DAY):
            interval()
            out["least"] = min(out["least"], free())
            out["waited"] = max(out["waited"], recorder.waiting)
        with (folder / "journal").open("ab") as journal:
            journal.write(bytes(40_000))
        if not 10 <= day < 80:
            confirmed.add(1, recorder.last_sequence)
    evicted = [json.loads(one.body) for one in witness.records.values() if '"evicted"' in one.body]
    gone = {n for one in evicted for a, b in one["ranges"] for n in range(a, b + 1)}
    there = numbers()
    out |= {"floor": FLOOR, "stored": len(witness.records), "there": len(there), "evicted": len(gone)}
    out["unaccounted"] = len(witness.records.keys() - there - gone)
    out["both"] = len(gone & there)
    out["count"] = sum(one["count"] for one in evicted)
    out["order"] = [one["what"] for one in evicted]
    out["events"] = sorted({json.loads(one.body)["code"] for one in witness.records.values() if one.kind == "event"})
    out["events_gone"] = sum(witness.records[n].kind == "event" for n in gone)
else:
    for _ in range(5): interval()
    os.chown(folder, 65534, 65534)
    for one in folder.iterdir(): os.chown(one, 65534, 65534)
    os.setuid(65534)
    os.chmod(folder, 0o500)
    interval()
    out["goes_on"] = recorder.waiting == 0
    log.close()
    for one in folder.glob("*-*m*"): one.chmod(0o400)
    log._salvager.settle(1)
    recorder._log = log = RecordLog.open(path, 1, room, background=False)
    for _ in range(4): interval()
    out |= {"waiting": recorder.waiting, "fault": recorder.fault and recorder.fault.reason}
    os.chmod(folder, 0o700)
    for one in folder.iterdir(): one.is_symlink() or one.chmod(0o600)
    interval()
    out |= {"still_waiting": recorder.waiting, "there": len(numbers()), "stored": recorder.stored}
raw.close()
recorder.finish(clock.now())
print(json.dumps(out))
"""


@pytest.fixture
def on_a_card(need):
    """Runs a story on a file system of 64 MB that only it sees."""
    need.root()
    unshare = need("unshare")
    if subprocess.run([unshare, "-m", "mount", "-t", "tmpfs", "card", "/mnt"], capture_output=True).returncode:
        need.lack("a file system cannot be mounted here, not even for one process")
    folder = Path(tempfile.mkdtemp(prefix="shst-"))
    folder.chmod(0o755)  # for whom the script becomes

    def run(story):
        command = [unshare, "-m", sys.executable, "-c", SCRIPT, str(folder), story]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    yield run
    folder.rmdir()


@pytest.mark.system
def test_free_space_never_falls_under_the_floor_in_ninety_days(on_a_card):
    found = on_a_card("full")
    assert found["least"] >= found["floor"] and found["waited"] == 0
    assert found["stored"] > 90 * 144 > found["there"] and found["unaccounted"] == found["both"] == 0
    assert found["count"] == found["evicted"] > 2000 and found["events_gone"] == 0
    order = found["order"]
    assert order.index("raw") < order.index("confirmed") < order.index("unconfirmed"), "by value"


@pytest.mark.system
def test_a_folder_that_becomes_read_only_stops_nothing(on_a_card):
    found = on_a_card("read-only")
    assert found["goes_on"], "what is open can still be written"
    assert found["waiting"] == 4 and found["fault"] in ("readonly", "io"), "begun anew it waits in memory"
    assert found["still_waiting"] == 0 and found["there"] == found["stored"] >= 11
