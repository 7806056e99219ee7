"""The life of a set of changes, in acquisition: offered or refused, tried, then kept or taken back. Each step is a record.

Every step is one replacement of the book's file, with the bodies of its events inside until they have been handed on: whenever
the power fails, the book holds the state before the step or the one after it, and what happened is told after the next start.
"""

import logging
import math
import time
import tomllib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gateway.requests import Request
from station import events
from station.clock import boot_id
from station.config import BadConfig, Config, parse, read
from station.live import read_fresh
from station.places import Places
from station.remote.book import Book, Change, Trial, read_book, write_book
from station.remote.changes import NoPlace, Route, dotted, route, value_at
from station.remote.effective import effective, laid_over
from station.words import _

MOST = 50
"""Settings in one set."""

EVERY = 1.0
"""s between two looks at a trial."""

LONGEST_TEXT = 200
"""Characters of a name or a note."""

log = logging.getLogger(__name__)


class Refusal(Exception):
    """A set or a command cannot be taken; a line for each reason."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        super().__init__("; ".join(lines))


class Trials:
    """What is tried and kept. One thread."""

    def __init__(self, where: Places, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._where = where
        self._monotonic = monotonic
        self._boot = boot_id()
        self._book = read_book(where.settings)
        self._handed: tuple[str, ...] = ()
        self._look_at = 0.0
        self._trouble = ""

    def ask(self, request: Request) -> tuple[dict[str, Any], list[str]]:
        """Offer a set, confirm one, or take one back: the answer, and the bodies of events for what was refused.

        Who repeats a command that he overheard gets no event, be it one that was refused: he could fill the card with them.
        """
        try:
            number = self._number(request)
        except (Refusal, BadConfig) as error:
            log.warning("%s: %s", request.who, error)
            return {"ok": False, "error": str(error), "problems": error.lines}, []
        try:
            try:
                return {"ok": True, **self._do(request, number)}, []
            except (Refusal, BadConfig) as error:
                lines = error.lines
                if number != self._book.number:
                    self._write(replace(self._book, number=number))
        except OSError as error:
            lines = [f"{self._where.settings}: {error.strerror}"]
        asked = request.arguments.get("set")
        paths = [str(path)[:LONGEST_TEXT] for path in list(asked)[:MOST]] if isinstance(asked, dict) else []
        facts = {"id": request.id, "who": request.who, **_words(request.arguments), "paths": paths, "why": lines[:MOST]}
        return {"ok": False, "error": "; ".join(lines), "problems": lines}, [events.settings("refused", facts)]

    def _do(self, request: Request, number: int) -> dict[str, Any]:
        """What is asked; more for the answer. Raises Refusal, BadConfig or OSError."""
        wanted = request.arguments
        if "confirm" in wanted:
            self._decide(str(wanted["confirm"]), number, _("confirmed by {who}").format(who=request.who), kept=True)
        elif "undo" in wanted:
            self._decide(str(wanted["undo"]), number, _("undone by {who}").format(who=request.who), kept=False)
        else:
            return self._offer(request, number)
        return {}

    def turn(self) -> list[str]:
        """Look at the trial, each second; the bodies of the events that are to be stored before the next turn, or `close`."""
        now = self._monotonic()
        if now < self._look_at:
            return []
        self._look_at = now + EVERY
        self.close()
        fresh = [one for one in self._book.owed if one not in self._handed]
        self._handed += tuple(fresh)
        try:
            if self._book.trial is not None:
                self._judge(self._book.trial, now)
        except OSError as error:
            self._complain(error)
        return fresh

    def close(self) -> None:
        """What was handed on is stored: the book need not hold it any longer."""
        if not self._handed:
            return
        try:
            self._write(replace(self._book, owed=tuple(one for one in self._book.owed if one not in self._handed)))
            self._handed = ()
        except OSError as error:  # it may be told twice after a power cut
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        """Once for each trouble with the card, not each second."""
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.error("%s: %s", self._where.settings, error)

    def _number(self, request: Request) -> int:
        """The number that the book is to hold. Raises Refusal if a platform may not ask, or has asked this before."""
        if not request.who.startswith("platform:"):
            return self._book.number
        remote = parse(read(self._where.config), str(self._where.config)).remote
        if request.who.removeprefix("platform:") not in remote.platforms:
            raise Refusal(_("[remote] platforms does not name this destination"))
        number = request.arguments.get("number")
        if not isinstance(number, int) or isinstance(number, bool) or not self._book.number < number < 2**53:
            raise Refusal(_("number must be greater than {number}, the last one").format(number=self._book.number))
        return number

    def _offer(self, request: Request, number: int) -> dict[str, Any]:
        """Check a set and begin its trial. Raises Refusal, BadConfig or OSError."""
        if self._book.trial is not None:
            raise Refusal(_("set {id} is being tried; confirm or undo it first").format(id=self._book.trial.id))
        now = self._monotonic()
        source, name = read(self._where.config), str(self._where.config)
        base, tables = parse(source, name), tomllib.loads(source)
        minutes = _minutes(request.arguments, base)
        force = self._book.in_force(tables, self._boot, now)
        kept = {one.change.path for one in self._book.kept}
        changes = tuple(_changes(request.arguments.get("set"), base, tables, force, kept))
        needs = [one.path[1] for one in changes if one.path[0] == "destination"]
        needs += [request.who.removeprefix("platform:")] if request.who.startswith("platform:") else []
        words = _words(request.arguments)
        before, until = effective(self._where, self._book, now)[0].hash, now + minutes * 60.0
        trial = Trial(
            request.id, words["by"], words["note"], request.who, changes, tuple(dict.fromkeys(needs)), self._boot, until, before
        )
        book = replace(self._book, number=number, trial=trial)
        new, _over = laid_over(base, source, name, book.in_force(tables, self._boot, now))
        if new.hash == before:
            if kept.isdisjoint(one.path for one in changes):
                raise Refusal(_("nothing would change"))
            self._end(trial, True, _("they were not in force any more"), number)
            return {}
        trial = replace(trial, hash=new.hash)
        self._write(replace(book, trial=trial, owed=(*book.owed, _told("offered", trial, minutes=minutes))))
        return {"trial": trial.id, "minutes": minutes, "needs": list(trial.needs), "hash": new.hash, "before": before}

    def _decide(self, number_of: str, number: int, why: str, *, kept: bool) -> None:
        """End the trial by somebody's word. Raises Refusal or OSError."""
        trial = self._book.trial
        if trial is None or number_of not in ("", trial.id) or (kept and not trial.runs(self._boot, self._monotonic())):
            raise Refusal(_("no such set is being tried"))
        self._end(trial, kept, why, number)

    def _judge(self, trial: Trial, now: float) -> None:
        """Go on with the trial. Raises OSError."""
        if trial.boot != self._boot:
            self._end(trial, False, _("the machine was restarted before contact came"), self._book.number)
            return
        delivery = read_fresh(self._where.delivery) or {}
        begun = delivery.get("configuration") == trial.hash
        states = delivery.get("destinations", {}) if begun else {}
        heard = [name for name, state in states.items() if state.get("contact") is not None]
        lacking = [name for name in trial.needs if name not in heard]
        if not trial.runs(self._boot, now):
            why = _("no contact in time: {names}").format(names=", ".join(lacking) or _("any destination"))
            self._end(trial, False, why if trial.tried else _("the gateway did not begin with them in time"), self._book.number)
        elif begun and not trial.tried:
            tried = replace(trial, tried=True)
            self._write(replace(self._book, trial=tried, owed=(*self._book.owed, _told("tried", trial))))
        elif heard and not lacking:
            self._end(trial, True, _("contact: {names}").format(names=", ".join(heard)), self._book.number)

    def _end(self, trial: Trial, kept: bool, why: str, number: int) -> None:
        book = self._book.keeping(trial) if kept else replace(self._book, trial=None)
        told = _told("kept" if kept else "returned", trial, why=why)
        self._write(replace(book, number=number, owed=(*self._book.owed, told)))
        log.warning(_("settings %s: %s"), trial.id, why)

    def _write(self, book: Book) -> None:
        """The file first: what is not on the card has not happened. Raises OSError."""
        write_book(self._where.settings, book)
        self._book, self._trouble = book, ""


def _told(phase: str, trial: Trial, **more: Any) -> str:
    changes = [[dotted(one.path), one.before, one.value] for one in trial.changes]
    facts = {"id": trial.id, "who": trial.who, "by": trial.by, "note": trial.note, "hash": trial.hash, "before": trial.before}
    return events.settings(phase, facts | more | {"changes": changes})


def _words(wanted: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(wanted.get(name, ""))[:LONGEST_TEXT] for name in ("by", "note")}


def _minutes(wanted: Mapping[str, Any], base: Config) -> float:
    """How long the trial lasts. Raises Refusal."""
    asked = wanted.get("confirm_within_minutes", min(base.remote.confirm_within, base.remote.longest))
    if not isinstance(asked, int | float) or isinstance(asked, bool) or not 0 < asked <= base.remote.longest:
        raise Refusal(_("confirm_within_minutes must be above 0 and at most {most:g}").format(most=base.remote.longest))
    return float(asked)


def _changes(
    asked: object, base: Config, tables: dict[str, Any], force: Mapping[Route, Any], kept: Container[Route]
) -> Iterator[Change]:
    """The changes of a set, each with what stands there; what was kept can always be given up. Raises Refusal with reasons."""
    if not isinstance(asked, dict) or not 0 < len(asked) <= MOST:
        raise Refusal(_("set must be an object of 1 to {most} paths and their values").format(most=MOST))
    lines: list[str] = []
    found: dict[Route, Change] = {}
    for text, value in asked.items():
        try:
            path = route(str(text))
            if value is None and path in kept:
                found[path] = Change(path, None, force.get(path), None)
                continue
            why = base.remote.forbids(path, value) or (
                "" if _simple(value) else _("a value must be a number, a text, true, false or null")
            )
            stands = None if why else value_at(tables, path)
        except NoPlace as error:
            lines.append(_("{path}: there is no {part} here").format(path=text, part=error))
            continue
        if path in found:
            why = _("it is named twice")
        if why:
            lines.append(f"{dotted(path)}: {why}")
        found[path] = Change(path, stands, force.get(path, stands), value)
    if lines:
        raise Refusal(*lines)
    yield from found.values()


def _simple(value: object) -> bool:
    """Whether TOML has it too: no table, no nothing in a list. None stands for what station.toml says."""
    if isinstance(value, list):
        return all(one is not None and _simple(one) for one in value)
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
