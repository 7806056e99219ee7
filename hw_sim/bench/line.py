"""One 9600 baud line with as many noise meters at 1 Hz as fit."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

from hw_sim.bench import Figure
from hw_sim.bench.rig import Station, cpu, folder
from hw_sim.scenario import build
from hw_sim.simulation import Simulation


def figures(quick: bool) -> Iterator[Figure]:
    """24 of them for 10 or 30 s."""
    count, seconds = 24, 10.0 if quick else 30.0
    with folder() as where, ExitStack() as stack:
        placed = [{"model": "rs485_noise", "address": n + 1} for n in range(count)]
        scenario = build({"line": [{"name": "rs485", "kind": "modbus_rtu", "instrument": placed}]})
        simulation = stack.enter_context(Simulation(scenario, where))
        station = Station(where, simulation.ports, [("rs485_noise", "rs485", n + 1) for n in range(count)], 1)
        stack.callback(station.stop)
        station.start("acquire", "live.json")
        time.sleep(2)
        pid = station.services["acquire"].pid
        before, asked = cpu(pid), sum(simulation.stats()["rs485"].values())
        time.sleep(seconds)
        spent = cpu(pid) - before
        asked = sum(simulation.stats()["rs485"].values()) - asked
    bits = asked * (8 + 7) * 10
    yield f"9600 baud, {count} noise meters: readings/s", asked / seconds, float(count), "wanted"
    yield "9600 baud: share of the line's bits used", bits / seconds / 9600, 1.0, "the line"
    yield "9600 baud: CPU s per 1,000 readings", spent / asked * 1000, None, ""
