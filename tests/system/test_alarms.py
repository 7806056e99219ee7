"""An alarm in the real processes: raised, acted upon, delivered, and its samples stored when the station stops."""

import json

from hw_sim.ports.gpio import GpioServer
from tests.system.rig import wait_for

ALARM = """
[alarm.warm]
kind = "threshold"
channel = "climate.temperature"
above = -30.0
duration = 1
sampling = 1
output = 17
output_port = "unix:{folder}/lamp"
snapshot = "http://127.0.0.1:9/still.jpg"
"""


def bodies(station):
    return [json.loads(record.body) for record in station.records() if record.kind == "alarm"]


def test_an_alarm_is_stored_acted_upon_and_delivered(station, platform, short_folder):
    lamp = []
    server = GpioServer(short_folder / "lamp", lambda _verb, line, level: lamp.append((line, level)) or b"ok")
    server.start()
    station.configure(platform.ready["port"], ALARM.format(folder=short_folder))
    station.start("acquire")
    station.start("gateway")
    wait_for("the alarm", lambda: station.live().get("alarms") == ["warm"])
    wait_for("what came of it", lambda: len(bodies(station)) >= 2)
    wait_for("the lamp", lambda: lamp == [(17, True)])
    stored = station.live()["stored"]
    wait_for("more samples", lambda: station.live()["stored"] >= stored + 3)
    assert "ALARM: warm" in station.command("status").stdout
    station.settle(platform)
    server.stop()
    told = bodies(station)
    assert [one["code"] for one in told] == ["raised", "snapshot", "series"]
    raised, snapshot, series = told
    assert raised["value"] > raised["bound"] == -30
    assert raised["series"]["climate.temperature"] and series["series"]["climate.temperature"], "before and after"
    assert "error" in snapshot, "no camera there"
