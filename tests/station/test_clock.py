"""Whose time is believed: the smallest error, never what cannot be, never longer than it is good for."""

import http.server
import json
import threading
from datetime import UTC, datetime

import pytest

from drivers.sample import Sample
from gateway.link.link import TimeTold
from gateway.requests import PRIVILEGED, take
from gateway.told import BOOT_ID, heard_time, tell_time
from station.clock import AHEAD, DAY, RELEASE, TOO_FAR, Clock, Floor, Now
from station.config import parse
from station.httptime import ask
from station.reading import Reading
from station.timekeeper import Timekeeper
from tests.station.test_recorder import FakeKernel, Rig

UTC_MS = RELEASE + 10 * DAY


class Rules:
    """A clock in the test's hand."""

    def __init__(self, wall=UTC_MS, weak="", floor=RELEASE):
        self.wall, self.mono = wall, 50_000
        self.kernel = FakeKernel()
        self.kernel.weak = weak
        self.clock = Clock(lambda: self.wall / 1000, lambda: self.mono / 1000, floor, self.kernel)

    def tell(self, utc, error=300, source="platform"):
        self.clock.hear(TimeTold(utc, self.mono, error, source))
        return self.clock.now()


def test_what_is_told_serves_while_nothing_better_is_known():
    rules = Rules(wall=5000)
    assert not rules.clock.now().trusted
    now = rules.tell(UTC_MS)
    assert (now.source, now.utc, now.error) == ("platform", UTC_MS, 300)
    rules.mono += 10_000_000
    rules.wall += 10_000_000
    now = rules.clock.now()
    assert (now.utc, now.error) == (UTC_MS + 10_000_000, 300 + 500), "50 ppm of 10,000 s"
    rules.kernel.error = 100
    rules.wall = UTC_MS + 10_000_000
    assert rules.clock.now().source == "ntp"
    rules.kernel.error = None
    assert rules.clock.now().source == "platform", "800 ms against 1100 ms of a clock that runs free"
    rules.tell(UTC_MS + 10_000_000, error=20_000, source="http")
    assert rules.clock.now().source == "platform", "a worse word changes nothing"


@pytest.mark.parametrize("wrong", [5000, RELEASE - DAY, RELEASE + 30 * 365 * DAY])
def test_what_cannot_be_is_not_believed(wrong):
    assert not Rules(wall=5000).tell(wrong).trusted


def test_a_battery_clock_is_believed_less_than_somebody_who_knows():
    rules = Rules(weak="rtc")
    assert rules.clock.now().source == "rtc"
    assert rules.tell(UTC_MS + 3_600_000).source == "platform"


def test_a_time_that_may_be_wrong_by_half_a_minute_is_flagged(tmp_path):
    assert not Now(0, 0, 0, "holdover", TOO_FAR).doubtful
    rig = Rig(tmp_path, utc=12.0)
    rig.clock.hear(TimeTold(UTC_MS, round(rig.mono * 1000), TOO_FAR + 1, "http"))
    rig.pass_time(0.0)
    pipeline = rig.recorder._pipeline
    for _ in range(130):
        for name, channels in pipeline.channels.items():
            pipeline.take(Reading(name, rig.mono, Sample(dict.fromkeys(channels, 20.0))))
        rig.pass_time(1.0)
    rows = [row for record in rig.records() if record.kind == "interval" for row in json.loads(record.body)]
    assert rows and "clock" in {row[10] for row in rows} and all(row[9] != 1 for row in rows)
    assert {record.time_source for record in rig.records()} == {"http"}
    rig.log.close()


def test_the_floor_outlives_the_log(tmp_path):
    path = tmp_path / "clock.json"
    floor = Floor(path)
    assert floor.read() == 0
    floor.keep(Now(1000, UTC_MS, UTC_MS, "", None))
    assert floor.read() == 0, "an untrusted time is no floor"
    floor.keep(Now(2000, UTC_MS, UTC_MS, "ntp", 100))
    floor.keep(Now(3000, UTC_MS + DAY, UTC_MS, "ntp", 100))
    assert Floor(path).read() == UTC_MS, "one writing an hour"
    assert not Rules(wall=UTC_MS - 1, weak="rtc", floor=Floor(path).read()).clock.now().trusted
    assert Rules(wall=UTC_MS + AHEAD, weak="rtc", floor=Floor(path).read()).clock.now().trusted
    path.write_text("rubbish")
    assert Floor(path).read() == 0


def test_what_was_told_in_another_boot_is_not_heard(tmp_path):
    told = TimeTold(UTC_MS, 5000, 250, "platform")
    assert heard_time(tmp_path, "platform") is None
    tell_time(tmp_path, told)
    assert heard_time(tmp_path, "platform") == told and heard_time(tmp_path, "http") is None
    path = tmp_path / "time-platform.json"
    path.write_text(path.read_text().replace(BOOT_ID.read_text().strip(), "another"))
    assert heard_time(tmp_path, "platform") is None


CONFIG = """
[station]
id = "C-1"
name = "clock"
{more}
[[bus]]
name = "gps"
kind = "uart"
port = "/dev/ttyS9"
[[instrument]]
name = "gps"
driver = "nmea"
bus = "gps"
"""


def keeper(tmp_path, rules, more=""):
    return Timekeeper(rules.clock, Floor(tmp_path / "clock.json"), parse(CONFIG.format(more=more), "x"), tmp_path)


def test_a_receiver_with_a_position_tells_the_time(tmp_path):
    rules = Rules(wall=5000)
    one = keeper(tmp_path, rules)
    status = {"date": "2026-11-24", "time": "12:34:56.00Z"}
    one.receive("gps", Sample({}, {}, status, reason="no_fix"), 50.0)
    one.receive("gps", Sample({"latitude": 31.0}, {"date": "clock"}, status), 50.0)
    one.receive("other", Sample({"latitude": 31.0}, {}, status), 50.0)
    assert not rules.clock.now().trusted
    one.receive("gps", Sample({"latitude": 31.0}, {}, status), 50.0)
    now = rules.clock.now()
    assert now.source == "gps" and now.utc == datetime(2026, 11, 24, 12, 34, 56, tzinfo=UTC).timestamp() * 1000
    silent = Rules(wall=5000)
    keeper(tmp_path, silent, 'time_from = ["platform"]').receive("gps", Sample({"latitude": 31.0}, {}, status), 50.0)
    assert not silent.clock.now().trusted


def test_root_is_asked_to_set_the_clock_only_if_the_configuration_says_so(tmp_path):
    folder = tmp_path / PRIVILEGED
    folder.mkdir()
    for more, asked in (("", 0), ("set_clock = true", 1)):
        rules = Rules(wall=UTC_MS - DAY)
        one = keeper(tmp_path, rules, more)
        tell_time(tmp_path, TimeTold(UTC_MS, rules.mono, 300, "platform"))
        for _ in range(3):
            one.turn(rules.clock.now())
        requests = take(folder)
        assert len(requests) == asked
    assert (requests[0].action, requests[0].who) == ("set_clock", "station:platform")
    assert requests[0].arguments == {"by": DAY, "how": "step"}


def test_the_date_of_a_web_server(tmp_path):
    class Server(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(301 if self.path == "/" else 500)
            self.end_headers()

        def date_time_string(self, timestamp=None):
            return "Tue, 24 Nov 2026 12:00:00 GMT"

        def log_message(self, *_words):
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        told = ask(f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()
    noon = round(datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC).timestamp() * 1000)
    assert told is not None and told.source == "http" and 500 <= told.error < 3000
    assert abs(told.utc - noon - 500) <= told.error
    assert ask(f"http://127.0.0.1:{server.server_port}/") is None
