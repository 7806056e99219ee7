"""`station report`: a month as a page that opens offline, as a table and as JSON."""

import argparse
import csv
import io
import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from gateway.log.reader import LogReader
from station.cli._report_page import moment, page
from station.cli.common import configuration, places, print_json
from station.cli.main import Trouble
from station.report.month import month_of, report
from station.report.rows import COLUMNS, rows
from station.words import _

EXAMPLE = "station report --month 2026-11"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--month", required=True, metavar="MONTH", help=_("which, as 2026-11"))
    parser.add_argument("--targets", choices=("miyun", "none"), default="miyun", help=_("a district's targets (default: miyun)"))
    parser.add_argument("--output", default=".", metavar="DIR", help=_("folder for the three files (default: here)"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object; nothing is written"))


def run(options: argparse.Namespace) -> int:
    """0 if it is made; 1 if nothing is stored of that month, 2 usage, 3 if it cannot be read or written."""
    made = _made(options)
    if options.json:
        print_json(made)
        return 0
    folder = Path(options.output)
    stem = folder / f"{made['station']['id']}-{made['month']}"
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    writer.writerows(rows(made))
    texts = {
        ".html": page(made),
        ".csv": "\ufeff" + table.getvalue(),
        ".json": json.dumps(made, ensure_ascii=False, indent=1),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for ending, text in texts.items():
            path = stem.with_name(stem.name + ending)
            path.write_text(text, "utf-8", newline="")
            print(path)
    except OSError as error:
        raise Trouble(_("{folder} cannot be written: {error}").format(folder=folder, error=error.strerror), 3) from None
    if not made["over"]:
        print(_("the month is not over: reported until {time}").format(time=moment(made["reported_until"])))
    return 0


def _made(options: argparse.Namespace) -> dict[str, Any]:
    config, where = configuration(options), places(options)
    try:
        span = month_of(options.month)
    except (ValueError, OverflowError):
        raise Trouble(_("{key} is {value!r}; write --month 2026-11").format(key="--month", value=options.month), 2) from None
    log = LogReader(where.log)
    try:
        district = None if options.targets == "none" else options.targets
        made = report(config, where, log, span, round(time.time() * 1000), district, _show)
    finally:
        log.close()
    if made is None:
        raise Trouble(_("nothing is stored of {day}").format(day=options.month), 1)
    return made


def _show(day: date) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r" + _("reading {day}").format(day=day))
        sys.stderr.flush()
