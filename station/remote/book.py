"""The file of what was kept and what is being tried. Acquisition writes it, in one step each time; whoever runs reads it."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from station.live import write_json
from station.remote.changes import NoPlace, Route, value_at

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One setting. `base`: what station.toml says; `before`: what was in force; `value`: the new one. None: absent."""

    path: Route
    base: Any
    before: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Trial:
    """A set that is being tried.

    id, by, note  as it was offered; who: how it came ("platform:district", "cli:pi")
    changes       what it changes; needs: the destinations of which contact must come, none: any
    boot, until   it ends at monotonic s `until` of this boot
    before, hash  the configuration's hash without it, and with it
    tried         whether the gateway has begun to work with it
    """

    id: str
    by: str
    note: str
    who: str
    changes: tuple[Change, ...]
    needs: tuple[str, ...]
    boot: str
    until: float
    before: str
    hash: str = ""
    tried: bool = False

    def runs(self, boot: str, monotonic: float) -> bool:
        """Whether it is in force."""
        return boot == self.boot and monotonic < self.until


@dataclass(frozen=True, slots=True)
class Kept:
    """A setting that was kept, of which set and whose."""

    change: Change
    id: str
    by: str
    who: str


@dataclass(frozen=True, slots=True)
class Book:
    """The content of the file.

    number  of the newest command of a platform; kept: by path; trial: the set that is being tried
    owed    bodies of events that may not be in the record log yet
    """

    number: int = 0
    kept: tuple[Kept, ...] = ()
    trial: Trial | None = None
    owed: tuple[str, ...] = field(default=())

    def in_force(self, tables: dict[str, Any], boot: str, monotonic: float) -> dict[Route, Any]:
        """Path → value of what lies over `tables` at this moment."""
        found = self.settled(tables)
        if self.trial is not None and self.trial.runs(boot, monotonic):
            for one in self.trial.changes:
                found.pop(one.path, None)
                if one.value is not None:
                    found |= _standing([one], tables)
        return found

    def settled(self, tables: dict[str, Any]) -> dict[Route, Any]:
        """The same without what is only being tried."""
        return _standing((one.change for one in self.kept), tables)

    def keeping(self, trial: Trial) -> "Book":
        """The book after `trial` was kept."""
        paths = {one.path for one in trial.changes}
        new = [one for one in trial.changes if one.value is not None and one.value != one.base]
        kept = [one for one in self.kept if one.change.path not in paths]
        kept += [Kept(one, trial.id, trial.by, trial.who) for one in new]
        return replace(self, kept=tuple(kept), trial=None)


def _standing(changes: Iterable[Change], tables: dict[str, Any]) -> dict[Route, Any]:
    """Those whose place in station.toml still says what it said: a newer wish there counts more."""
    found = {}
    for one in changes:
        try:
            if value_at(tables, one.path) == one.base:
                found[one.path] = one.value
        except NoPlace:
            continue
    return found


def read_book(path: Path) -> Book:
    """The file's content; one that is absent says nothing, and a damaged one (it is told) neither."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Book()
    except (OSError, ValueError) as error:
        log.error("%s: %s", path, error)
        return Book()
    try:
        trial = content["trial"]
        return Book(
            int(content["number"]),
            tuple(Kept(**one | {"change": _change(one["change"])}) for one in content["kept"]),
            Trial(**trial | {"changes": tuple(map(_change, trial["changes"])), "needs": tuple(trial["needs"])})
            if trial
            else None,
            tuple(map(str, content["owed"])),
        )
    except (ValueError, KeyError, TypeError) as error:
        log.error("%s: %r", path, error)
        return Book()


def write_book(path: Path, book: Book) -> None:
    """On the card when this returns; a power cut leaves the old content or the new one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, asdict(book), durable=True)


def _change(content: Mapping[str, Any]) -> Change:
    return Change(**{**content, "path": tuple(content["path"])})
