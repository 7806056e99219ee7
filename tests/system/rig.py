"""A station as real processes: simulated instruments, `station acquire`, `station gateway`, a broker, a platform."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from hw_sim.platform.broker import free_port
from hw_sim.platform.consumer import archive
from station.config import load
from station.trial.verdict import canonical, stored_records

SCHEMA = Path(__file__).parents[2] / "gateway" / "payload.schema.json"

SCENARIO = """
[[line]]
name = "pm"
kind = "uart"
[[line.instrument]]
model = "pms5003"
period = 0.3
[[line]]
name = "i2c"
kind = "i2c"
[[line.instrument]]
model = "sht3x"
address = 0x44
"""

CONFIG = """
[station]
id = "T-1"
name = "test"
language = "en"
interval = 1
[[bus]]
name = "pm"
kind = "uart"
port = "{pm}"
[[bus]]
name = "i2c"
kind = "i2c"
port = "{i2c}"
[[instrument]]
name = "pm"
driver = "pms5003"
bus = "pm"
interval = 1
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[[destination]]
name = "district"
host = "127.0.0.1"
port = {port}
patience = 2
{more}
"""


def wait_for(what, condition, patience=30.0):
    """Wait until `condition()` is true; fail with `what` after `patience` s. Returns what it gave."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {patience} s in vain: {what}"
        time.sleep(0.05)
    return found


class Station:
    """The processes of one station in a folder."""

    def __init__(self, folder, sensors):
        self.folder = folder
        self.sensors = sensors
        self.config = folder / "station.toml"
        self.state = folder / "state"
        self.processes = {}

    def configure(self, port, more=""):
        self.config.write_text(CONFIG.format(port=port, more=more, **self.sensors.ready["ports"]), "utf-8")

    def start(self, name):
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "station", name, *self.options], stdin=subprocess.DEVNULL, stderr=log
            )

    @property
    def options(self):
        return ["--config", str(self.config), "--state", str(self.state), "--run", str(self.folder / "run")]

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self, name):
        running = self.processes.pop(name)
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0, self.log(name)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def command(self, *words):
        return subprocess.run(
            [sys.executable, "-m", "station", *words, *self.options], capture_output=True, text=True, timeout=60
        )

    def status(self):
        return json.loads(self.command("status", "--json").stdout)

    def live(self):
        return self._file("live.json")

    def destination(self):
        return self._file("delivery.json").get("destinations", {}).get("district", {})

    def _file(self, name):
        try:
            return json.loads((self.folder / "run" / name).read_text("utf-8"))
        except (OSError, ValueError):
            return {}

    def records(self):
        return stored_records(self.state / "acquire" / "records.db")

    def intervals(self):
        return [record for record in self.records() if record.kind == "interval"]

    def settle(self, platform):
        """Stop measuring, let everything be delivered: then the platform holds every stored record once, as stored."""
        self.stop("acquire")
        records = self.records()
        assert records
        wait_for("everything delivered", lambda: platform.order(do="stats")["stored"] >= len(records), 60)
        wait_for("nothing owed", lambda: self.destination().get("owed") == 0)
        self.stop("gateway")
        counts = platform.order(do="stats")
        platform.stop()
        kept = archive(platform.folder / "platform.db")
        assert kept == {("T-1", record.sequence): canonical("T-1", record) for record in records}
        assert counts["duplicates"] == counts["conflicts"] == counts["invalid"] == 0
        load(self.config)
        return counts


class Mosquitto:
    """A real broker that keeps nothing when it is killed."""

    def __init__(self, program, folder, more="", inflight=0):
        self.program, self.folder = program, folder
        self.port = free_port()
        settings = f"listener {self.port} 127.0.0.1\nmax_queued_messages 0\nmax_inflight_messages {inflight}\n"
        (folder / "mosquitto.conf").write_text(settings + (more or "allow_anonymous true\n"), "utf-8")
        self.start()

    def start(self):
        with (self.folder / "mosquitto.log").open("wb") as log:
            self.process = subprocess.Popen([self.program, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log)
        wait_for("mosquitto listens", self._listens)

    def _listens(self):
        assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text("utf-8", "replace")
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        except OSError:
            return False
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()
