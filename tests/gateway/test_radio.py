"""A radio that is on now and then: windows, and an alarm that does not wait for one."""

import json
import random
import time

from gateway.link.settings import MqttSettings
from gateway.radio import Windows
from gateway.record import compact
from hw_sim.platform.consumer import Consumer
from station import events
from station.trial.carriage import Network, SimulatedLink
from tests.gateway.lines import fill, record
from tests.system.rig import SCHEMA


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_windows_and_an_alarm(tmp_path):
    clock, network = Clock(), Network(random.Random(1))
    network.attach(Consumer(tmp_path / "platform.db", SCHEMA, network.receipt))
    log = fill(tmp_path / "records.db", 5)
    (tmp_path / "requests").mkdir()
    made = Windows(
        name="x", station="T-1", log_path=tmp_path / "records.db", ledger_path=tmp_path / "x.db",
        settings=MqttSettings("127.0.0.1", every=3600), requests_dir=tmp_path / "requests", live_path=tmp_path / "live.json",
        period=60, monotonic=clock, make_link=lambda: SimulatedLink("T-1", network, clock),
    )  # fmt: skip
    made.open()

    def run(seconds):
        """The states of the connection, second by second."""
        seen = []
        for _second in range(seconds):
            clock.now += 1.0
            made.turn(0.0)
            made.turn(0.0)
            network.release()
            seen.append(made.state()["connected"])
        return seen

    seen = run(120)
    assert seen[5] and not seen[-1] and made.state()["owed"] == 0 and made.state()["resting"], "delivered, then off"
    log.append(record(6))
    assert not any(run(600)) and made.state()["owed"] == 1, "what is no alarm waits"
    log.append(record(7, "alarm", '{"code":"raised","alarm":"a"}', 0))
    seen = run(120)
    assert any(seen) and made.state()["owed"] == 0 and not seen[-1], "an alarm opens a window, and what waits goes along"
    log.append(record(8))
    seen = run(3700)
    assert any(seen) and made.state()["owed"] == 0, "the next window comes by itself"
    assert sum(seen) < 120
    made.close()


def test_in_an_emergency_the_radio_stays_on(tmp_path):
    clock, network = Clock(), Network(random.Random(1))
    network.attach(Consumer(tmp_path / "platform.db", SCHEMA, network.receipt))
    log = fill(tmp_path / "records.db", 5)
    (tmp_path / "requests").mkdir()
    live = tmp_path / "live.json"
    made = Windows(
        name="x", station="T-1", log_path=tmp_path / "records.db", ledger_path=tmp_path / "x.db",
        settings=MqttSettings("127.0.0.1", every=3600), requests_dir=tmp_path / "requests", live_path=live,
        period=60, monotonic=clock, make_link=lambda: SimulatedLink("T-1", network, clock),
    )  # fmt: skip
    made.open()

    def run(seconds):
        for _second in range(seconds):
            clock.now += 1.0
            made.turn(0.0)
            made.turn(0.0)
            network.release()
        return made.state()["connected"]

    def tell(*operation):
        live.write_text(json.dumps({"monotonic": time.monotonic(), "operation": operation}), "utf-8")

    assert not run(120)
    log.append(record(6, "event", compact({"code": "requested", "action": "maintenance", "arguments": {"on": True}}), 0))
    assert not run(120), "maintenance can wait"
    tell({"what": "emergency", "drill": True})
    log.append(record(7, "event", events.requested("emergency", "cli:pi", {"on": True, "drill": True}, "on"), 0))
    assert run(120) and made.state()["owed"] == 0, "its begin opens a window, which stays open"
    tell()
    assert not run(120)
    made.close()
