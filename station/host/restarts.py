"""A service that fails soon after its start waits longer before each new one: systemd 252 restarts at one pace only.

The count lies in the run folder (memory): it begins anew with the machine. A service that cannot be kept alive asks for a reboot,
which `station/host/privileged.py` grants at most once in six hours.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway import requests
from station.host.health import notify
from station.live import write_json

LASTING = 600.0
"""s that a service must have run for its start to count as a success."""

FIRST, LONGEST = 2.0, 120.0
"""s before the third start in a row, doubled with each up to the second number."""

DESPERATE = 15
"""Starts in a row that did not last, after which a reboot is asked for (about a quarter of an hour)."""

log = logging.getLogger(__name__)


def pause(failures: int) -> float:
    """s to wait before a start, after so many in a row that did not last. The first of them is repeated at once."""
    return 0.0 if failures < 2 else float(min(LONGEST, FIRST * 2.0 ** min(failures - 2, 30)))


class Restarts:
    """The starts of one service; `path` is where they are counted, `now` is monotonic s."""

    def __init__(self, path: Path, service: str) -> None:
        self._path = path
        self._service = service

    def begin(self, now: float, sleep: Callable[[float], None]) -> None:
        """Note a start, and wait first if the ones before did not last."""
        known = starts(self._path)
        failures = known["failures"] + 1 if known["total"] and now - known["began"] < LASTING else 0
        wait = pause(failures)
        self._write(known["total"] + 1, failures, now + wait)
        if failures >= DESPERATE:
            self._ask_for_reboot(failures)
        if wait:
            log.warning("start %d in a row that did not last: waiting %.0f s", failures, wait)
            notify(f"STATUS=waiting {wait:.0f} s after {failures} failures")
            sleep(wait)

    def end(self) -> None:
        """It was told to end, and did: no failure."""
        known = starts(self._path)
        self._write(known["total"], -1, known["began"])

    def _write(self, total: int, failures: int, began: float) -> None:
        try:
            write_json(self._path, {"total": total, "failures": failures, "began": began})
        except OSError as error:
            log.warning("%s: %s", self._path, error)

    def _ask_for_reboot(self, failures: int) -> None:
        arguments = {"why": f"{failures} starts of {self._service} in a row did not last"}
        try:
            requests.put(self._path.parent / requests.PRIVILEGED, requests.make("reboot", self._service, arguments))
        except OSError as error:
            log.error("no reboot can be asked for: %s", error)


def starts(path: Path) -> dict[str, Any]:
    """`total` starts of a service since the machine's own, `failures` in a row, and when it last `began` (monotonic s)."""
    try:
        content = json.loads(path.read_text("utf-8"))
        return {"total": int(content["total"]), "failures": int(content["failures"]), "began": float(content["began"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"total": 0, "failures": 0, "began": 0.0}
