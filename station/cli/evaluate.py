"""`station evaluate`: how well sensors agree with a reference and with each other, and which targets they meet."""

import argparse
from typing import Any

from calibration.colocation import together
from calibration.evaluate import Agreement, Precision, cen_class, epa_verdicts, evaluate, expanded_uncertainty, precision
from calibration.targets import target, targets
from drivers.quantity import quantities
from station.cli import _page as html
from station.cli._colocation import agreement, agreement_head, columns, declare, figure, text_table, write
from station.cli.common import print_json
from station.cli.main import Trouble
from station.words import N_, _

EXAMPLE = "station evaluate colocation.csv --quantity pm25 --sensor a b c --zone +08:00 --label start"
DAY = 86_400
"""s: PM targets are for means of a day."""

TARGETS = {
    "slope": N_("slope"),
    "intercept": N_("intercept"),
    "r2": N_("R²"),
    "rmse": N_("RMSE or NRMSE"),
    "precision": N_("precision between units"),
    "completeness": N_("completeness"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    declare(parser, DAY)
    parser.add_argument("--sensor", nargs="+", default=["sensor"], metavar="COLUMN", help=_("columns of the sensors"))


def run(options: argparse.Namespace) -> int:
    """0 if every sensor meets the targets that there are, 1 if one does not."""
    found = columns(options, [options.reference, *options.sensor])
    result = judged(found, options)
    if options.html:
        write(options.html, _page(result, found, options))
    if options.json:
        print_json(result)
    else:
        print("\n".join(_lines(result)))
    return 0 if result["met"] is not False else 1


def judged(found: dict[str, dict[int, float]], options: argparse.Namespace) -> dict[str, Any]:
    """The figures and verdicts as one JSON object; `met` None if there is no target for the quantity. Raises Trouble."""
    reference = found[options.reference]
    every = [moment for column in found.values() for moment in column]
    if not every or not reference:
        raise Trouble(_("no period of {s} s has enough values; try a shorter --average").format(s=options.average), 1)
    periods = (max(every) - min(every)) // options.average + 1
    units = [list(values) for _start, values in together([found[name] for name in options.sensor])]
    between = precision(units) if len(options.sensor) > 1 and units else None
    sensors = {name: _sensor(reference, found[name], periods, between, options) for name in options.sensor}
    verdicts = [met for one in sensors.values() for met in one["epa"].values()]
    return {
        "quantity": options.quantity,
        "average": options.average,
        "periods": periods,
        "sensors": sensors,
        "precision": between._asdict() if between else None,
        "editions": _editions(options.quantity),
        "met": None if not verdicts else False if False in verdicts else all(verdicts) or None,
    }


def _editions(quantity: str) -> list[str]:
    """The standards by which it is judged."""
    known = [targets()[name] for name in (f"epa_{quantity}", f"cen_{quantity}") if name in targets()]
    return [f"{one['standard']} {one['edition']}" for one in known]


def _sensor(
    reference: dict[int, float], sensor: dict[int, float], periods: int, between: Precision | None, options: argparse.Namespace
) -> dict[str, Any]:
    """One sensor's part. Raises Trouble."""
    pairs = [values for _start, values in together([reference, sensor])]
    if not pairs:
        raise Trouble(_("reference and sensor have no period in common: check --zone and --label"), 1)
    x, y = [one for one, _other in pairs], [other for _one, other in pairs]
    figures = evaluate(x, y)
    complete = 100.0 * len(pairs) / periods
    cen = targets().get(f"cen_{options.quantity}")
    uncertainty = expanded_uncertainty(x, y, cen["at"]) if cen else None
    epa: dict[str, bool | None] = {}
    if f"epa_{options.quantity}" in targets():
        epa = epa_verdicts(options.quantity, figures, between)
        epa["completeness"] = complete >= target("epa_completeness")["percent"]
    return {
        "pairs": len(pairs),
        "completeness_percent": complete,
        **figures._asdict(),
        "epa": epa,
        "uncertainty_percent": uncertainty,
        "cen_class": cen_class(options.quantity, uncertainty),
    }


def _mark(met: bool | None) -> str:
    return "—" if met is None else _("met") if met else _("NOT met")


def _figures(one: dict[str, Any]) -> Agreement:
    return Agreement(*(one[name] for name in Agreement._fields))


def _cen(one: dict[str, Any]) -> str:
    shown = {None: "—", 4: _("no class")}.get(one["cen_class"], str(one["cen_class"]))
    return f"{shown} ({figure(one['uncertainty_percent'], 0)} %)" if one["cen_class"] else shown


def _tables(result: dict[str, Any]) -> list[tuple[list[str], list[list[str]]]]:
    """The tables of the report: figures, and verdicts where there are targets."""
    sensors = result["sensors"].items()
    head = [_("sensor"), _("pairs"), _("complete %"), *agreement_head(), _("CEN/TS class")]
    rows = [[n, str(o["pairs"]), figure(o["completeness_percent"], 1), *agreement(_figures(o)), _cen(o)] for n, o in sensors]
    tables = [(head, rows)]
    if any(one["epa"] for one in result["sensors"].values()):
        names = [name for name in TARGETS if name in next(iter(result["sensors"].values()))["epa"]]
        verdicts = [[name, *(_mark(one["epa"][target]) for target in names)] for name, one in sensors]
        tables.append(([_("EPA target"), *(_(TARGETS[name]) for name in names)], verdicts))
    return tables


def _remarks(result: dict[str, Any]) -> list[str]:
    text = _("{n} periods of {s} s; {quantity}. The regression is of the sensor on the reference.")
    remarks = [text.format(n=result["periods"], s=result["average"], quantity=result["quantity"])]
    if result["editions"]:
        remarks.append(_("Judged by: {editions}.").format(editions="; ".join(result["editions"])))
    if result["precision"]:
        cv = figure(result["precision"]["cv_percent"], 1)
        remarks.append(_("Between the units: SD {sd}, CV {cv} %.").format(sd=figure(result["precision"]["sd"]), cv=cv))
    else:
        remarks.append(_("Precision between units is unknown: it needs two sensors or more side by side."))
    if not any(one["epa"] for one in result["sensors"].values()):
        remarks.append(_("There are no EPA targets here for this quantity."))
    elif result["average"] != DAY:
        remarks.append(_("The EPA's PM targets are for means of 24 h (--average 86400)."))
    remarks.append(_("The CEN/TS class is an estimate with an ideal reference, no test by CEN/TS 17660 (its figures: likely)."))
    return remarks


def _lines(result: dict[str, Any]) -> list[str]:
    return [line for head, rows in _tables(result) for line in text_table(head, rows)] + _remarks(result)


def _page(result: dict[str, Any], found: dict[str, dict[int, float]], options: argparse.Namespace) -> str:
    unit = quantities()[options.quantity].unit
    parts = [html.paragraph(remark) for remark in _remarks(result)]
    parts += [html.table(head, rows) for head, rows in _tables(result)]
    for name in options.sensor:
        both = [(start, x, y) for start, (x, y) in together([found[options.reference], found[name]])]
        points = [(x, y) for _start, x, y in both]
        rest = [(float(start), y - x) for start, x, y in both]
        one = result["sensors"][name]
        ends = [min(x for x, _y in points), max(x for x, _y in points)]
        line = [(x, one["intercept"] + one["slope"] * x) for x in ends] if one["slope"] is not None else []
        parts.append(html.heading(name))
        parts.append(html.plot([("b", points)], f"{_('reference')}, {unit}", f"{name}, {unit}", line))
        parts.append(html.plot([("b", rest)], _("days"), f"{_('sensor minus reference')}, {unit}", days=True))
    return html.page(_("Evaluation: {quantity}").format(quantity=options.quantity), parts)
