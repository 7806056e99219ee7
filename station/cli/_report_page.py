"""The report as one page that opens without a network: what was measured, what is missing and why, and what it rests on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from station import words
from station.cli import _page as html
from station.cli._charts import STYLE as CHARTS
from station.cli._charts import Chart, bars, lines
from station.cli._report_figures import channel, figures, number, percent, sampled, short
from station.cli._report_words import EVENTS, KINDS, WORKS
from station.cli.gaps import CAUSES
from station.metrics.tables import CONFIDENCE
from station.summary.owed import key_of
from station.words import N_, _

Facts = dict[str, Any]

MOST = 200
"""Lines of a list of events; what is left out is said, and is in the JSON."""

STYLE = """
:root{--ink:#1c2733;--page:#fff;--line:#dde3e8;--faint:#9aa5ae;--one:#1667a5;--two:#7a3fa0;--bad:#b3261e;--warn:#fff3cd}
@media(prefers-color-scheme:dark){:root{--ink:#e3e8ec;--page:#12181d;--line:#2f3a43;--faint:#66727c;--one:#62b0ea;--two:#c39ae0;
--bad:#ff8a80;--warn:#4a3d10}}
body{color:var(--ink);background:var(--page);margin:1rem auto;overflow-wrap:anywhere}td,th{border-color:var(--line)}
.warn{background:var(--warn);padding:.6rem .8rem;border-radius:.3rem}summary{cursor:pointer;padding:.4rem 0}
h3{font-size:1rem;margin:1rem 0 .3rem}.wide{margin:.6rem 0 1rem}.wide td,.wide th{overflow-wrap:normal;padding-right:.6rem}
td{vertical-align:top}
.box.c0{background:var(--one)}.box.c1{background:var(--two)}
@media print{:root{--ink:#000;--page:#fff;--line:#bbb;--faint:#888;--one:#1667a5;--two:#7a3fa0;--bad:#b3261e;--warn:#fff}
body{font-size:10pt;max-width:none;margin:0}.wide{overflow:visible}h2,h3{break-after:avoid}
svg,tr{break-inside:avoid}details::details-content{content-visibility:visible;block-size:auto}}
"""

CARD = {
    "town": N_("town"),
    "village": N_("village"),
    "code": N_("administrative code"),
    "section": N_("section, outfall or zone"),
    "longitude": N_("longitude, °"),
    "latitude": N_("latitude, °"),
    "datum": N_("datum"),
    "altitude": N_("altitude, m"),
    "inlet": N_("inlet above ground, m"),
    "contact": N_("contact"),
    "wgs84": N_("WGS-84: longitude, latitude"),
    "gcj02": N_("GCJ-02: longitude, latitude"),
}
"""Keys of the station's card."""


def page(report: Facts) -> str:
    """The page in the language in use."""
    title = _("{name}: report for {month}").format(name=report["station"]["name"], month=report["month"])
    parts = [
        *_head(report),
        *figures(report),
        *_completeness(report),
        *_certificates(report),
        *_happened(report),
        *_basis(report),
    ]
    return html.page(title, parts, STYLE + CHARTS)


def _head(report: Facts) -> Iterator[str]:
    card = report["site"]
    place = " ".join(str(card[key]) for key in ("town", "village", "section") if key in card)
    text = _("Station {id}. {place} Days and hours are those of Beijing ({zone}). Made {made}.")
    facts = {"id": report["station"]["id"], "zone": report["time_zone"], "made": moment(report["made"])}
    yield html.paragraph(text.format(place=f"{place}." if place else "", **facts))
    if not report["over"]:
        text = _(
            "This month is not over: reported until {until}. Figures of the whole month are missing until enough days are valid."
        )
        yield f'<p class="warn">{escape(text.format(until=moment(report["reported_until"])))}</p>'
    if report["told_otherwise"]:
        days = ", ".join(f"{short(one['date'])} {one['metric']}" for one in report["told_otherwise"])
        text = _("The platforms were told other figures than the records give now: {days}. Both are in the JSON.")
        yield f'<p class="warn">{escape(text.format(days=days))}</p>'
    yield html.paragraph(_("— : not known, because too little of it is valid. What is missing is never counted as zero."))


def moment(text: str | None) -> str:
    """A local time for people."""
    return "—" if text is None else text[:16].replace("T", " ")


def _why(why: Mapping[str, int]) -> str:
    return ", ".join(f"{_(CAUSES[cause])} {count}" for cause, count in why.items())


def _completeness(report: Facts) -> Iterator[str]:
    found = report["completeness"]
    yield html.heading(_("Completeness, and what is missing"))
    head = [_("instrument"), _("complete"), _("readings due"), _("not good or missing"), _("why (readings)")]
    rows = [
        [one["instrument"], percent(one["percent"]), str(one["expected"]), str(one["missing"]), _why(one["why"])]
        for one in found["instruments"]
    ]
    yield html.table(head, rows)
    daily: dict[str, list[float]] = {day: [] for day in report["states"]}
    for row in found["days"]:
        if row["percent"] is not None:
            daily[row["date"]].append(row["percent"])
    least = [min(values, default=None) for values in daily.values()]
    yield bars(Chart(_("The least complete instrument of each day"), len(least), unit="%"), least)
    if found["outages"]:
        yield html.heading(_("Nothing was stored"), 3)
        rows = [[moment(one["from"]), moment(one["to"]), _(CAUSES[one["cause"]])] for one in found["outages"]]
        yield html.table([_("from"), _("to"), _("why")], rows)
    rows = [
        [short(row["date"]), row["instrument"], percent(row["percent"]), _why(row["why"])] for row in found["days"] if row["why"]
    ]
    yield _folded(
        _("what is missing, day by day"), html.table([_("day"), _("instrument"), _("complete"), _("why (readings)")], rows)
    )
    if found["confirmed"]:
        text = ", ".join(f"{name} {count}" for name, count in found["confirmed"].items())
        yield html.paragraph(_("Intervals of the month that the platforms have confirmed: {text}.").format(text=text))


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def _certificates(report: Facts) -> Iterator[str]:
    found = report["calibration"]
    yield html.heading(_("Calibrations"))
    if found["uses"]:
        head = [_("channel"), _("certificate"), _("from"), _("to"), _("intervals"), ""]
        rows = []
        for one in found["uses"]:
            name = one["certificate"] or _("none: the value is raw")
            remark = _("not in the folder of certificates any more") if one["known"] is False else ""
            days = [short(one["from"]), short(one["to"])]
            rows.append([channel(one["channel"]), name, *days, str(one["intervals"]), remark])
        yield html.table(head, rows)
    else:
        yield html.paragraph(_("No certificate was applied."))
    if found["certificates"]:
        head = [_("certificate"), _("instrument"), _("method"), _("against"), _("by"), _("valid")]
        rows = [
            [
                one["id"],
                f"{one['model']} {one['serial']}",
                f"{one['method']} {_facts(one['coefficients'])}",
                one["reference"],
                one["author"],
                f"{one['date']} – {one['valid_until']}",
            ]
            for one in found["certificates"]
        ]
        yield html.table(head, rows)
    yield from _listed(found["events"])


def _facts(facts: Mapping[str, Any]) -> str:
    """What an event tells beside its code, in short."""
    shown = {key: value for key, value in facts.items() if value not in ("", [], {}, None)}
    text = ", ".join(
        f"{key} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}" for key, value in shown.items()
    )
    return text if len(text) <= 160 else text[:159] + "…"


def _listed(events: Sequence[Facts]) -> Iterator[str]:
    rows = [[moment(one["time"]), _(EVENTS.get(one["event"], one["event"])), _facts(one["facts"])] for one in events[:MOST]]
    if rows:
        yield html.table([_("time"), _("what"), ""], rows)
    if len(events) > MOST:
        yield html.paragraph(_("{count} more are in the JSON.").format(count=len(events) - MOST))


def _span(one: Facts) -> list[str]:
    begin = _("before the oldest record") if one["from"] is None else moment(one["from"])
    return [begin, _("still going on") if one["open"] else moment(one["to"])]


def _happened(report: Facts) -> Iterator[str]:
    yield html.heading(_("Alarms"))
    if report["alarms"]:
        rows = []
        for one in report["alarms"]:
            kind = _(KINDS.get(one.get("kind") or "", one.get("kind") or "")) + (_(", a drill") if one.get("drill") else "")
            name = channel(one["channel"]) if one.get("channel") else ""
            rows.append([*_span(one), one["alarm"], kind, name, *(_value(one.get(key)) for key in ("value", "bound", "worst"))])
        yield html.table([_("from"), _("to"), _("alarm"), _("kind"), _("channel"), _("value"), _("bound"), _("worst")], rows)
    else:
        yield html.paragraph(_("None."))
    yield html.heading(_("Works on the station"))
    rows = []
    for one in report["works"]:
        what = _(WORKS[one["work"]]) + (_(", a drill") if one.get("drill") else "")
        rows.append([*_span(one), what, one["instrument"] or _("the whole station"), one["by"], one["note"]])
    if rows:
        yield html.table([_("from"), _("to"), _("what"), _("of what"), _("by"), _("note")], rows)
    else:
        yield html.paragraph(_("None."))
    yield from _samples(report)
    if report["asked"] or report["events"]:
        yield html.heading(_("What else happened"))
        asked = [[moment(o["time"]), o["action"], o["who"], _facts(o["arguments"]), o["result"]] for o in report["asked"][:MOST]]
        if asked:
            yield html.table([_("time"), _("asked"), _("by"), "", _("result")], asked)
        yield from _listed(report["events"])


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else "—"


def _samples(report: Facts) -> Iterator[str]:
    """Each laboratory's or person's value, in a table and beside the station's series."""
    samples = report["samples"]
    if not samples:
        return
    yield html.heading(_("Samples"))
    head = [_("taken"), _("channel"), _("value"), _("the station's hour"), _("difference"), _("laboratory"), _("method"), _("by")]
    rows = []
    for one in samples:
        cells = [f"{one['value']:g} {one['unit']}", number(one["station_hour"], 3), number(one["difference"], 3)]
        people = [one["laboratory"], one["method"], one["by"]]
        rows.append([moment(one["taken"]), channel(one["channel"]), *cells, *people])
    yield html.table(head, rows)
    yield html.paragraph(_("◇ in a chart: a sample beside the station's daily means."))
    for name in dict.fromkeys(one["channel"] for one in samples):
        key = key_of(name)
        series = next((one for one in report["channels"] if (one["instrument"], one["quantity"]) == key), None)
        if series is not None:
            values = {day["date"]: day["value"] for day in series["days"]}
            chart = Chart(channel(name), len(report["states"]), unit=series["unit"], samples=sampled(report, name))
            yield lines(chart, [[values.get(day) for day in report["states"]]])


def _basis(report: Facts) -> Iterator[str]:
    yield html.heading(_("What this rests on"))
    rows = [[_(CARD.get(key, key)), _plain(value)] for key, value in report["site"].items()]
    station = report["station"]
    rows += [[_("interval, s"), str(station["interval"])], [_("software"), station["software"]]]
    rows += [[_("time zone"), report["time_zone"]], [_("SHA-256 of the settings in force"), report["configuration"]["in_force"]]]
    rows.append([_("SHA-256 of the file (sha256sum)"), report["configuration"]["file"]])
    chain = report["chain"]
    if chain["last"]:
        rows.append([_("hours chained by digests"), str(chain["hours"])])
        rows.append([_("digest of the last of them"), chain["last"]])
    rows.append([_("newest record"), moment(report["newest_record"])])
    yield html.table([_("station"), ""], rows)
    language = words.language()
    head = [_("instrument"), _("model"), _("serial number"), _("s between readings")]
    rows = [
        [o["name"], o["title"][language] or o["driver"], o["serial"] or "—", f"{o['period']:g}"] for o in report["instruments"]
    ]
    yield html.table(head, rows)
    head = [_("standard and edition"), _("title"), _("how sure we are of it")]
    sure: dict[tuple[str, str], list[str]] = {}
    for one in report["standards"]:
        sure.setdefault((one["standard"], one["title"][language]), []).append(_(CONFIDENCE[one["confidence"]]))
    rows = [[*names, "; ".join(dict.fromkeys(found))] for names, found in sure.items()]
    if rows:
        yield html.table(head, rows)
    yield html.paragraph(_("Whether the records are as they were when their digests were told: station log verify."))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
