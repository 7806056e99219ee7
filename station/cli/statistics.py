"""`station statistics`: hours, days, months and years out of stored intervals, valid or not, and what they mean."""

import argparse
import datetime
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drivers.quantity import quantities
from gateway.link.hj212.archive import Archive
from gateway.log.raw import read
from gateway.log.reader import LogReader
from station import words
from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.intervals import LEVEL
from station.metrics import air, noise, water
from station.summary.aggregate import DAY, ZONE, Day, concentrations, folded, midnight, noise_hours, percentile_hours
from station.summary.periods import dates, summary
from station.summary.rows import Key, compact
from station.summary.samples import MARK, Sample, samples
from station.words import _

EXAMPLE = "station statistics --hours"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--day", metavar="DATE", help=_("local day as 2026-11-24 (default: the newest that is stored)"))
    parser.add_argument("--month", metavar="MONTH", help=_("a whole month as 2026-11: the pollutants of the air"))
    parser.add_argument("--year", metavar="YEAR", help=_("a whole year as 2026"))
    parser.add_argument("--targets", choices=("miyun",), help=_("compare a month or year with a district's targets"))
    parser.add_argument("--water", choices=("river", "reservoir"), help=_("judge the water by the limits of this body"))
    parser.add_argument("--hours", action="store_true", help=_("show every hour too"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Compute and print; exit code 1 if nothing is stored of that time."""
    if options.month or options.year:
        return _period(options)
    reader = LogReader(places(options).log)
    try:
        archive = Archive(reader)
        day = _day(options.day, archive)
        begin = midnight(day)
        found = _channels(archive, day)
        records = list(archive.between(begin, begin + DAY)) if any(key[1] == LEVEL for key in found) else []
        taken = samples(reader, begin, begin + DAY)
        after = _channels(archive, day + datetime.timedelta(1))
    finally:
        reader.close()
    if not found:
        raise Trouble(_("nothing is stored of {day}").format(day=day), 1)
    told = _told(day, found, after, options.water)
    if taken:
        told["samples"] = [one._asdict() | {"mark": MARK} for one in taken]
    if "noise" in told:
        for name, hours in percentile_hours(records, _levels(places(options).log, begin), day).items():
            told["noise"][name]["hours"] = [one._asdict() for one in hours]
    if options.json:
        print_json(told)
    else:
        print("\n".join(_lines(told, options.hours)))
    return 0


def _channels(archive: Archive, day: datetime.date) -> dict[Key, Day]:
    """Every channel of a day, read hour by hour: a day of seconds is too much for a small Pi."""
    begin = midnight(day)
    return folded(compact(archive.between(begin, begin + DAY), begin, begin + DAY), day)


def _period(options: argparse.Namespace) -> int:
    first, last = _limits(options.month, options.year)
    reader = LogReader(places(options).log)
    daily: dict[datetime.date, dict[str, float | None]] = {}
    try:
        archive = Archive(reader)
        for day in dates(first, last):
            values = concentrations(_channels(archive, day), day)
            if values:
                daily[day] = values
    finally:
        reader.close()
    if not daily:
        raise Trouble(_("nothing is stored of {day}").format(day=options.month or options.year), 1)
    told = summary(daily, first, last, options.targets)
    if options.json:
        print_json(told)
        return 0
    for name, one in told["pollutants"].items():
        quantity = quantities()[name]
        text = _("{name:<6} mean {mean}, P{p} {percentile}, {valid} of {due} days")
        shown = {key: quantity.text(one[key]) for key in ("mean", "percentile")}
        print(text.format(name=name, p=one["p"], valid=one["valid"], due=one["due"], **shown))
    print(_("good days: {good} of {judged} with all six pollutants").format(**told["good_days"]))
    for name, met in told.get("targets", {}).items():
        print(_("target {name}: {met}").format(name=name, met={True: _("met"), False: _("missed"), None: "—"}[met]))
    return 0


def _limits(month: str | None, year: str | None) -> tuple[datetime.date, datetime.date]:
    """First and last day of a month or year."""
    try:
        if month:
            first = datetime.date.fromisoformat(f"{month}-01")
            following = (first + datetime.timedelta(31)).replace(day=1)
        else:
            first = datetime.date(int(year or ""), 1, 1)
            following = datetime.date(first.year + 1, 1, 1)
    except (ValueError, OverflowError):
        raise Trouble(_("write --month 2026-11 or --year 2026"), 2) from None
    return first, following - datetime.timedelta(1)


def _levels(log: Path, begin: int) -> Iterator[tuple[str, int, float]]:
    """Raw samples of LAeq of a day; none of a file that cannot be read."""
    try:
        for one in read(log, begin, begin + DAY):
            if one.quantity == LEVEL and one.start is not None and one.value is not None:
                yield one.instrument, one.start, one.value
    except OSError as error:
        sys.stderr.write(_("raw samples cannot be read: {error}").format(error=error) + "\n")


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
        if key[1] == LEVEL:
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
    text = _("{channel} at {time:%H:%M}: {value:g} {unit} (S; {source})")
    for one in (Sample(**{key: facts[key] for key in Sample._fields}) for facts in told.get("samples", ())):
        time = datetime.datetime.fromtimestamp(one.taken / 1000, ZONE)
        out.append(text.format(channel=one.channel, time=time, value=one.value, unit=one.unit, source=one.source))
    if "aqi" in told:
        out += _aqi_lines(told["aqi"])
    for name, levels in told.get("noise", {}).items():
        out.append(f"{name}: {_levels_line({key: value for key, value in levels.items() if key != 'hours'})}")
        for number, hour in enumerate(levels.get("hours", ()) if hours else ()):
            out.append(f"   {number:02d}:00  {_levels_line(hour)}")
    if "water" in told:
        deciding = ", ".join(told["water"]["deciding"])
        out.append(
            _("water class {number} (6: worse than V), decided by {names}").format(number=told["water"]["class"], names=deciding)
        )
    return out


def _levels_line(levels: dict[str, float | None]) -> str:
    return "  ".join(f"{key.capitalize()} {quantities()[LEVEL].text(value)}" for key, value in levels.items())


def _aqi_lines(aqi: dict[str, Any]) -> list[str]:
    shown = "  ".join(f"{name} {'—' if value is None else value}" for name, value in aqi["iaqi"].items())
    lines = [_("IAQI: {values} (indicative: not a reference method)").format(values=shown)]
    if aqi["publish"]:
        level = aqi["category_zh"] if words.language() == "zh" else _("level {number}").format(number=aqi["level"])
        lines.append(f"AQI: {aqi['aqi']}  {level}  {', '.join(aqi['primary'])}")
    else:
        lines.append(_("AQI: NA, pollutants are missing (HJ 633)"))
    return lines
