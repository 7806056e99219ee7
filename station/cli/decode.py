"""`station decode DRIVER HEX`: what the bytes of an instrument say, offline."""

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from drivers.catalogue import CATALOGUE, UnknownDriver, find
from drivers.driver import Driver
from drivers.errors import Foreign, WireError
from drivers.sample import Kind, Sample
from station.cli.common import print_json
from station.cli.main import Trouble
from station.settings import suggestion
from station.words import _

EXAMPLE = "station decode sht3x 6666938000a2"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("driver", metavar="DRIVER", help=_("a name from `station drivers`"))
    parser.add_argument("hex", metavar="HEX", nargs="+", help=_("bytes in hexadecimal; - reads one capture a line"))
    parser.add_argument("--json", action="store_true", help=_("JSON (it always is)"))


def run(options: argparse.Namespace) -> int:
    """Decode and print; exit code 1 if any frame was invalid."""
    try:
        driver = find(options.driver)
    except UnknownDriver as error:
        text = _("there is no driver {name!r}.").format(name=error.name) + suggestion(error.name, CATALOGUE)
        raise Trouble(text + _(" `station drivers` lists them."), 2) from None
    captures: Iterable[str] = sys.stdin if options.hex == ["-"] else [" ".join(options.hex)]
    valid = True
    for capture in captures:
        answer = decode(driver, capture)
        valid = valid and answer["valid"]
        print_json(answer)
    return 0 if valid else 1


def decode(driver: Driver, text: str) -> dict[str, Any]:
    """The answer for one capture: the last good frame in it, or why there is none."""
    try:
        data = bytes.fromhex(text.replace("0x", " ").replace(",", " ").replace(":", " "))
    except ValueError:
        return _invalid(driver, "header", "this is not hexadecimal")
    if not data:
        return _invalid(driver, "truncated", "there are no bytes")
    cut = driver.split(data)
    settings = driver.settings()
    good: list[Sample] = []
    failure: WireError | None = cut.rejected
    for frame in cut.frames or (data,):
        try:
            good.append(driver.decode(frame, settings))
        except WireError as error:
            failure = error
    if not good:
        assert failure is not None
        text = f"expected {failure.expected}, got {failure.got}" if failure.expected else str(failure)
        kind = Kind.COMMAND if isinstance(failure, Foreign) and failure.reason == "echo" else Kind.DATA
        return _invalid(driver, failure.reason, text, kind)
    return _valid(driver, good[-1], len(good))


def _valid(driver: Driver, sample: Sample, frames: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "driver": driver.name,
        "kind": str(sample.kind),
        "valid": True,
        "usable": sample.usable,
        "reason": sample.reason,
        "values": dict(sample.values),
        "status": dict(sample.status),
    }
    if sample.fields:
        answer["fields"] = dict(sample.fields)
    if frames > 1:
        answer["frames"] = frames
    return answer


def _invalid(driver: Driver, reason: str, error: str, kind: Kind = Kind.DATA) -> dict[str, Any]:
    return {
        "driver": driver.name,
        "kind": str(kind),
        "valid": False,
        "usable": False,
        "reason": reason,
        "error": error,
        "values": {},
        "status": {},
    }
