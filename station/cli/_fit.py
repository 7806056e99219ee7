"""`station calibrate fit`: from a co-location to a correction, a page that shows how good it is, a certificate to be signed."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from calibration.certificate import text_of
from calibration.colocation import together
from calibration.evaluate import Agreement, evaluate
from calibration.fit import Fitted, Row, choose, fit_all
from calibration.targets import target, targets
from drivers.quantity import quantities
from station.cli import _page as html
from station.cli._colocation import agreement, agreement_head, columns, declare, figure, progress, text_table, write
from station.cli._samples import run_samples
from station.cli.common import print_json, seconds
from station.cli.main import Trouble
from station.words import _

HOUR = 3600
PARTS = 10
"""So many pairs stand in the certificate as readings before and after: means of equal shares of the periods, by reference."""


def declare_fit(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    declare(parser, HOUR, required=False)
    parser.add_argument(
        "--samples",
        action="store_true",
        help=_("the reference is what `station sample add` has stored: FILE is then the channel, as river.ph"),
    )
    parser.add_argument(
        "--within",
        type=seconds,
        metavar="TIME",
        help=_("with --samples: so far from a sample its interval may lie (default 30m)"),
    )
    parser.add_argument("--from", dest="since", metavar="TIME", help=_("with --samples: only those from this time on, +08:00"))
    parser.add_argument("--to", dest="until", metavar="TIME", help=_("with --samples: only those before this time"))
    parser.add_argument("--sensor", default="sensor", metavar="COLUMN", help=_("column of the sensor"))
    parser.add_argument("--humidity", metavar="COLUMN", help=_("column of the relative humidity in %%"))
    parser.add_argument("--temperature", metavar="COLUMN", help=_("column of the temperature in °C"))
    parser.add_argument("--model", metavar="DRIVER", help=_("the sensor's driver, such as pms5003"))
    parser.add_argument("--serial", help=_("the sensor's serial number, as in station.toml"))
    parser.add_argument("--against", default="", metavar="TEXT", help=_("what the reference is: maker, model, number, place"))
    parser.add_argument(
        "--companions",
        default="climate",
        metavar="INSTRUMENT",
        help=_("which instrument of the station gives humidity, temperature"),
    )
    parser.add_argument("--use", metavar="MODEL", help=_("take this model instead of the one that is chosen"))
    parser.add_argument("--draft", type=Path, metavar="FILE", help=_("write the certificate, ready to be signed"))


def run_fit(options: Namespace) -> int:
    """0 if the co-location has what is asked of one and the result too, 1 if something speaks against it."""
    if options.samples:
        return run_samples(options)
    if missing := [name for name in ("quantity", "label", "model", "serial") if getattr(options, name) is None]:
        raise Trouble(_("{names} is missing").format(names=", ".join(f"--{name}" for name in missing)), 2)
    roles = {role: name for role in ("humidity", "temperature") if (name := getattr(options, role))}
    found = columns(options, [options.reference, options.sensor, *roles.values()])
    rows, starts, wet = _rows(found, options, roles)
    try:
        fitted = fit_all(rows, options.quantity, lambda name: progress(_("fitting {name}").format(name=name)))
    except ValueError as error:
        raise Trouble(str(error), 1) from None
    progress("")
    best = choose(fitted)
    if options.use:
        named = {one.candidate.name: one for one in fitted}
        if options.use not in named:
            raise Trouble(_("there is no model {name!r}; there are: {names}").format(name=options.use, names=", ".join(named)), 2)
        best = named[options.use]
    result = _result(rows, starts, fitted, best, options)
    result["wet"] = wet
    draft = text_of(_certificate(rows, starts, best, options))
    if options.draft:
        write(options.draft, draft)
    if options.html:
        write(options.html, _page(result, rows, starts, best, draft, options))
    if options.json:
        print_json(result | {"certificate": draft})
    else:
        print("\n".join(_lines(result, draft, options)))
    return 1 if result["against"] else 0


def _rows(found: dict[str, dict[int, float]], options: Namespace, roles: dict[str, str]) -> tuple[list[Row], list[int], int]:
    """The periods of which everything is there, their starts, and how many were left out because the air was saturated."""
    names = ("reference", "sensor", *roles)
    rows: list[Row] = []
    starts, wet = [], 0
    for start, values in together([found[options.reference], found[options.sensor], *(found[name] for name in roles.values())]):
        row = dict(zip(names, values, strict=True))
        if "humidity" in row and not 0.0 <= row["humidity"] < 100.0:
            wet += 1
            continue
        rows.append(row)
        starts.append(start)
    if not rows:
        raise Trouble(_("the columns have no period in common: check --zone and --label"), 1)
    return rows, starts, wet


def _result(rows: list[Row], starts: list[int], fitted: list[Fitted], best: Fitted, options: Namespace) -> dict[str, Any]:
    """Everything but the certificate, as one JSON object."""
    reference = [row["reference"] for row in rows]
    after = evaluate(reference, [best.apply(row) for row in rows])
    return {
        "quantity": options.quantity,
        "average": options.average,
        "periods": len(rows),
        "from": _time(starts[0]),
        "to": _time(starts[-1] + options.average),
        "models": [
            {
                "model": one.candidate.name,
                "fitted": one.size,
                "rmse": one.rmse,
                "rmse_unseen": one.unseen,
                "standard_error": one.spread,
                "coefficients": one.coefficients,
            }
            for one in fitted
        ],
        "chosen": best.candidate.name,
        "reason": _reason(fitted, best, options.use),
        "before": evaluate(reference, [row["sensor"] for row in rows])._asdict(),
        "after": after._asdict(),
        "against": _against(reference, after, options),
    }


def _time(start: int) -> str:
    return datetime.fromtimestamp(start, UTC).isoformat()


def _reason(fitted: list[Fitted], best: Fitted, asked: str | None) -> str:
    if asked:
        return _("it was asked for")
    first = fitted[0]
    facts = {
        "name": best.candidate.name,
        "error": figure(best.unseen),
        "least": figure(first.unseen),
        "first": first.candidate.name,
        "spread": figure(first.spread),
        "size": best.size,
    }
    if best is first:
        text = _(
            "{name} has the least error on blocks of time that it has not seen ({error}), and none that is as good is simpler"
        )
    else:
        text = _(
            "{name} ({size} fitted numbers, error on unseen blocks {error}) is simpler than {first} and no worse than its "
            "error {least} by more than the standard error {spread}"
        )
    return text.format(**facts)


def _against(reference: list[float], after: Agreement, options: Namespace) -> list[str]:
    """What speaks against relying on it, by the targets for a co-location of this quantity."""
    name = f"colocation_{options.quantity}"
    if name not in targets():
        return []
    asked, found = target(name), []
    hours = len(reference) * options.average / HOUR
    if hours < asked["hours"]:
        found.append(_("only {n:.0f} valid hours; {least} are asked").format(n=hours, least=asked["hours"]))
    if min(reference) > asked["low"] or max(reference) < asked["high"]:
        text = _("the reference spans {low:.1f} to {high:.1f}; {least} to {most} is asked")
        found.append(text.format(low=min(reference), high=max(reference), least=asked["low"], most=asked["high"]))
    if after.r2 is None or after.r2 < asked["r2"]:
        found.append(_("R² after correction is {r2}; {least} is asked").format(r2=figure(after.r2, 3), least=asked["r2"]))
    for key in ("slope", "intercept"):
        value, (low, high) = getattr(after, key), asked[key]
        if value is None or not low <= value <= high:
            text = _("{key} after correction is {value}; {low} to {high} is asked")
            found.append(text.format(key=_(key), value=figure(value), low=low, high=high))
    return found


def _certificate(rows: list[Row], starts: list[int], best: Fitted, options: Namespace) -> dict[str, Any]:
    """The content of the certificate, which nobody has signed."""
    end = datetime.fromtimestamp(starts[-1] + options.average, UTC).date()
    note = f"co-location {_time(starts[0])} to {_time(starts[-1] + options.average)}, {len(rows)} periods of {options.average} s"
    ordered = sorted(rows, key=lambda row: row["reference"])
    parts = [part for at in range(PARTS) if (part := ordered[len(rows) * at // PARTS : len(rows) * (at + 1) // PARTS])]
    reference = [_mean([row["reference"] for row in part]) for part in parts]
    before = [_mean([row["sensor"] for row in part]) for part in parts]
    after = [_mean([best.apply(row) for row in part]) for part in parts]
    span = {role: _span(rows, role) for role in rows[0] if role not in ("reference", "sensor")}
    return {
        "model": options.model,
        "serial": options.serial,
        "quantity": options.quantity,
        "reference": options.against,
        "date": end + timedelta(days=1),
        "valid_until": end + timedelta(days=int(target("recalibration")["days"])),
        "author": "",
        "note": f"{note}; RMSE on unseen blocks {best.unseen:.2f}",
        "before": [[a, b] for a, b in zip(reference, before, strict=True)],
        "after": [[a, b] for a, b in zip(reference, after, strict=True)],
        "correction": {"method": best.candidate.method, **_short(best.coefficients)},
        "companions": {role: f"{options.companions}.{role}" for role in best.candidate.roles},
        "range": span,
    }


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 3)


def _span(rows: list[Row], role: str) -> list[float]:
    values = [row[role] for row in rows]
    return [round(min(values), 1), round(max(values), 1)]


def _short(value: Any) -> Any:
    """Six significant digits: a certificate is read by people, and its errors are larger."""
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    return float(f"{value:.6g}")


def _tables(result: dict[str, Any]) -> list[tuple[list[str], list[list[str]]]]:
    head = [_("model"), _("fitted numbers"), _("RMSE"), _("RMSE unseen"), _("± standard error")]
    keys = ("rmse", "rmse_unseen", "standard_error")
    rows = [[one["model"], str(one["fitted"]), *(figure(one[key]) for key in keys)] for one in result["models"]]
    both = [
        [_(word), *agreement(Agreement(**result[key]))] for word, key in ((_("as found"), "before"), (_("corrected"), "after"))
    ]
    return [(head, rows), (["", *agreement_head()], both)]


def _remarks(result: dict[str, Any]) -> list[str]:
    text = _("{n} periods of {s} s from {a} to {b}.")
    remarks = [text.format(n=result["periods"], s=result["average"], a=result["from"], b=result["to"])]
    if result["wet"]:
        remarks.append(_("{n} periods with a humidity of 100 % or none were left out.").format(n=result["wet"]))
    remarks.append(_("Chosen: {name}: {why}.").format(name=result["chosen"], why=result["reason"]))
    remarks += [_("Against it: {what}.").format(what=what) for what in result["against"]]
    return remarks


def _lines(result: dict[str, Any], draft: str, options: Namespace) -> list[str]:
    lines = [line for head, rows in _tables(result) for line in text_table(head, rows)] + _remarks(result)
    if options.draft:
        lines.append(_("To sign it: station calibrate sign {path} --by NAME").format(path=options.draft))
    else:
        lines += ["", draft]
    return lines


def _page(result: dict[str, Any], rows: list[Row], starts: list[int], best: Fitted, draft: str, options: Namespace) -> str:
    unit = quantities()[options.quantity].unit
    corrected = [best.apply(row) for row in rows]
    raw = [(row["reference"], row["sensor"]) for row in rows]
    new = [(row["reference"], value) for row, value in zip(rows, corrected, strict=True)]
    rest = [(float(start), y - x) for start, (x, y) in zip(starts, new, strict=True)]
    ends = [min(x for x, _y in raw), max(x for x, _y in raw)]
    parts = [html.paragraph(f"{options.model} {options.serial} — {options.against or _('reference')}")]
    parts += [html.paragraph(remark) for remark in _remarks(result)]
    parts += [html.table(head, body) for head, body in _tables(result)]
    parts.append(html.heading(_("Sensor against reference: grey as found, blue corrected, red equality")))
    parts.append(
        html.plot([("a", raw), ("b", new)], f"{_('reference')}, {unit}", f"{_('sensor')}, {unit}", [(x, x) for x in ends])
    )
    parts.append(html.heading(_("What is left: corrected minus reference")))
    parts.append(html.plot([("b", rest)], _("days"), unit, days=True))
    parts += [html.heading(_("Certificate, not signed yet")), html.verbatim(draft)]
    return html.page(_("Calibration of {quantity}").format(quantity=options.quantity), parts)
