"""`station decode DRIVER HEX`: what the bytes of an instrument say, offline."""

import argparse
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from calibration.limits import defaults as limits
from drivers.catalogue import UnknownDriver, find
from drivers.driver import Driver
from drivers.errors import Foreign, WireError
from drivers.sample import Kind, Sample
from station.cli.common import described_in, print_json
from station.cli.main import Trouble
from station.settings import Problem, fill, no_driver
from station.words import _

EXAMPLE = "station decode sht3x 6666938000a2"

Ask = Callable[[bytes], Sample]
"""From one whole frame to what it says."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("driver", metavar="DRIVER", help=_("a name from `station drivers`"))
    parser.add_argument("hex", metavar="HEX", nargs="+", help=_("bytes in hexadecimal; - reads one capture a line"))
    parser.add_argument("--register", metavar="ADDR", help=_("Modbus: the first register that was asked for, as 0x2600 or 9728"))
    parser.add_argument("--function", metavar="N", help=_("Modbus: the function that was asked for, 3 or 4"))
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help=_("a setting of the instrument"))
    parser.add_argument("--map", metavar="FILE", help=_("the TOML description of a modbus_map"))
    parser.add_argument("--json", action="store_true", help=_("JSON (it always is)"))


def run(options: argparse.Namespace) -> int:
    """Decode and print; exit code 1 if any frame was invalid."""
    try:
        driver = find(options.driver)
    except UnknownDriver as error:
        raise Trouble(no_driver(error.name), 2) from None
    if options.map:
        driver = described_in(Path(options.map))
    ask = question(driver, settings_of(driver, options.set), options.register, options.function)
    captures: Iterable[str] = sys.stdin if options.hex == ["-"] else [" ".join(options.hex)]
    valid = True
    for capture in captures:
        answer = decode(driver, capture, ask)
        valid = valid and answer["valid"]
        print_json(answer)
    return 0 if valid else 1


def settings_of(driver: Driver, words: list[str]) -> Any:
    """The driver's settings with what `--set` says. Raises Trouble."""
    table: dict[str, Any] = {}
    for word in words:
        key, _sign, value = word.partition("=")
        try:
            table |= tomllib.loads(f"{key} = {value}")
        except tomllib.TOMLDecodeError:
            table[key] = value
    problems: list[Problem] = []
    settings = fill(driver.settings, table, (), problems)
    if settings is None:
        raise Trouble("; ".join(problem.text for problem in problems), 2)
    if driver.measures and "quantity" in table:
        try:
            driver.measures(settings)
        except ValueError as error:
            raise Trouble(str(error), 2) from None
    return settings


def question(driver: Driver, settings: Any, register: str | None = None, function: str | None = None) -> Ask:
    """How one frame is decoded, with the question's register and function if they are known. Raises Trouble."""
    decode_from = driver.decode_from
    if register is None and function is None:
        return lambda frame: driver.decode(frame, settings)
    if decode_from is None:
        raise Trouble(_("{driver} is no Modbus device; --register and --function do not apply").format(driver=driver.name), 2)
    try:
        address = None if register is None else int(register, 0)
        code = None if function is None else int(function, 0)
    except ValueError:
        raise Trouble(_("--register and --function want a whole number, as 9728 or 0x2600"), 2) from None
    if address is None:
        return lambda frame: _answering(code, frame, driver.decode(frame, settings))
    if not 0 <= address <= 0xFFFF:
        raise Trouble(_("--register is from 0 to 65535"), 2)
    return lambda frame: decode_from(frame, settings, address, code)


def _answering(function: int | None, frame: bytes, sample: Sample) -> Sample:
    """The sample of a sound reply. Raises Foreign if it answers another function than was asked for."""
    if frame[1] & 0x7F != function:
        raise Foreign("another function was answered", raw=frame, expected=f"0x{function:02x}", got=f"0x{frame[1]:02x}")
    return sample


def decode(driver: Driver, text: str, ask: Ask | None = None) -> dict[str, Any]:
    """The answer for one capture: the last good frame in it, or why there is none."""
    ask = ask or question(driver, driver.settings())
    try:
        data = bytes.fromhex(text.replace("0x", " ").replace(",", " ").replace(":", " "))
    except ValueError:
        return _invalid(driver, "header", "this is not hexadecimal")
    if not data:
        return _invalid(driver, "truncated", "there are no bytes")
    cut = driver.split(data)
    good: list[Sample] = []
    failure: WireError | None = cut.rejected
    whole = not cut.frames or (driver.port == "i2c" and cut.rest)  # what follows an I2C answer was never part of one
    for frame in (data,) if whole else cut.frames:
        try:
            good.append(ask(frame))
        except WireError as error:
            failure = error
    if not good:
        assert failure is not None
        text = f"expected {failure.expected}, got {failure.got}" if failure.expected else str(failure)
        kind = Kind.COMMAND if isinstance(failure, Foreign) and failure.reason == "echo" else Kind.DATA
        return _invalid(driver, failure.reason, text, kind)
    return _valid(driver, good[-1], len(good))


def _valid(driver: Driver, sample: Sample, frames: int) -> dict[str, Any]:
    """`implausible`: the values outside what their quantity can be, as the station's quality control has it by default."""
    spans = limits()
    doubtful = [key for key, value in sample.values.items() if key in spans and not spans[key].possible(value)]
    answer: dict[str, Any] = {
        "driver": driver.name,
        "kind": str(sample.kind),
        "valid": True,
        "usable": sample.usable,
        "plausible": sample.usable and not doubtful,
        "implausible": doubtful,
        "reason": sample.reason,
        "values": dict(sample.values),
        "fields": dict(sample.fields),
        "status": dict(sample.status),
    }
    if sample.taken:
        answer["taken"] = sample.taken
    if frames > 1:
        answer["frames"] = frames
    return answer


def _invalid(driver: Driver, reason: str, error: str, kind: Kind = Kind.DATA) -> dict[str, Any]:
    return {
        "driver": driver.name,
        "kind": str(kind),
        "valid": False,
        "usable": False,
        "plausible": False,
        "implausible": [],
        "reason": reason,
        "error": error,
        "values": {},
        "fields": {},
        "status": {},
    }
