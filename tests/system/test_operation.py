"""A drill on the real processes: begun by command, over a killed acquisition, ended in order; every step at the platform."""

import json

from tests.system.rig import wait_for

ALARM = """
[alarm.warm]
kind = "threshold"
channel = "climate.temperature"
above = -30.0
duration = 0
"""


def test_a_drill_is_dense_marked_and_outlives_a_killed_acquisition(station, platform):
    station.configure(platform.ready["port"], ALARM)
    text = station.config.read_text("utf-8").replace("interval = 1\n[[bus]]", "interval = 2\nemergency_interval = 1\n[[bus]]", 1)
    station.config.write_text(text, "utf-8")
    station.start("acquire")
    station.start("gateway")
    wait_for("a usual interval", station.intervals)
    wait_for("an alarm in earnest", lambda: station.live().get("alarms") == ["warm"])

    def short():
        return [one for one in station.intervals() if one.period == 1]

    assert station.command("emergency", "on", "--for", "1h", "--drill", "--by", "Wang Li", "--note", "exercise").returncode == 0
    wait_for("dense intervals", lambda: len(short()) >= 2)
    assert "DRILL of an emergency until" in station.command("status").stdout
    station.kill("acquire")
    before = len(short())
    station.start("acquire")
    wait_for("dense intervals of the next run", lambda: len(short()) >= before + 3)
    assert station.command("emergency", "off", "--by", "Wang Li").returncode == 0
    assert station.command("maintenance", "on", "--for", "30m", "--instrument", "pm", "--by", "Li Na").returncode == 0
    length = len(station.intervals())
    wait_for("usual intervals", lambda: [one.period for one in station.intervals()[length + 1 :]][:2] == [2, 2])
    station.settle(platform)

    rows = [row for one in short() for row in json.loads(one.body) if row[3] is not None and row[0] == "climate"]
    assert rows and {row[10] for row in rows} <= {"drill", "warm_up"} and "drill" in {row[10] for row in rows}
    started = next(at for at, one in enumerate(station.records()) if at > 3 and '"started"' in one.body)
    first = next(one for one in station.records()[started:] if one.kind == "interval")
    assert first.period == 1, "the next run begins as dense as the last one ended"
    last = json.loads(station.intervals()[-1].body)
    assert all(row[10] != "drill" for row in last)
    assert {row[10] for row in last if row[0] == "pm" and row[3] is not None} <= {"maintenance"}
    events = [json.loads(one.body) for one in station.records() if one.kind == "event"]
    asked = [(one["arguments"]["on"], one["arguments"]["by"]) for one in events if one.get("action") == "emergency"]
    assert asked == [(True, "Wang Li"), (False, "Wang Li")]
    alarms = [json.loads(one.body) for one in station.records() if one.kind == "alarm"]
    assert [one["code"] for one in alarms if one["code"] != "series"] == ["raised"], "what is real stays as it is"
