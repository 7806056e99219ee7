"""`station doctor` beside running services, and the file for whoever helps."""

import json
import tarfile

from tests.system.rig import wait_for


def test_nothing_is_stopped_and_nothing_secret_is_told(station, platform):
    secret = station.folder / "password"
    secret.write_text("correct-horse-battery\n")
    secret.chmod(0o600)
    station.configure(platform.ready["port"], f'username = "T-1"\npassword_file = "{secret}"\n')
    station.config.write_text(station.config.read_text("utf-8") + '# password = "correct-horse-battery"\n', "utf-8")
    station.start("acquire")
    station.start("gateway")
    wait_for("receipts", lambda: station.destination().get("confirmed", 0) >= 2)
    stored = station.live()["stored"]
    done = station.command("doctor", "--json", "--bundle", str(station.folder / "help.tar.gz"))
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    mine = ("pm.answers", "climate.answers", "climate.plausible", "district.tcp", "district.login", "district.receipt", "records")
    assert {name: checks[name]["verdict"] for name in mine} == dict.fromkeys(mine, "good")
    assert {"acquire", "gateway"} <= set(station.processes) and all(one.poll() is None for one in station.processes.values())
    wait_for("measuring goes on", lambda: station.live()["stored"] > stored)
    with tarfile.open(station.folder / "help.tar.gz") as archive:
        contents = {name: archive.extractfile(name).read() for name in archive.getnames()}
    names = {name.removeprefix("shanshui-support/") for name in contents}
    assert names >= {"doctor.json", "doctor.txt", "station.toml", "version.txt", "live.json", "delivery.json", "events.jsonl"}
    trace = contents["shanshui-support/traces/pm.trace"].decode()
    assert trace.startswith("# shanshui trace 1 pm uart ") and "< 42 4d" in trace, "what travels on the buses is in it"
    assert b"started" in contents["shanshui-support/events.jsonl"]
    assert not [name for name, content in contents.items() if b"correct-horse" in content]
    assert b"T-1" in contents["shanshui-support/station.toml"]


def test_it_speaks_chinese(station):
    station.configure(1883)
    done = station.command("doctor", "--lang", "zh")
    assert done.returncode == 3 and "可能原因：" in done.stdout and "下一步：" in done.stdout
