"""The configuration in force: station.toml, and over it what was kept or is being tried, as far as `[remote]` allows it."""

import logging
import time
import tomllib
from collections.abc import Mapping
from typing import Any

from station.clock import boot_id
from station.config import BadConfig, Config, parse, read
from station.places import Places
from station.remote.book import Book, read_book
from station.remote.changes import Route
from station.words import _

log = logging.getLogger(__name__)


def load_effective(where: Places) -> Config:
    """The configuration that is in force now. Raises BadConfig if station.toml alone is wrong."""
    return effective(where, read_book(where.settings), time.monotonic())[0]


def effective(where: Places, book: Book, monotonic: float) -> tuple[Config, Mapping[Route, Any]]:
    """The same with this book, at monotonic s of this boot, and what lies over station.toml in it.

    That never keeps a station from beginning: what is being tried, then what was kept, is left out if the whole would be wrong.
    """
    source, name = read(where.config), str(where.config)
    base = parse(source, name)
    tables = tomllib.loads(source)
    for over in (book.in_force(tables, boot_id(), monotonic), book.settled(tables)):
        try:
            return laid_over(base, source, name, over)
        except BadConfig as bad:
            log.error(_("changed settings are left out: %s"), "; ".join(bad.lines))
    return base, {}


def laid_over(base: Config, source: str, name: str, over: Mapping[Route, Any]) -> tuple[Config, Mapping[Route, Any]]:
    """The configuration of `source`, which is `base`, with what of `over` it allows, and that. Raises BadConfig."""
    allowed = {path: value for path, value in over.items() if not base.remote.forbids(path, value)}
    return (parse(source, name, allowed) if allowed else base), allowed


class Watch:
    """Notices that another configuration is in force than the one a program began with. A look mostly costs a stat.

    `measuring`: for a program that destinations do not concern. `changed` stays true once it is: the program is to end and to
    begin anew.
    """

    def __init__(self, where: Places, config: Config, *, measuring: bool = False) -> None:
        self._where = where
        self._config = config
        self._measuring = measuring
        self._key: tuple[object, bool] = (None, False)
        self._book = Book()
        self.changed = False

    def look(self, monotonic: float) -> bool:
        """Whether another one is in force at monotonic s."""
        try:
            seen = self._where.settings.stat()
        except OSError:
            return self.changed
        file = (seen.st_ino, seen.st_mtime_ns)
        if file != self._key[0]:
            self._book = read_book(self._where.settings)
        key = (file, self._book.trial is not None and self._book.trial.runs(boot_id(), monotonic))
        if key != self._key:
            self._key = key
            self.changed = self._differs(monotonic)
        return self.changed

    def _differs(self, monotonic: float) -> bool:
        try:
            found, _over = effective(self._where, self._book, monotonic)
        except BadConfig:  # station.toml is being edited: nothing is to be done about it now
            return False
        return found.measured != self._config.measured if self._measuring else found.hash != self._config.hash
