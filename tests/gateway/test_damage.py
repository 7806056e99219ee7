"""Damage to the files of the log, on real files: nothing stops, what can be read comes back, nothing is invented."""

import random
import resource
import shutil

import pytest

from gateway.courier import Courier
from gateway.feed import Feed
from gateway.ledger import Ledger, standing
from gateway.log import files
from gateway.log.faults import StorageError
from gateway.log.reader import LogReader
from gateway.log.room import Room
from gateway.log.salvage import Salvaged, salvage
from gateway.log.store import RecordLog
from gateway.log.writer import Replaced, WalDamaged, WalMissing
from gateway.record import Record, compact

BEGIN = 1_793_400_000_000
"""The evening of 30 October 2026: minutes from here reach into November."""


def record(number, step=10):
    body = compact([[number, "x" * random.Random(number).randrange(50, 5000)]])
    return Record(0, "interval", 60, BEGIN + number * step * 60_000, 0, "boot", number, "ntp", 50, body)


def filled(path, count=300):
    """A log of two months, and what it holds."""
    log = RecordLog.open(path, 1000)
    held = {log.append(record(number)): record(number) for number in range(count)}
    assert len(files.partitions(path)) == 2
    return log, held


def found(path):
    reader = LogReader(path)
    rows = {one.sequence: one for one in reader.oldest_first(0, 2**62, 10**6)}
    reader.close()
    return rows


def look_and_go_on(path, log):
    """A reader looks at everything, then the next record is stored; what there is when everything is mended."""
    found(path)
    new = log.append(record(9999))
    log.settle()
    found(path)
    newer = log.append(record(9998))
    log.settle()
    rows = found(path)
    assert {new, newer} <= rows.keys()
    return {n: one for n, one in rows.items() if n < new}


def is_true(rows, held):
    return all(rows[n].body == held[n].body and rows[n].start == held[n].start for n in rows)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("flips", [1, 8, 60])
def test_flipped_bytes_cost_at_most_the_pages_that_they_hit(tmp_path, which, flips):
    path = tmp_path / "records.db"
    log, held = filled(path)
    log.close()
    partition = files.partitions(path)[which].path
    content = bytearray(partition.read_bytes())
    chance = random.Random(flips)
    for at in chance.sample(range(len(content)), flips):
        content[at] ^= 1 << chance.randrange(8)
    partition.write_bytes(content)
    log = RecordLog.open(path, 5)
    rows = look_and_go_on(path, log)
    log.close()
    pages = {n: 4096 // (len(one.body) + 60) + 1 for n, one in held.items()}
    assert is_true(rows, held) and len(held) - len(rows) <= flips * max(pages.values())
    assert flips == 1 or sum(isinstance(one, Replaced) for one in log.happenings) == 1


def test_a_file_that_is_cut_off_gives_back_what_it_still_has(tmp_path):
    path = tmp_path / "records.db"
    log, held = filled(path)
    log.close()
    partition = files.partitions(path)[0].path
    size = partition.stat().st_size
    with partition.open("r+b") as file:
        file.truncate(size // 2 - 1000)
    log = RecordLog.open(path, 5)
    rows = look_and_go_on(path, log)
    replaced, salvaged = log.happenings
    assert isinstance(replaced, Replaced) and isinstance(salvaged, Salvaged) and salvaged.count > 40
    assert is_true(rows, held) and len(rows) > len(held) // 2 and salvaged.kept.stat().st_size == size // 2 - 1000
    log.close()


def test_a_killed_station_whose_file_and_write_ahead_log_are_both_damaged(tmp_path):
    """SQLite can use neither, and would delete the log when it closes: the rows in it come back all the same."""
    (tmp_path / "running").mkdir()
    log = RecordLog.open(tmp_path / "running/records.db", 1000)
    held = {log.append(record(number)): record(number) for number in range(12)}
    there = tmp_path / "killed"
    shutil.copytree(tmp_path / "running", there, symlinks=True)
    log.close()
    partition = files.partitions(there / "records.db")[-1].path
    with partition.open("r+b") as file:
        file.write(b"rubbish" * 10)
    with partition.with_name(f"{partition.name}-wal").open("r+b") as file:
        file.seek(40)  # the first frame's checksum does not hold any more
        file.write(b"\xff" * 4)
    log = RecordLog.open(there / "records.db", 5)
    log.append(record(9999))
    log.settle()
    rows = {n: one for n, one in found(there / "records.db").items() if n in held}
    assert rows.keys() == held.keys() and is_true(rows, held)
    log.close()


def test_damage_while_the_log_is_open(tmp_path):
    path = tmp_path / "records.db"
    log, held = filled(path)
    newest = files.partitions(path)[-1].path
    for victim in (newest, newest.with_name(f"{newest.name}-wal")):
        content = bytearray(victim.read_bytes())
        content[2000:-1:4096] = b"\xa5" * len(content[2000:-1:4096])
        victim.write_bytes(content)
    rows = look_and_go_on(path, log)
    assert is_true(rows, held) and [type(one) for one in log.happenings] == [Replaced, Salvaged]
    log.close()


def crash(path, log):
    """The files as a killed process leaves them."""
    kept = {one: one.read_bytes() for one in path.parent.glob("records-*") if not one.name.endswith("-shm")}
    log.close()
    for one in path.parent.glob("records-*"):
        one.unlink()
    for one, content in kept.items():
        one.write_bytes(content)
    return files.partitions(path)[-1].path


def test_a_lost_write_ahead_log_is_told_and_its_numbers_are_never_used_again(tmp_path):
    path = tmp_path / "records.db"
    log, held = filled(path)
    newest = crash(path, log)
    newest.with_name(f"{newest.name}-wal").unlink()
    log = RecordLog.open(path, 5)
    assert [type(one) for one in log.happenings] == [WalMissing]
    assert log.append(record(1)) > max(held) and len(found(path)) > 50
    log.close()
    log = RecordLog.open(path, 5)
    assert not log.happenings, "it is told once"
    log.close()


@pytest.mark.parametrize("place", [20, 32 + 9, 32 + 60 * 4120 + 9, 32 + 60 * 4120 + 4000, -20, -4120 + 10])
def test_a_flipped_byte_in_the_write_ahead_log_costs_only_its_own_record(tmp_path, place):
    path = tmp_path / "records.db"
    log, held = filled(path)
    newest = crash(path, log)
    wal = newest.with_name(f"{newest.name}-wal")
    content = bytearray(wal.read_bytes())
    place = place if place > 0 else place + 32 + last_frame(content) * 4120  # counted from the end of what is valid
    content[place] ^= 1
    wal.write_bytes(content)
    log = RecordLog.open(path, 5)
    assert log.append(record(1)) > max(held), "no number comes twice"
    assert len(held.keys() - found(path).keys()) <= 2 and is_true({n: r for n, r in found(path).items() if n in held}, held)
    assert all(isinstance(one, WalDamaged) for one in log.happenings)
    log.close()


def last_frame(wal):
    """How many frames have the salts of the head."""
    return sum(wal[at + 8 : at + 16] == wal[16:24] for at in range(32, len(wal) - 4119, 4120))


def test_input_and_output_errors_end_in_another_file(tmp_path):
    path = tmp_path / "records.db"
    log, _ = filled(path, 305)
    held = {}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    newest = files.partitions(path)[-1].path
    limit = newest.stat().st_size - 8192  # the kernel refuses to write beyond that, in the log and in its write-ahead log
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    reasons = []
    try:
        for number in range(1000, 1300):
            while number not in held:
                assert len(reasons) < 10 + 2 * (number - 1000), "it does not get on"
                try:
                    held[number] = log.append(record(number, 0))
                except StorageError as error:
                    reasons.append(error.reason)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    for number in range(60):
        log.append(record(5000 + number, 0))
    log.settle()
    rows = found(path)
    assert set(reasons) == {"io"} and len(rows) == 305 + 300 + 60
    assert all(rows[held[number]].body == record(number).body for number in range(1000, 1300))
    log.close()


def test_salvage_waits_for_room(tmp_path):
    path = tmp_path / "records.db"
    log, held = filled(path)
    log.close()
    partition = files.partitions(path)[0].path
    partition.write_bytes(b"\0" * 4096 + partition.read_bytes()[4096:])
    free = [1 << 20]
    log = RecordLog.open(path, 5, Room(lambda: free[0], 1 << 30, 1 << 20), background=False)
    log.append(record(1))
    assert files.survey(path).damaged and len(found(path)) < len(held)
    free[0] = 1 << 30
    for number in range(60):
        log.append(record(number))
    assert not files.survey(path).damaged and found(path).keys() >= held.keys()
    log.close()


def test_a_file_put_in_place_does_not_inherit_the_write_ahead_log_of_a_lost_one(tmp_path):
    for name in ("new.part", "records-000000000000001.db", "records-000000000000001.db-wal"):
        (tmp_path / name).write_bytes(name.encode())
    files.put(tmp_path / "new.part", tmp_path / "records-000000000000001.db")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("records-000000000000001.db", b"new.part")]


def test_rows_that_come_back_below_the_newest_are_owed(tmp_path):
    """The gateway begins while a damaged file waits for salvage: what it has not seen yet is owed as soon as it is back."""
    path = tmp_path / "records.db"
    log, held = filled(path)
    log.close()
    older, newer = files.partitions(path)
    damaged, newest = files.set_aside(older.path), newer.first
    for back in (False, True):
        if back:
            salvage(damaged)
        ledger, reader = Ledger(tmp_path / "ledger.db"), LogReader(path)
        Feed(reader, Courier(reader, ledger, window=10, patience=1.0), ledger).look()
        assert ledger.owed.total == sum(back or number >= newest for number in held)
        assert bool(ledger.doubtful.total) is not back
        ledger.close()
        assert standing(tmp_path / "ledger.db").confirmed(min(held)) is False
        reader.close()
