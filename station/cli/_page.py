"""One page of HTML that opens without a network: tables, texts and plots drawn as SVG, no script."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from station import words

WIDTH, HEIGHT, MARGIN = 640, 360, 52

MOST = 3000
"""Points that a plot shows; of more, every second, third … one."""

STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1c2733}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:1.6rem}table{border-collapse:collapse}
td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #dde3e8;font-variant-numeric:tabular-nums}
pre{background:#f4f6f8;padding:.8rem;overflow:auto}.wide{overflow-x:auto}
svg{max-width:100%;height:auto}.a{fill:#b9c2ca}.b{fill:#1667a5}
"""

Points = Sequence[tuple[float, float]]


def page(title: str, parts: Iterable[str], style: str = "") -> str:
    """The whole page, as wide as the screen is; `style` comes behind the common one."""
    head = f'<!doctype html><html lang="{words.language()}"><meta charset="utf-8"><title>{escape(title)}</title>'
    head += '<meta name="viewport" content="width=device-width,initial-scale=1">'
    return f"{head}<style>{STYLE}{style}</style><h1>{escape(title)}</h1>{''.join(parts)}</html>\n"


def heading(text: str, level: int = 2) -> str:
    """A heading; that of the page is of level 1."""
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def verbatim(text: str) -> str:
    """A text as it stands in a file."""
    return f"<pre>{escape(text)}</pre>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; one that is wider than the screen is moved by itself."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{lines}</table></div>'


def plot(series: Sequence[tuple[str, Points]], x_label: str, y_label: str, line: Points = (), days: bool = False) -> str:
    """A plot of points, the style class ("a" grey, "b" blue) with each series; `line`: two points; `days`: x is s of UTC."""
    every = [point for _style, points in series for point in (*points, *line)]
    (x0, x1), (y0, y1) = _bounds(p[0] for p in every), _bounds(p[1] for p in every)

    def at(x: float, y: float) -> tuple[float, float]:
        across = MARGIN + (x - x0) / (x1 - x0) * (WIDTH - MARGIN - 12)
        return round(across, 1), round(HEIGHT - MARGIN - (y - y0) / (y1 - y0) * (HEIGHT - MARGIN - 12), 1)

    drawn = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="11" fill="#1c2733">']
    for tick in ticks(y0, y1):
        x, y = at(x0, tick)
        drawn.append(f'<line x1="{x}" x2="{WIDTH - 12}" y1="{y}" y2="{y}" stroke="#dde3e8"/>')
        drawn.append(f'<text x="{x - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    for tick in ticks(x0 / 86400, x1 / 86400) if days else ticks(x0, x1):
        x, y = at(tick * 86400 if days else tick, y0)
        shown = f"{tick - math.floor(x0 / 86400):g}" if days else f"{tick:g}"
        drawn.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle">{shown}</text>')
    for style, points in series:
        thin = points[:: len(points) // MOST + 1]
        dots = (at(*point) for point in thin)
        drawn.append("".join(f'<circle class="{style}" cx="{x}" cy="{y}" r="1.8"/>' for x, y in dots))
    if line:
        (xa, ya), (xb, yb) = (at(*point) for point in line)
        drawn.append(f'<line x1="{xa}" y1="{ya}" x2="{xb}" y2="{yb}" stroke="#c0392b"/>')
    drawn.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">{escape(x_label)}</text>')
    middle = HEIGHT / 2
    drawn.append(f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">{escape(y_label)}</text>')
    return "".join(drawn) + "</svg>"


def _bounds(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    low, high = min(found), max(found)
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between, five or so."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
    return [round(n * step, 10) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
