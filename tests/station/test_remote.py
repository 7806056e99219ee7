"""Changed settings in two steps: what is refused, how a trial ends, and that a power cut at any step leaves old or new, never more."""

import json
import tarfile
import time

import pytest

from gateway import requests
from station import events
from station.cli.main import main
from station.cli.status import configuration_lines, look
from station.config import BadConfig, parse
from station.doctor.software import check_configuration
from station.live import write_json
from station.places import Places
from station.remote import effective as effective_module
from station.remote import trial as trial_module
from station.remote.book import read_book
from station.remote.changes import NoPlace, dotted, fingerprint, leaves, route
from station.remote.effective import Watch, effective
from station.remote.trial import Trials
from station.upkeep.keep import backup

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
[alarm.hot]
kind = "threshold"
channel = "climate.temperature"
above = 40
[[destination]]
name = "district"
host = "old.example.cn"
[[destination]]
name = "bureau"
link = "hj212"
host = "10.0.0.1"
port = 9000
mn = "010000A8900016F000169DC0"
[remote]
platforms = ["district"]
key_file = "remote.key"
hosts = ["*.example.cn"]
{more}
"""
HOST = {"destination.district.host": "new.example.cn"}


class Rig:
    """A station's files, its two clocks, and what its gateway says."""

    def __init__(self, folder, monkeypatch):
        self.places = Places(folder / "station.toml", folder / "state", folder / "run")
        self.places.run.mkdir()
        self.configure("")
        self.boot, self.now = "boot-1", 1000.0
        for module in (trial_module, effective_module):
            monkeypatch.setattr(module, "boot_id", lambda: self.boot)
        self.start()

    def configure(self, more):
        self.places.config.write_text(CONFIG.format(more=more), "utf-8")

    def start(self):
        """Acquisition begins; after a power cut with another boot."""
        self.trials = Trials(self.places, lambda: self.now)

    def ask(self, who="cli:pi", number=None, **arguments):
        asked = arguments if number is None else {"number": number, **arguments}
        answer, bodies = self.trials.ask(requests.make("settings", who, asked))
        return answer, [json.loads(body) for body in bodies]

    def offer(self, changes, **more):
        answer, refused = self.ask(set=changes, **more)
        assert answer["ok"] and not refused, answer
        return answer

    def gateway(self, contact=()):
        """The gateway runs with what is in force, and has had receipts of these."""
        states = {name: {"contact": 1.0 if name in contact else None} for name in ("district", "bureau")}
        content = {"monotonic": time.monotonic(), "configuration": self.config.hash, "destinations": states}
        write_json(self.places.delivery, content)

    def turn(self, seconds=1.0):
        self.now += seconds
        return [json.loads(body) for body in self.trials.turn()]

    def phases(self, seconds=1.0):
        return [body["phase"] for body in self.turn(seconds)]

    @property
    def config(self):
        return effective(self.places, read_book(self.places.settings), self.now)[0]

    @property
    def host(self):
        return self.config.destinations[0].settings.host


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
    rig.now += 117.0
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
    assert len(steps) >= 7
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


UNSAFE = [
    ({"station.id": "T-2"}, "never"),
    ({"destination.district.tls": False}, "never"),
    ({"destination.district.username": "x"}, "never"),
    ({"destination.district.password_file": "/tmp/x"}, "never"),
    ({"destination.district.ca": "/tmp/x"}, "never"),
    ({"destination.district.confirm": "puback"}, "never"),
    ({"destination.bureau.mn": "1"}, "never"),
    ({"destination.bureau.key_file": ""}, "never"),
    ({"remote.may": ["*.*"]}, "never"),
    ({"remote.hosts": []}, "never"),
    ({"remote.key_file": "/tmp/x"}, "never"),
    ({"bus.i2c.port": "unix:/tmp/x"}, "never"),
    ({"alarm.hot.snapshot": "http://x/"}, "never"),
    ({"alarm.hot.output": 4}, "never"),
    ({"station.set_clock": True}, "never"),
    ({"destination.district.host": "evil.example.com"}, "[remote] hosts"),
    ({"destination.district.password": "secret-word"}, "unknown key"),
    ({"destination.third.host": "a.example.cn"}, "no destination.third"),
    ({"destination.district": {"host": "a.example.cn"}}, "must be a number"),
    ({"destination.0.host": "a.example.cn"}, "no destination.0"),
    ({"destination.district.port = 1\nstation.id": "x"}, "there is no"),
    ({"destination.district.port": 70000}, "destination.district.port: port is 70000"),
    ({"destination.district.port": float("nan")}, "must be a number"),
    ({"destination.district.port": [None]}, "must be a number"),
    ({"destination.district.port": 1884, 'destination."district".port': 1885}, "named twice"),
    ({"destination.district.host": "old.example.cn"}, "nothing would change"),
    ({}, "1 to 50"),
    ([1], "1 to 50"),
]


@pytest.mark.parametrize(("changes", "why"), UNSAFE)
def test_what_is_unsafe_or_wrong_is_refused_with_its_reason(rig, changes, why):
    rig.configure('may = ["*.*", "*.*.*"]')
    answer, (told,) = rig.ask(set=changes)
    assert not answer["ok"] and why in answer["error"] and told["phase"] == "refused" and why in "".join(told["why"])
    assert "secret-word" not in json.dumps(told), "values that were refused are not stored"
    assert not rig.places.settings.exists()


def test_every_reason_is_told_at_once_and_the_default_allows_little(rig):
    changes = {"station.name": "x", "quality.x.low": 1, "instrument.climate.serial": "1", "alarm.hot.channel": "x.y"}
    answer, _bodies = rig.ask(set=changes)
    assert len(answer["problems"]) == 4
    assert rig.offer({"instrument.climate.interval": 5, "alarm.hot.duration": 30, "destination.bureau.real_time": 30})["ok"]


@pytest.mark.parametrize("minutes", [0, -1, 61, "10", True, None])
def test_a_deadline_out_of_bounds_is_refused(rig, minutes):
    answer, _bodies = rig.ask(set=HOST, confirm_within_minutes=minutes)
    assert "confirm_within_minutes" in answer["error"]


def test_only_one_at_a_time_and_by_whom_it_is_ended(rig):
    first = rig.offer(HOST)
    answer, _bodies = rig.ask(set={"station.interval": 30})
    assert first["trial"] in answer["error"]
    assert not rig.ask(confirm="another")[0]["ok"] and not rig.ask(undo="another")[0]["ok"]
    assert rig.ask(undo=first["trial"])[0] == {"ok": True} and rig.host == "old.example.cn"
    assert rig.phases() == ["offered", "returned"]
    rig.offer(HOST)
    assert rig.ask(confirm="")[0]["ok"] and rig.host == "new.example.cn"
    assert not rig.ask(confirm="")[0]["ok"], "nothing is being tried any more"


def test_a_platform_must_be_named_and_its_numbers_grow(rig):
    assert "does not name" in rig.ask(who="platform:bureau", number=1, set=HOST)[0]["error"]
    for number in (None, True, "1", 0, 2**60):
        assert "number" in rig.ask(who="platform:district", number=number, set=HOST)[0]["error"]
    rig.offer(HOST, who="platform:district", number=7)
    rig.start()
    assert not rig.ask(who="platform:district", number=7, undo="")[0]["ok"], "the number is remembered over a restart"
    assert rig.ask(who="platform:district", number=8, undo="")[0]["ok"]
    assert not rig.ask(who="platform:district", number=7, set=HOST)[0]["ok"]


def keep(rig, changes):
    rig.offer(changes)
    assert rig.ask(confirm="")[0]["ok"]


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
    watch = Watch(rig.places, rig.config)
    assert watch.look(rig.now) is None
    rig.offer({"alarm.hot.above": 39})
    found = watch.look(rig.now)
    assert found is not None and found.alarms[0].above == 39 and watch.look(rig.now) is None
    begun = Watch(rig.places, found)
    assert begun.look(rig.now) is None and begun.look(rig.now + 599) is None
    back = begun.look(rig.now + 601)
    assert back is not None and back.alarms[0].above == 40, "the deadline is seen by each program alone"


def test_the_hash_is_of_what_is_said_not_of_how():
    one = parse(CONFIG.format(more=""), "c")
    again = CONFIG.format(more="").replace('id = "T-1"\nname = "test"', '# who\nname  =  "test"\nid = "T-1"').replace("= 40", "= 40.0")
    assert parse(again, "c").hash == one.hash != parse(again.replace("40.0", "41"), "c").hash
    assert fingerprint({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "SHA-256 of {}"


def test_paths_are_toml():
    assert route('instrument."pm 2".interval') == ("instrument", "pm 2", "interval")
    assert route(dotted(("a", "b.c", 'd"e'))) == ("a", "b.c", 'd"e')
    for wrong in ("", "a", "a.b = 1\nc", "[a]", "a.b = {", "a b"):
        with pytest.raises(NoPlace):
            route(wrong)
    assert dict(leaves({"a": [{"name": "x", "b": 1}], "c": {"d": [1, 2]}, "e": [{"f": 1}]})) == {
        ("a", "x", "name"): "x", ("a", "x", "b"): 1, ("c", "d"): [1, 2], ("e",): [{"f": 1}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('platforms = ["bureau"]\nkey_file = "k"', "only MQTT can"),
        ('platforms = ["distric"]\nkey_file = "k"', "no destination 'distric'"),
        ('platforms = ["district"]', "every broker could"),
        ("longest = 0", "longest is 0"),
    ],
)
def test_a_wrong_section_is_told(more, why):
    text = CONFIG.partition("[remote]")[0] + "[remote]\n" + more
    with pytest.raises(BadConfig, match=why):
        parse(text, "c")


def test_by_hand(rig, capsys, mocker):
    trials = rig.trials
    mocker.patch.object(effective_module.time, "monotonic", lambda: rig.now)
    ask = lambda where, action, arguments: trials.ask(requests.make(action, "cli:pi", arguments))[0]  # noqa: E731
    mocker.patch("station.cli._settings.submit", ask)
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
