"""`station log`: look at stored records, or export them."""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sqlite_utils

from gateway.link.hj212.archive import Archive
from gateway.log.faults import DatabaseError
from gateway.log.files import partitions
from gateway.log.raw import read
from gateway.log.reader import LogReader, connect
from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.summary.aggregate import DAY, midnight
from station.summary.export import LONGER_COLUMNS, features, longer
from station.words import N_, _

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

RAW_COLUMNS = ["time", "instrument", "quantity", "value", "reason"]

ACTIONS = N_("tail: the newest records; export: all that are asked for; verify: is each hour as it was when its digest was told?")

VERDICTS = {
    "good": N_("as it was"),
    "evicted": N_("given up for want of space"),
    "quarantined": N_("in a damaged file that was put aside"),
    "tampered": N_("CHANGED"),
}
"""What is to be said of an hour."""

BEIJING = timezone(timedelta(hours=8))
LATEST = 2**62
"""ms: never."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("tail", "export", "verify"), help=_(ACTIONS))
    parser.add_argument("-n", type=int, default=10, metavar="N", help=_("tail: so many records (default 10)"))
    parser.add_argument("--from", dest="since", metavar="TIME", help=_("export: from this time, +08:00 (2026-11-01)"))
    parser.add_argument("--to", dest="until", metavar="TIME", help=_("export: before this time"))
    parser.add_argument(
        "--level",
        choices=("stored", "raw", "hour", "day"),
        default="stored",
        help=_("export: stored intervals, raw samples, hours or days by the validity rules"),
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
    parser.add_argument("--json", action="store_true", help=_("tail, verify: a JSON object a line"))


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
            _track(path, options)
        elif options.level in ("hour", "day"):
            _export(_chosen(_longer(path, options), options), LONGER_COLUMNS, options.format)
        elif options.level == "raw":
            _export(_chosen(_raw_rows(path, options), options), RAW_COLUMNS, options.format)
        else:
            _export(_chosen(_rows(found, options), options), COLUMNS, options.format)
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
    rows = [list(_query(path, f"SELECT {', '.join(COLUMNS)} FROM readings WHERE sequence IN ({newest})")) for path in found[-2:]]
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
    statement = f"SELECT {', '.join(COLUMNS)} FROM readings WHERE {' AND '.join(conditions)}"
    return (row for path in found for row in _query(path, statement, values))


def _chosen(rows: Iterator[dict[str, Any]], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Those of the channels that were asked for."""
    wanted = set(options.channel)
    return (row for row in rows if not wanted or f"{row['instrument']}.{row['quantity']}" in wanted)


def _longer(path: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Hours or days of every day that is touched."""
    log = LogReader(path)
    archive = Archive(log)
    oldest, newest = archive.next_start(0), archive.newest()
    begin, end = _moment(options.since, oldest or 0), _moment(options.until, (newest.start or 0) + 1 if newest else 0)
    at = midnight(datetime.fromtimestamp(begin / 1000, BEIJING).date())
    while oldest is not None and at < end:
        day = datetime.fromtimestamp(at / 1000, BEIJING).date()
        yield from longer(archive.between(at, at + DAY), day, options.level)
        at += DAY
    log.close()


def _track(path: Path, options: argparse.Namespace) -> None:
    """One GeoJSON FeatureCollection, written as it is read."""
    log = LogReader(path)
    print('{"type":"FeatureCollection","features":[')
    comma = ""
    found = Archive(log).between(_moment(options.since, 0), _moment(options.until, LATEST))
    for one in features(found, options.channel):
        print(comma + json.dumps(one, ensure_ascii=False, separators=(",", ":")))
        comma = ","
    print("]}")
    log.close()


def _raw_rows(path: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    begin, end = _moment(options.since, 0), _moment(options.until, LATEST)
    for one in read(path, begin, end):
        time = "" if one.start is None else datetime.fromtimestamp(one.start / 1000, BEIJING).isoformat(timespec="milliseconds")
        yield dict(zip(RAW_COLUMNS, (time, one.instrument, one.quantity, one.value, one.reason), strict=True))


def _moment(text: str | None, otherwise: int) -> int:
    """UTC in ms of a time as it is given on the command line, +08:00."""
    if not text:
        return otherwise
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble(_("{text!r} is no time; write it like 2026-11-01 or 2026-11-01T08:00").format(text=text), 2) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).timestamp() * 1000)


def _export(rows: Iterator[dict[str, Any]], columns: Sequence[str], form: str) -> None:
    if form == "json":
        for row in rows:
            print_json(row)
        return
    writer = csv.DictWriter(sys.stdout, columns)
    writer.writeheader()
    writer.writerows(rows)
