"""`live.json`: what the station sees right now, rewritten each second on tmpfs for `status`, calibration and display."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.record import compact

FRESH = 5.0
"""A file older than so many s was left by a process that is gone."""


def write_json(path: Path, content: Mapping[str, Any], durable: bool = False) -> None:
    """Replace `path` by `content` in one step, so that a reader sees the old or the new, never a half.

    `durable`: so does who looks after a power cut, and the new one is on the card when this returns.
    """
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(compact(content))
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(part, path)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_fresh(path: Path) -> dict[str, Any] | None:
    """The content of a file written by `write_json` with its key `monotonic` (s), or None if nobody keeps it fresh."""
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        age = time.monotonic() - float(content["monotonic"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return content if 0 <= age <= FRESH else None


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """A channel in live.json. `moment` is monotonic s of this boot."""

    instrument: str
    quantity: str
    value: float | None
    raw: float | None
    flag: int
    reason: str
    moment: float
