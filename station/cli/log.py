"""`station log`: look at stored records, or export them."""

import argparse
import csv
import sys
from collections.abc import Iterator
from typing import Any

import sqlite_utils

from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station log export --format csv --from 2026-11-01 > november.csv"

COLUMNS = [
    "sequence",
    "time",
    "period",
    "instrument",
    "quantity",
    "unit",
    "value",
    "low",
    "high",
    "raw",
    "count",
    "expected",
    "flag",
    "reason",
    "certificate",
]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("tail", "export"), help=_("the newest records, or all that are asked for"))
    parser.add_argument("-n", type=int, default=10, metavar="N", help=_("tail: so many records (default 10)"))
    parser.add_argument("--from", dest="since", metavar="TIME", help=_("export: from this time, +08:00 (2026-11-01)"))
    parser.add_argument("--to", dest="until", metavar="TIME", help=_("export: before this time"))
    parser.add_argument("--format", choices=("csv", "json"), default="csv", help=_("export: CSV or a JSON object a line"))
    parser.add_argument("--json", action="store_true", help=_("tail: a JSON object a line"))


def run(options: argparse.Namespace) -> int:
    """Print rows; 3 if there is no log."""
    path = places(options).log
    try:
        path.stat()
    except FileNotFoundError:
        raise Trouble(_("there is no record log at {path}; has `station acquire` run?").format(path=path)) from None
    database = sqlite_utils.Database(str(path))
    database.execute("PRAGMA query_only = on")
    if options.action == "tail":
        _tail(database, options)
    else:
        _export(_rows(database, options), options.format)
    database.close()
    return 0


def _tail(database: Any, options: argparse.Namespace) -> None:
    if not options.json:
        print(f"{'time':<23} {'instrument':<10} {'quantity':<20} {'value':>10} unit   n/expected flag reason")
    newest = f"SELECT sequence FROM records ORDER BY sequence DESC LIMIT {int(options.n)}"
    for row in database.query(f"SELECT {', '.join(COLUMNS)} FROM readings WHERE sequence IN ({newest})"):
        if options.json:
            print_json(row)
            continue
        value = "—" if row["value"] is None else f"{row['value']:g}"
        share = f"{row['count']}/{row['expected']}"
        head = f"{row['time'] or '?':<23} {row['instrument']:<10} {row['quantity']:<20}"
        print(f"{head} {value:>10} {row['unit']:<6} {share:>10} {row['flag']:>4} {row['reason']}")


def _rows(database: Any, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    conditions, values = ["1"], []
    if options.since:
        conditions.append("time >= ?")
        values.append(options.since)
    if options.until:
        conditions.append("time < ?")
        values.append(options.until)
    rows: Iterator[dict[str, Any]] = database.query(
        f"SELECT {', '.join(COLUMNS)} FROM readings WHERE {' AND '.join(conditions)}", values
    )
    return rows


def _export(rows: Iterator[dict[str, Any]], form: str) -> None:
    if form == "json":
        for row in rows:
            print_json(row)
        return
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
