"""The simulated instruments as a process: says on stdout what its ports are, obeys JSON lines, ends when stdin does."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from hw_sim.scenario import BadScenario, load
from hw_sim.simulation import Simulation

EXAMPLE = "python -m hw_sim instruments village-and-river --dir /tmp/bench"


def main(argv: list[str]) -> int:
    """Run until stdin ends, or SIGTERM, or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m hw_sim", epilog=f"example: {EXAMPLE}")
    parser.add_argument("what", choices=("instruments",), help="(or `platform`, which has its own help)")
    parser.add_argument("scenario", help="name of a shipped scenario, or a TOML file")
    parser.add_argument("--dir", type=Path, required=True, help="folder for links and sockets; short, it must exist")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        scenario = load(options.scenario)
        simulation = Simulation(scenario, options.dir)
    except (BadScenario, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with simulation:
            say({"ready": True, "ports": simulation.ports})
            for line in sys.stdin:
                say(obey(simulation, line))
    except KeyboardInterrupt:
        pass
    return 0


def say(content: dict[str, Any]) -> None:
    """One JSON line."""
    print(json.dumps(content), flush=True)


def obey(simulation: Simulation, line: str) -> dict[str, Any]:
    """One order: {"do": "fault", "line", "kind", "for", "instrument", "count"}, {"do": "hold", "truths"} or {"do": "stats"}."""
    try:
        order = json.loads(line)
        if order["do"] == "stats":
            return {"ok": True, "stats": simulation.stats()}
        if order["do"] == "hold":
            simulation.hold({str(name): float(value) for name, value in order["truths"].items()})
            return {"ok": True}
        simulation.fault(
            order["line"], order["kind"], float(order.get("for", 1e9)), order.get("instrument", ""),
            int(order.get("count", -1)),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        return {"ok": False, "error": repr(error)}
    return {"ok": True}
