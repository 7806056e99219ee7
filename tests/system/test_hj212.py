"""The real processes against a strict HJ 212 host: every stored interval confirmed exactly once, through every accident."""

import json
import signal
import subprocess
import sys
import time

import pytest

from gateway.link.hj212.outbox import stamp
from gateway.log.store import RecordLog
from gateway.record import Record, compact
from hw_sim.platform import process
from tests.system.rig import CONFIG, wait_for

HJ212 = """
[[destination]]
name = "bureau"
link = "hj212"
host = "127.0.0.1"
port = {port}
mn = "010000A8900016F000169DC0"
over_time = 1
re_count = 2
real_time = 1
{more}
"""


@pytest.fixture
def host(short_folder):
    with process.hj212_host(short_folder / "host.log") as made:
        yield made


def configure(station, *hosts):
    """Hosts are (name, port, more lines)."""
    head = CONFIG.split("[[destination]]")[0].format(**station.sensors.ready["ports"])
    parts = [HJ212.replace("bureau", name).format(port=port, more=more) for name, port, more in hosts]
    station.config.write_text(head + "".join(parts), "utf-8")


def state(station, name="bureau"):
    return station._file("delivery.json").get("destinations", {}).get(name, {})


def start(station, *hosts):
    configure(station, *hosts)
    station.start("acquire")
    station.start("gateway")
    wait_for("the first confirmations", lambda: all(state(station, one[0]).get("confirmed", 0) >= 2 for one in hosts))


def settle(station, host, name="bureau"):
    """Stop measuring, let everything arrive: then the host has each stored interval once, and nothing else."""
    if "acquire" in station.processes:
        station.stop("acquire")
    wait_for("nothing owed", lambda: state(station, name).get("owed") == 0, 60)
    starts = [stamp(record.start) for record in station.intervals() if record.body != "[]"]  # of nothing nothing is sent

    def there():
        return sorted(row[3] for row in host.order(do="records", cn="2051")["records"])

    wait_for("the last piece", lambda: there() == sorted(set(starts)))
    records = host.order(do="records", cn="2051")["records"]
    counts = host.order(do="stats")
    assert counts["problems"] == [] and not counts.get("conflicts") and not counts.get("invalid")
    return counts, records


def ask(host, cn, content="", **header):
    number = host.order(do="ask", cn=cn, content=content, header=header)["number"]

    def done():
        found = host.order(do="exchange", number=number)
        return found if found["result"] or found["answer"] not in ("", "1") else None

    return wait_for(f"an answer to {cn}", done)


def explained(text):
    command = [sys.executable, "-m", "station", "hj212", "explain", "--json", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60).stdout.splitlines()


@pytest.mark.system
def test_the_traffic_can_be_watched(station, host):
    start(station, ("bureau", host.ready["port"], ""))
    command = [sys.executable, "-m", "station", "hj212", "capture", "--raw", *station.options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        lines = [watching.stdout.readline() for _ in range(6)]
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 130 and "Traceback" not in watching.stderr.read()
    assert {line[0] for line in lines} == {"<", ">"} and all("##" in line for line in lines)
    assert all(json.loads(answer)["valid"] for answer in explained("".join(line[2:] for line in lines)))
    assert not (station.folder / "run" / "tap-bureau.sock").exists()
    wrong = station.command("hj212", "capture", "bureua")
    assert wrong.returncode == 2 and "Did you mean 'bureau'?" in wrong.stderr


@pytest.mark.system
def test_every_interval_arrives_once(station, host):
    start(station, ("bureau", host.ready["port"], ""))
    wait_for("some intervals", lambda: state(station)["confirmed"] >= 5)
    assert state(station)["link"]["bytes"] > 1000, "they are counted"
    counts, records = settle(station, host)
    assert {(row[1], row[4], row[6], row[7]) for row in records} == {("22", "", 1, False)}
    names = [item.partition("=")[0] for row in records for group in row[5].split(";") for item in group.split(",")]
    assert {"a34004-Avg", "a34004-Min", "a34004-Max", "a34004-Flag", "a01001-Avg", "a01002-Avg"} <= set(names)
    assert [row[2] for row in host.order(do="records", cn="2081")["records"]] == ["2081"]
    for cn in ("2011", "2051"):
        built = station.command("hj212", "build", cn)
        assert built.returncode == (1 if cn == "2011" else 0), "nobody measures any more, but the last interval is there"
        assert [json.loads(line)["valid"] for line in explained(built.stdout)] == [True] * built.stdout.count("##")
    live = host.order(do="records", cn="2011")["records"]
    assert live and "a34004-Rtd=" in live[-1][5] and counts["connections"] == 1


@pytest.mark.system
@pytest.mark.parametrize("kind", ["lose_acks", "late", "garbage", "twice", "foreign", "close_mid_frame"])
def test_a_host_that_misbehaves(station, host, kind):
    start(station, ("bureau", host.ready["port"], ""))
    host.order(do="fault", kind=kind, count=6, delay=1.5)
    wait_for("the accidents have happened", lambda: host.order(do="stats").get(kind, 0) >= 6, 60)
    settle(station, host)


@pytest.mark.system
def test_outage_and_killed_gateway(station, host):
    start(station, ("bureau", host.ready["port"], ""))
    host.order(do="deafen")
    before = station.live()["stored"]
    wait_for("a backlog", lambda: station.live()["stored"] >= before + 3 and state(station)["owed"] >= 3)
    assert state(station)["fault"] in ("lost", "unreachable")
    station.kill("gateway")
    host.order(do="listen")
    station.start("gateway")
    wait_for("caught up", lambda: state(station).get("connected") and state(station)["owed"] == 0, 60)
    settle(station, host)
    assert len(host.order(do="records", cn="2081")["records"]) == 1, "the logger was powered on once"


@pytest.mark.system
def test_both_editions_at_once_and_the_backlog_is_marked(station, host, short_folder):
    with process.hj212_host(short_folder / "new.log", "--hj212", "127.0.0.1:0", "--edition", "2025") as new:
        hosts = (("bureau", host.ready["port"], ""), ("ministry", new.ready["port"], "edition = 2025\nheartbeat = 1"))
        start(station, *hosts)
        new.order(do="deafen")
        wait_for("a backlog", lambda: state(station, "ministry")["owed"] >= 4)
        new.order(do="listen")
        wait_for("caught up", lambda: state(station, "ministry").get("connected") and state(station, "ministry")["owed"] == 0, 60)
        settle(station, host)
        _counts, records = settle(station, new, "ministry")
        resent = [row[3] for row in records if row[7]]
        assert len(resent) >= 3 and resent == sorted(resent), "the backlog goes oldest first, with RF=1"


@pytest.mark.system
def test_an_alarm_arrives(station, host):
    start(station, ("bureau", host.ready["port"], ""))
    station.stop("acquire")
    body = compact({"code": "raised", "alarm": "dust", "channel": "pm.pm25", "value": 180.4, "bound": 150.0})
    log = RecordLog.open(station.state / "acquire" / "records.db", 1)
    log.append(Record(0, "alarm", 0, time.time_ns() // 1_000_000, 0, "b", 0, "ntp", None, body))
    log.close()
    text = "i21001-Info=//code: raised alarm: dust channel: pm.pm25 value: 180.4 bound: 150.0//"
    wait_for("the alarm", lambda: any(one.endswith(text) for one in host.order(do="stats")["notices"]))
    settle(station, host)


@pytest.mark.system
def test_a_host_that_never_answers(station, short_folder):
    with process.hj212_host(short_folder / "host.log", "--hj212", "127.0.0.1:0", "--silent") as host:
        start(station, ("bureau", host.ready["port"], 'confirm = "written"'))
        assert "is lost, and nobody knows" in station.command("status").stdout
        settle(station, host)


@pytest.mark.system
def test_the_platform_asks(station, host):
    start(station, ("bureau", host.ready["port"], ""))
    assert ask(host, "1000", "OverTime=2;ReCount=5")["result"] == "1"
    assert ask(host, "1062", "RtdInterval=30")["result"] == "1"
    assert ask(host, "1061")["data"] == ["RtdInterval=30"]
    assert ask(host, "1012", "SystemTime=20160801085857")["answer"] == "2", "the clock is not the platform's by default"
    assert ask(host, "3011", "PolId=a34004")["answer"] == "2"
    wait_for("particles", lambda: "pm25" in [channel[1] for channel in station.live()["channels"]])
    assert ask(host, "3012", "PolId=a34004")["result"] == "1"
    assert ask(host, "3012", "PolId=w01018")["answer"] == "2" == ask(host, "3013", "PolId=a34004")["answer"]
    assert ask(host, "1061", PW="000000")["answer"] == "3"
    assert ask(host, "1061", CRC="0000")["answer"] == "9"
    assert ask(host, "2012")["answer"] == "9013"
    assert ask(host, "2011")["result"] == "1"
    assert ask(host, "1072", "NewPW=abc123")["result"] == "1"
    first = min(stamp(record.start) for record in station.intervals())
    wait_for("more intervals", lambda: state(station)["confirmed"] >= 5)
    found = ask(host, "2051", f"BeginTime={first},EndTime={first}")
    assert found["result"] == "1" and any(area.startswith(f"DataTime={first};") for area in found["data"])
    assert ask(host, "2051", "BeginTime=20200101000000;EndTime=20200102000000")["result"] == "100"
    assert ask(host, "2051", "BeginTime=x;EndTime=20200102000000")["result"] == "3"
    noted = [json.loads(one.body) for one in station.records() if one.kind == "event" and '"note"' in one.body]
    asked = [json.loads(one.body) for one in station.records() if one.kind == "event" and '"read"' in one.body]
    assert [(one["who"], one["arguments"], one["result"]) for one in asked] == [("platform:bureau", {"instrument": "pm"}, "ok")]
    assert {"what": "setting", "name": "real_time", "value": 30} in [one["arguments"] for one in noted]
    assert {one["who"] for one in noted} == {"platform:bureau"} and "abc123" not in str(noted)
    kept = wait_for("what was set is kept", lambda: [one.body for one in station.records() if '"settings_kept"' in one.body])
    assert "abc123" not in str(kept)
    expected = {"over_time": 2, "re_count": 5, "real_time": 30, "password": "******"}
    wait_for("the settings are shown", lambda: state(station)["link"]["changed"] == expected)
    station.stop("gateway")
    station.start("gateway")
    wait_for("the new password is remembered", lambda: state(station).get("connected"))
    assert ask(host, "1061")["data"] == ["RtdInterval=30"]
    settle(station, host)
    assert (station.state / "gateway" / "bureau.json").stat().st_mode & 0o777 == 0o600
    kept = json.loads((station.state / "gateway" / "bureau.json").read_text("utf-8"))
    assert kept["set"]["password"] == ["123456", "abc123"]
