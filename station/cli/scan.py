"""`station scan`: what is connected."""

import argparse
import sys
from collections.abc import Iterator

from station.cli.common import print_json
from station.upkeep.scan import Found
from station.words import _

EXAMPLE = "station scan --json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--i2c", action="append", metavar="BUS", help=_("only this I2C bus, as /dev/i2c-1 or unix:PATH"))
    parser.add_argument("--serial", action="append", metavar="PORT", help=_("only this serial port"))
    parser.add_argument(
        "--modbus", action="append", metavar="PORT", help=_("ask this RS-485 line, or tcp://host:port, for its units")
    )
    parser.add_argument(
        "--units", type=_units, default=range(1, 17), metavar="FIRST-LAST", help=_("Modbus units (default 1-16; 1-247 are all)")
    )
    parser.add_argument("--all-speeds", action="store_true", help=_("go on after the first speed at which a unit answers"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """0 if something was found, 1 if not, 3 if a port could not be used and nothing was found."""
    found = []
    for one in _search(options):
        found.append(one)
        if not options.json:
            print(line(one), flush=True)
    if options.json:
        keys = ("port", "kind", "address", "baud", "parity", "guesses", "evidence")
        print_json({"found": [{key: getattr(one, key) for key in keys} for one in found]})
    if any(one.guesses or one.address is not None for one in found):
        return 0
    if not found and not options.json:
        print(_("There is no port to look at. Next: plug the adapter in; switch I2C on (raspi-config)."))
    return 3 if any(one.evidence for one in found) else 1


def line(found: Found) -> str:
    """One thing that was found, for a person."""
    place = found.port
    if found.address is not None:
        place += f" 0x{found.address:02x}" if found.kind == "i2c" else f" #{found.address}"
    if found.baud:
        place += f" {found.baud} {found.parity}"
    if found.guesses:
        text = _("perhaps {names}").format(names=", ".join(found.guesses))
    elif found.address is not None:
        text = _("an unknown device")
    else:
        text = _("nothing known answers")
    return f"{place}: {text}" + (f" ({found.evidence})" if found.evidence else "")


def _search(options: argparse.Namespace) -> Iterator[Found]:
    from station.upkeep import scan

    chosen = options.i2c or options.serial or options.modbus
    for bus in options.i2c or ([] if chosen else scan.i2c_ports()):
        yield from scan.scan_i2c(bus)
    for port in options.serial or ([] if chosen else scan.serial_ports()):
        yield scan.scan_serial(port, _progress)
    for port in options.modbus or []:
        seconds = scan.sweep_time(1 if port.startswith("tcp://") else len(scan.SPEEDS), len(options.units))
        print(_("{port}: at most {seconds:.0f} s").format(port=port, seconds=seconds), file=sys.stderr)
        yield from scan.sweep(port, options.units, _progress, all_speeds=options.all_speeds)
    _progress("", 0.0)


def _progress(what: str, left: float) -> None:
    """Where the search is, on one line of a terminal."""
    if sys.stderr.isatty():
        shown = _("{what}, at most {seconds:.0f} s more").format(what=what, seconds=left) if what else ""
        sys.stderr.write(f"\r\x1b[K{shown}")
        sys.stderr.flush()


def _units(text: str) -> range:
    """1-247 as the units from 1 to 247. Raises argparse.ArgumentTypeError."""
    first, _dash, last = text.partition("-")
    if not first.isdigit() or not (last or first).isdigit() or not 1 <= int(first) <= int(last or first) <= 247:
        raise argparse.ArgumentTypeError(_("write 1-16, or one unit from 1 to 247"))
    return range(int(first), int(last or first) + 1)
