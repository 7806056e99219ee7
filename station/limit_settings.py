"""`[quality.*]`: thresholds of the quality tests, where the defaults do not suit."""

from collections.abc import Mapping
from typing import Any

from calibration.limits import Limits
from calibration.limits import defaults as default_limits
from drivers.quantity import quantities
from station.settings import Problem, fill, suggestion
from station.toml_lines import Path
from station.words import _


def read_limits(table: Any, channels: list[str], problems: list[Problem]) -> Mapping[str, Limits]:
    """The limits by quantity key, and by "instrument.quantity" for one of the `channels` alone."""
    limits = dict(default_limits())
    if not isinstance(table, dict) or not all(isinstance(entry, dict) for entry in table.values()):
        problems.append(Problem(("quality",), _("write [quality.pm25] and the like")))
        return limits
    for key in sorted(table, key=lambda name: "." in name):  # what holds for a quantity, then what holds for one channel of it
        path: Path = ("quality", key)
        if key not in quantities() and key not in channels:
            text = _("there is no quantity and no channel {key!r}.").format(key=key)
            problems.append(Problem(path, text + suggestion(key, [*quantities(), *channels])))
            continue
        base = limits.get(key.rpartition(".")[2], Limits())
        merged = {name: _listed(getattr(base, name)) for name in Limits.__dataclass_fields__} | table[key]
        limits[key] = fill(Limits, {k: v for k, v in merged.items() if v is not None}, path, problems) or base
        _check_limits(limits[key], channels, path, problems)
    return limits


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _check_limits(limits: Limits, channels: list[str], path: Path, problems: list[Problem]) -> None:
    if wrong := limits.wrong():
        problems.append(Problem(path, wrong))
    for name, known in (("at_most", quantities()), ("at_least", quantities()), ("beside", channels)):
        word = getattr(limits, name)
        if word and word not in known:
            text = _("{key} is {value!r}; there is none of that name.").format(key=name, value=word)
            problems.append(Problem((*path, name), text + suggestion(word, known)))
