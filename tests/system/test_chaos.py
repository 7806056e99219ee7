"""The rough form of the oracle's run: real processes, kill -9, a line that is cut; and that its control is found."""

import json
import subprocess
import sys

import pytest

from station.trial.journal import Journal, read_journal
from station.trial.oracle import Oracle
from tests.station.test_chaos import record


def chaos(*words):
    command = [sys.executable, "-m", "station", "sim", "chaos", "--real", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.system
def test_nothing_is_lost_when_real_processes_are_killed_at_any_instant():
    code, verdict = chaos("--for", "22s", "--seed", "4")
    assert (code, verdict["missing"], verdict["extra"]) == (0, 0, 0)
    assert verdict["obligations"] >= 10 and verdict["faults"]["process_kill"] >= 2


@pytest.mark.system
def test_the_control_is_found():
    code, verdict = chaos("--for", "6s", "--seed", "2", "--control")
    assert (code, verdict["missing"], verdict["extra"]) == (1, 1, 0)


def test_the_journal_says_what_the_witness_heard(tmp_path):
    path = tmp_path / "journal"
    journal, heard = Journal(path), Oracle("S")
    for number in (1, 2):
        journal.storing(record(0))
        journal.stored(record(number))
    journal.stamped("b", 5, "ntp", 100)
    with path.open("a") as file:
        file.write('["stored",{"sequ')  # killed while writing
    assert read_journal(path, heard) == 2 and heard.owed() == [record(1), record(2)]
