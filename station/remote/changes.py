"""A set of changes as data: paths into station.toml, what stands there, and the hash of the whole. Pure.

A path names tables by their keys, and the tables of an array by their `name`: ("destination", "district", "host"). A value of
None means "as station.toml has it" in a change, and "absent" in what stands there: TOML has no such value.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Container, Iterator, Mapping
from typing import Any

Route = tuple[str, ...]
"""A path as people write it, one part for each key or name."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class NoPlace(ValueError):
    """There is nothing at a path; the text says where it ends."""


def route(text: str) -> Route:
    """The path that the dotted keys in `text` mean. Raises NoPlace."""
    try:
        node: Any = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        raise NoPlace(text) from None
    keys: list[str] = []
    while isinstance(node, dict):
        if len(node) != 1:
            raise NoPlace(text)
        ((key, node),) = node.items()
        keys.append(key)
    if node != 0 or len(keys) < 2:
        raise NoPlace(text)
    return tuple(keys)


def dotted(path: Route) -> str:
    """The path as one writes it."""
    return ".".join(part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False) for part in path)


def place(tables: dict[str, Any], path: Route) -> tuple[dict[str, Any], tuple[str | int, ...]]:
    """The table in which the last key of `path` stands or could stand, and its path by indices. Raises NoPlace."""
    node: Any = tables
    real: tuple[str | int, ...] = ()
    for count, part in enumerate(path[:-1], 1):
        if isinstance(node, list):
            index = next((i for i, one in enumerate(node) if isinstance(one, dict) and one.get("name") == part), None)
            real, node = (*real, index or 0), None if index is None else node[index]
        else:
            real, node = (*real, part), node.get(part)
        if node is None or not isinstance(node, dict | list):
            raise NoPlace(dotted(path[:count]))
    if not isinstance(node, dict) or isinstance(node.get(path[-1]), dict):
        raise NoPlace(dotted(path))
    return node, (*real, path[-1])


def value_at(tables: dict[str, Any], path: Route) -> Any:
    """What stands there, None if nothing does. Raises NoPlace."""
    return place(tables, path)[0].get(path[-1])


def apply(tables: dict[str, Any], changes: Mapping[Route, Any]) -> dict[tuple[str | int, ...], Route]:
    """Write the values into `tables`; the path by indices of each that has a place there → its path."""
    done: dict[tuple[str | int, ...], Route] = {}
    for path, value in changes.items():
        try:
            table, real = place(tables, path)
        except NoPlace:
            continue
        if value is not None:
            table[path[-1]] = value
            done[real] = path
    return done


def leaves(tables: Mapping[str, Any], above: Route = ()) -> Iterator[tuple[Route, Any]]:
    """Every value with its path; a list whose tables have no names is one value."""
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        elif isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
            for one in value:
                yield from leaves(one, (*above, key, str(one["name"])))
        else:
            yield (*above, key), value


def fingerprint(tables: Mapping[str, Any], without: Container[str] = ()) -> str:
    """SHA-256 of what the configuration says, whatever its order of keys, comments and spaces; 60.0 is 60.

    The files that it names (maps, limits, certificates) are not in it, nor the sections `without`.
    """
    said = {section: _plain(table) for section, table in tables.items() if section not in without}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
