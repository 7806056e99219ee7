"""Calls a function of functions.py by its name, with arguments from JSON or from words on the command line.

Names, arguments and defaults are those of the function itself; its annotations say how an argument is read. A null for a number
that a function cannot do without gives null: missing stays missing.
"""

import datetime
import inspect
import json
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from calibration.correct import DENSITY, KAPPA, PM25_MODELS
from calibration.targets import target
from station.compute.functions import FUNCTIONS, TESTS
from station.metrics.statistics import plain
from station.metrics.tables import Citation, Unknown, in_force
from station.settings import suggestion
from station.words import N_, _


class BadCall(ValueError):
    """The call cannot be answered; the text says why, for a person."""


@cache
def parameters(name: str) -> Mapping[str, tuple[Any, Any]]:
    """Argument → (type, default or inspect.Parameter.empty) of a function. Raises BadCall if there is no such function."""
    if name not in FUNCTIONS:
        raise BadCall(_("there is no function {name!r}.").format(name=name) + suggestion(name, FUNCTIONS))
    return _parameters(FUNCTIONS[name].function)


def _parameters(function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    hints = get_type_hints(function)
    found = {}
    for key, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            found[key] = (hints[key], parameter.default)
    return found


def _expected(name: str, given: Mapping[str, Any]) -> Mapping[str, tuple[Any, Any]]:
    """The arguments that a call may have; some depend on another argument."""
    found = dict(parameters(name))
    if name == "qc":
        found["test"] = (Literal[tuple(TESTS)], inspect.Parameter.empty)
        if "test" in given:
            found |= _parameters(TESTS[_choice("test", given["test"], tuple(TESTS))])
    if name == "correct_pm25":
        found["model"] = (Literal[tuple(PM25_MODELS)], inspect.Parameter.empty)
        found |= {"kappa": (float, KAPPA), "density": (float, DENSITY)}
    return found


def call(name: str, given: Mapping[str, Any]) -> Any:
    """The result as JSON has it. `given` holds what JSON has: numbers, texts, lists, objects, None. Raises BadCall."""
    expected = _expected(name, given)
    for key in given:
        if key not in expected:
            known = _(" Known: {words}.").format(words=", ".join(expected))
            raise BadCall(_("{name} has no argument {key!r}.").format(name=name, key=key) + suggestion(key, expected) + known)
    lacking = [key for key, (_hint, default) in expected.items() if default is inspect.Parameter.empty and key not in given]
    if lacking:
        raise BadCall(_("{name} needs {words}.").format(name=name, words=", ".join(lacking)))
    arguments = {}
    for key, value in given.items():
        hint, default = expected[key]
        if value is None and not _optional(hint):
            if hint in (float, int) or (default is inspect.Parameter.empty and hint is bool):
                return None
            if default is inspect.Parameter.empty:
                raise BadCall(_("{key} must not be null").format(key=key))
            continue
        arguments[key] = _converted(key, value, hint)
    try:
        return _jsonable(FUNCTIONS[name].function(**arguments))
    except Unknown as error:
        known = _(" Known: {words}.").format(words=", ".join(error.known)) if error.known else ""
        raise BadCall(f"{error}{suggestion(error.word, error.known)}{known}") from None
    except ArithmeticError:
        raise BadCall(_("a number is too large or too small for this formula")) from None
    except IndexError:
        raise BadCall(_("an array is too short; a span has two numbers")) from None
    except ValueError as error:
        raise BadCall(str(error)) from None


def sources(name: str, given: Mapping[str, Any]) -> list[Citation]:
    """Where the figures of a call come from, in the editions that it uses."""
    day = datetime.date.fromisoformat(given["date"]) if given.get("date") else None
    found = []
    for source in FUNCTIONS[name].sources:
        if isinstance(source, Citation):
            found.append(source)
            continue
        topic, _slash, section = source.partition("/")
        if topic == "targets":
            found.append(Citation(str(target(section)["source"]), str(target(section)["confidence"])))
        else:
            standard = given.get("standard") or topic if section == "limits" else topic
            found.append(in_force(standard, day).cite(section, day))
    return found


def from_text(name: str, words: Sequence[str]) -> dict[str, Any]:
    """The arguments that `key=value` words give. Raises BadCall."""
    pairs = {}
    for word in words:
        key, sign, text = word.partition("=")
        if not sign:
            raise BadCall(_("{word!r} is no argument; write key=value").format(word=word))
        if key in pairs:
            raise BadCall(_("{key} is given twice").format(key=key))
        pairs[key] = text
    expected = _expected(name, pairs)
    return {key: _read(key, text, expected[key][0]) if key in expected else text for key, text in pairs.items()}


def _read(key: str, text: str, hint: Any) -> Any:
    if text == "null":
        return None
    if str in _kinds(hint) or datetime.date in _kinds(hint):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadCall(_wrong(key, text, hint)) from None


def _kinds(hint: Any) -> list[Any]:
    """The plain types that a hint allows: of a Literal those of its words."""
    if get_origin(hint) in (Union, types.UnionType):
        return [kind for option in get_args(hint) for kind in _kinds(option)]
    if get_origin(hint) is Literal:
        return [type(word) for word in get_args(hint)]
    return [get_origin(hint) or hint]


def _optional(hint: Any) -> bool:
    return types.NoneType in _kinds(hint)


def _converted(key: str, value: Any, hint: Any) -> Any:
    """`value` as the function wants it. Raises BadCall."""
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        hint = next(option for option in get_args(hint) if option is not types.NoneType)
    if get_origin(hint) is Literal:
        return _choice(key, value, get_args(hint))
    if hint is str and isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    if hint is datetime.date and isinstance(value, str):
        return _date(key, value)
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
        return int(value)
    if hint in (float, int) and isinstance(value, int | float) and not isinstance(value, bool):
        return _number(key, value, hint)
    inner = get_args(hint)
    if get_origin(hint) in (Sequence, Iterable) and isinstance(value, list):
        return [_item(key, one, inner[0]) for one in value]
    if get_origin(hint) is Mapping and isinstance(value, dict):
        return {name: _item(f"{key}.{name}", one, inner[1]) for name, one in value.items()}
    raise BadCall(_wrong(key, value, hint))


def _item(key: str, value: Any, hint: Any) -> Any:
    if value is None and not _optional(hint):
        raise BadCall(_("no value in {key} may be null").format(key=key))
    return None if value is None else _converted(key, value, hint)


def _number(key: str, value: float, hint: Any) -> float:
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite or (hint is int and value != int(value)):
        raise BadCall(_wrong(key, value, hint))
    return int(value) if hint is int else value


def _choice(key: str, value: Any, words: tuple[Any, ...]) -> Any:
    for word in words:
        if type(value) is not bool and (value == word or str(value) == str(word)):
            return word
    text = _("{key} is {value!r}; it may be {words}.").format(key=key, value=value, words=", ".join(map(str, words)))
    raise BadCall(text + suggestion(str(value), map(str, words)))


def _date(key: str, value: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise BadCall(_("{key} is {value!r}; write a date as 2026-03-01").format(key=key, value=value)) from None


WANTED: Mapping[Any, str] = {
    float: N_("a number"),
    int: N_("a whole number"),
    bool: N_("true or false"),
    str: N_("a text"),
    datetime.date: N_("a date as 2026-03-01"),
    Sequence: N_("an array as [1, 2, null]"),
    Iterable: N_("an array as [1, 2, null]"),
    Mapping: N_('an object as {"pm25": 35}'),
}
"""Type → what a person calls it."""


def _wrong(key: str, value: Any, hint: Any) -> str:
    wanted = next((_(WANTED[kind]) for kind in _kinds(hint) if kind in WANTED), "")
    shown = str(value)[:60]
    return _("{key} is {value!r}; expected {wanted}").format(key=key, value=shown, wanted=wanted)


def _jsonable(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {key: _jsonable(one) for key, one in value._asdict().items()}
    if isinstance(value, dict):
        return {key: _jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError
    return value


def signature(name: str) -> str:
    """A function with its arguments, those with a default after "?": `ec25 k t_c [alpha=0.0191]`."""
    words = [name]
    for key, (_hint, default) in _expected(name, {}).items():
        words.append(
            key if default is inspect.Parameter.empty else f"[{key}={'' if default is None else default}]".replace("=]", "]")
        )
    return " ".join(words) + (" …" if name == "qc" else "")
