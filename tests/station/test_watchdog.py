"""What systemd is told: a stand-in for its notify socket hears readiness, a feed while every loop turns, and then nothing."""

import socket
import threading
import time

import pytest

from station import acquire, deliver
from station.config import parse
from station.host import health
from station.places import Places

CONFIG = """
[station]
id = "T-1"
name = "test"
interval = 1
[[bus]]
name = "i2c"
kind = "i2c"
port = "unix:/nowhere.sock"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[[destination]]
name = "district"
host = "127.0.0.1"
port = 1
"""


class Ear:
    """systemd's side of the socket."""

    def __init__(self, folder, monkeypatch):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))

    def hear(self, seconds):
        """The next message, "" if none comes in time."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            return ""

    def close(self):
        self._socket.close()

    def quiet(self, seconds, patience=30.0):
        """Wait until nothing has been said for so long."""
        end = time.monotonic() + patience
        while self.hear(seconds):
            assert time.monotonic() < end, "the feed does not stop"


@pytest.fixture
def places(tmp_path):
    (tmp_path / "run").mkdir()
    return Places(tmp_path / "station.toml", tmp_path, tmp_path / "run")


@pytest.fixture
def ear(tmp_path, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda number, handler: None)  # the service runs in a thread here
    made = Ear(tmp_path, monkeypatch)
    yield made
    made.close()


def watched(ear, service, stall):
    """Run `service` in a thread: it gets ready, feeds, and stops feeding when `stall` is called."""
    thread = threading.Thread(target=service.run, daemon=True)
    thread.start()
    assert ear.hear(20) == "READY=1"
    for _feed in range(3):
        assert ear.hear(20) == "WATCHDOG=1"
    release = stall()
    ear.quiet(3.0)
    release()
    assert ear.hear(20) == "WATCHDOG=1", "it goes on when the loop turns again"
    service.stop()
    while (said := ear.hear(20)) == "WATCHDOG=1":
        continue
    assert said == "STOPPING=1"
    thread.join(30)


def test_a_systemd_that_no_longer_listens_stops_nobody(ear):
    """The queue of its socket is full after some messages; the sender must not wait for ever."""
    for _message in range(1000):
        health.notify("WATCHDOG=1")


def test_a_bus_that_hangs_stops_the_feed(ear, places, monkeypatch):
    monkeypatch.setattr(acquire, "STUCK_WORKER", 2.5)
    service = acquire.Acquisition(parse(CONFIG, "c"), places)
    bus = service._workers["i2c"].bus
    real, gate = bus.transact, threading.Event()

    def stall():
        monkeypatch.setattr(bus, "transact", lambda *words: (gate.wait(60), real(*words))[1])
        return gate.set

    watched(ear, service, stall)


def test_a_destination_that_hangs_stops_the_feed(ear, places, monkeypatch):
    monkeypatch.setattr(deliver, "STUCK_DELIVERY", 2.5)
    service = deliver.Gateway(parse(CONFIG, "c"), places)
    (delivery,) = service._deliveries
    real, gate = delivery.turn, threading.Event()

    def stall():
        monkeypatch.setattr(delivery, "turn", lambda patience: (gate.wait(60), real(patience))[1])
        return gate.set

    watched(ear, service, stall)
