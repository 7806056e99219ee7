"""What people have switched on for a while: maintenance of the station or of one instrument, and an emergency.

Each ends by itself, also while the station is off, and is remembered over a restart. Within one boot the monotonic clock says
when it ends, and the time of day for which that stands follows as the clock becomes known. In a later boot it is the other way
round: the time of day decides as soon as it is trusted; until then it goes on for no more than what was left when it was last
written down. So no wrong clock ends anything early, and none prolongs it beyond what was asked for.
"""

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

from station import events
from station.clock import STEP, Now
from station.live import write_json
from station.pipeline import Pipeline
from station.words import _

What = Literal["maintenance", "emergency"]

USUAL = 12 * 3600.0
"""s of an emergency for which nobody said how long: it always ends."""

BEIJING = timezone(timedelta(hours=8))

LONGEST = 1e7
"""s that anything may last."""

REWRITE = 300_000
"""ms after which what is left is written down again while something goes on."""

log = logging.getLogger(__name__)


class Refused(ValueError):
    """It cannot be switched so; the text says why, and `word` is what the event says."""

    def __init__(self, text: str, word: str) -> None:
        self.word = word
        super().__init__(text)


@dataclass(slots=True)
class Period:
    """Something that goes on.

    instrument  which alone is in maintenance, None for the station
    drill       an emergency that is only practised
    end         monotonic ms of `boot` at which it ends, None if it lasts until it is switched off
    utc         UTC ms of its end, None if that is not known
    firm        `end` is certain and `utc` follows it; False in a later boot, where it is the reverse
    left        ms that were left when this was written down
    """

    what: What
    instrument: str | None
    drill: bool
    by: str
    note: str
    boot: str
    end: int | None
    utc: int | None
    firm: bool
    left: int

    @property
    def key(self) -> tuple[str, str | None]:
        """There is one of each."""
        return self.what, self.instrument

    def follow(self, now: Now) -> bool:
        """Bring its end on both clocks together; True if that has changed what should be written down."""
        if self.end is None or not now.trusted:
            return False
        if self.firm or self.utc is None:
            utc = self.end + now.offset
            changed = self.utc is None or abs(utc - self.utc) > STEP
            self.utc = utc if changed else self.utc
            return changed
        self.end = self.utc - now.offset
        return False


class Operation:
    """Everything that goes on; used by acquisition's thread, and kept in the file `path`."""

    def __init__(self, path: Path, boot: str, instruments: Collection[str], pipeline: Pipeline, now: Now) -> None:
        self._path = path
        self._boot = boot
        self._instruments = instruments
        self._pipeline = pipeline
        self._written = now.monotonic
        self._periods = {one.key: one for one in _remembered(path, boot, now) if one.instrument in (None, *instruments)}
        self._apply()

    @property
    def maintenance(self) -> bool:
        """True while somebody works on the whole station."""
        return ("maintenance", None) in self._periods

    @property
    def emergency(self) -> bool:
        """True while everything is read and told as often as can be."""
        return ("emergency", None) in self._periods

    def turn(self, now: Now) -> list[str]:
        """End what is over at `now`; the bodies of the events."""
        changed = [one for one in self._periods.values() if one.follow(now)]
        over = [one for one in self._periods.values() if one.end is not None and now.monotonic >= one.end]
        for one in over:
            del self._periods[one.key]
        if over:
            self._apply()
        if over or changed or (self._periods and now.monotonic - self._written >= REWRITE):
            self._write(now)
        return [events.requested(one.what, "station", _ended(one), "off: its time is over") for one in over]

    def ask(self, what: What, who: str, arguments: Mapping[str, Any], now: Now) -> str:
        """Switch something on or off as a request wants it; the body of the event. Raises Refused."""
        name = arguments.get("instrument")
        if what == "emergency" or name is None:
            name = None
        elif name not in self._instruments:
            raise Refused(f"no instrument {name!r}; known: {', '.join(self._instruments)}", "unknown instrument")
        if not arguments.get("on", True):
            ended = self._periods.pop((what, name), None)
            self._changed(now)
            of_drill = {"drill": True} if ended is not None and ended.drill else {}
            return events.requested(what, who, dict(arguments) | of_drill, "off")
        ms = _length(arguments.get("seconds", USUAL if what == "emergency" else None))
        drill = what == "emergency" and bool(arguments.get("drill"))
        running = self._periods.get((what, name))
        if drill and running is not None and not running.drill:
            raise Refused("an emergency is on; a drill would mark its data as practised", "an emergency is on")
        end = None if ms is None else now.monotonic + ms
        by, note = str(arguments.get("by", who)), str(arguments.get("note", ""))
        made = Period(what, name, drill, by, note, self._boot, end, None, True, ms or 0)
        made.follow(now)
        self._periods[made.key] = made
        self._changed(now)
        known = {} if made.utc is None else {"until": made.utc}
        return events.requested(what, who, dict(arguments) | known, "on")

    def press(self, now: Now) -> str:
        """The button at the pole switches maintenance; the body of the event."""
        return self.ask("maintenance", "button", {"on": not self.maintenance}, now)

    def told(self, now: Now) -> list[dict[str, Any]]:
        """What goes on, as live.json tells it: `left` in s and `until` in UTC ms, None if not known."""
        return [
            {
                "what": one.what, "instrument": one.instrument, "drill": one.drill, "by": one.by, "note": one.note,
                "left": None if one.end is None else max(0, one.end - now.monotonic) / 1000, "until": one.utc,
            }
            for one in self._periods.values()
        ]  # fmt: skip

    def _changed(self, now: Now) -> None:
        self._apply()
        self._write(now)

    def _apply(self) -> None:
        """Let the pipeline mark what it must."""
        self._pipeline.maintenance = self.maintenance
        self._pipeline.maintained = {one.instrument for one in self._periods.values() if one.instrument is not None}
        self._pipeline.drill = any(one.drill for one in self._periods.values())

    def _write(self, now: Now) -> None:
        self._written = now.monotonic
        for one in self._periods.values():
            one.left = 0 if one.end is None else max(0, one.end - now.monotonic)
        try:
            write_json(self._path, {"periods": [asdict(one) for one in self._periods.values()]})
        except OSError as error:
            log.warning("%s: %s", self._path, error)


def in_words(one: Mapping[str, Any]) -> str:
    """What goes on, until when, and who has switched it on: `one` of those that live.json tells."""
    if one["what"] == "emergency":
        text = _("DRILL of an emergency") if one["drill"] else _("EMERGENCY")
    else:
        text = _("maintenance of {name}").format(name=one["instrument"]) if one["instrument"] else _("maintenance")
    if one["until"] is not None:
        end = _("until {time:%Y-%m-%d %H:%M}").format(time=datetime.fromtimestamp(one["until"] / 1000, BEIJING))
    elif one["left"] is not None:
        end = _("for {n:.0f} min more").format(n=one["left"] / 60)
    else:
        end = _("until it is switched off")
    return " ".join(f"{text} {end}, {one['by']} {one['note']}".split())


def _length(seconds: object) -> int | None:
    """ms that something is to last, None if it has no end. Raises Refused."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST:
        raise Refused(f"seconds is {seconds!r}; a number from 0 to {LONGEST:.0f} is wanted", "not possible")
    return round(seconds * 1000)


def _ended(one: Period) -> dict[str, Any]:
    """The arguments of the event that tells of an end; `ended`: UTC ms at which it was due, if known."""
    found = {"on": False, "instrument": one.instrument, "by": one.by, "note": one.note}
    if one.what == "emergency":
        found["drill"] = one.drill
    return found if one.utc is None else found | {"ended": one.utc}


def _remembered(path: Path, boot: str, now: Now) -> Iterator[Period]:
    """What went on when this was last written down. In a later boot it goes on for what was left, until the time is known."""
    try:
        found = [Period(**one) for one in json.loads(path.read_text("utf-8"))["periods"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for one in found:
        if one.boot != boot:
            one.boot, one.firm = boot, one.utc is None
            one.end = None if one.end is None else now.monotonic + one.left
        yield one
