"""`python -m hw_sim.bench [TOPIC …]`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator

from hw_sim import bench
from hw_sim.bench import Figure, buses, decoding, delivery, hj212, instruments, line, live, profiles, samples, services, store

EXAMPLE = "python -m hw_sim.bench delivery --quick"

TOPICS: dict[str, Callable[[bool], Iterator[Figure]]] = {
    "services": services.figures,
    "buses": buses.figures,
    "instruments": instruments.figures,
    "line": line.figures,
    "samples": samples.figures,
    "decoding": decoding.figures,
    "delivery": delivery.figures,
    "live": live.figures,
    "hj212": hj212.figures,
    "store": store.figures,
    "profiles": profiles.figures,
}

LONG = ("profiles",)
"""Measured only if named: ten minutes."""


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m hw_sim.bench", description=bench.__doc__, epilog=f"example: {EXAMPLE}")
    parser.add_argument("topics", metavar="TOPIC", nargs="*", help=f"only these of {', '.join(TOPICS)}")
    parser.add_argument("--quick", action="store_true", help="shorter, less steady")
    parser.add_argument("--json", action="store_true", help="one JSON list")
    options = parser.parse_args(argv)
    unknown = set(options.topics) - set(TOPICS)
    if unknown:
        parser.error(f"there is no topic {unknown.pop()!r}; known: {', '.join(TOPICS)}")
    figures: list[Figure] = []
    for topic in options.topics or (one for one in TOPICS if one not in LONG):
        print(f"measuring {topic} …", file=sys.stderr, flush=True)
        for figure in TOPICS[topic](options.quick):
            figures.append(figure)
            if not options.json:
                _print(*figure)
    if options.json:
        keys = ("what", "ours", "limit", "limit_is")
        print(json.dumps([dict(zip(keys, figure, strict=True)) for figure in figures]))
    return 0


def _print(what: str, ours: float, limit: float | None, name: str) -> None:
    """As soon as it is known: a topic that fails takes nothing with it."""
    beside = f"{limit:10.3f}  {ours / limit:6.2f} ×  {name}" if limit else ""
    print(f"{what:<68} {ours:10.3f} {beside}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
