"""The real processes against the field's accidents: each ends with the platform holding every stored record exactly once."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import serial

from hw_sim.instruments.pms5003 import capture
from hw_sim.platform import process
from station.trial.verdict import stored_records
from tests.system.rig import SCHEMA, Mosquitto, wait_for


def run(station, port, more=""):
    station.configure(port, more)
    station.start("acquire")
    station.start("gateway")
    wait_for("the first interval", lambda: station.live().get("stored", 0) >= 2)


def test_broker_killed_and_restarted_empty(station, broker, district):
    run(station, broker.port)
    wait_for("the first receipts", lambda: station.destination().get("confirmed", 0) >= 2)
    broker.kill()
    before = station.live()["stored"]
    wait_for("a backlog", lambda: station.live()["stored"] >= before + 3 and station.destination()["owed"] >= 2)
    assert not station.destination()["connected"] and station.destination()["fault"] in ("lost", "unreachable")
    broker.start()
    wait_for("caught up", lambda: station.destination()["connected"] and station.destination()["owed"] == 0)
    station.settle(district)


def test_gateway_killed_in_mid_backlog(station, broker, district):
    station.configure(broker.port)
    station.start("acquire")
    wait_for("a backlog", lambda: station.live().get("stored", 0) >= 4)
    district.order(do="receipts", on=False)
    station.start("gateway")
    wait_for("records sent and not confirmed", lambda: district.order(do="stats")["stored"] >= 3)
    station.kill("gateway")
    district.order(do="receipts", on=True)
    station.start("gateway")
    counts = station.settle(district)
    assert counts["resent"] >= 3, "what was not confirmed had to be sent again"


def test_acquisition_killed(station, broker, district):
    run(station, broker.port)
    before = {record.sequence for record in station.records()}
    station.kill("acquire")
    station.start("acquire")
    wait_for("new intervals", lambda: len(station.records()) >= len(before) + 3)
    assert before <= {record.sequence for record in station.records()}
    station.settle(district)


def test_sensor_unplugged_and_replugged(station, broker, district):
    run(station, broker.port)
    station.sensors.order(do="fault", line="pm", kind="unplug")
    fault = wait_for("the fault is seen", lambda: station.live().get("faults", {}).get("pm"))
    assert "pm (pms5003, pm)" in fault and "Next:" in fault and "by-path" in fault
    stored = station.live()["stored"]
    wait_for("measuring goes on", lambda: station.live()["stored"] >= stored + 3)
    missing = json.loads(station.intervals()[-1].body)
    assert {row[10] for row in missing if row[0] == "pm"} == {"port"} and {row[3] for row in missing if row[0] == "pm"} == {None}
    assert all(row[3] is not None for row in missing if row[0] == "climate"), "the other bus does not care"
    station.sensors.order(do="fault", line="pm", kind="replug")
    wait_for("values again", lambda: "pm" not in station.live()["faults"])
    station.settle(district)


def test_port_held_by_another_program(station, broker, district):
    holder = serial.Serial(station.sensors.ready["ports"]["pm"], 9600, exclusive=True)
    try:
        run(station, broker.port)
        fault = wait_for("the fault is seen", lambda: station.live().get("faults", {}).get("pm"))
        assert "another program holds it" in fault
    finally:
        holder.close()
    wait_for("values when it lets go", lambda: "pm" not in station.live()["faults"])
    station.settle(district)


def test_disk_full(station, broker, district, need, short_folder):
    need.root()
    folder = short_folder / "state"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        need.lack(f"no tmpfs can be mounted: {done.stderr}")
    try:
        run(station, broker.port)
        ballast = folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        fault = wait_for("the fault is seen", lambda: station.live().get("storage_fault"), 60)
        assert "the card is full" in fault
        assert station.live()["waiting"] >= 1 and station.processes["acquire"].poll() is None
        ballast.unlink()
        wait_for("what waited is stored", lambda: station.live().get("waiting") == 0 and not station.live()["storage_fault"])
        station.settle(district)
    finally:
        for running in station.processes.values():
            running.kill()
            running.wait()
        subprocess.run(["umount", "-l", str(folder)], check=True)


def behind(broker, folder, *options):
    """The platform behind a broker that asks who one is."""
    home = folder / "district"
    home.mkdir()
    made = process.platform(home, SCHEMA, "--broker", f"127.0.0.1:{broker.port}", *options)
    made.folder = home
    return made


def test_wrong_password(station, need, short_folder):
    passwords = short_folder / "passwords"
    for options, user in ((["-c"], "T-1"), ([], "platform")):
        command = [need("mosquitto_passwd"), "-b", *options, str(passwords), user, "right"]
        subprocess.run(command, check=True, capture_output=True)
    passwords.chmod(0o644)
    short_folder.chmod(0o755)  # mosquitto gives up root
    broker = Mosquitto(need("mosquitto"), short_folder, f"allow_anonymous false\npassword_file {passwords}\n")
    secret = short_folder / "secret"
    secret.write_text("wrong\n")
    try:
        with behind(broker, short_folder, "--username", "platform", "--password", "right") as district:
            run(station, broker.port, f'username = "T-1"\npassword_file = "{secret}"')
            wait_for("refused", lambda: station.destination().get("fault") == "refused_credentials")
            text = station.destination()["last_error"]
            assert f"127.0.0.1:{broker.port}" in text and "'T-1'" in text and "Next:" in text
            stored = station.live()["stored"]
            wait_for("measuring goes on", lambda: station.live()["stored"] > stored)
            wait_for("it is owed", lambda: station.destination()["owed"] >= stored)
            secret.write_text("right\n")  # mended while everything runs
            wait_for("delivered", lambda: station.destination()["connected"] and station.destination()["owed"] == 0)
            station.settle(district)
    finally:
        broker.kill()


def make_certificates(openssl, folder):
    """An authority, a server for 127.0.0.1, and a stranger who signed himself."""

    def run_openssl(*words):
        subprocess.run([openssl, *words], check=True, capture_output=True, cwd=folder)

    subject = ["-days", "2", "-nodes", "-newkey", "rsa:2048"]
    run_openssl("req", "-x509", *subject, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca")
    run_openssl("req", "-x509", *subject, "-keyout", "stranger.key", "-out", "stranger.pem", "-subj", "/CN=T-1")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1")
    for name, extra in (("server", ["-extfile", "san"]), ("station", [])):
        run_openssl(
            "req",
            "-new",
            "-nodes",
            "-newkey",
            "rsa:2048",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        run_openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", f"{name}.pem", *extra,
        )  # fmt: skip
    for path in folder.glob("*.key"):
        path.chmod(0o644)  # mosquitto gives up root


def test_certificates(station, need, short_folder):
    """A stranger's certificate is refused and said so; the right one delivers, over TLS."""
    folder = short_folder / "tls"
    folder.mkdir()
    folder.chmod(0o755)
    short_folder.chmod(0o755)
    make_certificates(need("openssl"), folder)
    tls = f"cafile {folder}/ca.pem\ncertfile {folder}/server.pem\nkeyfile {folder}/server.key\nrequire_certificate true\n"
    broker = Mosquitto(need("mosquitto"), short_folder, tls + "allow_anonymous true\n")
    own = 'tls = true\nca = "{0}/ca.pem"\ncertificate = "{0}/{1}.pem"\nkey = "{0}/{1}.key"'
    options = ["--ca", folder / "ca.pem", "--certificate", folder / "server.pem", "--key", folder / "server.key"]
    try:
        with behind(broker, short_folder, *map(str, options)) as district:
            run(station, broker.port, own.format(folder, "stranger"))
            wait_for("refused", lambda: station.destination().get("fault") == "certificate")
            assert "certificate" in station.destination()["last_error"] and "Next:" in station.destination()["last_error"]
            assert station.destination()["confirmed"] == 0
            station.stop("gateway")
            station.configure(broker.port, own.format(folder, "station").replace("ca.pem", "stranger.pem"))
            station.start("gateway")
            wait_for("the broker is not trusted", lambda: station.destination().get("fault") == "untrusted")
            station.stop("gateway")
            station.configure(broker.port, own.format(folder, "station"))
            station.start("gateway")
            wait_for("delivered", lambda: station.destination().get("confirmed", 0) >= 3)
            station.settle(district)
    finally:
        broker.kill()


def test_mqtt_3_1_1_delivers_as_well(station, broker, district):
    run(station, broker.port, "protocol = 4")
    station.settle(district)


def test_platform_commands_and_the_command_line(station, platform):
    """One station that is well: status, read through the running acquisition, a platform's command, the log by hand."""
    run(station, platform.ready["port"])
    wait_for("climate", lambda: any(row[0] == "climate" and row[2] is not None for row in station.live().get("channels", [])))
    wait_for("well", lambda: station.status()["ok"])
    status = station.status()
    climate = next(one for one in status["channels"] if one["quantity"] == "temperature")
    assert climate["unit"] == "°C" and climate["age"] < 10 and status["destinations"]["district"]["connected"]
    answer = json.loads(station.command("read", "climate", "--raw", "--json").stdout)
    assert answer["ok"] and set(answer["values"]) == {"temperature", "humidity"} and len(answer["raw"].split()) == 6
    platform.order(do="command", station="T-1", command={"id": "c1", "action": "read", "arguments": {"instrument": "climate"}})
    platform.order(do="command", station="T-1", command={"id": "c2", "action": "explode"})
    replies = wait_for("replies", lambda: len(r := platform.order(do="stats")["replies"]) >= 2 and r)
    by_id = {reply["id"]: reply for reply in replies}
    assert by_id["c1"]["ok"] and "temperature" in by_id["c1"]["values"]
    assert not by_id["c2"]["ok"] and "unknown action" in by_id["c2"]["error"]
    wait_for("an event says who asked", lambda: any('"who":"platform:district"' in r.body for r in station.records()))
    tail = station.command("log", "tail", "-n", "3", "--json")
    assert tail.returncode == 0 and {json.loads(line)["instrument"] for line in tail.stdout.splitlines()} >= {"climate"}
    assert station.command("read", "climat").returncode == 2
    station.settle(platform)


def test_read_without_a_running_acquisition(station):
    """The command opens the port itself, and says what is wrong with it."""
    station.configure(1)
    done = station.command("read", "pm", "--json", "--raw")
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["ok"] and len(answer["values"]) == 11 and "42 4d 00 1c" in answer["raw"]
    station.sensors.order(do="fault", line="pm", kind="unplug")
    done = station.command("read", "pm", "--lang", "zh")
    assert done.returncode == 3 and "端口无法使用" in done.stdout and "下一步" in done.stdout
    station.sensors.order(do="fault", line="i2c", kind="not_acknowledged")
    done = station.command("read", "climate")
    assert done.returncode == 3 and "no answer" in done.stdout and "0x44" in done.stdout


def test_three_time_zones_give_the_same_kind_of_data(station, platform, monkeypatch):
    """Nothing stored depends on TZ."""
    for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        station.configure(platform.ready["port"])
        before = len(station.records())
        station.start("acquire")
        wait_for("intervals", lambda before=before: len(station.records()) >= before + 3)
        station.stop("acquire")
    starts = [record.start for record in station.intervals()]
    assert starts == sorted(starts) and starts[-1] - starts[0] < 120_000
    assert abs(starts[-1] / 1000 - time.time()) < 60


def test_a_gateway_that_confirms_without_sending_makes_the_demo_fail(short_folder, tmp_path):
    """The verdict is the platform's word, never our own ledger's."""
    from station.cli.demo import Demo

    liar = tmp_path / "liar.py"
    liar.write_text(
        """
import json, sys, time
from pathlib import Path
run = Path(sys.argv[sys.argv.index("--run") + 1])
state = {"connected": True, "fault": "", "last_error": "", "owed": 0, "sent": 99, "confirmed": 99, "resent": 0, "max_owed": 0}
while True:
    content = {"station": "DEMO-1", "monotonic": time.monotonic(), "destinations": {"platform": state}}
    (run / "delivery.part").write_text(json.dumps(content))
    (run / "delivery.part").replace(run / "delivery.json")
    time.sleep(0.3)
""",
        "utf-8",
    )
    verdict = Demo(short_folder, gateway=[sys.executable, str(liar)]).run(6, 1, 0.0, False)
    assert not verdict["ok"] and verdict["stored"] > 0 and verdict["delivered"] == 0
    assert verdict["missing"] == verdict["stored"]


@pytest.mark.parametrize("outage", ["", "4s"])
def test_demo(outage, tmp_path):
    """Two at a time, side by side; real bytes travel to the receipt; nothing is left behind."""
    words = ["demo", "--for", "14", "--interval", "1", "--json", "--state", str(tmp_path / "state")]
    words += ["--outage", outage] if outage else []
    both = [
        subprocess.Popen([sys.executable, "-m", "station", *line], stdout=subprocess.PIPE, text=True)
        for line in (words, ["demo", "--for", "10", "--json"])
    ]
    outs = [one.communicate(timeout=120)[0] for one in both]
    verdicts = [json.loads(out.splitlines()[-1]) for out in outs]
    assert [one.returncode for one in both] == [0, 0], verdicts
    first = verdicts[0]
    assert first["ok"] and first["missing"] == 0 and first["delivered"] == first["stored"] and first["duplicates"] == 0
    assert first["max_owed"] > (2 if outage else -1)
    assert set(first["instruments"]) == {"pm", "climate", "voc", "noise", "ph", "oxygen", "sonde"}
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["acquire", "gateway"]
    real = {tuple(struct.unpack(">13H", frame[4:30])[4:8]) for frame in capture("pms5003_real.hex")}  # PM2.5, PM10, two counts
    rows = [json.loads(r.body) for r in stored_records(tmp_path / "state" / "acquire" / "records.db") if r.kind == "interval"]
    raw = [{row[1]: row[6] for row in body if row[0] == "pm" and row[7] == 1} for body in rows]
    seen = {(one["pm25"], one["pm10"], one["pn03"] * 100, one["pn05"] * 100) for one in raw if one}
    assert len(seen & real) >= 2, "the bytes of a real device have travelled all the way"


def parent(stat):
    """The parent's pid of a process, from its /proc/PID/stat."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_demo_that_is_ended_gives_its_verdict_and_leaves_nothing(end, short_folder):
    environment = os.environ | {"TMPDIR": str(short_folder)}
    demo = subprocess.Popen(
        [sys.executable, "-u", "-m", "station", "demo", "--for", "300", "--interval", "1", "--json"],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert demo.stdout.readline(), "a line every five seconds"
    mine = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if parent(path) == demo.pid]
    demo.send_signal(end)
    out = demo.communicate(timeout=60)[0]
    verdict = json.loads(out.splitlines()[-1])
    assert verdict["missing"] == 0 and verdict["stored"] >= 3
    assert list(short_folder.iterdir()) == []
    assert len(mine) >= 4 and not any(os.path.exists(f"/proc/{pid}") for pid in mine)
