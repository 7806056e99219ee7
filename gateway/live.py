"""What the gateway may know of the station besides its records: `live.json`, which acquisition rewrites each second."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FRESH = 5.0
"""s for which it may be believed."""


def read_live(path: Path) -> dict[str, Any] | None:
    """The newest readings and states, or None if nobody keeps them fresh."""
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        age = time.monotonic() - float(content["monotonic"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return content if 0 <= age <= FRESH else None


def in_emergency(live: Mapping[str, Any] | None) -> bool:
    """True while the station reads and tells as often as it can, in earnest or as a drill."""
    return live is not None and any(one["what"] == "emergency" for one in live.get("operation", ()))
