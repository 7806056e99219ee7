"""Talking to systemd: readiness, the watchdog, and log lines with a priority."""

import logging
import os
import socket
import sys
from collections.abc import Callable

REPEAT = 3600.0
"""A fault that lasts is logged again after so many s."""


def notify(state: str) -> None:
    """Send `state` ("READY=1", "WATCHDOG=1", "STATUS=…") to systemd, if it started us and asked to be told."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)  # a systemd that no longer listens must not stop the measuring
        try:
            channel.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError as error:
            logging.getLogger(__name__).warning("systemd cannot be told %r: %s", state, error)


class _Prefix(logging.Formatter):
    """The journal reads a line's priority from <N> at its beginning."""

    _levels = ((logging.ERROR, "<3>"), (logging.WARNING, "<4>"), (logging.INFO, "<6>"))

    def format(self, record: logging.LogRecord) -> str:
        prefix = next((p for level, p in self._levels if record.levelno >= level), "<7>")
        return prefix + super().format(record).replace("\n", " | ")


def log_to_stderr() -> None:
    """Log to stderr: with priorities for the journal if systemd started us, with the time for a person otherwise."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("JOURNAL_STREAM"):
        handler.setFormatter(_Prefix("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class Faults:
    """Logs a fault when it begins, when it changes, hourly while it lasts, and when it ends; nothing per reading."""

    def __init__(self, log: Callable[[int, str], None]) -> None:
        self._log = log
        self._current: dict[str, tuple[str, float]] = {}

    def state(self, thing: str, fault: str, text: str, now: float) -> None:
        """`thing` (a bus, an instrument, a destination) now has `fault` ("" for none); `text` explains it."""
        known = self._current.get(thing)
        if not fault:
            if known:
                del self._current[thing]
                self._log(logging.INFO, f"{thing}: works again")
        elif known is None or known[0] != fault or now - known[1] >= REPEAT:
            self._current[thing] = (fault, now)
            self._log(logging.WARNING, f"{thing}: {text}")
