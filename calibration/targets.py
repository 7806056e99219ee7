"""The bounds by which sensors, channel pairs and calibrations are judged: one file a standard, each table by its name."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FILES = ("epa_600_r_20_280.toml", "cen_ts_17660.toml", "targets.toml")


@cache
def targets() -> Mapping[str, Mapping[str, Any]]:
    """Every table of every file, with the `standard` and its `edition`."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in FILES:
        content = tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))
        head = {key: content.pop(key) for key in ("standard", "edition")}
        found |= {table: MappingProxyType({**head, **values}) for table, values in content.items()}
    return MappingProxyType(found)


def target(name: str) -> Mapping[str, Any]:
    """One table; KeyError if there is none of that name."""
    return targets()[name]
