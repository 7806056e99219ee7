"""The unit files: systemd reads them without a word, what they may do is little, and what the field taught stands in them."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
SERVICES = ("station-acquire.service", "station-gateway.service", "station-privileged.service", "station-watchdog.service")
INSTALL = (UNITS / "install.sh").read_text("utf-8")


class Repeating(dict):
    """A unit may name a key several times: the values come one a line."""

    def __setitem__(self, key, value):
        if key in self and isinstance(value, list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def unit(name):
    parser = configparser.ConfigParser(strict=False, dict_type=Repeating, interpolation=None)
    parser.optionxform = str
    parser.read_string((UNITS / name).read_text("utf-8"))
    return {key: value.splitlines() for key, value in parser["Service"].items()}


@pytest.fixture
def runnable(tmp_path, need):
    """The units with a program that this machine has."""
    need("systemd-analyze")
    for path in UNITS.iterdir():
        if path.suffix in (".service", ".path", ".target"):
            text = path.read_text("utf-8").replace("/opt/shanshui/bin/station", shutil.which("true"))
            (tmp_path / path.name).write_text(text, "utf-8")
    return tmp_path


def analyze(*words):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60)


def test_systemd_has_nothing_to_say_about_them(runnable):
    done = analyze("verify", "--man=no", *map(str, sorted(runnable.iterdir())))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    gateway = runnable / "station-gateway.service"
    gateway.write_text(gateway.read_text("utf-8") + "[Service]\nWatchDogSecs=3\n", "utf-8")
    done = analyze("verify", "--man=no", str(gateway))
    assert "WatchDogSecs" in done.stdout + done.stderr, "the check sees a misspelt key"


@pytest.mark.parametrize(("name", "limit"), [("station-acquire.service", 2.0), ("station-gateway.service", 1.5)])
def test_they_are_exposed_little(need, name, limit):
    need("systemd-analyze")
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={limit * 10:.0f}", str(UNITS / name))
    assert done.returncode == 0, done.stdout[-200:]
    shown = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert shown and float(shown[1]) <= limit


@pytest.mark.parametrize("name", SERVICES)
def test_no_right_but_what_is_named(name):
    service = unit(name)
    rights = {"station-privileged.service": "CAP_SYS_TIME CAP_SYS_BOOT"}.get(name, "")
    assert service["CapabilityBoundingSet"] == ([rights] if rights else [])
    assert service["NoNewPrivileges"] == ["yes"] and service["ProtectSystem"] == ["strict"]
    assert any(line.startswith("@system-service") for line in service["SystemCallFilter"])
    assert "MemoryMax" in service


@pytest.mark.parametrize("name", SERVICES[:2])
def test_they_never_give_up(name):
    text = (UNITS / name).read_text("utf-8")
    assert "\nStartLimitIntervalSec=0\n" in text.partition("[Service]")[0]
    service = unit(name)
    assert (service["Type"], service["Restart"], service["Group"], service["UMask"]) == (
        ["notify"],
        ["always"],
        ["station"],
        ["0007"],
    )
    assert "WatchdogSec" in service
    for word in ("network-online", "time-sync", "time-set", "ExecReload", "RestartSteps"):
        assert word not in text.replace("knows no RestartSteps", ""), "neither network nor time is waited for; reload is restart"
    start = float(service["TimeoutStartSec"][0])
    assert start > 120, "the program's own delay after failures must fit into the time for a start"


def test_the_hardware_watchdog_is_not_fed_from_the_start():
    """Raspberry Pi OS does so (40-rpi-enable-watchdog.conf); the later name wins, and the unit decides when."""
    text = (UNITS / "watchdog.conf").read_text("utf-8")
    assert "\nRuntimeWatchdogSec=0\n" in text and "watchdog.conf /etc/systemd/system.conf.d/50-station.conf" in INSTALL
    assert unit("station-watchdog.service")["ExecStart"] == ["/opt/shanshui/bin/station privileged --arm-watchdog"]


def test_acquisition_may_ask_modemmanager():
    """Seen on Debian 12 under systemd: the sandbox lets mmcli through to it, and only signal-setup wants a rule.

    It needs a UNIX socket and to start a program; neither ProtectSystem nor a missing right stands in the way.
    """
    service = unit("station-acquire.service")
    assert "AF_UNIX" in service["RestrictAddressFamilies"][0] and int(service["TasksMax"][0]) > 20
    assert not {"InaccessiblePaths", "NoExecPaths", "PrivateNetwork", "RootDirectory"} & set(service)
    rule = (UNITS / "polkit.rules").read_text("utf-8")
    assert 'action.id == "org.freedesktop.ModemManager1.Device.Control" && subject.user == "station-acquire"' in rule
    assert "polkit.rules /etc/polkit-1/rules.d/" in INSTALL


def test_acquisition_sees_its_devices_and_the_kernels_clock():
    service = unit("station-acquire.service")
    assert "PrivateDevices" not in service, "it hides the devices in spite of DeviceAllow"
    assert (
        service["DevicePolicy"] == ["closed"]
        and "char-ttyUSB rw" in service["DeviceAllow"]
        and "char-i2c rw" in service["DeviceAllow"]
    )
    assert "ProtectClock" not in service, "it forbids adjtimex, and then no synchronised clock is ever believed"
    assert service["SystemCallFilter"][-1] == "adjtimex clock_adjtime"
    assert service["SupplementaryGroups"] == ["dialout i2c gpio"]


def test_secrets_come_as_credentials():
    from gateway.link.secret import PREFIX

    assert unit("station-gateway.service")["LoadCredential"] == [f"{PREFIX.rstrip('_')}:/etc/shanshui/secrets"]


def test_a_credential_is_found_by_the_bare_name(tmp_path, monkeypatch):
    from gateway.link.secret import secret_file

    (tmp_path / "secret_district.password").touch()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret_file("district.password") == tmp_path / "secret_district.password"
    assert secret_file("other") == tmp_path / "other", "one that was loaded by its own LoadCredential line"
    assert secret_file("/etc/x") == Path("/etc/x")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert secret_file("district.password") == Path("/etc/shanshui/secrets/district.password")
