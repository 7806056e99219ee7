"""Runs in a clean tree where the station is installed: starts both services as their users, and reads the log as everybody.

Prints one JSON object: what the stand-in for systemd's notify socket heard, and what each reader of the log saw when.
"""

import json
import os
import pwd
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

from hw_sim.platform import process

STATION = "/opt/shanshui/bin/station"
RUN = Path("/run/shanshui")
CONFIG = """
[station]
id = "T-1"
name = "test"
language = "en"
interval = 1
[[bus]]
name = "i2c"
kind = "i2c"
port = "unix:/run/sim/i2c.sock"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[[destination]]
name = "district"
host = "127.0.0.1"
port = 1883
[[destination]]
name = "bureau"
link = "hj212"
host = "127.0.0.1"
port = 9212
mn = "010000A8900016F000169DC0"
factor = [{ code = "a01001", channel = "climate.temperature" }]
"""
SCENARIO = """
[[line]]
name = "i2c"
kind = "i2c"
[[line.instrument]]
model = "sht3x"
address = 0x44
"""


class Notified:
    """One service's notify socket, with somebody who listens all the time, as systemd does."""

    def __init__(self, name):
        self.path = f"/run/notify-{name}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.heard.append(self._socket.recv(4096).decode())

    def until(self, word):
        end = time.monotonic() + 100
        while word not in self.heard:
            assert time.monotonic() < end, f"{self.path}: waited in vain for {word}"
            time.sleep(0.05)


def as_user(name, *words, **more):
    """A process with the rights that the unit gives it."""
    user = pwd.getpwnam(name)
    command = [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all",
        "--no-new-privs",
    ]
    return [*command, STATION, *words], {"umask": 0o007, "cwd": "/", **more}


def start(name, notified):
    command, more = as_user(f"station-{name}", name, env={**os.environ, "NOTIFY_SOCKET": notified.path})
    process = subprocess.Popen(command, **more)
    notified.heard.clear()
    notified.until("READY=1")
    notified.until("WATCHDOG=1")
    return process


def read(user):
    """How many lines `station log tail` shows to a user."""
    command, more = as_user(user, "log", "tail")
    if user == "root":
        command = [STATION, "log", "tail"]
        more = {"umask": 0o022}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **more)
    return len(done.stdout.splitlines()) if done.returncode == 0 else done.stderr


STRANGERS = (("log", "tail"), ("status",), ("doctor",), ("config", "check"), ("read", "climate"), ("backup", "/tmp/b"))
"""What an ordinary user tries, who is not in the group."""


def told(user, *words):
    """Exit code and everything that a command says."""
    command, more = as_user(user, *words)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **more)
    return [done.returncode, done.stdout + done.stderr]


def owed():
    try:
        return json.loads((RUN / "delivery.json").read_text())["destinations"]["district"]["owed"]
    except (OSError, ValueError, KeyError):
        return 0


def seen_by_gateway(least):
    """The gateway, which reads the log as its own user, owes at least so many records."""
    end = time.monotonic() + 60
    while owed() < least and time.monotonic() < end:
        time.sleep(0.1)
    return owed() >= least


def elsewhere(ears):
    """The station's backup on another machine: refused while the old one may live, then both services run from it.

    Everything that was owed, and what is new, arrives at a platform that was away until now.
    """
    told = {"made": command("backup", "/tmp/b.tar.gz")}
    stored = newest()
    for place in ("/etc/shanshui", "/var/lib/shanshui", "/run/shanshui"):
        subprocess.run(["rm", "-rf", place], check=True)
    Path("/etc/machine-id").write_text("machine-b\n")
    subprocess.run(["systemd-tmpfiles", "--create", "/etc/tmpfiles.d/station.conf"], check=True)
    told["refused"] = command("restore", "/tmp/b.tar.gz")
    told["restored"] = command("restore", "/tmp/b.tar.gz", "--old-is-gone")
    with process.hj212_host(Path("/tmp/host.log"), "--hj212", "127.0.0.1:9212") as host:
        running = [start(name, ears[name]) for name in ("acquire", "gateway")]
        told["before and after"] = until_both(host, stored)
        for one in running:
            one.send_signal(signal.SIGTERM)
        told["ended with"] = [one.wait(60) for one in running]
        told["problems"] = host.order(do="stats")["problems"]
    return told


def command(*words):
    """What root is told, with the exit code."""
    done = subprocess.run([STATION, *words], capture_output=True, text=True, timeout=60)
    return [done.returncode, done.stdout + done.stderr]


def newest():
    """Start of the newest stored interval, as HJ 212 writes it."""
    with sqlite3.connect("/var/lib/shanshui/acquire/records.db") as database:
        (start_,) = database.execute("SELECT max(start) FROM records WHERE kind = 'interval'").fetchone()
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(start_ / 1000 + 8 * 3600))


def until_both(host, moment):
    """How many of the intervals up to `moment` the host has, once one behind it has come too."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        starts = sorted(row[3] for row in host.order(do="records", cn="2051")["records"])
        if moment in starts and starts[-1] > moment:
            return [sum(one <= moment for one in starts), "and new ones"]
        time.sleep(0.2)
    return starts[-3:]


def main():
    Path("/etc/machine-id").write_text("machine-a\n")
    before = os.umask(0o027)  # as a careful administrator has it: the folder's group must let the services in
    Path("/etc/shanshui/station.toml").write_text(CONFIG)
    os.umask(before)
    Path("/run/sim").mkdir(mode=0o755)
    Path("/run/sim/scenario.toml").write_text(SCENARIO)
    simulator = subprocess.Popen(
        ["/opt/shanshui/bin/python", "-m", "hw_sim", "instruments", "/run/sim/scenario.toml", "--dir", "/run/sim"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    simulator.stdout.readline()
    os.chmod("/run/sim/i2c.sock", 0o666)
    found = {}
    ears = {name: Notified(name) for name in ("acquire", "gateway")}
    acquire = start("acquire", ears["acquire"])
    gateway = start("gateway", ears["gateway"])
    found["ready"] = {name: ear.heard[:2] for name, ear in ears.items()}

    def look(when, least):
        found[when] = {"gateway": seen_by_gateway(least), **{user: read(user) for user in ("station-gateway", "root")}}

    look("started", 2)
    acquire.send_signal(signal.SIGTERM)
    found["stopped with"] = acquire.wait(60)
    look("stopped", 2)
    look("stopped, after root has looked", 2)
    folder = Path("/var/lib/shanshui/acquire")
    found["modes"] = {path.name: oct(path.stat().st_mode)[-3:] for path in folder.glob("*.db*")}
    acquire = start("acquire", ears["acquire"])
    acquire.kill()
    acquire.wait()
    before = owed()
    look("crashed", 2)
    acquire = start("acquire", ears["acquire"])
    look("started again", before + 2)
    found["stranger"] = {name: told("pi", name, *more) for name, *more in STRANGERS}
    acquire.send_signal(signal.SIGTERM)
    gateway.send_signal(signal.SIGTERM)
    found["ended with"] = [acquire.wait(60), gateway.wait(60)]
    found["elsewhere"] = elsewhere(ears)
    simulator.kill()
    json.dump(found, sys.stdout)


main()
