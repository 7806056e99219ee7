"""The acceptance report says of a station what its keeper will be asked: in text and in HTML, in both languages."""

import html
import re
import subprocess

import pytest

from station import words
from station.config import parse
from station.doctor.check import Check
from station.doctor.machine import check_machine
from station.places import Places
from station.upkeep.acceptance import report
from tests.station.doctor_rig import Machine

CONFIG = """
[station]
id = "T-1"
name = "Gubeikou <1>"
[[bus]]
name = "line"
kind = "uart"
port = "/dev/serial/by-path/usb-1"
[[instrument]]
name = "pm"
driver = "sds011"
bus = "line"
serial = "N-1"
[[destination]]
name = "district"
host = "127.0.0.1"
certificate = "{own}"
"""
CERTIFICATE = """
model = "sds011"
serial = "N-1"
quantity = "pm25"
date = 2026-01-01
valid_until = 2027-02-03
author = "Wang Li"
reference = "a reference instrument"

[correction]
method = "linear"
gain = 0.9
offset = 0.0
"""
DECEMBER = 1_796_774_400.0  # 2026-12-09
READING = {"ok": True, "reason": "", "error": "", "identity": "a160", "values": {"pm25": 12.3, "pm10": 20.0}}
WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   58.  -52.  -256        0      0      0      0      0        0
"""


@pytest.fixture
def made(tmp_path, need):
    """A function that makes the report of a station, with other readings, checks and files if they are given."""
    machine = Machine(tmp_path)
    machine.at(DECEMBER)
    machine.write("proc/net/wireless", WIRELESS)
    machine.write("proc/device-tree/serial-number", "10000000abcdef01\0")
    (machine.programs / "openssl").symlink_to(need("openssl"))
    own = tmp_path / "own.pem"
    command = [
        need("openssl"),
        "req",
        "-x509",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-subj",
        "/CN=T-1",
    ]
    subprocess.run([*command, "-days", "3650", "-keyout", tmp_path / "k", "-out", own], check=True, capture_output=True)
    where = Places(tmp_path / "station.toml", tmp_path / "state", tmp_path / "run")
    where.certificates.mkdir()
    (where.certificates / "a.toml").write_text(CERTIFICATE)
    receipt = Check("district.receipt", "good", "after 0.1 s")
    tls = Check("district.tls", "good", "TLSv1.3, certificate until 2026-12-24")

    def make(reading=READING, checks=(tls, receipt), own=own):
        config = parse(CONFIG.format(own=own), "c")
        machine_checks = list(check_machine(machine.host, tmp_path))
        return report(config, where, machine.host, {"pm": reading}, list(checks), machine_checks)

    before = words.language()
    make.machine = machine
    yield make
    words.use(before)


def rows_of(page):
    """The rows of an HTML table as text, cells joined by two blanks."""
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    return [html.unescape("  ".join(cell for cell in row if cell)) for row in cells]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_is_in_it(made, language):
    words.use(language)
    done = made()
    in_words = {
        "en": ("serial a160", "pm  PM2.5  12.3 µg/m³", "time source  ntp (± 100 ms)", "signal  -52 dBm", "until 2027-02-03"),
        "zh": ("序列号 a160", "pm  细颗粒物 PM2.5  12.3 µg/m³", "时间来源  ntp (± 100 ms)", "信号  -52 dBm", "有效至 2027-02-03"),
    }[language]
    for text in (done.text(), "\n".join(rows_of(done.html()))):
        for part in (*in_words, "sds011", "/dev/serial/by-path/usb-1", "10000000abcdef01", "2026-12-24", "own.pem", "T-1"):
            assert part in text, part
    assert "Gubeikou <1>" in done.text() and "Gubeikou &lt;1&gt;" in done.html() and "<1>" not in done.html()


def test_what_is_missing_is_said(made):
    words.use("en")
    made.machine.clock.disciplined = False
    made.machine.write("run/systemd/timesync/x", "")
    made.machine.write("proc/net/wireless", "")
    silent = READING | {"ok": False, "reason": "timeout", "error": "no answer", "identity": "", "values": {}}
    done = made(silent, own="/nowhere/own.pem")
    assert not done.accepted
    for part in ("nobody vouches for the time", "signal  —", "serial N-1", "no answer", "own.pem  cannot be read"):
        assert part in done.text(), part


def test_a_certificate_that_has_run_out_is_marked(made):
    words.use("en")
    (made.machine.root.parent / "certificates/a.toml").write_text(CERTIFICATE.replace("2027-02-03", "2026-12-01"))
    assert "✗  pm  PM2.5" in made().text() and "until 2026-12-01" in made().text()


def test_it_is_accepted_only_with_a_receipt(made):
    assert not made(checks=[Check("district.receipt", "skipped", "not tried")]).accepted
    assert not made(checks=[]).accepted
