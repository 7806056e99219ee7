"""Surface water: class (GB 3838), exceedance, mean pH, trophic index, jumps, load, recovery. mg/L unless it is said otherwise.

A sample is a mapping of quantity to value, None where it is missing; the chemist's short names (do, nh3n, tp, tn) are known too.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from drivers.quantity import mean_of, quantities
from station.metrics.statistics import Values, exact, present, rounded
from station.metrics.tables import Unknown, in_force
from station.words import _

Body = Literal["river", "reservoir"]
Sample = Mapping[str, float | None]
Class = Literal[1, 2, 3, 4, 5]

WORSE = 6
"""Worse than class V (劣V)."""

OXYGEN, NITROGEN = "dissolved_oxygen", "total_nitrogen"


class Trophic(NamedTuple):
    """The trophic index, that of each parameter, and the state; None if a parameter is missing."""

    tli: float | None
    tli_each: dict[str, float | None]
    state: str | None


def water_class(sample: Sample, water_body: Body, tn_in_class: bool = False) -> dict[str, Any]:
    """The class of a sample, the parameters that decide it, and that of each: 1 to 5, or 6 if worse than V.

    Total nitrogen takes part only if asked for, and only in a reservoir: a river has no limit of it. Returns {class, deciding,
    per_parameter}; class None without a parameter.
    """
    left_out = set(in_force("water-evaluation").section("left_out")["quantities"])
    if tn_in_class:
        left_out.discard(NITROGEN)
    found: dict[str, int | None] = {}
    for key, (name, rule) in _known(sample).items():
        limits = _limits(rule, water_body)
        if name not in left_out and limits:
            value = sample[key]
            found[key] = None if value is None else _class(name, value, limits, rule, sample)
    worst = max((one for one in found.values() if one is not None), default=None)
    deciding = [key for key, one in found.items() if one is not None and one == worst]
    return {"class": worst, "deciding": deciding, "per_parameter": found}


def _known(sample: Sample) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Key of the sample → its quantity and rule; keys of other quantities are left out. Raises Unknown for no quantity at all."""
    rules: Mapping[str, Mapping[str, Any]] = in_force("gb3838").section("limits")["values"]
    names = {rule["also"]: name for name, rule in rules.items() if "also" in rule} | {name: name for name in rules}
    others = {*quantities(), *in_force("water-evaluation").section("left_out")["quantities"]}
    found = {}
    for key in sample:
        if key in names:
            found[key] = (names[key], rules[names[key]])
        elif key not in others:
            raise Unknown(_("parameter"), key, [*names, *others])
    return found


def _limits(rule: Mapping[str, Any], water_body: str) -> Mapping[str, Any]:
    """`low` and `high` of a rule for a water body; empty if it has none there."""
    if water_body in rule:
        return {"high": rule[water_body]}
    return {side: rule[side] for side in ("low", "high") if side in rule}


def _class(name: str, value: float, limits: Mapping[str, Any], rule: Mapping[str, Any], sample: Sample) -> int:
    number = judged(name, value)
    saturation = sample.get("oxygen_saturation")
    if name == OXYGEN and saturation is not None and saturation >= rule["saturation"]:
        return 1
    for at in range(WORSE - 1):
        if limits.get("low", [number] * 5)[at] <= number <= limits.get("high", [number] * 5)[at]:
            return at + 1
    return WORSE


def judged(name: str, value: float) -> Any:
    """The exact decimal by which a value is judged: rounded once; one that would be 0 keeps one significant digit."""
    decimals = in_force("water-evaluation").section("decimals").get(name)
    if decimals is None:
        return exact(value)
    found = rounded(value, decimals)
    return rounded(value, -exact(value).adjusted()) if found == 0 and value != 0 else found


def exceedance(sample: Sample, target_class: Class, water_body: Body) -> dict[str, float | None]:
    """(C - S)/S of each parameter against a class, negative below its limit; None for pH, oxygen and what has no limit there."""
    found: dict[str, float | None] = {}
    for key, (_name, rule) in _known(sample).items():
        limits, value = _limits(rule, water_body), sample[key]
        if value is None or "low" in limits or "high" not in limits:
            found[key] = None
        else:
            bound = exact(limits["high"][target_class - 1])
            found[key] = float((exact(value) - bound) / bound)
    return found


def mean_ph(values: Values) -> float | None:
    """The pH of the mean hydrogen-ion concentration; None of none."""
    found = present(values)
    return mean_of("hydrogen", [(one, 1.0) for one in found]) if found else None


def tli(chla: float | None, tp: float | None, tn: float | None, sd: float | None, codmn: float | None) -> Trophic:
    """The trophic index: chla in mg/m³, transparency sd in m, the others in mg/L."""
    table = in_force("tli").section("index")
    given = {"chla": chla, "tp": tp, "tn": tn, "sd": sd, "codmn": codmn}
    each: dict[str, float | None] = {}
    for name, value in given.items():
        if value is not None and value <= 0:
            raise ValueError(_("{name} must be above 0").format(name=name))
        each[name] = None if value is None else 10.0 * (float(table[name]["a"]) + float(table[name]["b"]) * math.log(value))
    if any(one is None for one in each.values()):
        return Trophic(None, each, None)
    weights = {name: float(table[name]["r"]) ** 2 for name in given}
    index = math.fsum(weights[name] * one for name, one in each.items() if one is not None) / math.fsum(weights.values())
    return Trophic(index, each, _state(index))


def _state(index: float) -> str:
    table = in_force("tli").section("states")
    at = 0 if index < table["below"] else 1 + sum(index > bound for bound in table["highest"])
    return str(table["zh"][at])


def jump(previous: float, current: float) -> bool | None:
    """True if a result is so many times the one before, or so small a part of it; None below 0, where times mean nothing."""
    times, before, now = in_force("water-evaluation").section("jump")["times"], exact(previous), exact(current)
    if before < 0 or now < 0:
        return None
    return now != before and (now >= times * before or now * times <= before)


def load_kg_per_day(concentration: float, flow: float) -> float:
    """kg carried in a day by `flow` in m³/s at `concentration` in mg/L."""
    return concentration * flow * 86.4


def recovery(sample: float, spiked: float, added: float) -> float:
    """What was found again of an added amount, in %; all three in one unit."""
    if added <= 0:
        raise ValueError(_("added must be above 0"))
    return 100.0 * (spiked - sample) / added
