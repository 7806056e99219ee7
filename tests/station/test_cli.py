"""The commands as a person runs them: help in both languages, examples that work, exit codes that mean something."""

import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

from drivers.catalogue import CATALOGUE, UNMAPPED, find
from station import words
from station.cli.drivers import block
from station.cli.main import COMMANDS, main
from station.config import parse
from tests.calibration.examples import colocation_csv

MAP_FILE = str(Path(__file__).parents[2] / "drivers/climate/rs485_climate.toml")
PMS = "424d001c0003000400070004000500080 31b00f9001b0006000300039a0002a2".replace(" ", "")


CELL = 'model = "NO2-B43F", we = 0, ae = 1, we_electronic = 225, ae_electronic = 230, sensitivity = 0.3'

NEED_A_SETTING = {
    "alphasense4": f"cell = [{{{CELL}}}]",
    "modbus_map": f'map = "{MAP_FILE}"',
    "pid": "zero = 50\nsensitivity = 20",
}
"""Instruments that cannot be guessed: what must be added to the block."""


def run(*words, **options):
    return subprocess.run([sys.executable, "-m", "station", *words], capture_output=True, text=True, timeout=90, **options)


def test_decode_prints_one_object():
    done = run("decode", "pms5003", PMS)
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["values"]["pm25"] == 5.0 and answer["status"]["version"] == 0x9A
    assert {"driver", "kind", "valid", "usable", "reason", "values", "status"} <= set(answer)


def test_decode_of_a_broken_frame():
    done = run("decode", "pms5003", PMS[:-1] + "3")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and (answer["valid"], answer["reason"], answer["error"]) == (
        False,
        "checksum",
        "expected 0x02a2, got 0x02a3",
    )
    assert answer["values"] == {}


def test_another_answer_is_not_read_as_the_first_bytes_of_one():
    """Three words with sound CRCs (Sensirion: 0000 has 81, BEEF has 92) are no answer of an SHT3x, which has two."""
    answer = json.loads(run("decode", "sht3x", "beef92 000081 beef92").stdout)
    assert (answer["valid"], answer["reason"], answer["fields"]) == (False, "length", {})


def test_the_three_verdicts_stay_apart():
    sound = json.loads(run("decode", "sht3x", "6666938000a2").stdout)
    hot = json.loads(run("decode", "sht3x", "ffffac8000a2").stdout)  # a good CRC, 130 °C
    warming = json.loads(run("decode", "pms5003", "424d001c" + "00" * 26 + "00ab").stdout)
    broken = json.loads(run("decode", "sht3x", "6666938000a3").stdout)
    verdicts = [[one["valid"], one["usable"], one["plausible"]] for one in (sound, hot, warming, broken)]
    assert verdicts == [[True, True, True], [True, True, False], [True, False, False], [False, False, False]]
    assert hot["implausible"] == ["temperature"] and hot["values"]["temperature"] == 130.0


def test_an_analyser_is_not_decoded_as_what_it_cannot_measure():
    reply = "01 03 04 00 00 3f a0"  # whatever it says
    done = run("decode", "lida", reply, "--set", "quantity=ph")
    assert done.returncode == 2 and "ammonia_nitrogen" in done.stderr and not done.stdout


def test_a_reply_to_another_function_is_foreign_also_without_a_register():
    reply = "01 03 02 02 78 b9 06"  # Renke: 63.2 dB by function 03
    assert json.loads(run("decode", "rs485_noise", reply, "--function", "3").stdout)["values"] == {"laeq": 63.2}
    answer = json.loads(run("decode", "rs485_noise", reply, "--function", "4").stdout)
    assert (answer["valid"], answer["reason"]) == (False, "foreign")


def test_a_wrong_list_is_told_in_words():
    done = run("decode", "current_loop", "00", "--set", "loops=[1]")
    assert done.returncode == 2 and "a list" in done.stderr and "class" not in done.stderr


def test_decode_from_standard_input_gives_a_line_for_a_line():
    done = run("decode", "pms5003", "-", input=f"{PMS}\nnot hex\n\n{PMS}{PMS}\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1 and [answer["valid"] for answer in answers] == [True, False, False, True]
    assert answers[3]["frames"] == 2


@pytest.mark.parametrize("module", ["main", "compute", "decode", "hj212"])
def test_the_example_of_the_help_works(module, capsys):
    example = import_module(f"station.cli.{module}").EXAMPLE
    assert main(shlex.split(example)[1:]) == 0 and capsys.readouterr().out


@pytest.mark.parametrize("mistake", [["log", "show"], ["config"], ["evaluate", "nowhere.csv"]])
def test_nothing_is_suggested_for_a_word_that_was_not_mistyped(mistake, capsys):
    with pytest.raises(SystemExit) as end:
        main(mistake)
    assert end.value.code == 2 and "Did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["decod"], 2, "Did you mean 'decode'?"),
        (["decode", "pms503", "00"], 2, "Did you mean 'pms5003'?"),
        (["decode"], 2, "usage"),
        (["status", "--jsn"], 2, "Did you mean '--json'?"),
        (["config", "chekc"], 2, "Did you mean 'check'?"),
        (["log", "tial"], 2, "Did you mean 'tail'?"),
        (["config", "check", "nowhere.toml"], 2, "there is no such file"),
        (["--config", "nowhere.toml", "acquire"], 2, "nowhere.toml:1:"),
        (["--state", "nowhere", "log", "tail"], 3, "there is no record log"),
        (["demo", "--for", "soon"], 2, "20s"),
        ([], 2, ""),
    ],
)
def test_wrong_usage_is_one_message_and_a_code(words, code, text, tmp_path):
    done = run(*words, cwd=tmp_path, env=os.environ | {"LANG": "C.UTF-8"})
    assert done.returncode == code and text in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_status_of_a_station_that_is_off(tmp_path):
    done = run("status", "--json", "--state", str(tmp_path))
    assert done.returncode == 1 and json.loads(done.stdout)["acquire"] is False
    assert "未运行" in run("status", "--lang", "zh", "--state", str(tmp_path)).stdout


def test_drivers_list():
    listed = json.loads(run("drivers", "--json").stdout)
    assert {one["name"] for one in listed} >= {"pms5003", "sgp40", "sht3x", "rs485_noise", "y532", "y504", "y4000"}
    assert all(set(one) >= {"name", "title", "port", "quantities", "decodes", "confidence"} for one in listed)


@pytest.fixture
def short_home():
    """Socket paths are limited to 107 bytes; pytest's own folders may be longer."""
    with tempfile.TemporaryDirectory(prefix="shst-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_each_help_works(command, short_home):
    """The line that --help ends with is run as it stands, in a folder with a station.toml."""
    help_text = run(command, "--help", env=os.environ | {"LANG": "C.UTF-8"}).stdout
    words = shlex.split(help_text.rstrip().splitlines()[-1].split(" > ")[0])
    assert words[:2] == ["station", command]
    example = run("config", "example").stdout.replace("tls = true", "tls = false")
    for elsewhere in ("192.168.1.20:502", "mqtt.example.cn"):
        example = example.replace(elsewhere, "127.0.0.1:1" if ":" in elsewhere else "127.0.0.1")  # tests stay on this machine
    (short_home / "station.toml").write_text(example, "utf-8")
    (short_home / "colocation.csv").write_text(colocation_csv(), "utf-8")
    (short_home / ".config" / "shanshui").mkdir(parents=True)
    (short_home / ".config" / "shanshui" / "station.toml").write_text(example, "utf-8")
    ports = 'pm = "/dev/nowhere"\ni2c = "unix:/nowhere"\n'
    answers = f'id = "T-1"\nname = "t"\nprofile = "village-air"\n[ports]\n{ports}'
    (short_home / "answers.toml").write_text(answers, "utf-8")
    certificate = 'model = "pms5003"\nserial = "PMS-3001"\nquantity = "pm25"\nreference = "r"\n'
    certificate += 'date = 2026-10-01\nvalid_until = 2027-10-01\nauthor = "Wang Li"\n[correction]\nmethod = "linear"\n'
    certificate += "gain = 0.9\noffset = 0.0\n"
    (short_home / "pms-3001.toml").write_text(certificate, "utf-8")
    environment = os.environ | {"HOME": str(short_home), "LANG": "C.UTF-8"}
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        environment.pop(name, None)
    if command in ("acquire", "gateway"):
        service = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=short_home, env=environment, stderr=subprocess.PIPE, text=True
        )
        said = service.stderr.readline()
        while " INFO " not in said:  # it says that it works once it can be ended in order
            said += service.stderr.readline() or pytest.fail(said)
        service.terminate()
        service.communicate(timeout=30)
        assert service.returncode == 0 and "Traceback" not in said, said
        return
    if command == "log":
        service = subprocess.Popen(
            [sys.executable, "-m", "station", "acquire"], cwd=short_home, env=environment, stderr=subprocess.PIPE
        )
        service.stderr.readline()
        service.terminate()
        service.communicate(timeout=30)
    words = [{"river": "sonde"}.get(word, word) for word in words]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=short_home, env=environment, capture_output=True, text=True, timeout=120
    )
    # nothing runs, a station is there already, no sonde is connected here, nothing is stored of that day; what a scan
    # finds depends on the machine
    expected = {
        "status": (1,),
        "read": (3,),
        "trace": (3,),
        "maintenance": (3,),
        "emergency": (3,),
        "doctor": (3,),
        "statistics": (1,),
        "report": (1,),
        "scan": (0, 1, 3),
        "setup": (1,),
        "restore": (1,),
    }.get(command, (0,))
    assert done.returncode in expected, done.stderr
    assert "Traceback" not in done.stderr


def cpu(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(5):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_is_cheap():
    """At most six times the CPU of a bare Python, each measured in the same run; the best of three pairs."""
    station = os.path.join(os.path.dirname(sys.executable), "station")
    ratios = [cpu(station, "--help") / cpu(sys.executable, "-c", "pass") for _ in range(3)]
    assert min(ratios) <= 6, ratios


def test_main_returns_its_code(capsys):
    assert main(["--lang", "zh", "nonsense"]) == 2
    assert "没有命令" in capsys.readouterr().err


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_instrument_has_a_page_in_both_languages_and_its_block_is_a_good_configuration(name, capsys):
    english, chinese = [], []
    for language, lines in (("en", english), ("zh", chinese)):
        assert main(["drivers", name, "--lang", language]) == 0
        lines += capsys.readouterr().out.splitlines()
    assert any(line.startswith("Wiring") for line in english) and any(line.startswith("接线") for line in chinese)
    assert len(english) == len(chinese)
    words.use("en")
    driver = find(name)
    if driver.port == "hid":
        assert not list(block(driver)) and any(f"station decode {name}" in line for line in english)
        return
    pasted = '[station]\nid = "T"\nname = "T"\n' + "\n".join(block(driver))
    if name in NEED_A_SETTING:
        pasted += f"\n{NEED_A_SETTING[name]}"
    parse(pasted, "pasted")


def test_the_page_as_json():
    page = json.loads(run("drivers", "pms5003", "--json", "--lang", "en").stdout)["page"]
    assert page["wiring"][4] == {"pin": "5 TXD", "to": "RXD", "means": "GPIO15, RXD (header pin 10)"}
    assert "[[instrument]]" in page["configuration"] and page["faults"] and page["cannot"]


def test_decode_of_a_reply_whose_question_is_known():
    frame = "01 03 02 ff 9b b8 1f"
    answer = json.loads(run("decode", "rs485_climate", "--register", "0x0001", "--function", "3", frame).stdout)
    assert answer["values"] == {"temperature": -10.1} and answer["usable"]
    nothing = json.loads(run("decode", "rs485_climate", "--register", "500", frame).stdout)
    assert nothing["valid"] and not nothing["usable"] and nothing["values"] == {}
    assert not json.loads(run("decode", "rs485_climate", "--register", "1", "--function", "4", frame).stdout)["valid"]
    for words_, text in (
        (["pms5003", "--register", "1"], "no Modbus device"),
        (["rs485_climate", "--register", "x"], "whole number"),
    ):
        done = run("decode", *words_, frame, "--lang", "en")
        assert done.returncode == 2 and text in done.stderr


def test_a_device_of_ones_own_is_described_in_a_file(tmp_path):
    done = run("decode", "modbus_map", "--map", MAP_FILE, "01 03 04 02 92 FF 9B 5A 3D")
    assert json.loads(done.stdout)["values"] == {"humidity": 65.8, "temperature": -10.1}
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        'title = "x"\nzh = "x"\nsource = "x"\nordr = "ABCD"\n[[read]]\naddress = 1\ncount = 200\n'
        '[[value]]\nquantity = "humidty"\nregister = 900\nformat = "u17"\n'
        '[[status]]\nname = "s"\nregister = 1\notherwise = "broken"\n'
    )
    done = run("decode", "modbus_map", "--map", str(wrong), "00", "--lang", "en")
    assert done.returncode == 2
    for text in ("did you mean 'order'", "'u17'"):
        assert text in done.stderr
    wrong.write_text(wrong.read_text().replace("ordr", "order").replace("u17", "u16"))
    done = run("decode", "modbus_map", "--map", str(wrong), "00", "--lang", "en")
    for text in ("200 registers", "did you mean 'humidity'", "0x0384 (1 registers) lies in no [[read]]", "'broken' is no reason"):
        assert text in done.stderr, done.stderr


@pytest.mark.parametrize("words", [("drivers", "td500"), ("decode", "td500", "00")])
def test_a_device_without_a_public_list_is_told_as_such(words):
    answer = run(*words, "--lang", "en")
    assert answer.returncode == 2 and "TD500 is not shipped" in answer.stderr and "modbus_map" in answer.stderr
    assert "block = N" in run("drivers", "modbus_map").stdout and "td500" in run("drivers").stdout
    assert not UNMAPPED.keys() & CATALOGUE.keys()


def test_a_shipped_description_that_is_being_written_is_told_what_is_wrong(tmp_path, monkeypatch, capsys):
    half = tmp_path / "half.toml"
    half.write_text(Path(MAP_FILE).read_text("utf-8").replace('"humidity"', '"humidty"'), "utf-8")
    monkeypatch.setitem(CATALOGUE, "half", str(half))
    assert main(["drivers", "half", "--lang", "en"]) == 2
    assert "half.toml: value[0].quantity" in (told := capsys.readouterr().err) and "did you mean 'humidity'" in told
