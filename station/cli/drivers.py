"""`station drivers [NAME]`: which instruments are supported; of one, all that a technician needs at the pole."""

import argparse
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from drivers import description
from drivers.catalogue import CATALOGUE, UNMAPPED, UnknownDriver, find
from drivers.driver import Driver, Text
from drivers.quantity import quantities
from station import words
from station.cli.common import print_json
from station.cli.main import Trouble
from station.settings import no_driver
from station.words import N_, _

EXAMPLE = "station drivers pms5003"

TERMINALS: dict[str, str] = {
    "5V": N_("5 V (header pin 2 or 4)"),
    "3V3": N_("3.3 V (header pin 1 or 17)"),
    "12V": N_("12 V supply (see below for what it stands)"),
    "GND": N_("ground (header pin 6, 9, 14 …)"),
    "RXD": N_("GPIO15, RXD (header pin 10)"),
    "TXD": N_("GPIO14, TXD (header pin 8)"),
    "SDA": N_("GPIO2, SDA (header pin 3)"),
    "SCL": N_("GPIO3, SCL (header pin 5)"),
    "A": N_("A or D+ of the RS-485 adapter"),
    "B": N_("B or D− of the RS-485 adapter"),
    "GPIO": N_("the GPIO pin of the configuration (BCM number)"),
    "USB": N_("a USB port"),
    "ADC": N_("the input of the converter that is named"),
    "OPEN": N_("leave open"),
}
"""Where a wire goes → in words for the person who holds it."""

PIN = 17
"""The GPIO pin (BCM number) of the example to paste."""

PORTS = {"uart": "/dev/serial0", "i2c": "/dev/i2c-1", "modbus": "/dev/serial/by-path/…", "gpio": "gpio", "program": "mmcli"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("driver", metavar="NAME", nargs="?", help=_("one instrument: wiring, configuration, typical faults"))
    parser.add_argument("--json", action="store_true", help=_("JSON: a list, or one object"))


def run(options: argparse.Namespace) -> int:
    """Print the catalogue, or one page of it."""
    if options.driver:
        driver = found(options.driver)
        if options.json:
            print_json(describe(driver) | {"page": as_data(driver)})
        else:
            print("\n".join(page(driver)))
        return 0
    everything = [found(name) for name in sorted(CATALOGUE)]
    if options.json:
        print_json([describe(driver) for driver in everything])
        return 0
    for driver in everything:
        names = ", ".join(quantities()[key].name(words.language()) for key in driver.quantities[:12])
        more = " …" if len(driver.quantities) > 12 else ""
        print(f"{driver.name:<16} {driver.port:<7} {said((driver.title, driver.zh))}\n{'':<24} {names}{more}")
    print(_("`station drivers NAME` shows wiring, configuration and typical faults of one."))
    print(_("Not shipped, for want of a public register list: {names}").format(names=", ".join(UNMAPPED)))
    return 0


def found(name: str) -> Driver:
    """The driver called `name`. Raises Trouble, also for a description that somebody is still writing."""
    try:
        return find(name)
    except UnknownDriver as error:
        raise Trouble(no_driver(error.name), 2) from None
    except description.BadDescription as bad:
        raise Trouble("\n".join(f"drivers/{CATALOGUE[name]}: {problem}" for problem in bad.problems), 2) from None


def said(text: Text) -> str:
    """A text in the language of the messages."""
    return text[words.language() == "zh"]


def describe(driver: Driver) -> dict[str, Any]:
    """One driver as other programs read it."""
    return {
        "name": driver.name,
        "title": driver.title,
        "title_zh": driver.zh,
        "port": driver.port,
        "quantities": list(driver.quantities),
        "decodes": True,
        "confidence": driver.confidence,
        "source": driver.page.source,
        "published_frames": driver.page.published,
        "warm_up": driver.warm_up,
        "interval": driver.interval,
        "least_interval": driver.least_interval,
        "defaults": dict(driver.defaults),
    }


def as_data(driver: Driver) -> dict[str, Any]:
    """The page as JSON, in the language of the messages."""
    return {
        "wiring": [{"pin": pin, "to": goes, "means": _(TERMINALS[goes])} for pin, goes in driver.page.wiring],
        "supply": said(driver.page.supply),
        "faults": [said(text) for text in driver.page.faults],
        "cannot": said(driver.page.cannot),
        "configuration": "\n".join(block(driver)),
    }


CONFIDENCES = {
    "certain": N_("certain: data sheet, or two independent implementations agree"),
    "likely": N_("likely: one public implementation; compare the first values with the display"),
    "unverified": N_("unverified: check every value on the real device before use"),
}


def page(driver: Driver) -> Iterator[str]:
    """The page of one instrument, line by line."""
    sheet = driver.page
    yield f"{driver.name} — {said((driver.title, driver.zh))}"
    for key in driver.quantities if len(driver.quantities) < 40 else ():
        quantity = quantities()[key]
        yield f"  {quantity.name(words.language())} [{quantity.unit}]  ({key})"
    yield ""
    yield _("Source: {source}").format(source=sheet.source)
    yield _("How sure: {how}").format(how=_(CONFIDENCES[driver.confidence]))
    yield (
        _("Published frames: in the tests")
        if sheet.published
        else _("Published frames: none published; frames were built by hand")
    )
    yield ""
    yield _("Wiring")
    width = max(len(pin) for pin, _goes in sheet.wiring)
    for pin, goes in sheet.wiring:
        yield f"  {pin:<{width}} → {_(TERMINALS[goes])}"
    yield _("Supply and level: {text}").format(text=said(sheet.supply))
    yield ""
    if driver.port == "hid":
        yield _("The station has no bus for it. What another program has captured can be read: station decode {name} HEX").format(
            name=driver.name
        )
    else:
        yield _("Configuration (paste into station.toml)")
        yield from (f"  {line}" for line in block(driver))
        yield ""
        yield from _timing(driver)
    yield _("It cannot say: {text}").format(text=said(sheet.cannot))
    yield ""
    yield _("Typical faults")
    for text in sheet.faults:
        yield f"  - {said(text)}"
    if driver.name == "modbus_map":
        yield ""
        yield from (description.__doc__ or "").splitlines()


def _timing(driver: Driver) -> Iterator[str]:
    if driver.warm_up:
        yield _("Warm-up: {seconds:g} s; until then values are flagged").format(seconds=driver.warm_up)
    yield _("Read every {interval:g} s; not more often than every {least:g} s").format(
        interval=driver.interval, least=driver.least_interval
    )
    if driver.companions:
        names = ", ".join(quantities()[key].name(words.language()) for key in driver.companions)
        yield _("It is better with these of the same station: {names}").format(names=names)
    if driver.sleep is not None:
        yield _("It can rest between readings: sleep = true, burst = 10, interval = 300")


def block(driver: Driver) -> Iterator[str]:
    """A [[bus]] and an [[instrument]] to paste, what may be set stands behind a #; nothing for what can only be decoded."""
    if driver.port == "hid":
        return
    sheet = driver.defaults
    yield "[[bus]]"
    yield f'name = "{driver.port}"'
    yield f'kind = "{driver.port}"'
    yield f'port = "{PORTS[driver.port]}"'
    yield from (f"{key} = {_toml(sheet[key])}" for key in ("baud", "parity", "stopbits") if sheet.get(key) not in (None, "N", 1))
    yield ""
    yield "[[instrument]]"
    yield f'name = "{driver.name}"'
    yield f'driver = "{driver.name}"'
    yield f'bus = "{driver.port}"'
    yield 'serial = ""  # ' + _("serial number, for its calibration certificates")
    if "address" in sheet:
        yield f"address = 0x{int(sheet['address']):02x}"
    elif "unit" in sheet:
        yield f"address = {sheet['unit']}"
    elif driver.port == "gpio":
        yield f"address = {PIN}  # " + _("GPIO pin (BCM number)")
    for one in fields(driver.settings):
        if one.name == "quantity":
            yield f'quantity = "{driver.quantities[0]}"  # {"/".join(driver.quantities)}'
            continue
        help_text = _(one.metadata["help"]) if "help" in one.metadata else ""
        choices = "/".join(str(choice) for choice in one.metadata.get("choices", ())[:8])
        if "example" in one.metadata:
            yield f"{one.name} = {_toml(one.metadata['example'])}  # {help_text}"
            continue
        default = "" if one.default is MISSING else one.default
        yield f"# {one.name} = {_toml(default)}  # {help_text} {choices}".rstrip(" #")


def _toml(value: Any) -> str:
    """A setting's value as it is written in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value) if isinstance(value, int | float) else f'"{value or ""}"'
