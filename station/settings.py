"""Filling a dataclass from a table of the configuration, and saying everything that is wrong with it.

Drivers, links and the station declare what may be set as frozen dataclasses; a field's metadata may hold `help`, `unit`,
`low`, `high`, `choices` and `pattern`. The same declarations are what the documentation prints.
"""

import difflib
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from drivers.catalogue import CATALOGUE, UNMAPPED
from station.toml_lines import Path
from station.words import N_, _

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the configuration: where (path of keys), what, and what to write."""

    path: Path
    text: str


def suggestion(word: str, known: Iterable[str]) -> str:
    """ " Did you mean …?" for a mistyped word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return _(" Did you mean {word!r}?").format(word=near[0]) if near else ""


def no_driver(name: str) -> str:
    """Why there is no driver of that name, and what to do."""
    if name in UNMAPPED:
        text = _(
            "{model} is not shipped: no register list of it is public. `station drivers modbus_map` shows how to describe it."
        )
        return text.format(model=UNMAPPED[name])
    text = _("there is no driver {name!r}.").format(name=name) + suggestion(name, CATALOGUE)
    return text + _(" `station drivers` lists them.")


def fill(kind: type[T], table: Mapping[str, Any], path: Path, problems: list[Problem], **given: Any) -> T | None:
    """An instance of `kind` from `table`, or None after adding to `problems` what is wrong. `given` is not asked."""
    hints = get_type_hints(kind)
    values = dict(given)
    before = len(problems)
    asked = {field.name: field for field in fields(kind) if field.name not in given}  # type: ignore[arg-type]
    unknown_keys(table, asked, path, problems)
    for name, field in asked.items():
        item = get_args(hints[name])[0] if get_origin(hints[name]) is tuple else None
        if name in table and isinstance(item, type) and is_dataclass(item):
            values[name] = _filled_tables(item, table[name], (*path, name), problems)
        elif name in table:
            text = _wrong(table[name], hints[name], field)
            if text:
                problems.append(Problem((*path, name), text))
            values[name] = _converted(table[name], hints[name])
        elif field.default is MISSING and field.default_factory is MISSING:
            text = _("{key} is missing: {help}").format(key=name, help=_help(field, hints[name]))
            problems.append(Problem(path, text))
    return kind(**values) if len(problems) == before else None


def _filled_tables(kind: type[T], tables: Any, path: Path, problems: list[Problem]) -> tuple[T, ...]:
    """The instances of `kind` from an array of tables."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        section = ".".join(str(part) for part in path if isinstance(part, str))
        problems.append(Problem(path, _("write [[{section}]] with two brackets").format(section=section)))
        return ()
    filled = (fill(kind, table, (*path, index), problems) for index, table in enumerate(tables))
    return tuple(one for one in filled if one is not None)


def unknown_keys(table: Mapping[str, Any], known: Iterable[str], path: Path, problems: list[Problem]) -> None:
    """Add a problem for each key of `table` that is not `known`."""
    known = list(known)
    for key in table:
        if key not in known:
            text = _("unknown key {key!r}.").format(key=key) + suggestion(key, known)
            problems.append(Problem((*path, key), text + _(" Known: {words}.").format(words=", ".join(known))))


def named_tables(tables: dict[str, Any], section: str, problems: list[Problem]) -> list[dict[str, Any]]:
    """The tables of `[[section]]`; one whose name another has already is a problem."""
    found = tables.get(section, [])
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        problems.append(Problem((section,), _("write [[{section}]] with two brackets").format(section=section)))
        return []
    names: set[Any] = set()
    for index, table in enumerate(found):
        name = str(table.get("name"))
        if name in names:
            text = _("the name {name!r} is used twice").format(name=name)
            problems.append(Problem((section, index, "name"), text))
        names.add(name)
    return found


def _wrong(value: Any, hint: Any, field: Field[Any]) -> str:
    """What is wrong with `value`, or nothing."""
    expected = _help(field, hint)
    if not _is_a(value, hint):
        return _("{key} is {value!r}; expected {help}").format(key=field.name, value=value, help=expected)
    choices = field.metadata.get("choices")
    if choices and not set(value if isinstance(value, list) else [value]) <= set(choices):
        near = suggestion(str(value), map(str, choices))
        return _("{key} is {value!r}; expected {help}").format(key=field.name, value=value, help=expected) + near
    low, high = field.metadata.get("low"), field.metadata.get("high")
    pattern = field.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        return _("{key} is {value!r}; expected {help}").format(key=field.name, value=value, help=expected)
    if (low is not None and value < low) or (high is not None and value > high):
        return _("{key} is {value!r}; expected {help}").format(key=field.name, value=value, help=expected)
    return ""


def _is_a(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_is_a(value, option) for option in get_args(hint))
    if origin is tuple:
        return isinstance(value, list) and all(_is_a(item, get_args(hint)[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is not None:  # Literal: the choices say it
        return value in get_args(hint)
    return isinstance(value, hint)


def _converted(value: Any, hint: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if hint is float and isinstance(value, int):
        return float(value)
    return value


_NAMES = {str: N_("text"), int: N_("whole number"), float: N_("number"), bool: N_("true or false")}


def _help(field: Field[Any], hint: Any) -> str:
    """What the field wants, as a short phrase."""
    parts = [_(field.metadata["help"])] if "help" in field.metadata else []
    choices = field.metadata.get("choices") or (get_args(hint) if get_origin(hint) is Literal else ())
    if choices:
        parts.append(_("one of {words}").format(words=", ".join(map(str, choices))))
    elif hint in _NAMES:
        parts.append(_(_NAMES[hint]))
    elif get_origin(hint) is tuple:
        parts.append(_("a list"))
    low, high = field.metadata.get("low"), field.metadata.get("high")
    if low is not None and high is not None:
        parts.append(_("from {low} to {high}").format(low=low, high=high))
    elif low is not None:
        parts.append(_("at least {low}").format(low=low))
    if unit := field.metadata.get("unit"):
        parts.append(str(unit))
    return ", ".join(parts)
