"""The computer's health and each bus's troubles, as readings: from planted files, once a minute."""

from station.host.selfwatch import NAME, SelfWatch, machine
from station.places import Places
from tests.station.doctor_rig import Machine


class Worker:
    errors = skipped = 0


def test_health_each_minute(tmp_path):
    rig = Machine(tmp_path)
    rig.write("proc/loadavg", "0.10 0.25 0.30 1/100 999\n")
    rig.write("proc/meminfo", "MemTotal: 948000 kB\nMemAvailable:     512000 kB\n")
    rig.write("proc/net/wireless", "Inter-|\n face |\n wlan0: 0000   54.  -56.  -256        0\n")
    rig.write("proc/mounts", f"/dev/mmcblk0p2 {tmp_path.resolve()} ext4 rw 0 0\n")
    places = Places(tmp_path / "c", tmp_path / "state", tmp_path)
    (tmp_path / "acquire.starts.json").write_text('{"total": 3, "failures": 0, "began": 1.0}')
    (tmp_path / "gateway.starts.json").write_text('{"total": 1, "failures": 0, "began": 1.0}')
    watch, worker = SelfWatch(places, ["rs485"], rig.root), Worker()
    assert {one.name: one.serial for one in watch.instruments} == {NAME: "", "bus:rs485": ""}
    health, bus = watch.readings(100.0, -40, {"rs485": worker})
    values = dict(health.sample.values)
    assert values.pop("disk_free") > 0
    assert values == {
        "cpu_temperature": 45.123, "cpu_load": 0.25, "memory_free": 500.0, "uptime": 86400.0, "under_voltage": 0.0,
        "throttled": 0.0, "card_written": 2000.0, "card_worn": 20.0, "signal_strength": -56.0, "clock_offset": -40.0,
        "service_starts": 4.0,
    }  # fmt: skip
    assert dict(bus.sample.values) == {"bus_errors": 0.0, "skipped_scans": 0.0}
    assert list(watch.readings(159.0, 0, {"rs485": worker})) == []
    worker.errors, worker.skipped = 7, 2
    rig.write("sys/devices/platform/soc/soc:firmware/get_throttled", "50005")
    health, bus = watch.readings(160.0, 0, {"rs485": worker})
    assert (health.sample.values["under_voltage"], health.sample.values["throttled"]) == (1.0, 1.0)
    assert dict(bus.sample.values) == {"bus_errors": 7.0, "skipped_scans": 2.0}
    _health, bus = watch.readings(221.0, 0, {"rs485": worker})
    assert dict(bus.sample.values) == {"bus_errors": 0.0, "skipped_scans": 0.0}, "what happened in this minute"


def test_what_a_machine_cannot_tell_is_absent(tmp_path):
    (tmp_path / "machine").mkdir()
    watch = SelfWatch(Places(tmp_path / "c", tmp_path, tmp_path), [], tmp_path / "machine")
    assert set(watch.instruments[0].channels) == {"disk_free", "clock_offset", "service_starts"}


def test_why_it_started(tmp_path):
    rig = Machine(tmp_path)
    rig.write("proc/device-tree/serial-number", b"10000000abcdef01\0")
    assert machine(rig.root) == {"serial": "10000000abcdef01", "reset": "", "uptime": 86400.0}, "no word of it"
    rig.write("proc/device-tree/chosen/bootloader/rsts", b"\0\0\x10\0")
    assert machine(rig.root)["reset"] == "power"
    rig.write("proc/device-tree/chosen/bootloader/rsts", b"\0\0\0\x20")
    assert machine(rig.root)["reset"] == "restart", "by command or by watchdog: a Raspberry Pi does not tell them apart"
    rig.write("sys/class/watchdog/watchdog0/bootstatus", "32")
    assert machine(rig.root)["reset"] == "watchdog"
