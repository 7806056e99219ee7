"""A station whose settings are changed: its files, its clocks, and what its gateway says."""

import json
import time

from gateway import requests
from station.live import write_json
from station.places import Places
from station.remote import effective as effective_module
from station.remote import trial as trial_module
from station.remote.book import read_book
from station.remote.effective import effective
from station.remote.trial import Trials

CONFIG = """
[station]
id = "T-1"
name = "test"
[[bus]]
name = "i2c"
kind = "i2c"
port = "/dev/i2c-1"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[alarm.hot]
kind = "threshold"
channel = "climate.temperature"
above = 40
[[destination]]
name = "district"
host = "old.example.cn"
[[destination]]
name = "bureau"
link = "hj212"
host = "10.0.0.1"
port = 9000
mn = "010000A8900016F000169DC0"
[remote]
platforms = ["district"]
key_file = "remote.key"
hosts = ["*.example.cn"]
{more}
"""
HOST = {"destination.district.host": "new.example.cn"}


class Rig:
    """A station's files, its two clocks, and what its gateway says."""

    def __init__(self, folder, monkeypatch):
        self.places = Places(folder / "station.toml", folder / "state", folder / "run")
        self.places.run.mkdir()
        self.configure("")
        self.boot, self.now = "boot-1", 1000.0
        for module in (trial_module, effective_module):
            monkeypatch.setattr(module, "boot_id", lambda: self.boot)
        self.start()

    def configure(self, more):
        self.places.config.write_text(CONFIG.format(more=more), "utf-8")

    def start(self):
        """Acquisition begins; after a power cut with another boot."""
        self.trials = Trials(self.places, lambda: self.now)

    def ask(self, who="cli:pi", number=None, **arguments):
        asked = arguments if number is None else {"number": number, **arguments}
        answer, bodies = self.trials.ask(requests.make("settings", who, asked))
        return answer, [json.loads(body) for body in bodies]

    def offer(self, changes, **more):
        answer, refused = self.ask(set=changes, **more)
        assert answer["ok"] and not refused, answer
        return answer

    def gateway(self, contact=()):
        """The gateway runs with what is in force, and has had receipts of these."""
        states = {name: {"contact": 1.0 if name in contact else None} for name in ("district", "bureau")}
        content = {"monotonic": time.monotonic(), "configuration": self.config.hash, "destinations": states}
        write_json(self.places.delivery, content)

    def turn(self, seconds=1.0):
        """What is told of what is found after so many s: found in one turn, told in the next."""
        self.now += seconds
        told = self.trials.turn()
        self.now += 1.0
        return [json.loads(body) for body in told + self.trials.turn()]

    def phases(self, seconds=1.0):
        return [body["phase"] for body in self.turn(seconds)]

    @property
    def config(self):
        return effective(self.places, read_book(self.places.settings), self.now)[0]

    @property
    def host(self):
        return self.config.destinations[0].settings.host


def keep(rig, changes):
    """Offer a set and confirm it."""
    rig.offer(changes)
    assert rig.ask(confirm="")[0]["ok"]
