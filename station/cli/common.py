"""What several commands need: where the station's files are, its configuration, JSON on the last line."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

from drivers.driver import Driver
from station import words
from station.cli.main import Trouble
from station.config import BadConfig, Config, read_map
from station.places import Places, find
from station.remote.effective import load_effective
from station.words import _

BEIJING = timezone(timedelta(hours=8))

LATEST = 2**62
"""ms: never."""


def places(options: argparse.Namespace) -> Places:
    """The paths that the options name."""
    return find(options.config, options.state, options.run)


def configuration(options: argparse.Namespace) -> Config:
    """The checked configuration. Raises Trouble (exit code 2) with every problem."""
    try:
        config = load_effective(places(options))
    except BadConfig as bad:
        raise Trouble("\n" + "\n".join(bad.lines), 2) from None
    if options.lang is None:
        words.use(config.station.language)
    return config


@contextmanager
def supervised(where: Places, service: str) -> Iterator[None]:
    """The body of a service: it logs, and under systemd its starts are counted and one after failures waits longer each time."""
    from station.host.health import log_to_stderr
    from station.host.restarts import Restarts

    log_to_stderr()
    if not os.environ.get("NOTIFY_SOCKET"):
        yield
        return
    restarts = Restarts(where.restarts(service), service)
    restarts.begin(time.monotonic(), time.sleep)
    yield
    restarts.end()


def begin_anew() -> NoReturn:
    """Run the same command from its beginning, in this process: systemd sees no end, and nobody else need start it."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def described_in(path: Path) -> Driver:
    """The driver of a Modbus description. Raises Trouble (exit code 2) with every problem."""
    try:
        return read_map(path)
    except BadConfig as bad:
        raise Trouble("\n" + "\n".join(bad.lines), 2) from None


def print_json(value: Any) -> None:
    """One strict JSON text on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def seconds(text: str) -> float:
    """The s that 20, 20s, 2m or 1h mean. Raises argparse.ArgumentTypeError."""
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(text[-1:])
    try:
        value = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("write 20, 20s, 2m or 1h")) from None
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(_("write 20, 20s, 2m or 1h"))
    return value


def moment(text: str | None, otherwise: int) -> int:
    """UTC in ms of a time as it is given on the command line, +08:00. Raises Trouble (exit code 2)."""
    if not text:
        return otherwise
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble(_("{text!r} is no time; write it like 2026-11-01 or 2026-11-01T08:00").format(text=text), 2) from None
    return round((found if found.tzinfo else found.replace(tzinfo=BEIJING)).timestamp() * 1000)
