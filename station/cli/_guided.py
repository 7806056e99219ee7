"""`station calibrate ph …`: a calibration in the field, step by step on the running station's live values.

While it goes on the instrument's data are flagged `maintenance`. What was read is kept after each step: a calibration that was
interrupted goes on where it was.
"""

import argparse
import getpass
import json
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from calibration.certificate import BadCertificate, Certificate, add, choose, load
from calibration.guide import PROCEDURES, Finding, Point, Procedure, Stability
from calibration.methods import build
from calibration.physics import do_saturation
from drivers.quantity import quantities
from gateway import requests
from station.cli.common import configuration, places
from station.cli.main import Trouble
from station.config import Instrument
from station.live import read_fresh, write_json
from station.places import Places
from station.words import N_, _

PATIENCE = 10.0
"""s to wait for the running acquisition's answer."""

KEPT = 86_400.0
"""s for which an interrupted calibration may go on."""

KEPT_TEXT = N_("What was read is kept: the same command goes on, --abandon ends it; until then the data are flagged maintenance.")

UNKNOWN_AIR = N_("temperature and air pressure must be known: give --temperature and --pressure")

ASK = {
    "ph": N_("Rinse the probe and put it into buffer pH {standard:g}."),
    "dissolved-oxygen": N_("Hold the probe in air above water, moist and without sun, or in water that bubbles with air."),
    "conductivity": N_("Rinse the probe and put it into the standard of {standard:g} µS/cm (25 °C)."),
    "turbidity": N_("Rinse the probe and put it into the standard of {standard:g} NTU, no bubbles on the window."),
    "noise": N_("Put the acoustic calibrator on the microphone and switch it on: {standard:g} dB."),
    "pm-zero": N_("Put the zero filter on the inlet."),
    "voc": N_("Lead gas of {standard:g} ppb isobutylene over the sensor (0: zero air)."),
}
ZERO_OXYGEN = N_("Put the probe into water without oxygen (sodium sulphite).")
FIGURES = {
    "slope_percent": N_("slope, % of the ideal one"),
    "mv_at_ph7": N_("potential at pH 7, mV"),
    "gain": N_("gain"),
    "offset": N_("offset"),
}


@dataclass(slots=True)
class Course:
    """One calibration under way: which, of what, where its notes lie, what was read."""

    procedure: Procedure
    instrument: Instrument
    where: Places
    notes: Path
    standards: list[float | None]
    points: list[Point]


def declare_guided(name: str, parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of one procedure."""
    parser.add_argument("instrument", metavar="INSTRUMENT", help=_("its name in station.toml"))
    parser.add_argument("--by", required=True, metavar="NAME", help=_("who calibrates and signs"))
    if name == "dissolved-oxygen":
        parser.add_argument("--pressure", type=float, metavar="KPA", help=_("air pressure in kPa, if no channel tells it"))
        parser.add_argument("--salinity", type=float, default=0.0, metavar="PSU", help=_("of the water that the probe is in"))
        parser.add_argument("--zero", action="store_true", help=_("read a zero too"))
    elif name != "pm-zero":
        default = ", ".join(f"{one:g}" for one in PROCEDURES[name].table["standards"])
        about = _("the standards in order (default: {default})").format(default=default)
        parser.add_argument("--standards", type=float, nargs="+", metavar="VALUE", help=about)
    parser.add_argument("--temperature", type=float, metavar="C", help=_("in °C, if the instrument does not tell it"))
    parser.add_argument("--against", default="", metavar="TEXT", help=_("the standards: maker, lot, expiry"))
    about = _("the readings must agree for so many seconds (default: {s:g})").format(s=PROCEDURES[name].table["seconds"])
    parser.add_argument("--stable", type=float, metavar="S", help=about)
    parser.add_argument("--patience", type=float, default=600.0, metavar="S", help=_("wait so long for a stable reading"))
    parser.add_argument("--abandon", action="store_true", help=_("give an interrupted calibration up"))


def run_guided(options: argparse.Namespace) -> int:
    """0 with a certificate, 1 if the calibration is refused or given up, 3 if the station does not run."""
    course = _begin(options)
    if options.abandon:
        course.notes.unlink(missing_ok=True)
        _maintenance(course, on=False)
        print(_("Given up; nothing was changed."))
        return 1
    _maintenance(course, on=True)
    try:
        for standard in course.standards[len(course.points) :]:
            point = _read(course, standard, options)
            course.points.append(point)
            _keep(course)  # first kept, then said: whoever has seen it may interrupt
            print(_("Read: {reading:g} in {standard:g}.").format(reading=point.reading, standard=point.standard))
    except (KeyboardInterrupt, EOFError):
        raise Trouble(_("interrupted. {more}").format(more=_(KEPT_TEXT)), 1) from None
    code = _finish(course, options)
    _ask(_("Put everything back as it measures."))
    course.notes.unlink(missing_ok=True)
    _maintenance(course, on=False)
    return code


def _begin(options: argparse.Namespace) -> Course:
    """Everything checked before anything is touched. Raises Trouble."""
    procedure, where = PROCEDURES[options.action], places(options)
    named = {one.name: one for one in configuration(options).instruments}
    if options.instrument not in named:
        text = _("there is no instrument {name!r}.").format(name=options.instrument)
        raise Trouble(text + _(" Known: {words}.").format(words=", ".join(named)), 2)
    instrument = named[options.instrument]
    if procedure.quantity not in instrument.channels:
        measured = ", ".join(instrument.channels)
        text = _("{name} does not measure {quantity}; it measures {channels}")
        raise Trouble(text.format(name=instrument.name, quantity=procedure.quantity, channels=measured), 2)
    if not instrument.serial:
        raise Trouble(_("{name} has no serial in station.toml: a certificate would not find it").format(name=instrument.name), 2)
    if not read_fresh(where.live):
        raise Trouble(_("the station does not run here; start `station acquire` first"))
    standards: list[float | None] = list(getattr(options, "standards", None) or procedure.table["standards"])
    if options.action == "dissolved-oxygen":
        standards = [None, 0.0] if options.zero else [None]
        warm = options.temperature is not None or {"water_temperature", "temperature"} & set(instrument.channels)
        if not warm or _pressure(where, options) is None:
            raise Trouble(_(UNKNOWN_AIR), 2)
    notes = where.state / "calibration" / f"{procedure.name}-{instrument.name.replace('/', '_')}.json"
    course = Course(procedure, instrument, where, notes, standards, [])
    _resume(course)
    return course


def _resume(course: Course) -> None:
    """Take up what an interrupted run has read, if it was the same and not long ago."""
    try:
        kept = json.loads(course.notes.read_text("utf-8"))
        same = kept["serial"] == course.instrument.serial and kept["standards"] == course.standards
        if same and 0 <= time.time() - kept["utc"] < KEPT:
            course.points = [Point(*point) for point in kept["points"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if course.points:
        print(_("Going on after {n} of {all} steps.").format(n=len(course.points), all=len(course.standards)))


def _keep(course: Course) -> None:
    try:
        course.notes.parent.mkdir(parents=True, exist_ok=True)
        content = {"utc": time.time(), "serial": course.instrument.serial, "standards": course.standards, "points": course.points}
        write_json(course.notes, content)
    except OSError as error:
        print(_("{path} cannot be written: {error}").format(path=course.notes, error=error.strerror))


def _request(course: Course, action: requests.Action, arguments: dict[str, Any]) -> dict[str, Any]:
    """Ask the running station. Raises Trouble if it does not answer."""
    request = requests.make(action, f"cli:{getpass.getuser()}", arguments)
    requests.put(course.where.requests, request)
    answer = requests.wait_for_answer(course.where.requests, request, PATIENCE)
    if answer is None:
        raise Trouble(_("acquisition runs but did not answer in {s:.0f} s").format(s=PATIENCE))
    return answer


def _maintenance(course: Course, on: bool) -> None:
    _request(course, "maintenance", {"on": on, "instrument": course.instrument.name})


def _ask(text: str) -> None:
    """Say what to do, and wait for Enter."""
    print(text)
    input(_("Then press Enter … "))


def _read(course: Course, standard: float | None, options: argparse.Namespace) -> Point:
    """One step: what to do, then wait until the reading is stable. Raises Trouble when that takes too long."""
    name = course.procedure.name
    zero = name == "dissolved-oxygen" and standard is not None
    _ask(_(ZERO_OXYGEN) if zero else _(ASK[name]).format(standard=standard))
    stable, temperature = _settle(course, options)
    reading = round(stable.mean, quantities()[course.procedure.quantity].decimals + 2)
    t_c = options.temperature if options.temperature is not None else temperature
    if standard is None:
        standard = _saturation(course, t_c, options)
    return Point(standard, reading, t_c)


def _settle(course: Course, options: argparse.Namespace) -> tuple[Stability, float | None]:
    """Wait for a stable raw reading, and say what it waits for; with it the temperature that the instrument tells."""
    stable = Stability(course.procedure.table, options.stable)
    end, said, seen = time.monotonic() + options.patience, 0.0, time.monotonic()
    temperature = None
    while time.monotonic() < end:
        live = read_fresh(course.where.live)
        if live is None:
            raise Trouble(_("the station has stopped. {more}").format(more=_(KEPT_TEXT)))
        mine = [channel for channel in live["channels"] if channel[0] == course.instrument.name]
        found = {key: (raw, reason, moment) for _name, key, _value, raw, _flag, reason, moment in mine}
        temperature = next((found[key][0] for key in ("water_temperature", "temperature") if key in found), None)
        raw, reason, moment = found.get(course.procedure.quantity, (None, "gap", 0.0))
        if raw is not None and moment > seen:
            seen = moment
            stable.add(moment, raw)
            if stable.reached:
                return stable, temperature
        if time.monotonic() >= said:
            said = time.monotonic() + 5.0
            print(_waiting(course, stable, raw, reason), flush=True)
        time.sleep(0.2)
    raise Trouble(_("no stable reading in {s:.0f} s. {more}").format(s=options.patience, more=_(KEPT_TEXT)), 1)


def _waiting(course: Course, stable: Stability, raw: float | None, reason: str) -> str:
    if raw is None:
        return _("… no reading: {reason}").format(reason=reason)
    quantity = quantities()[course.procedure.quantity]
    if stable.left == stable.seconds or not stable.allowed:
        return _("… {value}; waiting for new readings").format(value=quantity.text(raw))
    text = _(
        "… {value}; moved by {moved:.3g} in the last {s:.0f} s, at most {allowed:.3g} is allowed; {left:.0f} s to go at least"
    )
    return text.format(value=quantity.text(raw), moved=stable.moved, s=stable.seconds, allowed=stable.allowed, left=stable.left)


def _pressure(where: Places, options: argparse.Namespace) -> float | None:
    """kPa as given, else as a channel of the station tells it."""
    if options.pressure is not None:
        return float(options.pressure)
    live = read_fresh(where.live) or {"channels": []}
    return next((raw / 10.0 for _name, key, _v, raw, *_rest in live["channels"] if key == "pressure" and raw is not None), None)


def _saturation(course: Course, t_c: float | None, options: argparse.Namespace) -> float:
    """mg/L that the probe should show. Raises Trouble if temperature or pressure are not known, or impossible."""
    pressure = _pressure(course.where, options)
    if t_c is None or pressure is None:
        raise Trouble(f"{_(UNKNOWN_AIR)}. {_(KEPT_TEXT)}", 1)
    try:
        return round(do_saturation(t_c, p_kpa=pressure, salinity=options.salinity), 3)
    except ValueError as error:
        raise Trouble(f"{error}. {_(KEPT_TEXT)}", 1) from None


def _finish(course: Course, options: argparse.Namespace) -> int:
    """The verdict, the certificate and the event."""
    facts: dict[str, Any] = {
        "procedure": course.procedure.name,
        "instrument": course.instrument.name,
        "quantity": course.procedure.quantity,
        "by": options.by,
        "points": [list(point) for point in course.points],
    }
    try:
        finding = course.procedure.find(course.points)
    except ValueError as error:
        return _refuse(course, facts, [str(error)])
    facts["figures"] = {one.name: round(one.value, 4) for one in finding.figures}
    for one in finding.figures:
        print(f"{_(FIGURES[one.name])}: {one.value:.4g}  ({one.low:g} … {one.high:g})")
    text = _("{what} is {value:.4g}; it must lie between {low:g} and {high:g}")
    wrong = [
        text.format(what=_(FIGURES[one.name]), value=one.value, low=one.low, high=one.high)
        for one in finding.figures
        if not one.sound
    ]
    if wrong:
        return _refuse(course, facts, wrong)
    old = _in_force(course)
    drift = course.procedure.table.get("drift")
    if drift is not None and old is not None and old.method == "linear":
        moved = abs(finding.correction["offset"] - old.coefficients["offset"])
        if moved > drift:
            print(
                _("It has moved by {moved:.1f} dB since the last check: what was measured in between is void.").format(
                    moved=moved
                )
            )
            facts["void_since"] = old.date.isoformat()
    if course.procedure.name == "pm-zero" and old is not None and old.method != "linear":
        print(_("The zero is good; certificate {id} ({method}) stays in force.").format(id=old.id, method=old.method))
        _request(course, "certificates", facts | {"certificate": old.id})
        return 0
    return _certify(course, facts, finding, old, options)


def _refuse(course: Course, facts: dict[str, Any], reasons: list[str]) -> int:
    for reason in reasons:
        print(_("Refused: {reason}.").format(reason=reason))
    print(_("The calibration that was in force stays. Clean the sensor, take fresh standards, and try again."))
    _request(course, "certificates", facts | {"refused": reasons})
    return 1


def _in_force(course: Course) -> Certificate | None:
    one, (known, _bad) = course.instrument, load(course.where.certificates)
    return choose(known, one.driver, one.serial, course.procedure.quantity, _today())


def _today() -> date:
    return datetime.now(UTC).date()


def _certify(
    course: Course, facts: dict[str, Any], finding: Finding, old: Certificate | None, options: argparse.Namespace
) -> int:
    """Write the certificate and tell the station. Raises Trouble if it cannot be written."""
    levels = [key for key in course.instrument.channels if quantities()[key].unit == "dB" and key != course.procedure.quantity]
    temperatures = [point.t_c for point in course.points if point.t_c is not None]
    method = {key: value for key, value in finding.correction.items() if key != "method"}
    apply = build(finding.correction["method"], method, (), course.procedure.quantity)
    water = "water_temperature" if "water_temperature" in course.instrument.channels else "temperature"
    content = {
        "model": course.instrument.driver,
        "serial": course.instrument.serial,
        "quantity": course.procedure.quantity,
        "also": levels if course.procedure.name == "noise" else [],
        "reference": options.against,
        "date": _today(),
        "valid_until": _today() + timedelta(days=int(course.procedure.table["days"])),
        "author": options.by,
        "note": f"guided: {course.procedure.name}, {datetime.now(UTC).isoformat(timespec='seconds')}",
        "replaces": old.id if old else "",
        "before": [[point.standard, point.reading] for point in course.points],
        "after": [[point.standard, round(apply(point.reading), 4)] for point in course.points],
        "correction": finding.correction,
        "range": {water: [min(temperatures), max(temperatures)]} if temperatures else {},
    }
    try:
        path, made = add(course.where.certificates, content)
    except (BadCertificate, OSError) as error:
        raise Trouble(_("the certificate cannot be written: {error}. {more}").format(error=error, more=_(KEPT_TEXT))) from None
    _request(course, "certificates", facts | {"certificate": made.id})
    print(_("Certificate {id} holds until {date}: {path}").format(id=made.id, date=made.valid_until, path=path))
    return 0
