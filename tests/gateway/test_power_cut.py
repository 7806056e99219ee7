"""The power fails at any instant: what was reported stored is there afterwards, and the files open.

The real store runs in a process whose writes, syncs and changes of names are recorded (`card.c`); what a card may hold after
a cut at any instant is worked out from that (`cut.py`). Two controls show that the rules can tell: the same store without
waiting for the card, and a file that is replaced without being synced.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from gateway.ledger import Ledger
from gateway.log.reader import LogReader
from gateway.log.salvage import Salvaged
from gateway.log.store import RecordLog
from station.memory import Memory
from tests.gateway import cut

CUTS = 70
"""Instants of each story; each gives a state for every way in which what was not synced may be lost. A control needs fewer."""

STORY = """
import random, sqlite3, sys
from pathlib import Path
from gateway.ledger import Ledger, unconfirmed
from gateway.log import files, room, schema, writer
from gateway.log.room import Room
from gateway.log.store import RecordLog
from gateway.record import Record, compact
from station import events
from station.memory import Memory
from tests.gateway.cut import tell

folder, story, control = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
writer.WAL_PAGES = 12
path = folder / "records.db"
BEGIN = 1_793_400_000_000  # the last day of October 2026
free = [1 << 30]
space = Room(lambda: free[0], 1 << 30, 1 << 20)
if control == "normal":
    set_up = writer.set_up
    def hasty(database, *more, **named):
        set_up(database, *more, **named)
        database.execute("PRAGMA synchronous = NORMAL")
    writer.set_up = hasty
if control == "no-sync":
    import os
    files.put = room.files.put = lambda part, path: (files.remove_beside(path), os.replace(part, path))
    files.sync_folder = lambda folder: None
    create = schema.create
    def careless(part):
        database = create(part)
        database.execute("PRAGMA synchronous = OFF")
        return database
    writer.create = room.create = careless

def body(number):
    return compact([[number, "x" * random.Random(number).randrange(100, 6000)]])

def record(number, start, kind="interval", text=""):
    return Record(0, kind, 60 * (kind == "interval"), start, 0, "boot", number * 60_000, "ntp", 50, text or body(number))

def store(log, ledger, numbers, month=0, timeless=False):
    for number in numbers:
        sequence = log.append(record(number, None if timeless else BEGIN + month * 31 * 86_400_000 + number * 60_000))
        tell(f"stored {sequence} {number}")
        ledger.extend(ledger.head + 1, sequence)
        if number % 3 == 0:
            tell(f"confirmed {sequence}")
            ledger.confirm(sequence, sequence)
        if number % 7 == 0:
            ledger.commit()

def old_version():
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    for step, script in enumerate(schema.MIGRATIONS[:2]):
        database.executescript(f"BEGIN; {script} PRAGMA user_version = {step + 1}; COMMIT;")
    for number in range(1, 16):
        row = (1000 + number, "interval", 60, BEGIN + number * 60_000, 0, "boot", number * 60_000, "ntp", 50, body(number), None)
        database.execute(f"INSERT INTO records ({schema.COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        tell(f"stored {1000 + number} {number}")

if story == "migration":
    old_version()
log = RecordLog.open(path, 1000, space, background=False)
ledger = Ledger(folder / "gateway" / "platform.db")
memory = Memory(folder / "memory.json", 1e9)
store(log, ledger, range(100, 140))
memory.identify("pm", "PMS-1")
memory.write({}, 1e9, 1.0)
store(log, ledger, range(140, 150), timeless=True)
log.stamp("boot", BEGIN, "ntp", 20)
store(log, ledger, range(200, 230), month=1)
log.close()
log = RecordLog.open(path, 5, space, background=False)
memory.identify("pm", "PMS-2")
memory.write({}, 1e9, 2.0)
store(log, ledger, range(300, 320), month=2)
free[0] = (1 << 20) + (1 << 18)
for number in range(400, 412):
    what = log.eviction(lambda: ledger.owed)
    if what is not None:
        sequence = log.append(record(0, BEGIN, "event", events.evicted(what.what, what.path.name, what.ranges, what.count)), True)
        tell(f"stored {sequence} 0")
        log.evict(what)
    store(log, ledger, [number], month=2)
log.close()
ledger.close()
"""


@pytest.fixture(scope="module")
def recorder(need, tmp_path_factory):
    """The preload, built."""
    made = tmp_path_factory.mktemp("card") / "card.so"
    source = Path(__file__).with_name("card.c")
    subprocess.run([need("gcc"), "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made


@pytest.fixture
def place():
    """A folder in memory, if there is such: the card's speed is not what is tried."""
    folder = Path(tempfile.mkdtemp(prefix="shst-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def record(recorder, place):
    def recorded(story, control=""):
        root, log = place / "disk", place / "steps"
        (root / "gateway").mkdir(parents=True)
        environment = {**os.environ, "LD_PRELOAD": str(recorder), "CARD_ROOT": str(root), "CARD_LOG": str(log)}
        subprocess.run([sys.executable, "-c", STORY, str(root), story, control], env=environment, check=True)
        return str(root), cut.read(log)

    return recorded


@pytest.fixture
def judge(place):
    """What is wrong in the states after cuts of a recorded story: how often, by kind."""

    def judged(root, steps, seed, cuts=CUTS):
        chance, wrong = random.Random(seed), Counter()
        busy = [at for at, step in enumerate(steps) if step.what != "S"]
        for at in sorted(chance.sample(busy, min(cuts, len(busy)))):
            for mode in cut.MODES:
                folder = place / "after"
                folder.mkdir()
                cut.put(cut.state(steps[:at], mode, chance), root, folder)
                wrong.update(faults(folder, cut.told(steps[:at]), cut.told(steps)))
                shutil.rmtree(folder)
        return wrong

    return judged


def faults(folder, told, all_told):
    """What is wrong with the files in `folder`, when `told` is what the world has heard."""
    (folder / "gateway").mkdir(exist_ok=True)
    stored = {int(words[1]): int(words[2]) for words in map(str.split, told) if words[0] == "stored"}
    log = RecordLog.open(folder / "records.db", 2_000_000_000, background=False)
    happened = [one for one in log.happenings if not isinstance(one, Salvaged)]
    log.stamp("boot", 1, "test", None)
    log.close()
    records = every_record(folder / "records.db")
    evicted = {
        number
        for one in records.values()
        if one.kind == "event"
        for low, high in json.loads(one.body)["ranges"]
        for number in range(low, high + 1)
    }
    wrong = [type(one).__name__ for one in happened]
    wrong += ["lost"] * len(stored.keys() - records.keys() - evicted)
    wrong += ["changed" for n, what in stored.items() if what and n in records and json.loads(records[n].body)[0][0] != what]
    unsaid = {n for n in records if n not in stored and n < 2_000_000_000}
    wrong += ["invented"] * (len(unsaid) > 1)
    ledger = Ledger(folder / "gateway" / "platform.db")
    confirmed = {int(words[1]) for words in map(str.split, all_told) if words[0] == "confirmed"}
    wrong += ["not owed" for n in stored if n <= ledger.head and n not in ledger.owed and n not in confirmed]
    ledger.close()
    wrong += ["memory"] * (Memory(folder / "memory.json", 1e9).identities.get("pm", "PMS-1") not in ("PMS-1", "PMS-2"))
    return wrong


def every_record(path):
    reader = LogReader(path)
    found = {one.sequence: one for one in reader.oldest_first(0, 2**62, 100_000)}
    reader.close()
    return found


@pytest.mark.parametrize(("story", "control"), [("first start", ""), ("migration", "")])
def test_what_was_reported_stored_is_there_after_a_cut_at_any_instant(record, judge, story, control):
    root, steps = record(story, control)
    renamed = [step.names[1] for step in steps if step.what == "R"]
    assert len({name for name in renamed if "/records-" in name}) >= 3, "the story has its roll-overs"
    assert any('"evicted"' in step.data.decode("utf-8", "replace") for step in steps if step.what == "W"), "and its eviction"
    assert judge(root, steps, story) == {}


@pytest.mark.parametrize("control", ["normal", "no-sync"])
def test_a_store_that_does_not_wait_for_the_card_is_found_out(record, judge, control):
    assert judge(*record("first start", control), control, cuts=15)["lost"] > 10
