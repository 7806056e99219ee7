"""The files of a running station are damaged: it goes on within seconds, and what can be read reaches the platform once."""

import json

import pytest

from hw_sim.platform.consumer import archive
from tests.system.rig import wait_for

FRAME = 4096 + 24
"""Bytes of a frame in the write-ahead log, behind a header of 32."""


def codes(platform):
    """The events that the platform has, by their code."""
    rows = [json.loads(text) for text in archive(platform.folder / "platform.db").values()]
    return [row["body"]["code"] for row in rows if row["kind"] == "event"]


@pytest.mark.system
@pytest.mark.parametrize("running", [True, False], ids=["running", "killed"])
def test_a_damaged_log_is_replaced_and_its_rows_are_delivered(station, platform, running):
    station.configure(platform.ready["port"])
    station.start("acquire")
    wait_for("a backlog", lambda: station.live().get("stored", 0) >= 6)
    before = {record.sequence for record in station.records()}
    pid = station.processes["acquire"].pid
    if not running:
        station.kill("acquire")
    partition = (station.state / "acquire" / "records.db").resolve()
    wal = partition.with_name(f"{partition.name}-wal")
    with wal.open("r+b") as file:  # in place: the processes have it open
        for at in range(32 + 4000, file.seek(0, 2), FRAME):  # near a page's end, where its first row lies
            file.seek(at)
            byte = file.read(1)
            file.seek(at)
            file.write(bytes([byte[0] ^ 1]))
    if not running:
        with partition.open("r+b") as file:
            file.write(b"rubbish" * 10)
        station.start("acquire")
    station.start("gateway")
    wait_for("new records", lambda: len([n for n, _ in archive_of(platform) if n > max(before)]) >= 3)
    wait_for("nothing owed", lambda: station.destination().get("owed", 1) <= 1)
    told = wait_for("the event", lambda: [code for code in codes(platform) if code.startswith(("log_", "wal_"))])
    assert station.processes["acquire"].poll() is None and (not running or station.processes["acquire"].pid == pid)
    assert len(told) == len(set(told)) and set(told) & {"log_replaced", "wal_damaged"}
    rows = "all but the first record of a page, once they are salvaged in the background"
    wait_for(rows, lambda: len(before - {n for n, _ in archive_of(platform)}) <= 2)
    assert platform.order(do="stats")["conflicts"] == platform.order(do="stats")["invalid"] == 0


def archive_of(platform):
    return [(number, text) for (_station, number), text in archive(platform.folder / "platform.db").items()]
