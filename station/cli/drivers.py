"""`station drivers`: which instruments are supported."""

import argparse

from drivers.catalogue import CATALOGUE, find
from drivers.driver import Driver
from drivers.quantity import quantities
from station import words
from station.cli.common import print_json
from station.words import _

EXAMPLE = "station drivers --json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help=_("a JSON list"))


def run(options: argparse.Namespace) -> int:
    """Print the catalogue."""
    found = [find(name) for name in sorted(CATALOGUE)]
    if options.json:
        print_json([describe(driver) for driver in found])
        return 0
    for driver in found:
        title = driver.zh if words.language() == "zh" else driver.title
        names = ", ".join(quantities()[key].name(words.language()) for key in driver.quantities)
        print(f"{driver.name:<14} {driver.port:<7} {title}\n{'':<22} {names}")
        if driver.warm_up:
            print(f"{'':<22} " + _("warm-up {seconds:.0f} s").format(seconds=driver.warm_up))
    return 0


def describe(driver: Driver) -> dict[str, object]:
    """One driver as other programs read it."""
    return {
        "name": driver.name,
        "title": driver.title,
        "port": driver.port,
        "quantities": list(driver.quantities),
        "decodes": True,
        "confidence": driver.confidence,
    }
