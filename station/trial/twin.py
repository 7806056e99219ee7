"""A station in one process for the oracle's runs: the product's own services on simulated clocks, card and network."""

import random
from collections import Counter
from pathlib import Path

from drivers.sample import Sample
from gateway.delivery import Delivery
from gateway.ledger import unconfirmed
from gateway.link.settings import MqttSettings
from gateway.log.files import partitions
from gateway.log.room import Room
from gateway.log.store import RecordLog
from gateway.ranges import Ranges
from gateway.record import Record
from station import events
from station.clock import Clock
from station.config import parse
from station.pipeline import Pipeline
from station.reading import Reading
from station.recorder import Recorder, Witness
from station.trial.card import FLOOR, UPTIME, Card, Clocks, PowerCut, scribble
from station.trial.carriage import Network, SimulatedLink

TURNS = 40
"""Turns of the delivery at one instant; if it is still busy then, it goes on a second later."""

LATEST = 10**15
"""ms: never."""

CONFIG = """
[station]
id = "CHAOS"
name = "chaos"
[[bus]]
name = "i2c"
kind = "i2c"
port = "/dev/i2c-1"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
interval = 60
"""


class Twin:
    """Acquisition and gateway of one station, as they would be on a computer of their own.

    `recorder` and `delivery` are None while the process that has them does not run; `deliver_at` is the time at which the
    gateway has something to do even if nothing new comes. `drop_next`: lose the next stored record behind the courier's back.
    """

    def __init__(self, folder: Path, clocks: Clocks, network: Network, chance: random.Random, witness: Witness) -> None:
        self.log_path = folder / "acquire" / "records.db"
        self._ledger_path = folder / "gateway" / "platform.db"
        self._requests = folder / "requests"
        for path in (self.log_path.parent, self._ledger_path.parent, self._requests):
            path.mkdir()
        self.clocks = clocks
        self.card = Card(self.log_path.parent)
        self._network = network
        self._chance = chance
        self._witness = witness
        self._config = parse(CONFIG, "chaos")
        self.recorder: Recorder | None = None
        self.delivery: Delivery | None = None
        self._log: RecordLog | None = None
        self._clock = Clock(clocks.wall, clocks.monotonic, system=clocks)
        self._boots: list[int] = []
        self.powered = False
        self.killed: Counter[str] = Counter()
        self.deliver_at = clocks.now
        self.drop_next = False

    def true_start(self, record: Record) -> int:
        """When `record` really began, in ms: what its time can be judged by."""
        return record.monotonic - UPTIME + self._boots[int(record.boot.removeprefix("boot-")) - 1]

    def run(self) -> bool:
        """Start what should run and does not. True if the device itself was started."""
        boots = not self.powered
        if boots:
            self.powered = True
            self.clocks.boot_at = self.clocks.now
            self._boots.append(self.clocks.now)
        if self.recorder is None and not self.killed["acquire"]:
            self._start_acquisition()
        if self.delivery is None and not self.killed["gateway"]:
            self._start_gateway()
        return boots

    def _start_acquisition(self) -> None:
        clocks = self.clocks
        room = Room(self.card.free, self.card.capacity, FLOOR)
        log = RecordLog.open(self.log_path, round(clocks.wall() * 1000), room, background=False)
        self._pipeline = Pipeline(self._config.instruments, {}, [])
        self._clock = Clock(clocks.wall, clocks.monotonic, log.newest_start() or 0, clocks)
        boot = f"boot-{len(self._boots)}"
        self._log = log
        self.recorder = Recorder(log, self._clock, boot, 60, self._pipeline, lambda: None, self._witness, self._owed)
        self.recorder.event(events.started("chaos", ["climate=sht3x"], [], {}), self._clock.now())

    def _owed(self) -> Ranges:
        return unconfirmed([self._ledger_path])

    def _start_gateway(self) -> None:
        self.delivery = Delivery(
            name="platform",
            station="CHAOS",
            log_path=self.log_path,
            ledger_path=self._ledger_path,
            settings=MqttSettings("simulated"),
            requests_dir=self._requests,
            live_path=self._requests.parent / "live.json",
            period=60,
            monotonic=self.clocks.monotonic,
            make_link=lambda: SimulatedLink("CHAOS", self._network, self.clocks.monotonic),
            chance=random.Random(self._chance.random()),
        )
        self.delivery.open()
        self.deliver_at = self.clocks.now

    def next_at(self) -> int:
        """True time in ms at which one of the services has something to do."""
        boundary = self.clocks.at(self.recorder.boundary / 1000) if self.recorder is not None else LATEST
        return min(boundary, self.deliver_at if self.delivery is not None else LATEST)

    def measure(self) -> None:
        """One turn of acquisition, with a reading if an interval ends."""
        recorder = self.recorder
        if recorder is None:
            return
        now = self._clock.now()
        before = recorder.last_sequence
        if now.monotonic >= recorder.boundary:
            value = round(20.0 + 8.0 * self._chance.random(), 2)
            self._pipeline.take(Reading("climate", now.monotonic / 1000, Sample({"temperature": value, "humidity": 60.0})))
        recorder.tick(now)
        newest = recorder.last_sequence
        if self.drop_next and self._log is not None and now.trusted and newest > before > 0:
            self.drop_next = not self._log.drop(newest, newest)

    def deliver(self) -> None:
        """Turns of the gateway until it is idle or has done enough for this instant."""
        delivery = self.delivery
        if delivery is None:
            return
        for _ in range(TURNS):
            arrivals = self._network.arrivals
            delivery.turn(0.0)
            if self._network.arrivals == arrivals:
                due = min(delivery.due(), LATEST / 1000)
                self.deliver_at = max(self.clocks.at(due), self.clocks.now + 500)
                return
        self.deliver_at = self.clocks.now + 1000

    def kill(self, name: str) -> None:
        """The process ("acquire", "gateway") is gone; it writes nothing any more."""
        if name == "acquire" and self._log is not None:
            self._log.close()
            self._log = self.recorder = None
        if name == "gateway" and self.delivery is not None:
            self.delivery.abandon()
            self.delivery = None

    def cut_power(self) -> None:
        """Both processes are gone, and what was not on the card."""
        left = PowerCut(self.log_path.parent, self._ledger_path.parent, self._chance)
        self.kill("acquire")
        self.kill("gateway")
        left.restore()
        self.powered = False

    def damage(self, variant: float) -> None:
        """Both processes are gone, and a file of the log is damaged: the newest as likely as all others together."""
        self.kill("acquire")
        self.kill("gateway")
        found = partitions(self.log_path)
        if found:
            scribble(found[-1 if variant < 0.5 else int((variant - 0.5) * 2 * len(found))].path, self._chance)

    def finish(self) -> None:
        """Acquisition ends in order."""
        if self.recorder is not None:
            self.recorder.finish(self._clock.now())
            self._log = self.recorder = None
            self.killed["acquire"] += 1

    def close(self) -> None:
        """The gateway ends in order."""
        if self.delivery is not None:
            self.delivery.close()
            self.delivery = None

    def owed(self) -> int:
        """What the gateway still owes; 1 if it does not run."""
        return int(self.delivery.state()["owed"]) if self.delivery is not None else 1
