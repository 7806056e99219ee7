"""What `calibrate fit` and `evaluate` share: where the columns of a co-location come from, and figures as people read them."""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TypeVar

from calibration.colocation import BadFile, Column, means, read
from calibration.evaluate import Agreement
from drivers.quantity import quantities
from station.cli.main import Trouble
from station.settings import suggestion
from station.words import _

T = TypeVar("T")


def declare(parser: argparse.ArgumentParser, average: int, required: bool = True) -> None:
    """Declare files, columns, zone and label convention; quantity and label are `required`, or whoever calls looks for them."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=_("CSV, the columns in one file or in several"))
    parser.add_argument("--quantity", required=required, metavar="KEY", help=_("what was measured, such as pm25"))
    parser.add_argument("--reference", default="reference", metavar="COLUMN", help=_("column of the reference"))
    parser.add_argument("--time", default="", metavar="COLUMN", help=_("column of the time (default: the first)"))
    parser.add_argument(
        "--zone", action="append", type=_zone, metavar="ZONE", help=_("zone of the times: +08:00 or UTC; once, or for each file")
    )
    parser.add_argument(
        "--label",
        action="append",
        required=required,
        choices=("start", "end"),
        help=_("does a time name the start or the end of its period? Once, or for each file"),
    )
    parser.add_argument("--average", type=int, default=average, metavar="S", help=_("compare means of so many seconds"))
    parser.add_argument("--html", type=Path, metavar="FILE", help=_("write a page that opens without a network"))
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def _zone(text: str) -> tzinfo:
    zone = None
    with suppress(ValueError):
        zone = datetime.fromisoformat("2000-01-01T00:00" + {"UTC": "+00:00"}.get(text, text)).tzinfo
    if zone is None:
        raise argparse.ArgumentTypeError(_("write +08:00 or UTC"))
    return zone


def columns(options: argparse.Namespace, wanted: Sequence[str]) -> dict[str, dict[int, float]]:
    """The means of each wanted column by the start of the period. Raises Trouble (exit code 2)."""
    if options.quantity not in quantities():
        text = _("there is no quantity {key!r}.").format(key=options.quantity)
        raise Trouble(text + suggestion(options.quantity, quantities()), 2)
    if options.average < 1:
        raise Trouble(_("--average must be at least 1"), 2)
    zones, labels = _for_each(options.zone or [None], options), _for_each(options.label, options)
    found: dict[str, Column] = {}
    for path, zone, label in zip(options.files, zones, labels, strict=True):
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                new = read(file, [name for name in wanted if name not in found], zone, label, options.time, _told(path))
        except (OSError, UnicodeDecodeError) as error:
            raise Trouble(_("{path} cannot be read: {error}").format(path=path, error=error), 2) from None
        except BadFile as error:
            raise Trouble(f"{path}: {error}", 2) from None
        found |= new
    missing = [name for name in wanted if name not in found]
    if missing:
        raise Trouble(_("no file has the column {names}").format(names=", ".join(missing)), 2)
    ahead = zones[0].utcoffset(None) if zones[0] else None
    offset = round(ahead.total_seconds()) if ahead else 0
    return {name: means(column, options.average, offset) for name, column in found.items()}


def _for_each(values: list[T], options: argparse.Namespace) -> list[T]:
    if len(values) not in (1, len(options.files)):
        raise Trouble(_("give --zone and --label once, or once for each file"), 2)
    return values * len(options.files) if len(values) == 1 else values


def _told(path: Path) -> Callable[[int], None]:
    return lambda rows: progress(_("{path}: {rows} rows").format(path=path.name, rows=rows))


def progress(text: str) -> None:
    """Say on stderr how far it is, for a person who waits."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def figure(value: float | None, digits: int = 2) -> str:
    """A number as people read it; a missing one is an em dash."""
    return "—" if value is None else f"{value:.{digits}f}"


def agreement(found: Agreement) -> list[str]:
    """The cells of a table."""
    return [
        figure(found.slope),
        figure(found.intercept),
        figure(found.r2, 3),
        figure(found.rmse),
        figure(found.nrmse_percent, 1),
        figure(found.mean_bias),
    ]


def agreement_head() -> list[str]:
    """The head of such a table."""
    return [_("slope"), _("intercept"), "R²", "RMSE", "NRMSE %", _("mean bias")]


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table for a terminal, and an empty one."""
    lines = [head, *rows]
    widths = [max(len(row[at]) for row in lines) for at in range(len(head))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in lines] + [""]


def write(path: Path, text: str) -> None:
    """Write a file. Raises Trouble."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Trouble(_("{path} cannot be written: {error}").format(path=path, error=error.strerror)) from None
