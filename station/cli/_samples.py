"""`station calibrate fit CHANNEL --samples`: a line through a laboratory's values, each beside what the station then measured."""

from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import Any

from calibration.certificate import text_of
from calibration.evaluate import evaluate
from calibration.fit import Fitted, fit_few
from calibration.targets import target
from gateway.log.reader import LogReader
from station.cli._colocation import agreement, agreement_head, figure, text_table, write
from station.cli.common import LATEST, configuration, moment, places, print_json
from station.cli.main import Trouble
from station.config import Instrument
from station.settings import suggestion
from station.summary.aggregate import ZONE
from station.summary.samples import Beside, Sample, beside, samples
from station.words import _


def run_samples(options: Namespace) -> int:
    """0 if the line is what is asked of one, 1 if something speaks against it or the samples are too few."""
    instrument, quantity = _channel(options)
    reach = options.within or float(target("samples")["within"])
    begin, end = moment(options.since, 0), moment(options.until, LATEST)
    if options.html:
        raise Trouble(_("--html is for a co-location, not for --samples"), 2)
    log = LogReader(places(options).log)
    try:
        mine = [one for one in samples(log, begin, end) if (one.instrument, one.quantity) == (instrument.name, quantity)]
        found = [(one, beside(log, one, reach)) for one in mine]
    finally:
        log.close()
    pairs = [(one, other) for one, other in found if other is not None]
    rows = [{"reference": one.value, "sensor": other.raw} for one, other in pairs]
    if len(rows) < target("samples")["least"]:
        raise Trouble("\n".join([_too_few(len(rows), reach), *_listed(found)]), 1)
    try:
        fitted = fit_few(rows)
    except ValueError as error:
        raise Trouble("\n".join([str(error), *_listed(found)]), 1) from None
    draft = text_of(_certificate(instrument, quantity, pairs, fitted, options))
    reference = [row["reference"] for row in rows]
    before = evaluate(reference, [row["sensor"] for row in rows])
    after = evaluate(reference, [fitted.apply(row) for row in rows])
    against = _against(fitted, before.rmse)
    if options.draft:
        write(options.draft, draft)
    if options.json:
        told = {"channel": options.files[0].name, "samples": [_told(*one) for one in found], "rmse_unseen": fitted.unseen}
        told |= {"before": before._asdict(), "after": after._asdict(), **fitted.coefficients}
        print_json(told | {"against": against, "certificate": draft})
        return 1 if against else 0
    print("\n".join(_listed(found)))
    rows_shown = [[_("as found"), *agreement(before)], [_("corrected"), *agreement(after)]]
    print("\n".join(["", *text_table(["", *agreement_head()], rows_shown)]).rstrip("\n"))
    print(_("RMSE on samples that it has not seen: {error}").format(error=figure(fitted.unseen, 3)))
    for what in against:
        print(_("Against it: {what}.").format(what=what))
    print(_("To sign it: station calibrate sign {path} --by NAME").format(path=options.draft) if options.draft else draft)
    return 1 if against else 0


def _channel(options: Namespace) -> tuple[Instrument, str]:
    """The instrument and quantity that are meant. Raises Trouble."""
    config = configuration(options)
    known = {f"{one.name}.{key}": (one, key) for one in config.instruments for key in one.channels}
    asked = " ".join(str(path) for path in options.files)
    if asked not in known:
        text = _("nothing here measures {channel!r}.").format(channel=asked)
        raise Trouble(text + suggestion(asked, known), 2)
    instrument, quantity = known[asked]
    if not (options.serial or instrument.serial):
        raise Trouble(
            _("{name} has no serial in station.toml; a certificate needs one: --serial").format(name=instrument.name), 2
        )
    return instrument, quantity


def _too_few(count: int, reach: float) -> str:
    text = _(
        "{count} samples have a good interval within {minutes:.0f} min; {least} are asked. Next: station sample add, or --within"
    )
    return text.format(count=count, minutes=reach / 60, least=target("samples")["least"])


def _listed(found: list[tuple[Sample, Beside | None]]) -> list[str]:
    """A line for each sample: what stands beside it, or that nothing does."""
    lines = []
    for one, other in found:
        if other is None:
            seen = _("no good interval near it")
        elif other.away:
            seen = _("the station {raw:g}, {minutes:.1f} min away").format(raw=other.raw, minutes=other.away / 60)
        else:
            seen = _("the station {raw:g}").format(raw=other.raw)
        lines.append(f"{_local(one.taken)}  {one.value:g} {one.unit}  {seen}  ({one.source})")
    return lines


def _told(one: Sample, other: Beside | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"taken": _local(one.taken), "sequence": one.sequence, "value": one.value, "source": one.source}
    return facts | {"raw": other and other.raw, "away": other and other.away}


def _local(utc: int) -> str:
    return datetime.fromtimestamp(utc / 1000, ZONE).isoformat("T", "minutes")[:16]


def _against(fitted: Fitted, raw: float) -> list[str]:
    """What speaks against relying on it."""
    found = []
    low, high = target("samples")["gain"]
    gain = fitted.weights[1]
    if not low <= gain <= high:
        found.append(_("the gain is {gain:.2f}; {low:g} to {high:g} is asked").format(gain=gain, low=low, high=high))
    if fitted.unseen >= raw:
        text = _("on samples that it has not seen it errs by {unseen}, the instrument as found by {raw}: no correction is better")
        found.append(text.format(unseen=figure(fitted.unseen, 3), raw=figure(raw, 3)))
    return found


def _certificate(
    instrument: Instrument, quantity: str, pairs: list[tuple[Sample, Beside]], fitted: Fitted, options: Namespace
) -> dict[str, Any]:
    """The content of the certificate, which names every sample and which nobody has signed."""
    ordered = sorted(pairs, key=lambda pair: pair[0].value)
    last = datetime.fromtimestamp(max(one.taken for one, _other in pairs) / 1000, UTC).date()
    named = ", ".join(f"{_local(one.taken)} (record {one.sequence})" for one, _other in pairs)
    after = [[one.value, round(fitted.apply({"sensor": other.raw}), 6)] for one, other in ordered]
    return {
        "model": options.model or instrument.driver,
        "serial": options.serial or instrument.serial,
        "quantity": quantity,
        "reference": options.against or "; ".join(sorted({one.source for one, _other in pairs})),
        "date": last + timedelta(days=1),
        "valid_until": last + timedelta(days=int(target("recalibration")["days"])),
        "author": "",
        "note": f"samples {named}; RMSE on unseen samples {fitted.unseen:.3g}",
        "before": [[one.value, other.raw] for one, other in ordered],
        "after": after,
        "correction": {"method": "linear", **{key: float(f"{value:.6g}") for key, value in fitted.coefficients.items()}},
    }
