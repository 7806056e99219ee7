"""What to bring on the next visit, and an instrument that was exchanged."""

import json
import re
import subprocess
import time

import pytest

from gateway.requests import take
from station import words
from station.cli.main import main
from station.config import BadConfig, load, parse
from station.live import write_json
from station.memory import Memory, hours_key
from station.places import Places
from station.trial.verdict import stored_records
from station.upkeep.profile import profile, profiles
from station.upkeep.visit import due
from tests.station.doctor_rig import Machine

CONFIG = """
[station]
id = "T-1"
name = "test"
language = "en"
[[bus]]
name = "pm"
kind = "uart"
port = "/dev/nowhere"
[[instrument]]
name = "pm"        # the one under the roof
driver = "sds011"
bus = "pm"
serial = "N-1"
wears = ["inlet filter 1000"]
[[destination]]
name = "district"
host = "127.0.0.1"
tls = true
certificate = "{own}"
"""
CERTIFICATE = """
model = "{model}"
serial = "{serial}"
quantity = "{quantity}"
date = 2026-01-01
valid_until = {until}
author = "Wang Li"
reference = "a reference instrument"

[correction]
method = "linear"
gain = 0.9
offset = 0.0
"""
JUNE = 1_781_000_000.0  # 2026-06-09


def certificate(path, model="sds011", serial="N-1", quantity="pm25", until="2027-01-01"):
    path.parent.mkdir(exist_ok=True)
    path.write_text(CERTIFICATE.format(model=model, serial=serial, quantity=quantity, until=until), "utf-8")
    return path


@pytest.fixture
def places(tmp_path):
    made = Places(tmp_path / "station.toml", tmp_path / "state", tmp_path / "state/run")
    made.requests.mkdir(parents=True)
    made.log.parent.mkdir(parents=True)
    made.config.write_text(CONFIG.format(own=tmp_path / "own.pem"), "utf-8")
    return made


def bring(places, machine):
    return [(one.day and one.day.isoformat(), one.what) for one in due(load(places.config), places, machine.host)]


def test_nothing_is_due(tmp_path, places):
    machine = Machine(tmp_path)
    machine.at(JUNE)
    certificate(places.certificates / "a.toml")
    assert bring(places, machine) == []


def test_what_runs_out_and_wears_out(tmp_path, places, need):
    machine = Machine(tmp_path)
    machine.at(JUNE)
    (machine.programs / "openssl").symlink_to(need("openssl"))
    command = [need("openssl"), "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=T-1", "-days", "40"]
    subprocess.run([*command, "-keyout", tmp_path / "k", "-out", tmp_path / "own.pem"], check=True, capture_output=True)
    certificate(places.certificates / "a.toml", until="2026-07-15")
    machine.write("proc/mounts", f"/dev/mmcblk0p2 {places.state.resolve()} ext4 rw 0 0\n")
    machine.write("sys/block/mmcblk0/device/life_time", "0x09 0x01")
    one = load(places.config).instruments[0]
    memory = Memory(places.memory, JUNE)
    memory.ran(hours_key(one.name, one.serial), 7500.0)
    memory.write({}, JUNE, 1e9, last=True)
    found = bring(places, machine)
    assert {what for day, what in found if day is None} == {
        "a new card: mmcblk0 has used up 90 % of its life",
        "inlet filter for pm (N-1): 7500 of 1000 hours are used up",
    }
    assert ("2026-06-29", "laser for pm (N-1): 7500 of 8000 hours are used up") in found, "500 h from now"
    assert ("2026-07-15", "calibrate pm (N-1): PM2.5 runs out") in found
    machine.at(time.time())
    assert any("own.pem runs out" in what for _day, what in bring(places, machine))


@pytest.mark.parametrize("name", profiles())
def test_every_profile_knows_what_wears_out(tmp_path, name):
    """Three years after it was put up, each kind of station asks for something."""
    config = parse(profile(name).replace("CHANGE-ME", "T-1"), "c")
    machine, where = Machine(tmp_path), Places(tmp_path / "c", tmp_path, tmp_path / "run")
    machine.at(JUNE)
    assert not [one for one in due(config, where, machine.host) if one.day is None], "a new station asks for nothing yet"
    where.memory.parent.mkdir(parents=True)
    memory = Memory(where.memory, JUNE)
    for one in config.instruments:
        memory.ran(hours_key(one.name, one.serial), 25_000.0)
    memory.write({}, JUNE, 1e9, last=True)
    words.use("zh")
    try:
        found = [one.what for one in due(config, where, machine.host)]
    finally:
        words.use("en")
    assert found and all(re.fullmatch(r"\w+（.*）的[\u4e00-\u9fff]+：\d+ 小时寿命已用 25000 小时", what) for what in found), found


def test_hours_begin_anew_with_another_serial_number(tmp_path, places):
    memory = Memory(places.memory, 0.0)
    memory.ran("pm/N-1", 7999.0)
    memory.write({}, 0.0, 1e9, last=True)
    places.config.write_text(places.config.read_text().replace("N-1", "N-2"))
    assert Memory(places.memory, 0.0).hours == {"pm/N-1": 7999.0}
    machine = Machine(tmp_path)
    machine.at(JUNE)
    assert bring(places, machine) == []


def test_what_wears_is_checked(tmp_path):
    with pytest.raises(BadConfig, match="membrane 8760"):
        parse(CONFIG.format(own="x").replace("inlet filter 1000", "filter"), "c")


def test_status_tells_it(places, capsys):
    certificate(places.certificates / "a.toml", until=time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * 86400)))
    common = ["--config", str(places.config), "--state", str(places.state)]
    assert main(["status", "--json", *common]) == 1
    (one,) = json.loads(capsys.readouterr().out)["visit"]
    assert one["what"].startswith("calibrate pm")
    main(["status", *common, "--lang", "en"])
    assert "On the next visit:" in capsys.readouterr().out


def replace(places, *more):
    common = ["--config", str(places.config), "--state", str(places.state)]
    return main(["instrument", "replace", "pm", "--serial", "N-2", *more, *common])


def test_an_instrument_is_exchanged(tmp_path, places):
    before = places.config.read_text()
    new = certificate(tmp_path / "new/n-2.toml", serial="N-2")
    certificate(places.certificates / "old.toml")
    assert replace(places, "--certificate", str(new)) == 0
    assert places.config.read_text() == before.replace('"N-1"', '"N-2"'), "nothing else is touched"
    assert (places.certificates / "old.toml").exists() and len(list(places.certificates.iterdir())) == 2
    (record,) = stored_records(places.log)
    body = json.loads(record.body)
    assert (body["code"], body["before"], body["serial"], len(body["certificates"])) == ("replaced", "N-1", "N-2", 1)


def test_while_acquisition_runs_it_writes_the_event(tmp_path, places):
    write_json(places.live, {"monotonic": time.monotonic()})
    assert replace(places, "--certificate", str(certificate(tmp_path / "new/n-2.toml", serial="N-2"))) == 0
    (request,) = take(places.requests)
    assert request.action == "note" and request.arguments["what"] == "replaced" and not places.log.exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (None, "a certificate for N-2 is missing"),
        ({"serial": "N-1"}, "serial is 'N-1'"),
        ({"serial": "N-2", "model": "pms5003"}, "model is 'pms5003'"),
        ({"serial": "N-2", "quantity": "ph"}, "does not measure 'ph'"),
    ],
)
def test_it_demands_the_right_certificate(tmp_path, places, capsys, wrong, told):
    before = places.config.read_text()
    files = [] if wrong is None else ["--certificate", str(certificate(tmp_path / "new/c.toml", **wrong))]
    assert replace(places, *files) == 1
    assert told in capsys.readouterr().err
    assert places.config.read_text() == before and not places.certificates.exists() and not places.log.exists()
