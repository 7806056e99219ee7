"""Which line a TOML key stands in: `tomllib` does not say, and a technician must know.

A scan of a text that `tomllib` has already accepted, so it need not judge. Keys of an inline table take their
parent's line.
"""

import re

from station.words import _

Path = tuple[str | int, ...]

_KEY = re.compile(r"""\s*("(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)\s*(\.|=|\]|$)""")
_STRINGS = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'", re.DOTALL)


def key_lines(source: str) -> dict[Path, int]:
    """Line number (from 1) of each table and key, by its path; elements of an array of tables count from 0."""
    found: dict[Path, int] = {}
    counters: dict[Path, int] = {}
    table: Path = ()
    for number, line in _logical_lines(source):
        text = line.strip()
        if text.startswith("["):
            array = text.startswith("[[")
            table = _absolute(_keys(text.lstrip("[")), counters, array)
            found[table] = number
            if array:
                found.setdefault(table[:-1], number)
        elif text and not text.startswith("#"):
            path = table + _keys(text)
            for end in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:end], number)
    return found


def nearest(path: Path, lines: dict[Path, int]) -> int:
    """The line of a path, or of what it lies in."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def syntax(error: str, name: str, source: str) -> str:
    """A syntax error as FILE:LINE: text; tomllib puts "(at line 3, column 7)" behind its own."""
    text, _bracket, place = error.partition(" (at ")
    digits = place.removeprefix("line ").partition(",")[0]
    line = int(digits) if digits.isdigit() else source.count("\n") + 1
    hint = _("this is not TOML: {error}. Texts stand in quotes, numbers do not.").format(error=text)
    return f"{name}:{line}: {hint}"


def _logical_lines(source: str) -> list[tuple[int, str]]:
    """Lines with their number, those inside a multi-line string or array left out."""
    flat = _STRINGS.sub(lambda m: '"' + "_" * (len(m[0]) - 2) + '"' if "\n" not in m[0] else _blank(m[0]), source)
    kept: list[tuple[int, str]] = []
    depth = 0
    for number, (line, original) in enumerate(zip(flat.split("\n"), source.split("\n"), strict=True), start=1):
        code = line.split("#", 1)[0]
        header = depth == 0 and code.lstrip().startswith("[")
        if depth == 0 and code.strip() not in ("", '"'):
            kept.append((number, original))
        if not header:
            depth += code.count("[") + code.count("{") - code.count("]") - code.count("}")
    return kept


def _blank(text: str) -> str:
    return '"' + "\n" * text.count("\n") + '"'


def _keys(text: str) -> Path:
    """The dotted keys at the beginning of `text`, up to `=` or `]`."""
    keys: list[str | int] = []
    position = 0
    while match := _KEY.match(text, position):
        key = match[1]
        keys.append(key[1:-1] if key[0] in "\"'" else key)
        position = match.end()
        if match[2] != ".":
            break
    return tuple(keys)


def _absolute(keys: Path, counters: dict[Path, int], array: bool) -> Path:
    """`keys` of a header with the indices of the arrays of tables that it lies in."""
    path: Path = ()
    for position, key in enumerate(keys):
        path += (key,)
        last = position == len(keys) - 1
        if last and array:
            counters[path] = counters.get(path, -1) + 1
        if path in counters:
            path += (counters[path],)
    return path
