"""Charts of a month as SVG, drawn for a phone's width: bars and lines by day, with limits, samples, and what is missing marked.

Colours are classes of the page's style, so that a dark screen and paper have their own. A missing day is a mark below the axis,
never a zero; each chart says in words what it shows, for those who do not see it.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from station.cli._page import ticks
from station.words import _

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 36, 8, 8, 34

STYLE = """
.chart{width:100%;max-width:44rem;height:auto;display:block;font-size:10px}.chart text{fill:var(--ink)}
.grid{stroke:var(--line)}.bound{stroke:var(--bad);stroke-dasharray:5 3;stroke-width:1.2}.missing{fill:var(--faint)}
.chart .boundtext{fill:var(--bad);stroke:var(--page);stroke-width:3px;paint-order:stroke}
.c0{fill:var(--one);stroke:var(--one)}.c1{fill:var(--two);stroke:var(--two)}
.line{fill:none;stroke-width:1.6}.sample{fill:var(--page);stroke:var(--ink);stroke-width:1.4}
.l1{fill:#00a854}.l2{fill:#d4b106}.l3{fill:#ff7e00}.l4{fill:#e60000}.l5{fill:#99004c}.l6{fill:#7e0023}
.legend{font-size:.85rem;margin:.2rem 0}.legend i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .8em}
"""


class Chart(NamedTuple):
    """What every chart has. `days`: so many along the axis; `title` in words; `bounds`: (level, name) of limits; `samples`: (day
    of the month with its fraction, value).
    """

    title: str
    days: int
    bounds: Sequence[tuple[float, str]] = ()
    unit: str = ""
    samples: Sequence[tuple[float, float]] = ()


class _Scale(NamedTuple):
    low: float
    high: float
    days: int

    def x(self, day: float) -> float:
        """Of a day, 1.0 being the begin of the first."""
        return round(LEFT + (day - 1) / self.days * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - self.low) / (self.high - self.low) * (HEIGHT - BOTTOM - TOP), 1)


def bars(chart: Chart, values: Sequence[float | None], styles: Sequence[str] = ()) -> str:
    """A bar for each day from 0 upwards; `styles`: a class for each ("l1" to "l6", or "c0")."""
    known = [value for value in values if value is not None]
    scale = _scale(chart, [0.0, *known])
    drawn = []
    for at, value in enumerate(values):
        if value is not None:
            top, floor = scale.y(max(value, 0.0)), scale.y(max(min(value, 0.0), scale.low))
            wide = scale.x(2) - scale.x(1) - 1
            style = styles[at] if styles else "c0"
            height = round(max(floor - top, 0.8), 1)
            drawn.append(f'<rect class="{style}" x="{scale.x(at + 1)}" y="{top}" width="{wide:.1f}" height="{height}"/>')
    return _framed(chart, scale, [*drawn, *_missing(scale, [value is None for value in values])])


def lines(chart: Chart, series: Sequence[Sequence[float | None]], zero: bool = False) -> str:
    """A line for each series, broken where a day is missing; with `zero` the axis begins there."""
    known = [value for one in series for value in one if value is not None]
    scale = _scale(chart, [*known, *([0.0] if zero else [])])
    drawn = []
    for number, one in enumerate(series):
        for run in _runs(one):
            points = [f"{scale.x(at + 1.5)},{scale.y(value)}" for at, value in run]
            drawn.append(f'<polyline class="line c{number}" style="fill:none" points="{" ".join(points)}"/>')
            drawn += [f'<circle class="c{number}" cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="2"/>' for p in points]
    gone = [all(one[at] is None for one in series) for at in range(chart.days)]
    return _framed(chart, scale, [*drawn, *_missing(scale, gone)])


def share_bar(title: str, parts: Sequence[tuple[str, int]]) -> str:
    """One bar of the shares of days: (class, days)."""
    total = sum(count for _style, count in parts)
    drawn, at = [], 0.0
    for style, count in parts:
        wide = (WIDTH - 4) * count / total if total else 0.0
        if count:
            drawn.append(f'<rect class="{style}" x="{at + 2:.1f}" y="2" width="{wide:.1f}" height="20"/>')
        at += wide
    return f'<svg class="chart" viewBox="0 0 {WIDTH} 24" role="img"><title>{escape(title)}</title>{"".join(drawn)}</svg>'


def _scale(chart: Chart, values: Sequence[float]) -> _Scale:
    marks = [level for level, _name in chart.bounds] + [value for _day, value in chart.samples]
    every = [*values, *marks] or [0.0, 1.0]
    low, high = min(every), max(every)
    room = 0.08 * (high - low) or max(1.0, 0.1 * abs(high))
    return _Scale(low if low == 0.0 else low - room, high + room, chart.days)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            runs[-1].append((at, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _missing(scale: _Scale, gone: Sequence[bool]) -> list[str]:
    y = HEIGHT - BOTTOM + 1
    wide = scale.x(2) - scale.x(1) - 1
    return [
        f'<rect class="missing" x="{scale.x(at + 1)}" y="{y}" width="{wide:.1f}" height="4"/>'
        for at, one in enumerate(gone)
        if one
    ]


def _framed(chart: Chart, scale: _Scale, drawn: Sequence[str]) -> str:
    title = f"{chart.title}, {chart.unit}" if chart.unit else chart.title
    out = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>']
    for tick in ticks(scale.low, scale.high):
        y = scale.y(tick)
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        out.append(f'<text x="{LEFT - 4}" y="{y + 3}" text-anchor="end">{tick:g}</text>')
    for day in range(1, chart.days + 1):
        if day == 1 or day % 5 == 0:
            out.append(f'<text x="{scale.x(day + 0.5)}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{day}</text>')
    out += drawn
    for moment, value in chart.samples:
        out.append(f'<path class="sample" d="M{scale.x(moment)} {scale.y(value) - 5}l5 5l-5 5l-5 -5z"/>')
    for level, name in chart.bounds:
        y = scale.y(level)
        out.append(f'<line class="bound" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        out.append(f'<text class="boundtext" x="{WIDTH - RIGHT}" y="{y - 3}" text-anchor="end">{escape(name)}</text>')
    out.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(_("day of the month"))}</text>')
    return "".join(out) + "</svg>"
