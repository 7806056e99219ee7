"""Changed settings, for `station config show, apply, confirm, undo`: what is in force, and the two steps by hand."""

import argparse
import json
import time
import tomllib
from pathlib import Path
from typing import Any

from station.cli._asking import ask
from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.config import BadConfig, read
from station.places import Places
from station.remote.book import Book, read_book
from station.remote.changes import Route, apply, dotted, leaves, place
from station.remote.effective import effective
from station.toml_lines import key_lines
from station.words import _


def run(options: argparse.Namespace) -> int:
    """The chosen action; its exit code."""
    where = places(options)
    match options.action:
        case "show":
            return _show(where, options)
        case "apply":
            wanted: dict[str, Any] = {"set": _read_set(options.file), "by": options.by, "note": options.note}
            if options.confirm_within:
                wanted["confirm_within_minutes"] = options.confirm_within / 60.0
        case "confirm":
            wanted = {"confirm": ""}
        case _:
            wanted = _undoing(where, options)
    return _submit(where, wanted, options.json)


def _read_set(file: str | None) -> dict[str, Any]:
    """The changes in a TOML file, by path. Raises Trouble."""
    if not file:
        raise Trouble(_("name the file with the changes, written as in station.toml: station config apply changes.toml"), 2)
    try:
        tables = tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Trouble(f"{file}: {error}", 2) from None
    return {dotted(path): value for path, value in leaves(tables)}


def _undoing(where: Places, options: argparse.Namespace) -> dict[str, Any]:
    """End the trial; if there is none, try station.toml's own values of everything that was kept. Raises Trouble."""
    book = read_book(where.settings)
    if book.trial is not None:
        return {"undo": book.trial.id}
    if not book.kept:
        raise Trouble(_("nothing is being tried, and nothing was changed"), 1)
    return {"set": {dotted(one.change.path): None for one in book.kept}, "by": options.by, "note": options.note or "undo"}


def _submit(where: Places, wanted: dict[str, Any], as_json: bool) -> int:
    answer = ask(where, "settings", wanted)
    if as_json:
        print_json(answer)
    elif not answer["ok"]:
        print("\n".join(answer["problems"]))
    elif "trial" in answer:
        names = ", ".join(answer["needs"]) or _("any destination")
        text = _("tried for {minutes:g} min, kept if contact comes of: {names}; else the old ones return")
        print(text.format(minutes=answer["minutes"], names=names))
    else:
        print(_("done"))
    return 0 if answer["ok"] else 1


def _show(where: Places, options: argparse.Namespace) -> int:
    """Each value with where it comes from; what stands nowhere has its default."""
    book = read_book(where.settings) if options.effective else Book()
    try:
        source = read(where.config)
        config, over = effective(where, book, time.monotonic())
    except BadConfig as bad:
        raise Trouble("\n" + "\n".join(bad.lines), 2) from None
    tables, lines, said = tomllib.loads(source), key_lines(source), origins(book)
    apply(tables, over)
    rows = []
    for path, value in leaves(tables):
        line = lines.get(place(tables, path)[1])
        rows.append((dotted(path), value, said[path] if path in over else f"{where.config.name}:{line or '?'}"))
    if options.json:
        print_json({"hash": config.hash, "settings": [dict(zip(("path", "value", "from"), row, strict=True)) for row in rows]})
        return 0
    for text, value, origin in rows:
        print(f"{text} = {json.dumps(value, ensure_ascii=False, default=str)}    # {origin}")
    print(f"# SHA-256 {config.hash}")
    return 0


def origins(book: Book) -> dict[Route, str]:
    """Where a value comes from that station.toml does not say."""
    kept = {one.change.path: _("kept of set {id} by {by}").format(id=one.id, by=one.by or one.who) for one in book.kept}
    trial = book.trial
    tried = _("being tried, set {id} by {by}").format(id=trial.id, by=trial.by or trial.who) if trial else ""
    return kept | {one.path: tried for one in trial.changes if one.value is not None} if trial else kept
