"""Which changes of settings are refused, with which reason, and by whom; paths and the hash of a configuration."""

import json

import pytest

from station.config import BadConfig, parse
from station.remote.changes import NoPlace, dotted, fingerprint, leaves, route
from tests.station.remote_rig import CONFIG, HOST, Rig


@pytest.fixture
def rig(tmp_path, monkeypatch):
    return Rig(tmp_path, monkeypatch)


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
    rig.now += 601
    assert not rig.ask(confirm="")[0]["ok"], "too late, though nobody has looked since"
    rig.turn()
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
    assert rig.ask(who="platform:district", number=9, set={"station.id": "x"})[1][0]["phase"] == "refused"
    assert rig.ask(who="platform:district", number=9, set={"station.id": "x"})[1] == []
    answer, bodies = rig.ask(who="platform:district", number=7, set=HOST)
    assert not answer["ok"] and bodies == [], "who repeats what he overheard cannot fill the card with events"


def test_the_hash_is_of_what_is_said_not_of_how():
    one = parse(CONFIG.format(more=""), "c")
    swapped = CONFIG.format(more="").replace('id = "T-1"\nname = "test"', '# who\nname  =  "test"\nid = "T-1"')
    again = swapped.replace("= 40", "= 40.0")
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
