"""A day of stored minutes and an outage, both editions at once: every 2051, 2061 and 2031 is confirmed exactly once."""

import json
import random
import time

import pytest

from gateway.delivery import Delivery
from gateway.link.hj212.duties import SETTLE
from gateway.link.hj212.outbox import stamp
from gateway.link.hj212.slots import slot_of
from gateway.link.settings import Hj212Settings
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from hw_sim.platform import process
from tests.system.rig import wait_for

HOUR, DAY, MINUTE = 3_600_000, 86_400_000, 60_000
ROWS = [
    ChannelRow("pm", "pm25", "µg/m³", 35.0, 30.0, 40.0, 35.0, 60, 60, 1, "", ""),
    ChannelRow("n", "laeq", "dB", 55.0, 50.0, 60.0, 55.0, 60, 60, 1, "", ""),
]


class Site:
    """A record log whose minutes end shortly before now, and a delivery to each host."""

    def __init__(self, folder, minutes):
        self.folder = folder
        self.now = time.time_ns() // 1_000_000
        self.begin = slot_of(self.now - minutes * MINUTE, DAY)
        self.log = RecordLog.open(folder / "records.db", 10**12)
        self.next = self.begin
        self.deliveries = {}

    def measure(self, until):
        while self.next + MINUTE <= until:
            self.log.append(Record(0, "interval", 60, self.next, 0, "b", 0, "ntp", None, compact(ROWS)))
            self.next += MINUTE

    def deliver(self, name, port, edition, **more):
        settings = Hj212Settings(
            host="127.0.0.1",
            port=port,
            mn="010000A8900016F000169DC0",
            edition=edition,
            over_time=1,
            re_count=2,
            real_time=0,
            **more,
        )
        memory = self.folder / f"{name}.json"
        if not memory.exists():  # as if it had been delivering since the first of these minutes
            memory.write_text(json.dumps({"set": {}, "kept": {"2061": self.begin, "2031": self.begin}}))
        made = Delivery(
            name=name, station="S", log_path=self.folder / "records.db", ledger_path=self.folder / f"{name}.db",
            settings=settings, requests_dir=self.folder / "requests", live_path=self.folder / "live.json",
            period=60, link="hj212",
        )  # fmt: skip
        made.start()
        self.deliveries[name] = made
        return made

    def expected(self, length):
        """DataTime of every interval that is over and stored."""
        ends = self.next if length == MINUTE else min(self.next, self.now)
        return [stamp(at) for at in range(self.begin, ends - length - (0 if length == MINUTE else SETTLE) + 1, length)]


def told(host, cn):
    return [row for row in host.order(do="records", cn=cn)["records"] if row[1] == "22"]


@pytest.mark.system
def test_a_day_of_outages_with_both_editions(short_folder):
    site = Site(short_folder, 27 * 60)
    site.measure(site.begin + DAY + HOUR)
    accidents = random.Random(212)
    with (
        process.hj212_host(short_folder / "old.log") as old,
        process.hj212_host(short_folder / "new.log", "--hj212", "127.0.0.1:0", "--edition", "2025") as new,
    ):
        hosts = {"old": old, "new": new}
        site.deliver("old", old.ready["port"], 2017)
        site.deliver("new", new.ready["port"], 2025, window=4)
        for name, host in hosts.items():
            wait_for("it delivers", lambda name=name: site.deliveries[name].state()["confirmed"] > 20)
            host.order(do="deafen")
        site.measure(site.now)
        for host in hosts.values():
            for kind in accidents.sample(["lose_acks", "twice", "garbage", "foreign", "close_mid_frame"], 4):
                host.order(do="fault", kind=kind, count=3)
            host.order(do="listen")
        wait_for("half of it", lambda: site.deliveries["old"].state()["confirmed"] > 400, 120)
        site.deliveries["old"].stop()
        site.deliver("old", old.ready["port"], 2017)
        for cn, length in (("2051", MINUTE), ("2061", HOUR), ("2031", DAY)):
            wanted = site.expected(length)
            for name, host in hosts.items():
                wait_for(f"every {cn} at {name}", lambda: len(told(host, cn)) >= len(wanted), 180)  # noqa: B023
                found = sorted(row[3] for row in told(host, cn) if row[3] <= wanted[-1])  # an hour may end meanwhile
                assert found == wanted, f"{cn} at {name}"
        for name, host in hosts.items():
            wait_for("nothing owed", lambda name=name: site.deliveries[name].state()["owed"] == 0)
            counts = host.order(do="stats")
            assert counts["problems"] == [] and not counts.get("conflicts")
            minutes = (site.next - site.begin) // MINUTE
            assert site.deliveries[name].state()["confirmed"] == minutes, "each record is confirmed once"
            site.deliveries[name].stop()
        noise = [row for row in new.order(do="records", cn="2031")["records"] if row[1] == "23"]
        assert len(noise) == len(site.expected(DAY)) and "Ldn-Data=61.0;" in noise[0][5], "55 dB day and night: 55 + 6.0"
    site.log.close()


@pytest.mark.system
def test_minutes_gathered_into_ten(short_folder):
    site = Site(short_folder, 60)
    site.begin = site.next = slot_of(site.now - 2 * HOUR, HOUR)
    site.measure(site.begin + HOUR + 5 * MINUTE)
    with process.hj212_host(short_folder / "host.log") as host:
        made = site.deliver("ten", host.ready["port"], 2017, minutes=10, hours=False, days=False)
        wait_for("everything", lambda: made.state()["owed"] == 0 and made.state()["confirmed"] == 65)
        rows = told(host, "2051")
        assert sorted(row[3] for row in rows) == [stamp(site.begin + n * 10 * MINUTE) for n in range(7)]
        assert rows[0][5].endswith("a34004-Min=30.0,a34004-Avg=35.0,a34004-Max=40.0,a34004-Flag=N")
        assert rows[-1][5].endswith("Flag=D"), "five minutes of ten are fewer than three quarters"
        made.stop()
    site.log.close()
