"""Co-location files: CSV of instruments side by side, whose zone and label convention somebody has stated, as means of periods.

Inside, a time is the start of its period in s of UTC. A file labels a row by the start or the end of the period that it stands
for; how long that is shows in the file itself: the most frequent step.
"""

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import Literal

Label = Literal["start", "end"]

SHARE = 0.75
"""A period in which fewer of its rows have a value has none (EPA/600/R-20/280 asks for 75 %)."""

TOLD_EVERY = 20_000

FORMATS = ("%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H")
"""Beside ISO 8601 and seconds of UTC."""


class BadFile(ValueError):
    """The file cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `step` s between its rows, and (start in s of UTC, value) of each that has a value."""

    name: str
    step: int
    points: list[tuple[int, float]]


def read(
    lines: Iterable[str],
    wanted: Sequence[str],
    zone: tzinfo | None,
    label: Label,
    time: str = "",
    told: Callable[[int], None] = lambda rows: None,
) -> dict[str, Column]:
    """The columns of a CSV text that are `wanted` and there. Raises BadFile.

    `zone` is that of times without one of their own; `time` is the name of their column, the first if empty. What is no number is
    missing. `told` hears now and then how many rows were read.
    """
    rows = csv.reader(lines)
    head = [name.strip().lstrip("\ufeff") for name in next(rows, [])]
    if not head or (time and time not in head):
        raise BadFile(f"there is no column {time!r}; there are: {', '.join(head) or 'none'}")
    at = head.index(time) if time else 0
    places = {name: head.index(name) for name in wanted if name in head}
    times: list[int] = []
    values: dict[str, list[float | None]] = {name: [] for name in places}
    for number, row in enumerate(rows, 2):
        if len(row) <= at or not row[at].strip():
            continue
        times.append(_moment(row[at].strip(), zone, number))
        for name, place in places.items():
            values[name].append(_value(row[place]) if place < len(row) else None)
        if number % TOLD_EVERY == 0:
            told(number)
    step = _step(times)
    shift = step if label == "end" else 0
    return {
        name: Column(name, step, sorted((t - shift, v) for t, v in zip(times, each, strict=True) if v is not None))
        for name, each in values.items()
    }


def _moment(text: str, zone: tzinfo | None, row: int) -> int:
    moment = _datetime(text)
    if moment is None:
        raise BadFile(f"row {row}: {text!r} is no time; write 2026-11-01T08:00 or seconds of UTC")
    if moment.tzinfo is None:
        if zone is None:
            raise BadFile(f"row {row}: the time {text!r} has no zone; say which with --zone +08:00")
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp())


def _datetime(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # its zone is added by the caller
        except ValueError:
            continue
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _value(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _step(times: list[int]) -> int:
    """The most frequent step in s. Raises BadFile if there is none."""
    steps = Counter(after - before for before, after in pairwise(sorted(times)) if after > before)
    if not steps:
        raise BadFile("there are fewer than two rows with different times")
    return steps.most_common(1)[0][0]


def means(column: Column, period: int, offset: int = 0, share: float = SHARE) -> dict[int, float]:
    """Mean of each period of `period` s that has enough values, by its start; several values of one time count once, the last.

    Periods begin at multiples of their length on a clock that is `offset` s ahead of UTC: a day is a day of that zone.
    """
    sums: dict[int, list[float]] = {}
    last: tuple[int, float] | None = None
    for start, value in column.points:
        key = start - (start + offset) % period
        if last is not None and last[0] == start:
            sums[key][0] += value - last[1]
        else:
            entry = sums.setdefault(key, [0.0, 0.0])
            entry[0] += value
            entry[1] += 1.0
        last = (start, value)
    needed = share * max(1.0, period / column.step)
    return {start: total / count for start, (total, count) in sums.items() if count >= needed}


def together(columns: Sequence[dict[int, float]]) -> Iterator[tuple[int, tuple[float, ...]]]:
    """The periods of which all columns have a mean, in order: (start, their values)."""
    for start in sorted(set.intersection(*(set(column) for column in columns))):
        yield start, tuple(column[start] for column in columns)
