"""`station calibrate noise | pm-zero | dissolved-oxygen` at a station that runs in a thread of the test."""

import builtins
import threading
import time

import pytest

from calibration.certificate import load
from gateway import requests
from station.cli import _guided
from station.cli.main import main
from station.live import write_json
from tests.calibration.examples import certificate_text

CONFIG = """
[station]
id = "T"
name = "T"
language = "en"
[[bus]]
name = "a"
kind = "modbus"
port = "/dev/ttyA"
[[bus]]
name = "b"
kind = "uart"
port = "/dev/ttyB"
[[instrument]]
name = "noise"
driver = "rs485_noise"
bus = "a"
address = 1
serial = "N"
[[instrument]]
name = "oxygen"
driver = "y504"
bus = "a"
address = 2
serial = "O"
[[instrument]]
name = "pm"
driver = "pms5003"
bus = "b"
serial = "P"
[[instrument]]
name = "anonymous"
driver = "rs485_noise"
bus = "a"
address = 3
"""


class FakeStation(threading.Thread):
    """Writes live.json and answers every request, as acquisition does; keeps what was asked."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder = folder
        self.raw = {}
        self.asked = []
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.01):
            now = time.monotonic()
            channels = [[*name.split("."), raw, raw, 3, "maintenance", now] for name, raw in self.raw.items()]
            write_json(self.folder / "live.json", {"monotonic": now, "channels": channels})
            for request in requests.take(self.folder / "requests"):
                self.asked.append((request.action, request.arguments))
                requests.answer(self.folder / "requests", request, {"ok": True})


@pytest.fixture
def station(tmp_path, monkeypatch):
    (tmp_path / "station.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "run" / "requests").mkdir(parents=True)
    made = FakeStation(tmp_path / "run")
    made.start()
    while not (tmp_path / "run" / "live.json").exists():
        time.sleep(0.01)
    monkeypatch.setattr(builtins, "input", lambda _prompt: "")
    yield made
    made.ended.set()
    made.join()


def calibrate(tmp_path, *more):
    places = ["--config", str(tmp_path / "station.toml"), "--state", str(tmp_path), "--run", str(tmp_path / "run")]
    return main(["--lang", "en", *places, "calibrate", *more, "--by", "Wang Li", "--stable", "0.1"])


def test_a_calibrator_gives_an_offset_and_the_event_tells_what_was_read(station, tmp_path, capsys):
    station.raw = {"noise.laeq": 93.6}
    assert calibrate(tmp_path, "noise", "noise", "--against", "CAL 200 no. 7") == 0
    (made,), _bad = load(tmp_path / "certificates")
    assert (made.coefficients, made.reference) == ({"gain": 1.0, "offset": 0.4}, "CAL 200 no. 7")
    assert made.before == ((94.0, 93.6),) and made.after == ((94.0, 94.0),)
    actions = [action for action, _arguments in station.asked]
    assert actions == ["maintenance", "certificates", "maintenance"] and station.asked[-1][1]["on"] is False
    facts = station.asked[1][1]
    assert facts["certificate"] == made.id and facts["points"] == [[94.0, 93.6, None]] and facts["by"] == "Wang Li"
    station.raw = {"noise.laeq": 93.0}
    assert calibrate(tmp_path, "noise", "noise") == 0
    assert "is void" in capsys.readouterr().out and len(load(tmp_path / "certificates")[0]) == 2
    assert next(arguments for action, arguments in station.asked[4:] if action == "certificates")["void_since"]


def test_a_microphone_that_is_too_far_off_is_refused_with_the_reason(station, tmp_path, capsys):
    station.raw = {"noise.laeq": 85.0}
    assert calibrate(tmp_path, "noise", "noise") == 1
    assert "offset is 9; it must lie between -3 and 3" in capsys.readouterr().out
    assert load(tmp_path / "certificates") == ([], {}) and station.asked[1][1]["refused"]
    assert not list((tmp_path / "calibration").iterdir()), "nothing is left to go on with"


def test_a_good_zero_leaves_the_sites_own_correction_in_force(station, tmp_path, capsys):
    (tmp_path / "certificates").mkdir()
    (tmp_path / "certificates" / "a.toml").write_text(certificate_text("kappa_kohler", {}, humidity="climate.humidity"), "utf-8")
    station.raw = {"pm.pm25": 1.0}
    assert calibrate(tmp_path, "pm-zero", "pm") == 0
    assert "stays in force" in capsys.readouterr().out and len(load(tmp_path / "certificates")[0]) == 1


def test_oxygen_at_the_saturation_of_here_and_now(station, tmp_path, capsys):
    station.raw = {"oxygen.dissolved_oxygen": 9.092, "oxygen.water_temperature": 20.0}
    assert calibrate(tmp_path, "dissolved-oxygen", "oxygen") == 2
    assert "--pressure" in capsys.readouterr().err and station.asked == [], "told before anything is touched"
    assert calibrate(tmp_path, "dissolved-oxygen", "oxygen", "--pressure", "99.5") == 0
    (made,), _bad = load(tmp_path / "certificates")
    # 20 °C: 9.092 mg/L at one atmosphere (APHA 4500-O), 1.8 % less at 99.5 kPa
    assert made.before == ((pytest.approx(8.926, abs=0.003), 9.092),)
    assert made.conditions == {"water_temperature": (20.0, 20.0)}


def test_what_does_not_become_stable_can_go_on_or_be_given_up(station, tmp_path, capsys, monkeypatch):
    station.raw = {"noise.laeq": 93.6}
    monkeypatch.setattr(_guided.Stability, "reached", property(lambda self: False))
    assert calibrate(tmp_path, "noise", "noise", "--patience", "0.3") == 1
    told = capsys.readouterr()
    assert "no stable reading" in told.err and "--abandon" in told.err and "… " in told.out
    assert [arguments["on"] for _action, arguments in station.asked] == [True]
    assert calibrate(tmp_path, "noise", "noise", "--abandon") == 1 and station.asked[-1][1]["on"] is False


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["noise", "nosie"], 2, "there is no instrument 'nosie'"),
        (["ph", "noise"], 2, "does not measure ph"),
        (["noise", "anonymous"], 2, "has no serial"),
    ],
)
def test_what_cannot_begin_is_told_before_anything_is_touched(station, tmp_path, capsys, words, code, said):
    assert calibrate(tmp_path, *words) == code
    assert said in capsys.readouterr().err and station.asked == []


def test_without_a_running_station_nothing_begins(tmp_path, capsys):
    (tmp_path / "station.toml").write_text(CONFIG, "utf-8")
    assert calibrate(tmp_path, "noise", "noise") == 3
    assert "station acquire" in capsys.readouterr().err
