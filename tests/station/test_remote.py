"""Changed settings in two steps: what is refused, how a trial ends, and that a power cut at any step leaves old or new."""

import json
import tarfile

import pytest

from gateway import requests
from station import events
from station.cli.main import main
from station.cli.status import configuration_lines, look
from station.config import BadConfig, parse
from station.doctor.software import check_configuration
from station.remote import effective as effective_module
from station.remote import trial as trial_module
from station.remote.book import read_book
from station.remote.effective import Watch
from station.upkeep.keep import backup
from tests.station.remote_rig import HOST, Rig, keep


@pytest.fixture
def rig(tmp_path, monkeypatch):
    return Rig(tmp_path, monkeypatch)


def test_a_set_is_tried_and_kept_when_contact_comes(rig):
    offered = rig.offer(HOST, by="Li Na", note="moved")
    assert offered["needs"] == ["district"] and offered["minutes"] == 10 and rig.host == "new.example.cn"
    assert offered["hash"] == rig.config.hash != offered["before"]
    (told,) = rig.turn()
    assert told["phase"] == "offered" and told["by"] == "Li Na" and told["who"] == "cli:pi" and told["note"] == "moved"
    assert told["changes"] == [["destination.district.host", "old.example.cn", "new.example.cn"]]
    assert rig.phases() == [], "told once"
    rig.gateway()
    assert rig.phases() == ["tried"] and rig.phases() == []
    rig.gateway(contact=["bureau"])
    assert rig.phases() == [], "the contact of another says nothing of the new path"
    rig.gateway(contact=["district"])
    assert rig.phases() == ["kept"] and rig.phases(3600) == []
    rig.boot = "boot-2"
    rig.start()
    assert rig.phases() == [] and rig.host == "new.example.cn"
    assert "old.example.cn" in rig.places.config.read_text("utf-8"), "station.toml is as it was written"


def test_without_contact_the_old_ones_return(rig):
    before = rig.config.hash
    rig.offer(HOST, confirm_within_minutes=2)
    rig.turn()
    rig.gateway()
    rig.turn()
    rig.now = 1119.0
    assert rig.host == "new.example.cn"
    rig.now += 1.0
    assert rig.host == "old.example.cn", "whoever reads it knows that its time is over, though nobody has written that yet"
    (told,) = rig.turn()
    assert told["phase"] == "returned" and "district" in told["why"] and rig.config.hash == before == told["before"]


def test_a_gateway_that_does_not_begin_with_them_is_no_contact(rig):
    rig.gateway(contact=["district"])
    rig.offer(HOST, confirm_within_minutes=1)
    assert rig.phases() == ["offered"] and rig.phases(30) == [], "receipts from before the trial do not count"
    (told,) = rig.turn(60)
    assert told["phase"] == "returned" and "gateway" in told["why"]


def test_what_touches_no_destination_needs_the_contact_of_any(rig):
    assert rig.offer({"alarm.hot.above": 38.5})["needs"] == []
    rig.turn()
    rig.gateway()
    assert rig.phases() == ["tried"] and rig.phases() == []
    rig.gateway(contact=["bureau"])
    assert rig.phases() == ["kept"] and rig.config.alarms[0].above == 38.5


def test_the_platform_that_asked_must_be_heard_too(rig):
    offered = rig.offer({"destination.bureau.port": 9001}, who="platform:district", number=5)
    assert offered["needs"] == ["bureau", "district"]


def test_a_restart_of_the_machine_during_the_trial_is_no_contact(rig):
    rig.offer(HOST)
    rig.turn()
    rig.gateway()
    rig.turn()
    rig.boot, rig.now = "boot-2", 3.0
    rig.start()
    assert rig.host == "old.example.cn", "though the new monotonic clock says less than the deadline"
    assert rig.phases() == ["tried", "returned"], "the step whose record may not have been stored is told again"
    assert rig.phases() == []


def test_a_program_that_ends_in_order_leaves_nothing_to_be_told_twice(rig):
    rig.offer(HOST)
    assert [json.loads(body)["phase"] for body in rig.trials.turn()] == ["offered"]
    rig.trials.close()
    rig.start()
    assert rig.phases() == []


def test_a_killed_acquisition_goes_on_with_the_trial(rig):
    rig.offer(HOST)
    rig.turn()
    rig.turn()
    rig.start()
    rig.gateway(contact=["district"])
    assert rig.phases() == ["tried"] and rig.phases() == ["kept"]


@pytest.fixture
def cards(rig, monkeypatch):
    """What the card held after each write, from the beginning on."""
    contents = [None]
    real = trial_module.write_book

    def write(path, book):
        real(path, book)
        contents.append(path.read_bytes())

    monkeypatch.setattr(trial_module, "write_book", write)
    return contents


def put(rig, content):
    rig.places.settings.unlink(missing_ok=True)
    if content is not None:
        rig.places.settings.write_bytes(content)
    rig.places.delivery.unlink(missing_ok=True)


@pytest.mark.parametrize("end", ["kept", "returned"])
@pytest.mark.parametrize("power", ["cut", "on"])
def test_a_cut_between_any_two_steps(rig, cards, end, power):
    rig.offer(HOST)
    rig.turn()
    rig.gateway(contact=["district"] if end == "kept" else [])
    for _ in range(3):
        rig.turn()
    rig.turn(700)
    rig.turn()
    steps = list(cards)
    assert len(steps) >= 6
    for step, content in enumerate(steps):
        put(rig, content)
        rig.now, rig.boot = 1000.0, "boot-2" if power == "cut" else "boot-1"
        rig.start()
        held = read_book(rig.places.settings)
        kept, tried = bool(held.kept), held.trial is not None
        assert not (kept and tried)
        expected = "new.example.cn" if kept or (tried and power == "on") else "old.example.cn"
        assert rig.host == expected, f"after write {step}"
        told = rig.phases() + rig.phases(700) + rig.phases()
        assert rig.host == ("new.example.cn" if kept else "old.example.cn") and read_book(rig.places.settings).trial is None
        assert not tried or told[-1] == "returned", "a trial that was cut off is told of"
        assert read_book(rig.places.settings).owed == ()


def test_a_half_written_file_counts_for_nothing(rig):
    rig.offer(HOST)
    rig.places.settings.with_suffix(".part").write_text('{"number": 9')
    assert rig.host == "new.example.cn"
    rig.places.settings.write_text('{"number": 9')
    assert rig.host == "old.example.cn"


def test_a_card_that_refuses_changes_nothing(rig, monkeypatch):
    def refuse(path, book):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trial_module, "write_book", refuse)
    answer, (told,) = rig.ask(set=HOST)
    assert not answer["ok"] and "No space" in answer["error"] and told["phase"] == "refused" and rig.host == "old.example.cn"


def test_a_newer_wish_in_the_file_counts_more_than_what_was_kept(rig):
    keep(rig, HOST | {"station.interval": 30})
    text = rig.places.config.read_text("utf-8").replace("old.example.cn", "third.example.cn")
    rig.places.config.write_text(text, "utf-8")
    assert rig.host == "third.example.cn" and rig.config.station.interval == 30


def test_what_was_kept_is_bound_by_the_file_as_it_is_now(rig):
    keep(rig, HOST)
    rig.configure('may = ["station.interval"]')
    assert rig.host == "old.example.cn", "so is a file that somebody forged"
    assert rig.offer({"destination.district.host": None}).keys() == {"ok"} and read_book(rig.places.settings).kept == ()


def test_kept_settings_that_do_not_fit_any_more_are_left_out(rig):
    keep(rig, {"destination.district.batch": 10})
    text = rig.places.config.read_text("utf-8").replace('platforms = ["district"]', "")
    text = text.replace('host = "old.example.cn"', 'host = "old.example.cn"\nlink = "hj212"\nport = 9001\nmn = ""')
    rig.places.config.write_text(text, "utf-8")
    with pytest.raises(BadConfig, match="batch"):
        parse(text, "c", {("destination", "district", "batch"): 10})
    assert rig.config.destinations[0].link == "hj212", "the station begins all the same"


def test_back_to_the_file_is_a_trial_too(rig):
    keep(rig, HOST)
    rig.offer({"destination.district.host": None})
    assert rig.host == "old.example.cn"
    rig.now += 601
    assert rig.host == "new.example.cn", "no contact over the file's own address: what was kept returns"


def test_a_program_notices_what_is_in_force(rig):
    watch, measuring = Watch(rig.places, rig.config), Watch(rig.places, rig.config, measuring=True)
    assert not watch.look(rig.now)
    rig.offer(HOST)
    assert watch.look(rig.now) and not measuring.look(rig.now), "an address alone is the gateway's"
    begun = Watch(rig.places, rig.config)
    assert not begun.look(rig.now) and not begun.look(rig.now + 599)
    assert begun.look(rig.now + 601), "the deadline is seen by each program alone"
    rig.ask(undo="")
    rig.offer({"alarm.hot.above": 39})
    assert measuring.look(rig.now) and measuring.changed


def test_by_hand(rig, capsys, mocker):
    trials = rig.trials
    mocker.patch.object(effective_module.time, "monotonic", lambda: rig.now)
    ask = lambda where, action, arguments: trials.ask(requests.make(action, "cli:pi", arguments))[0]  # noqa: E731
    mocker.patch("station.cli._asking.submit", ask)
    places = ["--config", str(rig.places.config), "--state", str(rig.places.state), "--lang", "en"]

    def command(*words):
        code = main(["config", *words, *places])
        return code, capsys.readouterr()

    changes = rig.places.config.parent / "changes.toml"
    changes.write_text('[destination.district]\nhost = "new.example.cn"\n[alarm.hot]\nabove = 39\n', "utf-8")
    assert command("undo")[0] == 1 and command("apply")[0] == 2 and command("apply", "/nowhere.toml")[0] == 2
    code, told = command("apply", str(changes), "--confirm-within", "10m", "--by", "Li Na")
    assert code == 0 and "10 min" in told.out and "district" in told.out
    _code, shown = command("show", "--effective")
    assert 'destination.district.host = "new.example.cn"    # being tried, set' in shown.out and "by Li Na" in shown.out
    assert "alarm.hot.channel" in shown.out and "# station.toml:" in shown.out and rig.config.hash in shown.out
    assert 'host = "old.example.cn"    # station.toml:' in command("show")[1].out
    assert command("apply", str(changes))[0] == 1, "one is being tried"
    assert command("undo")[0] == 0 and rig.host == "old.example.cn"
    assert command("apply", str(changes))[0] == 0 and command("confirm")[0] == 0 and command("confirm")[0] == 1
    assert "kept of set" in command("show", "--effective")[1].out
    assert command("undo")[0] == 0 and rig.host == "old.example.cn", "without a trial: back to the file, for a trial"


def test_doctor_and_status_say_what_lies_over_the_file(rig, mocker):
    mocker.patch.object(effective_module.time, "monotonic", lambda: rig.now)
    mocker.patch("station.doctor.software.boot_id", lambda: rig.boot)
    mocker.patch("station.clock.boot_id", lambda: rig.boot)

    def said():
        return {one.name: one for one in check_configuration(rig.places)[1]}.get("settings")

    assert said() is None and look(rig.places)["configuration"] == {"hash": rig.config.hash, "changed": [], "trial": None}
    offered = rig.offer(HOST, by="Li Na")
    assert said().verdict == "warning" and offered["trial"] in said().evidence and "10.0 min" in said().evidence
    shown = look(rig.places)["configuration"]
    assert shown["trial"] == {"id": offered["trial"], "by": "Li Na", "left": 600.0} and shown["hash"] == offered["hash"]
    assert any("Li Na" in line for line in configuration_lines(shown))
    rig.ask(confirm="")
    assert said().verdict == "good" and "destination.district.host" in said().evidence
    rig.configure('may = ["station.interval"]')
    assert said().verdict == "warning" and "not in force: destination.district.host" in said().evidence


def test_a_backup_takes_them_along(rig, tmp_path):
    keep(rig, HOST)
    backup(tmp_path / "b.tar.gz", rig.places, "machine-a", 1)
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        assert archive.extractfile("state/acquire/settings.json").read() == rig.places.settings.read_bytes()


def test_the_start_tells_the_hash():
    assert json.loads(events.started("1", [], [], {}, "abc"))["configuration"] == "abc"
