"""`station demo --profile`: the station of a profile on its simulated instruments, to every platform that the profile names."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from station.cli.demo import SCHEMA, Demo
from station.config import Config, parse
from station.places import Places
from station.profile import connected, profile, put, quickened, scenario
from station.verdict import Run, stored_records
from station.verdict_hj212 import judge_hj212


class ProfileDemo(Demo):
    """One run of a profile; each of its destinations gets a simulated platform of its own."""

    def __init__(self, folder: Path, state: str | None = None, profile: str = "village-air") -> None:
        super().__init__(folder, state)
        self._profile = profile

    def _simulate(self, stack: ExitStack, interval: int, cut: tuple[str, ...]) -> tuple[Places, Config]:
        from hw_sim.platform import process

        source = profile(self._profile)
        planned = parse(source, self._profile)
        path = self._folder / "scenario.json"
        path.write_text(json.dumps(scenario(planned, cycle=float(interval))), "utf-8")
        sensors = stack.enter_context(process.instruments(str(path), self._folder / "ports"))
        self._mqtt = stack.enter_context(process.platform(self._folder / "platform", SCHEMA, *cut))
        self._hosts = {
            one.name: stack.enter_context(process.hj212_host(self._folder / f"{one.name}.host.log"))
            for one in planned.destinations
            if one.link == "hj212"
        }
        ports = {one.name: self._hosts.get(one.name, self._mqtt).ready["port"] for one in planned.destinations}
        source = connected(quickened(source, planned, interval), planned, sensors.ready["ports"], ports)
        return self._write(put(source, ("station", "id"), "DEMO-1"))

    def _judge(self, where: Places, config: Config, ran: Run) -> dict[str, Any]:
        """The worse of the platforms counts."""
        told = {
            name: (host.order(do="records")["records"], host.order(do="stats")) for name, host in self._hosts.items()
        }  # before its end
        verdict = super()._judge(where, config, ran)
        records = stored_records(where.log)
        mqtt = next(one.name for one in config.destinations if one.link == "mqtt")
        found = {mqtt: {"delivered": verdict["delivered"], "missing": verdict["missing"], "passed": 0, "problems": []}}
        for one in config.destinations:
            if one.name in told:
                found[one.name] = judge_hj212(records, one.settings, *told[one.name])
        fine = all(not one["missing"] and not one["problems"] for one in found.values())
        worst = {
            "delivered": min(one["delivered"] for one in found.values()),
            "missing": max(one["missing"] for one in found.values()),
        }
        return verdict | worst | {"ok": verdict["ok"] and fine, "profile": self._profile, "destinations": found}
