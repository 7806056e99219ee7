"""`station sim chaos --real`: the real processes, killed at any instant, behind a line that is cut and a broker that forgets.

Simulated instruments and platform are handed in. The oracle reads the journal that acquisition itself writes (`--journal`).
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gateway.log.store import RecordLog
from station.places import Places, find
from station.trial.chaos import verdict
from station.trial.journal import read_journal
from station.trial.oracle import Oracle

KILLS = (2.0, 8.0)
"""s between two kills: from, to."""

CALM = 60.0
"""s within which, faults stopped, everything must be delivered."""

KINDS = ("process_kill", "link_outage", "half_open", "lost_receipt", "broker_restart")
"""The faults that real processes can be given without a machine of their own."""

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
id = "CHAOS"
name = "chaos"
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
name = "platform"
host = "127.0.0.1"
port = {port}
patience = 3
keepalive = 5
"""


class SimulatedProcess(Protocol):
    """A simulated part in a process of its own."""

    ready: dict[str, Any]

    def order(self, **what: Any) -> dict[str, Any]:
        """Give one order and take the answer."""
        ...

    def stop(self) -> None:
        """End it in order."""
        ...


@dataclass(frozen=True, slots=True)
class RealParts:
    """How to start the instruments of a scenario and the platform in a folder, to read its archive, and to hold a child."""

    instruments: Callable[[str, Path], AbstractContextManager[SimulatedProcess]]
    platform: Callable[[Path], AbstractContextManager[SimulatedProcess]]
    archive: Callable[[Path], Mapping[tuple[str, int], str]]
    leash: Callable[[], None]


class RealChaos:
    """One run in `folder`, of `seconds`."""

    def __init__(self, folder: Path, seconds: float, seed: int, parts: RealParts, control: bool = False) -> None:
        self.seed = seed
        self._folder = folder
        self._seconds = seconds
        self._chance = random.Random(f"real {seed}")
        self._parts = parts
        self._control = control
        self._journal = folder / "journal"
        self.faults: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self._services: dict[str, subprocess.Popen[bytes]] = {}
        self._mend_at: dict[str, tuple[float, dict[str, Any]]] = {}

    def run(self) -> dict[str, Any]:
        """The verdict, as a JSON object. Raises RuntimeError or OSError if the simulation does not start."""
        for name in ("ports", "platform", "run"):
            (self._folder / name).mkdir()
        scenario = self._folder / "scenario.toml"
        scenario.write_text(SCENARIO, "utf-8")
        with ExitStack() as stack:
            sensors = stack.enter_context(self._parts.instruments(str(scenario), self._folder / "ports"))
            platform = stack.enter_context(self._parts.platform(self._folder / "platform"))
            stack.callback(self._end)
            where = self._configure(sensors.ready["ports"], platform.ready["port"])
            self._start("acquire", where)
            self._start("gateway", where)
            self._storm(platform, where)
            if self._control:
                self._drop_one(where)
            self._settle(platform, where)
            platform.stop()
        oracle = Oracle("CHAOS")
        read_journal(self._journal, oracle)
        return verdict(self.seed, oracle.judge(self._parts.archive(self._folder / "platform" / "platform.db")), self.faults)

    def _configure(self, ports: Mapping[str, str], port: int) -> Places:
        path = self._folder / "station.toml"
        path.write_text(CONFIG.format(port=port, **ports), "utf-8")
        return find(str(path), str(self._folder / "state"), str(self._folder / "run"))

    def _start(self, name: str, where: Places) -> None:
        command = [sys.executable, "-m", "station", name, "--config", str(where.config), "--state", str(where.state)]
        command += ["--run", str(where.run)]
        if name == "acquire":
            command += ["--journal", str(self._journal)]
        with (self._folder / f"{name}.log").open("ab") as log:
            self._services[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, preexec_fn=self._parts.leash)

    def _storm(self, platform: SimulatedProcess, where: Places) -> None:
        """Kill and cut until the time is over, then mend everything."""
        end = time.monotonic() + self._seconds
        kill_at = time.monotonic() + self._chance.uniform(*KILLS)
        fault_at = time.monotonic() + self._chance.uniform(*KILLS)
        while (now := time.monotonic()) < end:
            for kind, (at, order) in list(self._mend_at.items()):
                if now >= at:
                    del self._mend_at[kind]
                    platform.order(**order)
            if now >= kill_at:
                kill_at = now + self._chance.uniform(*KILLS)
                self._kill(self._chance.choice(("acquire", "gateway")), where)
            if now >= fault_at:
                fault_at = now + self._chance.uniform(*KILLS)
                self._break(platform, self._chance.choice(KINDS[1:]), now)
            soon = min(end, kill_at, fault_at, *(at for at, _ in self._mend_at.values()))
            time.sleep(max(0.0, soon - time.monotonic()))
        for _at, order in self._mend_at.values():
            platform.order(**order)

    def _kill(self, name: str, where: Places) -> None:
        """SIGKILL, and another one after a moment."""
        self.faults["process_kill"] += 1
        self._services[name].kill()
        self._services[name].wait()
        time.sleep(self._chance.uniform(0.0, 1.0))
        self._start(name, where)

    def _break(self, platform: SimulatedProcess, kind: str, now: float) -> None:
        """One fault of the line or the platform, mended later; one that holds already is left alone."""
        orders: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "link_outage": ({"do": "line", "state": "cut"}, {"do": "line", "state": "open"}),
            "half_open": ({"do": "line", "state": "frozen"}, {"do": "line", "state": "open"}),
            "lost_receipt": ({"do": "receipts", "on": False}, {"do": "receipts", "on": True}),
            "broker_restart": ({"do": "kill_broker"}, {"do": "start_broker"}),
        }
        line = {"link_outage", "half_open"}
        if kind in self._mend_at or (kind in line and line & self._mend_at.keys()):
            return
        self.faults[kind] += 1
        begin, mend = orders[kind]
        platform.order(**begin)
        self._mend_at[kind] = (now + self._chance.uniform(0.5, 12.0), mend)

    def _drop_one(self, where: Places) -> None:
        """Take one stored record out of the log while the gateway is away."""
        self._services["gateway"].kill()
        self._services["gateway"].wait()
        before = self._newest()
        end = time.monotonic() + 20.0
        while (found := self._newest()) <= before and time.monotonic() < end:
            time.sleep(0.1)
        log = RecordLog.open(where.log, first=1)
        log.drop(found, found)
        log.close()
        self._start("gateway", where)

    def _newest(self) -> int:
        oracle = Oracle("CHAOS")
        read_journal(self._journal, oracle)
        return max((record.sequence for record in oracle.owed()), default=0)

    def _settle(self, platform: SimulatedProcess, where: Places) -> None:
        """Stop measuring in order, and wait until nothing is owed any more, or the patience ends."""
        self._services["acquire"].terminate()
        self._services["acquire"].wait(20.0)
        oracle = Oracle("CHAOS")
        owed = read_journal(self._journal, oracle) - self._control
        end = time.monotonic() + CALM
        while time.monotonic() < end:
            try:
                state = json.loads(where.delivery.read_text("utf-8"))["destinations"]["platform"]
            except (OSError, ValueError, KeyError):
                state = {"owed": 1}
            if platform.order(do="stats")["stored"] >= owed and not state["owed"]:
                break
            time.sleep(0.2)

    def _end(self) -> None:
        """Stop what still runs."""
        for service in self._services.values():
            service.terminate()
        for service in self._services.values():
            try:
                service.wait(15.0)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()
