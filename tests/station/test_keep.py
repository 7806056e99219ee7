"""Backup and restore onto another machine: nothing is lost, no number is used twice, and one identity does not run twice."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from gateway.ledger import Ledger
from gateway.log.store import RecordLog
from gateway.record import Record
from station.clock import Now
from station.host.selfwatch import claim
from station.places import Places, find
from station.trial.verdict import stored_records
from station.upkeep import keep
from station.upkeep.keep import NotRestored, OtherMachine, backup, restore

CONFIG = """
[station]
id = "T-1"
name = "test"
[[bus]]
name = "i2c"
kind = "i2c"
port = "/dev/i2c-1"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[[destination]]
name = "district"
host = "127.0.0.1"
password_file = "{secret}"
"""
LATER = Now(5000, 1_900_000_000_000, 1_900_000_000_000, "ntp", 10)


@pytest.fixture
def old(tmp_path):
    """A station that has stored three records, two of them owed."""
    home = tmp_path / "old"
    places = Places(home / "etc/station.toml", home / "state", home / "run")
    (home / "etc/certificates").mkdir(parents=True)
    places.config.write_text(CONFIG.format(secret=home / "etc/district.password"), "utf-8")
    (home / "etc/certificates/one.toml").write_text("# a certificate\n")
    (home / "etc/district.password").write_text("secret")
    (home / "etc/district.password").chmod(0o600)
    (home / "etc/unrelated.txt").write_text("x")
    places.log.parent.mkdir(parents=True)
    log = RecordLog.open(places.log, first=100)
    for minute in range(3):
        log.append(Record(0, "interval", 60, 1_800_000_000_000 + minute * 60_000, 0, "b", 0, "ntp", 1, "[]"))
    places.memory.write_text('{"identities": {"pm": "1"}}')
    ledger = Ledger(places.ledgers / "district.db")
    ledger.extend(100, 102)
    ledger.confirm(100, 100)
    ledger.close()
    claim(places, "machine-a")
    yield places
    log.close()  # it was open, as while the services run


def test_a_damaged_file_goes_along_as_it_is(tmp_path, old):
    (old.log.parent / "records-000000000000001.damaged-20261124T101500.db").write_bytes(b"half a page")
    (old.ledgers / "other.db").write_bytes(b"\xff" * 5000)
    file = tmp_path / "b.tar.gz"
    backup(file, old, "machine-a", 1)
    restore(file, new(tmp_path), "machine-a", LATER, old_is_gone=False)
    assert (new(tmp_path).ledgers / "other.db").read_bytes() == b"\xff" * 5000
    assert [r.sequence for r in stored_records(new(tmp_path).log)][:3] == [100, 101, 102]


def new(tmp_path):
    home = tmp_path / "new"
    return Places(home / "etc/station.toml", home / "state", home / "run")


def test_a_log_of_several_files_comes_back_as_it_was(tmp_path, old):
    log = RecordLog.open(old.log, first=1)
    log.append(Record(0, "interval", 60, 1_803_000_000_000, 0, "b", 0, "ntp", 1, "[]"))  # February: another file
    (old.log.parent / "records-000000000000001.damaged-20270101T000000.db").write_bytes(b"rubbish")
    backup(tmp_path / "b.tar.gz", old, "machine-a", 1_850_000_000_000)
    log.close()
    target = new(tmp_path)
    restore(tmp_path / "b.tar.gz", target, "machine-a", LATER, old_is_gone=False)
    numbers = [record.sequence for record in stored_records(target.log)]
    assert numbers == [100, 101, 102, 103, LATER.wall] and target.log.is_symlink()
    log = RecordLog.open(target.log, first=1)
    assert not log.happenings
    log.close()


def test_onto_another_machine(tmp_path, old):
    file = tmp_path / "b.tar.gz"
    backup(file, old, "machine-a", 1_850_000_000_000)
    assert file.stat().st_mode & 0o777 == 0o600
    target = new(tmp_path)
    with pytest.raises(OtherMachine, match="machine-a → machine-b"):
        restore(file, target, "machine-b", LATER, old_is_gone=False)
    assert not target.config.exists() and not target.log.exists()
    restore(file, target, "machine-b", LATER, old_is_gone=True)
    assert target.config.read_text() == old.config.read_text()
    assert (target.certificates / "one.toml").exists()
    secret = target.config.parent / "district.password"
    assert secret.read_text() == "secret" and secret.stat().st_mode & 0o777 == 0o600
    assert not (target.config.parent / "unrelated.txt").exists()
    assert json.loads(target.memory.read_text())["identities"] == {"pm": "1"}
    ledger = Ledger(target.ledgers / "district.db")
    assert list(ledger.owed) == [(101, 102)] and ledger.confirmed == 1
    ledger.close()
    records = stored_records(target.log)
    assert [record.sequence for record in records[:3]] == [100, 101, 102]
    assert json.loads(records[3].body) == {
        "code": "restored", "made": 1_850_000_000_000, "before": "machine-a", "machine": "machine-b",
    }  # fmt: skip
    assert records[3].sequence == LATER.wall, "the old machine may have used the numbers after 102 since the backup"
    assert len(records) == 4, "each once"
    assert {path.stat().st_mode & 0o777 for path in target.log.parent.glob("records*.db")} == {0o660}
    assert claim(target, "machine-b") == ""


def test_an_installed_station_is_meant_before_it_is_configured(tmp_path, monkeypatch):
    """`sudo station setup` and `sudo station restore` on a machine that was just installed write where the services read."""
    monkeypatch.setattr("station.places.SYSTEM_CONFIG", tmp_path / "etc/shanshui/station.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert find(None, None, None).config == tmp_path / "home/shanshui/station.toml", "nothing is installed"
    (tmp_path / "etc/shanshui").mkdir(parents=True)
    assert find(None, None, None).config == tmp_path / "etc/shanshui/station.toml"
    assert find(None, None, None).state == Path("/var/lib/shanshui")
    assert find(None, str(tmp_path), None).config == tmp_path / "home/shanshui/station.toml", "one that was named is taken"


def test_onto_a_new_card_of_the_same_machine(tmp_path, old):
    file = tmp_path / "b.tar.gz"
    backup(file, old, "machine-a", 1)
    restore(file, new(tmp_path), "machine-a", LATER, old_is_gone=False)
    with pytest.raises(NotRestored, match="is there already"):
        restore(file, new(tmp_path), "machine-a", LATER, old_is_gone=False)


def test_a_card_that_was_moved(tmp_path):
    places = new(tmp_path)
    assert claim(places, "machine-a") == "", "the first start"
    assert claim(places, "machine-a") == ""
    assert claim(places, "machine-b") == "machine-a", "told once"
    assert claim(places, "machine-b") == ""
    assert claim(places, "") == "", "a machine that cannot tell accuses nobody"
    assert claim(places, "machine-b") == ""


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00"])
def test_a_file_that_is_no_backup(tmp_path, content):
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(NotRestored):
        restore(tmp_path / "b", new(tmp_path), "m", LATER, old_is_gone=True)


@pytest.mark.parametrize("name", ["state/../../evil", "/etc/evil", "config/../evil", "evil"])
def test_a_backup_that_would_write_elsewhere(tmp_path, name):
    file = tmp_path / "b.tar.gz"
    manifest = json.dumps({"station": "T-1", "machine": "m", "made": 1, "version": "1"}).encode()
    with tarfile.open(file, "w:gz") as archive:
        for one, content in ((keep.MANIFEST, manifest), (name, b"x")):
            entry = tarfile.TarInfo(one)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with pytest.raises(NotRestored, match="does not belong"):
        restore(file, new(tmp_path), "m", LATER, old_is_gone=True)
    assert not list(tmp_path.rglob("evil"))


def test_a_truncated_backup_leaves_nothing_behind(tmp_path, old):
    file = tmp_path / "b.tar.gz"
    backup(file, old, "machine-a", 1)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(NotRestored):
        restore(file, new(tmp_path), "machine-a", LATER, old_is_gone=False)
    left = [path for path in (tmp_path / "new").rglob("*") if path.is_file() and path.suffix != ".part"]
    assert not left, "so that it can be tried again with a sound one"
