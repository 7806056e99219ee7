"""`station log`: look at stored records, or export them."""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any

import sqlite_utils

from gateway.link.hj212.archive import Archive
from gateway.log.faults import DatabaseError
from gateway.log.files import partitions
from gateway.log.raw import read
from gateway.log.reader import LogReader, connect
from station.cli.common import BEIJING, LATEST, moment, places, print_json
from station.cli.main import Trouble
from station.summary.aggregate import DAY, HOUR, midnight
from station.summary.export import (
    BESIDE,
    COLUMNS,
    LONGER_COLUMNS,
    RAW_COLUMNS,
    beside,
    features,
    longer,
    minutes,
    raw_values,
)  # fmt: skip
from station.summary.rows import chunks, compact
from station.summary.samples import samples
from station.words import N_, _

EXAMPLE = "station log export --format csv --from 2026-11-01 > november.csv"

STORED = COLUMNS[: -len(BESIDE)]
"""What the view `readings` has of them."""

ACTIONS = N_("tail: the newest records; export: all that are asked for; verify: is each hour as it was when its digest was told?")

VERDICTS = {
    "good": N_("as it was"),
    "evicted": N_("given up for want of space"),
    "quarantined": N_("in a damaged file that was put aside"),
    "tampered": N_("CHANGED"),
}
"""What is to be said of an hour."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("tail", "export", "verify"), help=_(ACTIONS))
    parser.add_argument("-n", type=int, default=10, metavar="N", help=_("tail: so many records (default 10)"))
    parser.add_argument("--from", dest="since", metavar="TIME", help=_("export: from this time, +08:00 (2026-11-01)"))
    parser.add_argument("--to", dest="until", metavar="TIME", help=_("export: before this time"))
    parser.add_argument(
        "--level",
        choices=("stored", "raw", "minute", "hour", "day"),
        default="stored",
        help=_(
            "export: stored intervals, raw samples, minutes, hours or days by the validity rules; a laboratory's values beside"
        ),
    )
    parser.add_argument(
        "--channel", action="append", default=[], metavar="NAME", help=_("export: only this channel, as pm.pm25; may be repeated")
    )
    parser.add_argument(
        "--format",
        choices=("csv", "json", "geojson"),
        default="csv",
        help=_("export: CSV, a JSON object a line, or the track of a mobile station"),
    )
    parser.add_argument("--json", action="store_true", help=_("a JSON object a line"))


def run(options: argparse.Namespace) -> int:
    """Print rows; 3 if there is no log; verify: 1 if an hour was tampered with."""
    path = places(options).log
    try:
        found = [one.path for one in partitions(path)] if path.parent.is_dir() else []
        if not found:
            raise Trouble(_("there is no record log at {path}; has `station acquire` run?").format(path=path))
        if options.action == "verify":
            return _verify(path, options.json)
        if options.action == "tail":
            _tail(found, options)
        elif options.format == "geojson":
            if options.level not in ("stored", "minute"):
                raise Trouble(_("a track is made of stored intervals: leave --level out"), 2)
            _track(path, options)
        else:
            _export(path, found, options)
    except PermissionError:
        raise  # told by main: this user may not
    except (OSError, DatabaseError) as error:
        text = _("{path} cannot be read: {error}. Next: try again in a minute; a damaged file is mended by `station acquire`")
        raise Trouble(text.format(path=path.parent, error=error)) from None
    return 0


def _verify(path: Path, as_json: bool) -> int:
    """Every hour that is not as it was, and how many are."""
    from station.chain import verify

    log = LogReader(path)
    try:
        found = verify(log)
    finally:
        log.close()
    for one in found:
        hour = datetime.fromtimestamp(one.begin / 1000, BEIJING).isoformat(" ", "minutes")[:16]
        if as_json:
            print_json({"hour": hour, "verdict": one.verdict, "why": one.why})
        elif one.verdict != "good":
            print(f"{hour}  {_(VERDICTS[one.verdict])}: {one.why}")
    if not as_json:
        good = sum(one.verdict == "good" for one in found)
        print(_("{good} of {all} hours are as they were when their digests were told").format(good=good, all=len(found)))
    return 1 if any(one.verdict == "tampered" for one in found) else 0


def _query(path: Path, statement: str, values: Sequence[object] = ()) -> Iterator[dict[str, Any]]:
    database = sqlite_utils.Database(connect(path))
    try:
        yield from database.query(statement, values)
    finally:
        database.close()


def _tail(found: list[Path], options: argparse.Namespace) -> None:
    if not options.json:
        print(f"{'time':<23} {'instrument':<10} {'quantity':<20} {'value':>10} unit   n/expected flag reason")
    newest = f"SELECT sequence FROM records ORDER BY sequence DESC LIMIT {int(options.n)}"
    rows = [list(_query(path, f"SELECT {', '.join(STORED)} FROM readings WHERE sequence IN ({newest})")) for path in found[-2:]]
    numbers = sorted({row["sequence"] for part in rows for row in part})[-options.n :]
    for row in (row for part in rows for row in part if row["sequence"] in numbers):
        if options.json:
            print_json(row)
            continue
        value = "—" if row["value"] is None else f"{row['value']:g}"
        share = f"{row['count']}/{row['expected']}"
        head = f"{row['time'] or '?':<23} {row['instrument']:<10} {row['quantity']:<20}"
        print(f"{head} {value:>10} {row['unit']:<6} {share:>10} {row['flag']:>4} {row['reason']}")


def _rows(found: list[Path], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    conditions, values = ["1"], []
    if options.since:
        conditions.append("time >= ?")
        values.append(options.since)
    if options.until:
        conditions.append("time < ?")
        values.append(options.until)
    statement = f"SELECT {', '.join(STORED)} FROM readings WHERE {' AND '.join(conditions)}"
    return (row for path in found for row in _query(path, statement, values))


def _chosen(rows: Iterator[dict[str, Any]], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Those of the channels that were asked for."""
    wanted = set(options.channel)
    return (row for row in rows if not wanted or f"{row['instrument']}.{row['quantity']}" in wanted)


def _leveled(path: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Minutes or hours of the time that was asked for, or every day that it touches."""
    log = LogReader(path)
    archive = Archive(log)
    oldest, newest = archive.next_start(0), archive.newest()
    begin, end = moment(options.since, oldest or 0), moment(options.until, (newest.start or 0) + 1 if newest else 0)
    at = midnight(datetime.fromtimestamp(begin / 1000, BEIJING).date())
    while oldest is not None and at < end:
        day = datetime.fromtimestamp(at / 1000, BEIJING).date()
        records = archive.between(at, at + DAY)
        rows: Iterator[dict[str, Any]]
        if options.level == "minute":
            rows = (row for _hour, part in chunks(records, at, at + DAY, HOUR) for row in minutes(part))
        else:
            rows = iter(sorted(longer(compact(records, at, at + DAY), day, options.level), key=itemgetter("time")))
        for row in rows:
            if options.level == "day" or begin <= moment(row["time"], 0) < end:
                yield row
        at += DAY
    log.close()


def _track(path: Path, options: argparse.Namespace) -> None:
    """One GeoJSON FeatureCollection, written as it is read."""
    log = LogReader(path)
    print('{"type":"FeatureCollection","features":[')
    comma = ""
    found = Archive(log).between(moment(options.since, 0), moment(options.until, LATEST))
    for one in features(found, options.channel):
        print(comma + json.dumps(one, ensure_ascii=False, separators=(",", ":")))
        comma = ","
    print("]}")
    log.close()


def _export(path: Path, found: list[Path], options: argparse.Namespace) -> None:
    """What was asked for, and a laboratory's values beside it."""
    begin, end = moment(options.since, 0), moment(options.until, LATEST)
    columns: Sequence[str] = COLUMNS
    if options.level == "stored":
        rows = _rows(found, options)
    elif options.level == "raw":
        rows, columns = raw_values(read(path, begin, end)), RAW_COLUMNS
    else:
        rows, columns = _leveled(path, options), COLUMNS if options.level == "minute" else LONGER_COLUMNS
    log = LogReader(path)
    others = list(beside(samples(log, begin, end)))
    log.close()
    rows = _chosen(merge(rows, others, key=lambda row: row["time"] or ""), options)
    if options.json or options.format == "json":
        for row in rows:
            print_json({name: row.get(name) for name in columns})
        return
    writer = csv.DictWriter(sys.stdout, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
