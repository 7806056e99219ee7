"""The report as rows of one table: a figure a row, so that a spreadsheet or a script can choose. Pure."""

from collections.abc import Iterator
from typing import Any

COLUMNS = ("date", "section", "subject", "figure", "value")
"""`date` is a local day, or the month for a figure of the whole month. An empty value is a missing one."""

SKIPPED = frozenset({"told_otherwise", "states"})

NAMES = ("metric", "instrument", "alarm", "work", "channel", "id", "standard", "certificate", "event", "action", "name")
"""What a list's entries are called by: the first that they have."""

Row = dict[str, Any]


def rows(report: dict[str, Any]) -> Iterator[Row]:
    """Every number, text and truth of the report, in its order."""
    month = str(report["month"])
    for section, content in report.items():
        if section not in SKIPPED:
            yield from _rows(content, month, section, "", ())


def _rows(content: Any, date: str, section: str, subject: str, path: tuple[str, ...]) -> Iterator[Row]:
    if isinstance(content, dict):
        date, subject = str(content.get("date", date)), subject or _subject(content)
        for key, value in content.items():
            if key != "date":
                yield from _rows(value, date, section, subject, path if key == "days" else (*path, str(key)))
    elif isinstance(content, list) and any(isinstance(one, dict) for one in content):
        for one in content:
            yield from _rows(one, date, section, subject, path)
    else:
        value = " ".join(map(str, content)) if isinstance(content, list) else content
        yield dict(zip(COLUMNS, (date, section, subject, ".".join(path) or section, value), strict=True))


def _subject(content: dict[str, Any]) -> str:
    if "instrument" in content and "quantity" in content:
        return f"{content['instrument']}.{content['quantity']}"
    return next((str(content[name]) for name in NAMES if content.get(name)), "")
