"""`station demo`: a whole station on simulated hardware, as the processes that a deployed one runs, and a verdict."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from station.cli.common import print_json, seconds
from station.cli.main import Trouble
from station.cli.status import destination_line, look, reading_lines
from station.config import Config, load, parse
from station.places import Places, find
from station.trial.verdict import Run, judge, stored_records
from station.trial.verdict_hj212 import judge_hj212
from station.upkeep.profile import certify, connected, numbered, profiles, put, quickened, scenario
from station.upkeep.profile import profile as profile_text
from station.words import _

EXAMPLE = "station demo --for 10 --json"
SETTLE = 20.0
"""s that the gateway may take at the end to deliver what is owed."""

SCHEMA = Path(str(files("gateway").joinpath("payload.schema.json")))

CONFIG = """
[station]
id = "DEMO-1"
name = "Demo village / 演示村"
interval = {interval}

{buses}
[[instrument]]
name = "pm"
driver = "pms5003"
bus = "pm"
serial = "D-1"
interval = 1
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
[[instrument]]
name = "voc"
driver = "sgp40"
bus = "i2c"
[[instrument]]
name = "noise"
driver = "rs485_noise"
bus = "rs485"
address = 1
serial = "D-2"
[[instrument]]
name = "ph"
driver = "y532"
bus = "rs485"
address = 3
serial = "23060017"
[[instrument]]
name = "oxygen"
driver = "y504"
bus = "rs485"
address = 5
serial = "23060017"
[[instrument]]
name = "sonde"
driver = "y4000"
bus = "sonde"
serial = "23060017"

[[destination]]
name = "platform"
host = "127.0.0.1"
port = {port}
patience = 5
"""
KINDS = {"pm": "uart", "i2c": "i2c", "rs485": "modbus", "sonde": "modbus"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--for", dest="seconds", type=seconds, default=60.0, metavar="S", help=_("run so many seconds"))
    parser.add_argument("--interval", type=int, default=5, metavar="S", help=_("length of an interval (deployed: 60)"))
    parser.add_argument("--outage", type=seconds, metavar="S", help=_("cut the platform off in the middle for S seconds"))
    parser.add_argument("--scenario", default="village-and-river", metavar="NAME", help=_("village-and-river or faulty"))
    parser.add_argument("--profile", metavar="NAME", help=_("the station of this profile, to MQTT and HJ 212 at once"))
    parser.add_argument("--json", action="store_true", help=_("the verdict as one JSON object on the last line"))


def run(options: argparse.Namespace) -> int:
    """0 if every stored record arrived once with equal content and every instrument gave values, 1 if not."""
    if options.interval < 1 or options.seconds < 2 * options.interval:
        raise Trouble(_("--for must be at least two intervals, --interval at least 1"), 2)
    folder = Path(tempfile.mkdtemp(prefix="shanshui-"))
    try:
        verdict = _made(options, folder).run(
            options.seconds, options.interval, options.outage or 0.0, sys.stdout.isatty() and not options.json
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print_json(verdict)
    else:
        print("\n".join(_summary(verdict)))
    return 0 if verdict["ok"] else 1


def _made(options: argparse.Namespace, folder: Path) -> "Demo":
    """The demo that was asked for. Raises Trouble."""
    if not options.profile:
        return Demo(folder, options.state, scenario=options.scenario)
    if options.profile not in profiles():
        known = ", ".join(profiles())
        raise Trouble(_("there is no profile {name!r}; known: {known}").format(name=options.profile, known=known), 2)
    return ProfileDemo(folder, options.state, profile=options.profile)


class Demo:
    """One run in `folder`; the record log and the ledgers are left in `state` if that is given.

    `gateway` is the command that delivers: a test puts a liar there.
    """

    def __init__(self, folder: Path, state: str | None = None, gateway: list[str] | None = None, scenario: str = "") -> None:
        self._folder = folder
        self._state = Path(state).absolute() if state else folder / "state"
        self._gateway = gateway or [sys.executable, "-m", "station", "gateway"]
        self._scenario = scenario or "village-and-river"
        self._begin = 0.0
        self._settle = SETTLE

    def run(self, seconds: float, interval: int, outage: float, live: bool) -> dict[str, Any]:
        """Start everything, watch, stop everything; the verdict. Raises Trouble if a part does not come up."""
        for number in (signal.SIGTERM, signal.SIGHUP):  # ended, or its terminal closed: the same as Ctrl-C
            signal.signal(number, signal.default_int_handler)
        for name in ("ports", "platform", "run"):
            (self._folder / name).mkdir()
        cut = ("--outage", f"{(seconds - outage) / 2}:{outage}") if outage else ()
        with ExitStack() as stack:
            try:
                where, config = self._simulate(stack, interval, cut)
            except (RuntimeError, OSError) as error:
                raise Trouble(_("the simulation does not start: {error}").format(error=error)) from None
            services = self._start(where)
            stack.callback(_end, services)
            ran, max_owed = self._watch(services, where, seconds, live)
            max_owed = max(max_owed, self._finish(services, where))
            return self._judge(where, config, Run(ran, interval, max_owed))

    def _simulate(self, stack: ExitStack, interval: int, cut: tuple[str, ...]) -> tuple[Places, Config]:
        """Instruments and platform, which run until `stack` ends, and the station's configuration."""
        from hw_sim.platform import process

        sensors = stack.enter_context(process.instruments(self._scenario, self._folder / "ports"))
        self._mqtt = stack.enter_context(process.platform(self._folder / "platform", SCHEMA, *cut))
        return self._configure(sensors.ready["ports"], self._mqtt.ready["port"], interval)

    def _judge(self, where: Places, config: Config, ran: Run) -> dict[str, Any]:
        """What the platform has, once it has stopped, against what is stored."""
        from hw_sim.platform.consumer import archive

        self._mqtt.stop()
        counts = self._platform()
        result = replace(ran, resent=counts["resent"], duplicates=counts["duplicates"])
        return judge(stored_records(where.log), archive(self._folder / "platform" / "platform.db"), config, result)

    def _configure(self, ports: dict[str, str], port: int, interval: int) -> tuple[Places, Config]:
        buses = "".join(f'[[bus]]\nname = "{n}"\nkind = "{KINDS[n]}"\nport = "{p}"\n' for n, p in ports.items())
        buses = buses.replace('name = "rs485"\n', 'name = "rs485"\nbaud = 9600\n')
        return self._write(CONFIG.format(interval=interval, buses=buses, port=port))

    def _write(self, text: str) -> tuple[Places, Config]:
        """The configuration, and a certificate for whatever wants one."""
        path = self._folder / "station.toml"
        path.write_text(text, "utf-8")
        where, config = find(str(path), str(self._state), str(self._folder / "run")), load(path)
        certify(where.certificates, config)
        return where, config

    def _start(self, where: Places) -> list[subprocess.Popen[bytes]]:
        """`station acquire` and `station gateway`, as they are deployed; killed if the demo itself is."""
        from hw_sim.platform.broker import die_with_parent

        common = ["--config", str(where.config), "--state", str(where.state), "--run", str(where.run)]
        started = []
        for name, command in (("acquire", [sys.executable, "-m", "station", "acquire"]), ("gateway", self._gateway)):
            with (self._folder / f"{name}.log").open("wb") as log:
                quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": log, "start_new_session": True}
                started.append(subprocess.Popen([*command, *common], **quiet, preexec_fn=die_with_parent))
        self._begin = time.monotonic()
        return started

    def _watch(self, services: list[subprocess.Popen[bytes]], where: Places, seconds: float, live: bool) -> tuple[float, int]:
        """Show what happens until the time is over or Ctrl-C; how long it ran, and the largest backlog."""
        max_owed, next_line = 0, 5.0
        try:
            while (ran := time.monotonic() - self._begin) < seconds:
                self._check(services)
                status = look(where)
                max_owed = max([max_owed, *(one["max_owed"] for one in status["destinations"].values())])
                if live:
                    sys.stdout.write("\x1b[H\x1b[J" + "\n".join(self._screen(status, ran, seconds)) + "\n")
                    sys.stdout.flush()
                elif ran >= next_line:
                    next_line += 5.0
                    print(self._line(status, ran), flush=True)
                time.sleep(0.5)
        except KeyboardInterrupt:
            pass
        return time.monotonic() - self._begin, max_owed

    def _check(self, services: list[subprocess.Popen[bytes]]) -> None:
        for name, service in zip(("acquire", "gateway"), services, strict=True):
            if service.poll() is not None:
                tail = (self._folder / f"{name}.log").read_text("utf-8", "replace")[-2000:]
                raise Trouble(_("station {name} ended:\n{tail}").format(name=name, tail=tail))

    def _platform(self) -> dict[str, Any]:
        try:
            counts: dict[str, Any] = json.loads((self._folder / "platform" / "platform.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {"stored": 0, "connected": False}
        return counts

    def _screen(self, status: dict[str, Any], ran: float, seconds: float) -> list[str]:
        head = _("Shanshui Station, demo — {ran:.0f} of {all:.0f} s (Ctrl-C ends it)").format(ran=ran, all=seconds)
        out = [head, "", *reading_lines(status["channels"]), ""]
        out.append(_("stored: {count} records").format(count=status["stored"] or 0))
        out += [destination_line(one) for one in status["destinations"].values()]
        out.append(_("platform has: {count}").format(count=self._platform()["stored"]))
        return [*out, *(f"! {text}" for text in status["faults"].values())]

    def _line(self, status: dict[str, Any], ran: float) -> str:
        one = status["destinations"].get("platform", {"owed": 0, "confirmed": 0, "connected": False})
        usable = len({c["instrument"] for c in status["channels"] if c["value"] is not None})
        text = _("{ran:3.0f} s: {usable} instruments with values, {stored} stored, {owed} owed, platform has {count}")
        return text.format(
            ran=ran, usable=usable, stored=status["stored"] or 0, owed=one["owed"], count=self._platform()["stored"]
        )

    def _finish(self, services: list[subprocess.Popen[bytes]], where: Places) -> int:
        """Stop measuring, let the gateway deliver the rest; the largest backlog that it had."""
        acquire, gateway = services
        acquire.send_signal(signal.SIGTERM)
        acquire.wait(20.0)
        end = time.monotonic() + self._settle
        most, stored = 0, len(stored_records(where.log))
        time.sleep(1.2)  # the gateway writes its state once a second
        while time.monotonic() < end and gateway.poll() is None:
            states = look(where)["destinations"].values()
            most = max([most, *(one["max_owed"] for one in states)])
            if states and all(one["confirmed"] >= stored and not one["owed"] for one in states):
                break
            time.sleep(0.2)
        return most


class ProfileDemo(Demo):
    """One run of a profile; each of its destinations gets a simulated platform of its own."""

    def __init__(self, folder: Path, state: str | None = None, profile: str = "village-air") -> None:
        super().__init__(folder, state)
        self._profile = profile
        self._hosts: dict[str, Any] = {}

    def _simulate(self, stack: ExitStack, interval: int, cut: tuple[str, ...]) -> tuple[Places, Config]:
        from hw_sim.platform import process

        self._settle = SETTLE + 2.0 * interval  # a radio window, and the rest of an interval that the end has cut
        source = profile_text(self._profile)
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
        source = connected(quickened(numbered(source, planned), planned, interval), planned, sensors.ready["ports"], ports)
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


def _end(services: list[subprocess.Popen[bytes]]) -> None:
    """Stop what still runs."""
    for service in services:
        if service.poll() is None:
            service.send_signal(signal.SIGTERM)
    for service in services:
        try:
            service.wait(15.0)
        except subprocess.TimeoutExpired:
            os.killpg(service.pid, signal.SIGKILL)
            service.wait()


def _summary(verdict: dict[str, Any]) -> list[str]:
    """The verdict for a person."""
    out = [""]
    for name, one in verdict["instruments"].items():
        mark = "✓" if one["usable"] else "…" if one["warming_up"] else "✗"
        text = _("{usable} usable of {expected} readings").format(**one)
        out.append(f"  {mark} {name:<10} {text}" + (_(" (warming up)") if one["warming_up"] else ""))
    text = _("stored {stored}, at the platform {delivered}, missing {missing}, stored twice {duplicates}, resent {resent}")
    out.append(text.format(**verdict))
    for name, one in verdict.get("destinations", {}).items():
        out.append(_("{name}: delivered {delivered}, missing {missing}, without a form there {passed}").format(name=name, **one))
    if verdict["ok"]:
        out.append(_("This works: every stored record is at the platform, once, with equal content."))
    else:
        out.append(_("This does NOT work; see the lines marked ✗ and what is missing."))
    return out
