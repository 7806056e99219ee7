"""The page's sections of what was measured: air, noise, water, other metrics, every channel."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from drivers.quantity import quantities
from station import words
from station.cli import _page as html
from station.cli._charts import Chart, bars, lines, share_bar
from station.cli._report_words import CLASSES, FIGURES, LEVELS, REASONS, STANDARDS, STATES, TARGETS, TRENDS
from station.metrics.statistics import rounded
from station.metrics.tables import in_force
from station.words import _

Facts = dict[str, Any]


def number(value: float | None, decimals: int = 1) -> str:
    """As it is reported: rounded once, half to even; a missing one is a dash."""
    return "—" if value is None else f"{rounded(value, decimals)}"


def percent(value: float | None) -> str:
    """A share."""
    return "—" if value is None else f"{rounded(value, 1)}\u00a0%"


def named(quantity: str) -> str:
    """A quantity's name, with its unit."""
    one = quantities()[quantity]
    return one.name(words.language()) + (f", {one.unit}" if one.unit != "1" else "")


def channel(name: str) -> str:
    """ "pm.pm25" as people say it."""
    instrument, _dot, quantity = name.rpartition(".")
    return f"{quantities()[quantity].name(words.language())} ({instrument})" if quantity in quantities() else name


def kept(value: bool | None) -> str:
    """A limit."""
    return "—" if value is None else _("kept") if value else _("NOT kept")


def met(value: bool | None) -> str:
    """A target."""
    return "—" if value is None else _("met") if value else _("missed")


def short(day: str) -> str:
    """A date of the month, on one line."""
    return f"{int(day[5:7])}\u2011{int(day[8:10])}"


def _note(report: Facts, row: Facts) -> str:
    """What is to be said of a day."""
    state = report["states"][row["date"]]
    return _(STATES[state]) if state in STATES else ""


def figures(report: Facts) -> Iterator[str]:
    """Every section that this station has."""
    for one in report.get("air", ()):
        yield from _air(report, one)
    for one in report.get("noise", ()):
        yield from _noise(report, one)
    for one in report.get("water_class", ()):
        yield from _class(report, one)
    for one in report.get("nitrogen", ()):
        yield from _nitrogen(report, one)
    for one in report.get("load", ()):
        yield from _load(report, one)
    for one in report.get("metrics", ()):
        yield from _other(report, one)
    yield from _channels(report)


def _air(report: Facts, one: Facts) -> Iterator[str]:
    yield html.heading(_("Air"))
    shown = ", ".join(quantities()[name].name(words.language()) for name in one["measured"])
    yield html.paragraph(_("Level of a day: that of the highest index of {names}.").format(names=shown))
    if not one["all_six"]:
        text = _("An AQI wants all six pollutants (HJ 633): without them a level is that of what is measured, not the air's.")
        yield html.paragraph(text)
    yield html.paragraph(_("Small sensors compare and trace; they do not prove compliance (GB 3095 asks for reference methods)."))
    parts = [(f"l{level}", count) for level, count in one["levels"].items()]
    yield share_bar(_("Days by level"), parts)
    head = [_("level"), _("days"), _("% of the days judged")]
    rows = [[f"{level} {_(LEVELS[int(level)])}", str(n), percent(_share(n, one["judged"]))] for level, n in one["levels"].items()]
    unjudged = len(one["days"]) - one["judged"]
    yield html.table(head, [*rows, [_("without a valid day"), str(unjudged), ""]])
    yield html.table(*_pollutants(one))
    if one["targets"]:
        yield html.table(
            [_("target of the district, for a year"), _("target"), _("this month"), ""],
            [[_(TARGETS[t["target"]]), number(t["bound"], 0), number(t["value"]), met(t["met"])] for t in one["targets"]],
        )
    for name in one["measured"]:
        levels = [_level(day["iaqi"], name, day["date"]) for day in one["days"]]
        limit = one["pollutants"][name]["limit"]
        title, bound = quantities()[name].name(words.language()), _bound(limit, _("daily limit"))
        chart = Chart(title, len(levels), bound, quantities()[name].unit, sampled(report, name))
        yield html.heading(named(name), 3)
        yield bars(chart, [day["values"][name] for day in one["days"]], levels)
    yield from _days(*_air_days(report, one))


def _share(part: int, whole: int) -> float | None:
    return 100.0 * part / whole if whole else None


def _bound(limit: float | None, name: str) -> list[tuple[float, str]]:
    return [] if limit is None else [(float(limit), f"{name} {limit:g}")]


def _level(indices: Mapping[str, int | None] | None, name: str, day: str) -> str:
    """The class of a bar: the level of the pollutant's own index."""
    index = (indices or {}).get(name)
    if index is None:
        return "l1"
    highest = in_force("hj633", date.fromisoformat(day)).section("categories")["highest"]
    return f"l{1 + sum(index > bound for bound in highest)}"


def _pollutants(one: Facts) -> tuple[list[str], list[list[str]]]:
    """A column for each pollutant: a phone is narrow."""
    columns = []
    for name, found in one["pollutants"].items():
        digits = 2 if name == "co" else 1
        highest = f"{number(found['highest'], digits)} ({short(found['highest_on'])})" if found["highest_on"] else "—"
        column = [number(found["reported"], digits), number(found["of_valid_days"], digits), f"{found['valid']}/{found['due']}"]
        column += [highest, number(found["limit"], 0), str(len(found["over"])), number(found["annual_limit"], 0)]
        columns.append([*column, _beside(found["within_annual"])])
    names = [_("mean of the month"), _("mean of its valid days"), _("valid days"), _("highest day"), _("daily limit")]
    names += [_("days above it"), _("limit of a year, for comparison"), _("the month's mean is")]
    head = [_("pollutant"), *(named(name) for name in one["pollutants"])]
    return head, [list(row) for row in zip(names, *columns, strict=True)]


def _beside(within: bool | None) -> str:
    """A month beside what holds for a year."""
    return "" if within is None else _("not above it") if within else _("above it")


def _air_days(report: Facts, one: Facts) -> tuple[list[str], list[list[str]]]:
    head = [_("day"), *(named(name) for name in one["measured"]), _("highest index"), _("level"), _("decided by")]
    head += [_("valid hours"), ""]
    rows = []
    for day in one["days"]:
        decimals = in_force("hj633", date.fromisoformat(day["date"])).section("decimals")
        cells = [number(day["values"][name], decimals[name]) for name in one["measured"]]
        level = f"{day['level']} {_(LEVELS[day['level']])}" if day["level"] else "—"
        primary = ", ".join(quantities()[name].name(words.language()) for name in day["primary"] or ())
        index = "—" if day["aqi"] is None else str(day["aqi"])
        hours = "/".join(str(day["hours"].get(name, 0)) for name in one["measured"])
        rows.append([short(day["date"]), *cells, index, level, primary, hours, _note(report, day)])
    return head, rows


def _days(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of days, folded away."""
    yield f"<details><summary>{escape(_('every day'))}</summary>{html.table(head, rows)}</details>"


def _noise(report: Facts, one: Facts) -> Iterator[str]:
    limits = one["limits"]
    title = _("Noise: {channel}").format(channel=channel(one["channel"]))
    yield html.heading(title)
    if limits:
        text = _("{standard}, zone {zone}: {day} dB(A) by day (06 to 22), {night} dB(A) at night.")
        yield html.paragraph(text.format(standard=STANDARDS[one["standard"]], zone=one["zone"], **_plain(limits)))
    text = _("A night belongs to the date on which it begins. Minutes with rain or with wind above 5 m/s do not count.")
    yield html.paragraph(text)
    yield html.paragraph(_("Indicative: a chain of microphone and station is of no class of IEC 61672 until it was tested."))
    head = [_("period"), _("judged"), _("limit kept"), _("share"), _("highest level, dB")]
    names = {"day": _("day, 06 to 22"), "night": _("night, 22 to 06")}
    rows = []
    for period, name in names.items():
        found = one[period]
        highest = f"{number(found['highest'])} ({short(found['highest_on'])})" if found["highest_on"] else "—"
        rows.append([name, str(found["judged"]), str(found["kept"]), percent(found["percent"]), highest])
    yield html.table(head, rows)
    yield html.paragraph(_("Valid days: {valid} of {due}.").format(valid=one["valid_days"], due=len(one["days"])))
    bounds = [*_bound(limits["day"], "Ld"), *_bound(limits["night"], "Ln")] if limits else []
    series = [[day[level] for day in one["days"]] for level in ("ld", "ln")]
    yield _legend([("c0", "Ld"), ("c1", "Ln")])
    yield lines(Chart(title, len(one["days"]), bounds, "dB"), series)
    head = [_("day"), "Ld", "Ln", "Ldn", _("valid hours"), _("by day"), _("at night"), ""]
    rows = []
    for day in one["days"]:
        levels = [number(day[level]) for level in ("ld", "ln", "ldn")]
        row = [short(day["date"]), *levels, f"{day['hours']}/24", kept(day["day"]), kept(day["night"]), _note(report, day)]
        rows.append(row)
    yield from _days(head, rows)


def _plain(limits: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{value:g}" for name, value in limits.items()}


def _legend(parts: Sequence[tuple[str, str]]) -> str:
    marks = "".join(f'<i class="box {style}"></i>{escape(name)}' for style, name in parts)
    return f'<p class="legend">{marks}</p>'


def _class(report: Facts, one: Facts) -> Iterator[str]:
    title = _("Water class")
    yield html.heading(title)
    text = _("GB 3838, {body}; target: class {target}. The class is that of the worst parameter's mean.")
    body = _("reservoir") if one["water"] == "reservoir" else _("river")
    yield html.paragraph(text.format(body=body, target=_(CLASSES[one["target"]])))
    month = one["month"]
    if month["class"]:
        text = _("Of the month's means: class {number}, decided by {names}.")
        yield html.paragraph(text.format(number=_(CLASSES[month["class"]]), names=_listed(month["deciding"])))
    rows = [[_(CLASSES[int(n)]), str(count)] for n, count in one["classes"].items()]
    yield html.table([_("class"), _("days")], [*rows, [_("without a class"), str(len(one["days"]) - one["judged"])]])
    text = _("Days that kept the target: {kept} of {judged} ({percent}).")
    yield html.paragraph(text.format(kept=one["kept"], judged=one["judged"], percent=percent(one["percent"])))
    numbers = [day["class"] for day in one["days"]]
    bound = [(float(one["target"]), _("target"))]
    yield bars(Chart(title, len(numbers), bound), numbers, [f"l{n or 1}" for n in numbers])
    head = [_("day"), _("class"), _("decided by"), _("above the target (times the limit beyond it)"), ""]
    rows = []
    for day in one["days"]:
        over = "; ".join(_exceeded(name, times) for name, times in day["over"].items())
        number_ = _(CLASSES[day["class"]]) if day["class"] else "—"
        rows.append([short(day["date"]), number_, _listed(day["deciding"] or ()), over, _note(report, day)])
    yield from _days(head, rows)


def _exceeded(name: str, times: float | None) -> str:
    told = quantities()[name].name(words.language())
    return told if times is None else f"{told} {number(times, 2)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quantities()[name].name(words.language()) for name in names) or "—"


def _nitrogen(report: Facts, one: Facts) -> Iterator[str]:
    title = _("Total nitrogen: {channel}").format(channel=channel(one["channel"]))
    yield html.heading(title)
    yield html.paragraph(_("A river has no limit of total nitrogen (GB 3838): told are means, trend and load, no class."))
    found = one["trend"]
    text = _("Mean {mean} mg/L. Trend: {verdict}; Sen's slope {slope} mg/L in a day over {n} days, Spearman's r {rank}.")
    facts = {"mean": number(one["mean"], 2), "slope": number(found["slope"], 4), "rank": number(found["rank"], 2)}
    yield html.paragraph(text.format(verdict=_(TRENDS[found["verdict"]]), n=found["n"], **facts))
    chart = Chart(title, len(one["days"]), unit="mg/L", samples=sampled(report, one["channel"]))
    yield lines(chart, [[day["value"] for day in one["days"]]])


def _load(report: Facts, one: Facts) -> Iterator[str]:
    title = _("Load: {channel}").format(channel=channel(one["channel"]))
    yield html.heading(title)
    text = _("{total} kg in {valid} valid days of {due}; {mean} kg in a day. Days that are missing are not in the sum.")
    facts = {"total": number(one["total"], 0), "mean": number(one["mean"], 1)}
    yield html.paragraph(text.format(valid=one["valid_days"], due=len(one["days"]), **facts))
    yield bars(Chart(title, len(one["days"]), unit="kg/d"), [day["load"] for day in one["days"]])
    head = [_("day"), _("load, kg"), _("mean, mg/L"), _("flow, m³/s"), ""]
    rows = []
    for day in one["days"]:
        cells = [number(day["load"], 1), number(day["concentration"], 3), number(day["flow"], 3)]
        rows.append([short(day["date"]), *cells, _note(report, day)])
    yield from _days(head, rows)


def _other(report: Facts, one: Facts) -> Iterator[str]:
    figure = _(FIGURES[one["kind"]])
    title = f"{one['metric']}: {figure}, {channel(one['channel'])}"
    yield html.heading(title)
    text = _("{valid} valid days of {due}; lowest {low}, highest {high} {unit}.")
    facts = {"low": number(one["low"], 2), "high": number(one["high"], 2), "unit": one["unit"]}
    yield html.paragraph(text.format(valid=one["valid_days"], due=len(one["days"]), **facts))
    if one["total"] is not None:
        yield html.paragraph(_("Sum of the valid days: {total} {unit}.").format(total=number(one["total"], 2), unit=one["unit"]))
    yield lines(Chart(title, len(one["days"]), unit=one["unit"]), [[day["value"] for day in one["days"]]], zero=True)
    rows = [[short(day["date"]), number(day["value"], 2), _note(report, day)] for day in one["days"]]
    yield from _days([_("day"), f"{figure}, {one['unit']}", ""], rows)


def sampled(report: Facts, name: str) -> list[tuple[float, float]]:
    """(day of the month, value) of the samples beside a channel, or beside a quantity."""
    found = []
    for one in report["samples"]:
        if name in (one["channel"], one["channel"].rpartition(".")[2]):
            taken = one["taken"]
            found.append((int(taken[8:10]) + int(taken[11:13]) / 24 + int(taken[14:16]) / 1440, float(one["value"])))
    return found


def _channels(report: Facts) -> Iterator[str]:
    yield html.heading(_("Every channel"))
    head = [_("channel"), _("month"), _("lowest"), _("highest"), _("valid days"), _("most frequent reason")]
    rows = []
    for one in report["channels"]:
        decimals = quantities()[one["quantity"]].decimals
        cells = [number(one[key], decimals) for key in ("value", "low", "high")]
        reasons = [day["reason"] for day in one["days"] if day["reason"]]
        worst = max(set(reasons), key=lambda word: (reasons.count(word), word), default="")
        name = f"{named(one['quantity'])} ({one['instrument']})"
        rows.append([name, *cells, f"{one['valid_days']}/{len(report['states'])}", _(REASONS.get(worst, worst))])
    yield html.table(head, rows)
    yield html.paragraph(_("The month's value is made of its valid days, as the quantity's values become one."))
