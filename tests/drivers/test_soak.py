"""Every driver at once on simulated transports, with faults by seed: nothing dies, nothing untrue is said, all come back.

A few seconds in `make test`; `make soak` runs it for minutes with other seeds (SOAK_SECONDS, SOAK_SEED).
"""

import os
import queue
import random
import time
from collections import Counter, defaultdict
from dataclasses import replace

from drivers.catalogue import CATALOGUE, find
from drivers.sample import REASONS
from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from hw_sim.world import World
from station.buses import open_bus
from station.config import parse
from station.worker import Worker
from tests.drivers.test_properties import NO_CHECKSUM
from tests.drivers.test_roundtrip import CASES, READ, SEED, START, Case, near
from tests.drivers.test_roundtrip_misc import UARTS
from tests.drivers.test_roundtrip_pm import TWINS

SECONDS = float(os.environ.get("SOAK_SECONDS", "5"))
NUMBER = int(os.environ.get("SOAK_SEED", "1"))

SHARED = 8
"""Units on one Modbus line."""

FAST = 20.0
"""Probes that warm up for a minute live in a faster world than the others."""

HARMLESS = ("silence", "late", "dribble", "unplug")
"""What text without a checksum may suffer: a changed byte of it could be another number."""

KINDS = {
    "uart": (*HARMLESS, "noise", "loss", "wrong_checksum", "echo", "inserted_zero", "endless_noise"),
    "modbus_rtu": (
        *(*HARMLESS, "noise", "loss", "wrong_checksum", "echo", "echo_only", "foreign", "inserted_zero"),
        *("wrong_function", "wrong_count", "wrong_baud", "late_previous"),
    ),
    "modbus_tcp": ("silence", "late", "wrong_function", "wrong_count"),
    "i2c": ("not_acknowledged", "stuck_bus", "all_ones", "wrong_checksum"),
    "gpio": ("silence",),
    "program": ("silence", "unplug"),
}
"""Kind of line → what is planted there."""

UNCHECKED = {"i2c": ("not_acknowledged", "stuck_bus")}
"""The same for a line with a device whose bytes carry no checksum."""


def shared(names):
    """Modbus units some to a line, every other of which is TCP."""
    groups = [names[at : at + SHARED] for at in range(0, len(names), SHARED)]
    return [("modbus_tcp" if index % 2 else "modbus_rtu", dict(enumerate(group, 1))) for index, group in enumerate(groups)]


def apart(names):
    """Chips on as many I2C buses as their addresses want."""
    buses = []
    for name in names:
        address = int(find(name).defaults["address"])
        free = next((bus for bus in buses if address not in bus), None)
        if free is None:
            buses.append(free := {})
        free[address] = name
    return [("i2c", bus) for bus in buses]


def placed():
    """Line → its kind, address → driver. Every driver that there is."""
    names = defaultdict(list)
    for name in CATALOGUE:
        names[find(name).port].append(name)
    names["modbus"].remove("modbus_map")
    lines = [("uart", {1: name}) for name in names["uart"]] + shared(names["modbus"]) + apart(names["i2c"])
    lines += [("gpio", dict(enumerate(names["gpio"], 1))), ("program", {1: "mmcli"})]
    return {f"l{index}": line for index, line in enumerate(lines)}


LINES = placed()


def case(name):
    return CASES.get(name) or Case({}, twin=TWINS.get(name) or UARTS.get(name, ({},))[0])


def simulated(folder, lines, speed):
    """These lines with their twins."""
    tables = []
    for line, (kind, devices) in lines.items():
        baud = 115200 if kind == "modbus_rtu" else max(int(find(name).defaults.get("baud", 9600)) for name in devices.values())
        twins = [{"model": name, "address": address, **case(name).twin} for address, name in devices.items()]
        tables.append({"name": line, "kind": kind, "baud": baud, "instrument": twins})
    return Simulation(build({"seed": SEED, "start": START, "speed": speed, "line": tables}), folder)


def configured(ports):
    """The configuration that reads them all."""
    text = '[station]\nid = "T"\nname = "T"\n'
    for line, (kind, devices) in LINES.items():
        bus = "modbus" if kind.startswith("modbus") else kind
        text += f'[[bus]]\nname = "{line}"\nkind = "{bus}"\nport = "{ports[line]}"\n'
        text += 'baud = 115200\nparity = "N"\n' if kind == "modbus_rtu" else ""  # a pseudo-terminal has no parity
        for address, name in devices.items():
            text += f'[[instrument]]\nname = "{name}"\ndriver = "{name}"\nbus = "{line}"\n'
            text += "" if kind == "uart" or kind == "program" else f"address = {address}\n"
            text += "".join(f"{row}\n" for row in case(name).settings.splitlines() if not row.startswith("address"))
    return parse(text, "soak")


class Soak:
    """All of it, running."""

    def __init__(self, folder):
        fast = {line: made for line, made in LINES.items() if made[0].startswith("modbus")}
        slow = {line: made for line, made in LINES.items() if line not in fast}
        self.speeds = dict.fromkeys(slow, 1.0) | dict.fromkeys(fast, FAST)
        parts = [simulated(folder, slow, 1.0), simulated(folder, fast, FAST)]
        self.parts = {line: parts[line in fast] for line in LINES}
        self.readings = queue.Queue()
        ports = {line: self.parts[line].ports[line] for line in LINES}
        config = configured(ports)
        self.workers = {}
        for bus in config.buses:
            mine = [replace(one, interval=1.0) for one in config.instruments if one.bus == bus.name]
            device = open_bus(bus, mine)
            self.workers[bus.name] = Worker(bus.name, device, mine, self.readings.put, dict, time.monotonic)
        self.instruments = [one.name for one in config.instruments]

    def __enter__(self):
        self.began = time.monotonic()
        for part in set(self.parts.values()):
            part.__enter__()
        for worker in self.workers.values():
            worker.start()
        return self

    def __exit__(self, *error):
        for worker in self.workers.values():
            worker.stop()
        for worker in self.workers.values():
            worker.join(10)
        for part in set(self.parts.values()):
            part.__exit__(*error)

    def plant(self, chance):
        """One fault somewhere."""
        line = chance.choice(list(LINES))
        kind, devices = LINES[line]
        bare = any(name in NO_CHECKSUM for name in devices.values())
        kinds = (HARMLESS if kind == "uart" else UNCHECKED.get(kind, KINDS[kind])) if bare else KINDS[kind]
        fault = chance.choice(kinds)
        self.parts[line].fault(line, fault, seconds=chance.uniform(0.3, 1.5))

    def heard(self):
        """The readings so far."""
        while not self.readings.empty():
            yield self.readings.get()

    def wrong(self, reading):
        """What is untrue about a reading, "" if nothing is."""
        if reading.reason not in REASONS | {""} or "internal error" in str(reading.error):
            return str(reading.error or reading.reason)
        for key, wanted in case(reading.instrument).expected.items() if reading.sample and reading.warm else ():
            value = reading.sample.values.get(key)
            if value is None or isinstance(wanted, float):
                continue
            course, factor, offset = (*wanted, 0.0)[:3]
            truths = self.truths(reading, course, factor, offset)
            margin = 3 * near(course, factor)
            if not min(truths) - margin <= value <= max(truths) + margin:
                return f"{key} {value}, true is {min(truths):.3f} to {max(truths):.3f}"
        return ""

    def truths(self, reading, course, factor, offset):
        """What was true in the seconds before a reading."""
        line = next(line for line, (_kind, devices) in LINES.items() if reading.instrument in devices.values())
        speed = self.speeds[line]
        now = START * 3600 + (reading.moment - self.began) * speed
        world = World(SEED)
        return [world.value(course, now - back * speed) * factor + offset for back in (0.0, 0.5, 1.0, 2.0, 3.0)]


def test_all_drivers_at_once_with_faults_by_seed(tmp_path, capsys):
    chance = random.Random(f"soak {NUMBER}")
    found, counts = [], Counter()
    with Soak(tmp_path) as soak:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.02, 0.2))
            soak.plant(chance)
            found += soak.heard()
        for line, part in soak.parts.items():
            part.fault(line, "clear")
        found += soak.heard()
        back, patience = set(), time.monotonic() + 40
        while set(soak.instruments) - back and time.monotonic() < patience:
            reading = soak.readings.get(timeout=20)
            found.append(reading)
            if reading.error is None:
                back.add(reading.instrument)
        alive = [name for name, worker in soak.workers.items() if not worker._thread.is_alive()]
        untrue = [f"{one.instrument}: {text}" for one in found if (text := soak.wrong(one))]
    for one in found:
        counts[one.reason or "good"] += 1
    with capsys.disabled():
        print(f"\nsoak: seed {NUMBER}, {len(LINES)} lines, {len(soak.instruments)} drivers, {dict(counts.most_common())}")
    assert not untrue, untrue[:5]
    assert not alive and not set(soak.instruments) - back, "these did not come back"
    assert set(soak.instruments) == READ
    assert len(counts) > 4 and counts["good"] > len(soak.instruments)
