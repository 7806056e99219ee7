"""The standards as data: one TOML file for each edition in station/tables, chosen by the date of the value that is judged.

topic = "hj633"               # what is asked for
standard = "HJ 633-2026"      # name of this edition
begins = 2026-03-01           # first day in force; absent: as far back as records go
ends = …                      # last day; absent: still in force
[section]                     # figures, exact decimals
source = "Table 1"            # where in the standard
confidence = "certain"        # or likely, unverified, design: how sure we are that the standard says so
"""

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from station.words import N_, _

FOLDER = Path(__file__).parents[1] / "tables"

CONFIDENCE: Mapping[str, str] = MappingProxyType(
    {
        "certain": N_("certain"),
        "likely": N_("likely"),
        "unverified": N_("unverified: no claim of compliance"),
        "design": N_("a design value of this project"),
    }
)
"""How sure we are that the standard says so."""


class Unknown(ValueError):
    """A word that no table knows: `word`, and those that are `known`."""

    def __init__(self, what: str, word: str, known: list[str]) -> None:
        self.word = word
        self.known = known
        super().__init__(_("unknown {what} {word!r}.").format(what=what, word=word))


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a figure comes from: `text` names standard, place and edition, `confidence` is a key of CONFIDENCE."""

    text: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a standard. `content` holds its sections."""

    topic: str
    standard: str
    begins: datetime.date
    ends: datetime.date
    content: Mapping[str, Any]

    def section(self, name: str, day: datetime.date | None = None) -> Mapping[str, Any]:
        """The figures of one section; of one that comes in stages, the stage that had begun on `day` (None: the newest)."""
        found = self.content[name]
        if isinstance(found, list):
            begun = [stage for stage in found if day is None or stage.get("begins", datetime.date.min) <= day]
            found = begun[-1]
        return MappingProxyType(found)

    def cite(self, name: str, day: datetime.date | None = None) -> Citation:
        """Where the figures of a section come from."""
        figures = self.section(name, day)
        dates = _("in force from {day}").format(day=self.begins) if self.begins > datetime.date.min else ""
        if self.ends < datetime.date.max:
            dates = _("in force until {day}").format(day=self.ends)
        text = f"{self.standard}, {figures['source']}" + (f" ({dates})" if dates else "")
        return Citation(text, str(figures["confidence"]))


def in_force(topic: str, day: datetime.date | None = None) -> Edition:
    """The edition of `topic` in force on `day` (None: the newest). Raises ValueError if none is known."""
    found = editions()[topic]
    if day is None:
        return found[-1]
    for edition in found:
        if edition.begins <= day <= edition.ends:
            return edition
    raise ValueError(_("no edition of {standard} is known for {day}").format(standard=found[-1].standard, day=day))


@cache
def editions() -> Mapping[str, tuple[Edition, ...]]:
    """Every edition in the folder by topic, the oldest first."""
    found: dict[str, list[Edition]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
        begins, ends = content.get("begins", datetime.date.min), content.get("ends", datetime.date.max)
        edition = Edition(content["topic"], content["standard"], begins, ends, MappingProxyType(content))
        found.setdefault(edition.topic, []).append(edition)
    ordered = {topic: tuple(sorted(group, key=lambda one: one.begins)) for topic, group in found.items()}
    return MappingProxyType(ordered)
