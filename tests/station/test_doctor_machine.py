"""`station doctor` and the machine: each fault is planted in the system's files, and named right."""

import json
import os
import subprocess
import sys
import time

import pytest

from gateway.log.store import RecordLog
from gateway.record import Record
from station.config import parse
from station.doctor.machine import check_machine
from station.doctor.software import (
    check_backlog,
    check_configuration,
    check_operation,
    check_owners,
    check_records,
    check_units,
)  # fmt: skip
from station.live import write_json
from station.places import Places
from tests.station.doctor_rig import Machine, assert_good, assert_named

CONFIG = """
[station]
id = "T-1"
name = "test"
language = "en"
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
"""


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def places(tmp_path):
    for name in ("run/requests", "state/acquire", "state/gateway"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "station.toml").write_text(CONFIG, "utf-8")
    return Places(tmp_path / "station.toml", tmp_path / "state", tmp_path / "run")


def of_machine(machine, state):
    machine.write("proc/mounts", f"/dev/mmcblk0p2 {state.resolve()} ext4 rw,noatime 0 0\n")
    return list(check_machine(machine.host, state))


def test_a_healthy_machine(machine, tmp_path):
    assert_good(of_machine(machine, tmp_path))


@pytest.mark.parametrize(
    ("file", "text", "name", "finding", "verdict"),
    [
        ("sys/devices/platform/soc/soc:firmware/get_throttled", "50005", "power", "under_voltage", "failed"),
        ("sys/devices/platform/soc/soc:firmware/get_throttled", "50000", "power", "was_under_voltage", "warning"),
        ("sys/class/thermal/thermal_zone0/temp", "84500", "temperature", "too_hot", "failed"),
        ("sys/class/watchdog/watchdog0/bootstatus", "32", "start", "watchdog_reset", "warning"),
        ("sys/block/mmcblk0/device/life_time", "0x03 0x0a", "card", "card_worn", "warning"),
        ("sys/fs/ext4/mmcblk0p2/errors_count", "7", "card", "card_errors", "failed"),
    ],
)
def test_power_heat_and_card(machine, tmp_path, file, text, name, finding, verdict):
    machine.write(file, text)
    assert_named(of_machine(machine, tmp_path), name, finding, verdict)


def test_the_alarm_of_a_pi_without_throttle_bits(machine, tmp_path):
    machine.remove("sys/devices/platform/soc/soc:firmware/get_throttled")
    machine.write("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    machine.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert_named(of_machine(machine, tmp_path), "power", "under_voltage")


def test_a_card_that_the_kernel_no_longer_writes(machine, tmp_path):
    machine.write("proc/mounts", f"/dev/root / ext4 rw 0 0\n/dev/mmcblk0p2 {tmp_path.resolve()} ext4 ro,noatime 0 0\n")
    assert_named(list(check_machine(machine.host, tmp_path)), "card", "read_only")


@pytest.mark.parametrize(
    ("options", "finding", "verdict"),
    [("size=2m", "disk_full", "failed"), ("size=60m", "disk_low", "warning"), ("size=60m,nr_inodes=6", "no_inodes", "failed")],
)
def test_a_card_without_room(machine, tmp_path, need, options, finding, verdict):
    need.root()
    folder = tmp_path / "card"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        need.lack(f"no tmpfs can be mounted: {done.stderr}")
    try:
        assert_named(of_machine(machine, folder), "disk", finding, verdict)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_clock_without_battery(machine, tmp_path):
    machine.clock.disciplined = False
    machine.at(1000.0)
    assert_named(of_machine(machine, tmp_path), "clock", "clock_past")


def test_a_time_service_that_reaches_nobody(machine, tmp_path):
    machine.clock.disciplined = False
    (machine.root / "run/systemd/timesync").mkdir(parents=True)
    assert_named(of_machine(machine, tmp_path), "clock", "clock_untrusted")


def test_a_battery_clock_alone(machine, tmp_path):
    machine.clock.disciplined = False
    machine.write("sys/class/rtc/rtc0/name", "rtc-ds1307 1-0068\n")
    assert_named(of_machine(machine, tmp_path), "clock", "clock_free", "warning")


@pytest.mark.parametrize(
    ("state", "finding", "verdict"),
    [
        ({"active": "failed", "sub": "failed", "result": "exit-code"}, "unit_failed", "failed"),
        ({"active": "activating", "sub": "auto-restart", "result": "watchdog"}, "unit_failed", "failed"),
        ({"active": "inactive", "sub": "dead"}, "unit_stopped", "failed"),
        ({"enabled": "disabled"}, "unit_disabled", "warning"),
        ({"restarts": 9}, "unit_restarts", "warning"),
    ],
)
def test_units(machine, places, state, finding, verdict):
    assert_good(list(check_units(machine.host, places)))
    machine.systemctl(**state)
    checks = list(check_units(machine.host, places))
    assert_named(checks[:1], "unit.acquire", finding, verdict)


def test_services_that_nobody_started(machine, places):
    (machine.programs / "systemctl").unlink()
    assert_named(list(check_units(machine.host, places)), "unit.gateway", "not_running", "warning")


@pytest.fixture
def installed(machine, places, need):
    """The state folder of an installed station: owners and modes as tmpfiles makes them."""
    need.root()
    machine.write("etc/passwd", "root:x:0:0::/:/bin/sh\nstation-acquire:x:61001:61000::/:\nstation-gateway:x:61002:61000::/:\n")
    machine.write("etc/group", "root:x:0:\nstation:x:61000:\n")
    for service, user in (("acquire", 61001), ("gateway", 61002)):
        folder = places.state / service
        (folder / "records.db").touch()
        for path in (folder / "records.db", folder):
            os.chown(path, user, 61000)
        (folder / "records.db").chmod(0o660)
        folder.chmod(0o2770)
    return machine


@pytest.mark.parametrize(
    ("plant", "finding"),
    [
        (lambda folder: os.chown(folder, 0, 0), "owner"),  # sudo station acquire, once
        (lambda folder: folder.chmod(0o755), "owner"),  # the bit that hands the group on is lost
        (lambda folder: (folder / "records.db").chmod(0o640), "owner"),
        (lambda folder: os.chown(folder / "records.db", 0, 0), "owner"),  # copied back from a backup by root
        (lambda folder: folder.rename(folder.with_name("gone")), "folder_missing"),
    ],
)
def test_owners(installed, places, plant, finding):
    assert_good(list(check_owners(installed.host, places)))
    plant(places.state / "acquire")
    assert_named(list(check_owners(installed.host, places)), "owners.acquire", finding)


def test_a_secret_of_the_gateway_is_closed_to_the_group(installed, places):
    """What an HJ 212 platform has set lies there, its password too; restored by root it would be lost to the gateway."""
    memory = places.state / "gateway/bureau.json"
    memory.write_text("{}")
    memory.chmod(0o600)
    os.chown(memory, 61002, 61000)
    assert_good(list(check_owners(installed.host, places)))
    os.chown(memory, 0, 61000)
    assert_named(list(check_owners(installed.host, places)), "owners.gateway", "owner")


def test_a_configuration_that_the_services_cannot_read(installed, places):
    os.chown(places.config, 0, 0)
    places.config.chmod(0o640)
    assert_named(list(check_owners(installed.host, places)), "owners.configuration", "owner")
    os.chown(places.config, 0, 61000)
    assert_good(list(check_owners(installed.host, places)))


def secret_config(path):
    return CONFIG + f'username = "T-1"\npassword_file = "{path}"\n'


def test_configuration(tmp_path, places):
    _config, checks = check_configuration(places)
    assert_good(checks)
    places.config.write_text(CONFIG.replace("sht3x", "sht3y"), "utf-8")
    config, checks = check_configuration(places)
    assert config is None and checks[0].code == 2 and "Did you mean" in checks[0].evidence
    assert_named(checks, "configuration", "config_bad")
    places.config.unlink()
    assert_named(check_configuration(places)[1], "configuration", "config_missing")


def test_secrets(tmp_path, places):
    secret = tmp_path / "password"
    places.config.write_text(secret_config(secret), "utf-8")
    assert_named(check_configuration(places)[1], "district.secret", "secret_missing")
    secret.write_text("x")
    secret.chmod(0o644)
    assert_named(check_configuration(places)[1], "district.secret", "secret_open", "warning")
    secret.chmod(0o600)
    assert_good(check_configuration(places)[1])


def live(places, **more):
    content = {"monotonic": time.monotonic(), "storage_fault": "", "waiting": 0, "channels": [], "faults": {}}
    write_json(places.live, content | more)


def store(places, age):
    log = RecordLog.open(places.log, first=1)
    log.append(Record(0, "interval", 60, round((time.time() - age) * 1000), 0, "b", 0, "ntp", 1, "[]"))
    log.close()


def test_records(places):
    config = parse(CONFIG, "c")
    store(places, 60)
    live(places)
    assert_good(list(check_records(places, config)))
    live(places, storage_fault="the card is full", waiting=12)
    assert_named(list(check_records(places, config)), "records", "storage")


def test_acquisition_that_stores_nothing(places):
    store(places, 1800)
    live(places)
    assert_named(list(check_records(places, parse(CONFIG, "c"))), "records", "nothing_stored")


def test_a_record_log_that_is_none(places):
    places.log.write_bytes(b"\xff" * 8192)
    assert_named(list(check_records(places, parse(CONFIG, "c"))), "records", "log_damaged")


@pytest.mark.parametrize(
    ("state", "finding"), [({"owed": 600, "refused": 0}, "backlog"), ({"owed": 3, "refused": 2}, "refused_records")]
)
def test_backlog(places, state, finding):
    config = parse(CONFIG, "c")
    write_json(places.delivery, {"monotonic": time.monotonic(), "destinations": {"district": {"owed": 3, "refused": 0}}})
    assert_good(list(check_backlog(places, config)))
    write_json(places.delivery, {"monotonic": time.monotonic(), "destinations": {"district": state}})
    assert_named(list(check_backlog(places, config)), "district.backlog", finding, "warning")


@pytest.mark.parametrize(("what", "finding"), [("maintenance", "maintained"), ("emergency", "emergency")])
def test_what_somebody_has_switched_on(places, what, finding):
    live(places)
    assert list(check_operation(places)) == []
    one = {"what": what, "instrument": None, "drill": False, "by": "Wang Li", "note": "", "left": 1800.0, "until": None}
    live(places, operation=[one])
    (check,) = checks = list(check_operation(places))
    assert_named(checks, "operation", finding, "warning")
    assert "30 min" in check.evidence and "Wang Li" in check.evidence and f"station {what} off" in check.next


def test_json_without_a_configuration(tmp_path):
    """It is printed in any case, and the exit code says that the configuration is what is missing."""
    command = [
        sys.executable,
        "-m",
        "station",
        "doctor",
        "--json",
        "--config",
        str(tmp_path / "none.toml"),
        "--state",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stderr
    checks = json.loads(done.stdout)["checks"]
    assert {tuple(check) for check in checks} == {("name", "verdict", "evidence", "cause", "next")}
    assert {check["verdict"] for check in checks} <= {"good", "warning", "failed", "skipped"}
    assert checks[0]["name"] == "configuration" and checks[0]["verdict"] == "failed" and "none.toml" in checks[0]["evidence"]
    assert len(checks) > 5
