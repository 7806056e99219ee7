"""What others say that the time is: a file in the run folder for each source, by which the gateway tells acquisition."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from gateway.link.link import TimeTold

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Monotonic times of one boot, and only those, can be compared."""

SOURCES = ("platform", "http", "gps")


def tell_time(run: Path, told: TimeTold) -> None:
    """Leave it in the folder `run`. Raises OSError."""
    path = run / f"time-{told.source}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"boot": BOOT_ID.read_text("ascii").strip(), **asdict(told)}), "ascii")
    os.replace(part, path)


def heard_time(run: Path, source: str) -> TimeTold | None:
    """What `source` has said during this boot, or None."""
    try:
        content = json.loads((run / f"time-{source}.json").read_text("ascii"))
        if content.pop("boot") != BOOT_ID.read_text("ascii").strip():
            return None
        return TimeTold(int(content["utc"]), int(content["monotonic"]), int(content["error"]), source)
    except (OSError, ValueError, KeyError, TypeError):
        return None
