"""The bounds by which sensors, channel pairs and calibrations are judged: targets.toml, by the name of the table."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@cache
def targets() -> Mapping[str, Mapping[str, Any]]:
    """Every table of targets.toml."""
    tables = tomllib.loads(files("calibration").joinpath("targets.toml").read_text("utf-8"))
    return MappingProxyType({name: MappingProxyType(table) for name, table in tables.items()})


def target(name: str) -> Mapping[str, Any]:
    """One table; KeyError if there is none of that name."""
    return targets()[name]
