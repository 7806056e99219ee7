"""`station statistics`: hours and days out of stored intervals, valid or not, and what they mean."""

import argparse
import datetime
from typing import Any

from drivers.quantity import quantities
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from station import words
from station.aggregate import DAY, ZONE, Day, Key, concentrations, days, midnight, noise_hours
from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.metrics import air, noise, water
from station.words import _

EXAMPLE = "station statistics --hours"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--day", metavar="DATE", help=_("local day as 2026-11-24 (default: the newest that is stored)"))
    parser.add_argument("--water", choices=("river", "reservoir"), help=_("judge the water by the limits of this body"))
    parser.add_argument("--hours", action="store_true", help=_("show every hour too"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Compute and print; exit code 1 if nothing is stored of that day."""
    reader = LogReader(places(options).log)
    try:
        archive = Archive(reader)
        day = _day(options.day, archive)
        begin = midnight(day)
        found = days(archive.between(begin, begin + DAY), day)
        after = days(archive.between(begin + DAY, begin + 2 * DAY), day + datetime.timedelta(1))
    finally:
        reader.close()
    if not found:
        raise Trouble(_("nothing is stored of {day}").format(day=day), 1)
    told = _told(day, found, after, options.water)
    if options.json:
        print_json(told)
    else:
        print("\n".join(_lines(told, options.hours)))
    return 0


def _day(text: str | None, archive: Archive) -> datetime.date:
    if text is None:
        newest = archive.newest()
        if newest is None or newest.start is None:
            raise Trouble(_("nothing is stored yet"), 1)
        return datetime.datetime.fromtimestamp(newest.start / 1000, ZONE).date()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Trouble(_("{key} is {value!r}; write a date as 2026-03-01").format(key="--day", value=text), 2) from None


def _told(day: datetime.date, found: dict[Key, Day], after: dict[Key, Day], body: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"day": str(day), "channels": [_channel(key, one, day) for key, one in found.items()]}
    values = concentrations(found, day)
    if values:
        told["aqi"] = air.aqi("24h", values, day)._asdict() | {"concentrations": values}
    for key, one in found.items():
        if key[1] == "laeq":
            told.setdefault("noise", {})[key[0]] = noise.day_night(noise_hours(one, after.get(key)), day)._asdict()
    if body:
        sample = {key[1]: one.whole.value for key, one in found.items()}
        told["water"] = water.water_class(sample, body)
    return told


def _channel(key: Key, one: Day, day: datetime.date) -> dict[str, Any]:
    """One channel; what has a daily limit of grade II is compared with it."""
    told: dict[str, Any] = {"instrument": key[0], "quantity": key[1], **one.whole._asdict()}
    if key[1] in air.SIX:
        told["compliant"] = air.compliant(key[1], "24h", one.whole.value, day)
    return told | {"hours": [hour._asdict() for hour in one.hours]}


def _lines(told: dict[str, Any], hours: bool) -> list[str]:
    registry = quantities()
    out = [_("{day}, local time +08:00; — : too few valid hours or minutes").format(day=told["day"])]
    for one in told["channels"]:
        quantity = registry[one["quantity"]]
        name = f"{one['instrument']}.{one['quantity']}"
        rest = _("{valid} of {due} hours").format(valid=one["valid"], due=one["due"])
        out.append(f"{name:<32} {quantity.text(one['value']):>14}  {rest}  {one['reason']}".rstrip())
        if hours:
            for number, hour in enumerate(one["hours"]):
                rest = _("{valid} of {due} minutes").format(valid=hour["valid"], due=hour["due"])
                out.append(f"   {number:02d}:00 {quantity.text(hour['value']):>31}  {rest}  {hour['reason']}".rstrip())
    if "aqi" in told:
        out += _aqi_lines(told["aqi"])
    for name, levels in told.get("noise", {}).items():
        shown = "  ".join(f"{key.capitalize()} {registry['laeq'].text(value)}" for key, value in levels.items())
        out.append(f"{name}: {shown}")
    if "water" in told:
        deciding = ", ".join(told["water"]["deciding"])
        out.append(
            _("water class {number} (6: worse than V), decided by {names}").format(number=told["water"]["class"], names=deciding)
        )
    return out


def _aqi_lines(aqi: dict[str, Any]) -> list[str]:
    shown = "  ".join(f"{name} {'—' if value is None else value}" for name, value in aqi["iaqi"].items())
    lines = [_("IAQI: {values} (indicative: not a reference method)").format(values=shown)]
    if aqi["publish"]:
        level = aqi["category_zh"] if words.language() == "zh" else _("level {number}").format(number=aqi["level"])
        lines.append(f"AQI: {aqi['aqi']}  {level}  {', '.join(aqi['primary'])}")
    else:
        lines.append(_("AQI: NA, pollutants are missing (HJ 633)"))
    return lines
