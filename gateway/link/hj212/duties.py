"""What a station does for an HJ 212 platform besides delivering records: real-time data, hours and days, history, its clock.

Hours (2061) and days (2031) are folded from the stored intervals. How far they have been acknowledged is kept in the link's
memory, so each goes out once, oldest first, whatever happens in between. Real-time data that could not be sent is not sent later.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gateway.link.hj212.archive import Archive
from gateway.link.hj212.fold import fold
from gateway.link.hj212.message import Fields
from gateway.link.hj212.noise_day import noise_day
from gateway.link.hj212.outbox import BEIJING, Now, Upload, stamp
from gateway.link.hj212.session import CONDITIONS, DONE, FAILED, NO_DATA, Asked, Session
from gateway.link.hj212.slots import slot_of
from gateway.link.hj212.uploads import NOISE, Sent, interval_groups, live_groups, rows
from gateway.link.settings import Hj212Settings

HOUR, DAY = 3_600_000, 86_400_000
"""ms."""

SETTLE = 20_000
"""ms after the end of an hour or day until it is folded: its last interval is stored by then."""

FRESH = 5.0
"""s for which `live.json` may be believed."""

LENGTHS: Mapping[str, int] = MappingProxyType({"2061": HOUR, "2031": DAY})
"""Folded data → ms of an interval."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _History:
    """A history request that is being answered."""

    asked: Asked
    uploads: Iterator[Upload]
    sent: int = 0


class Duties:
    """The duties of one connection. `seconds` is the length of the stored intervals."""

    def __init__(
        self, session: Session, archive: Archive, live: Path, sent: Sequence[Sent], settings: Hj212Settings, seconds: int
    ) -> None:
        self._session = session
        self._archive = archive
        self._live = live
        self._sent = sent
        self._settings = settings
        self._seconds = seconds
        self._real_time_at = self._state_at = 0.0
        self._under_way: set[object] = set()
        self._history: _History | None = None
        self._looked: dict[str, int] = {}

    @staticmethod
    def able(settings: Hj212Settings) -> frozenset[str]:
        """The requests that can be answered with these settings."""
        able = {"2011", "2012", "2031", "2051", "2061"}
        if settings.clock == "step":
            able.add("1012")
        if settings.equipment:
            able |= {"2021", "2022"}
        if any(one.serial for one in settings.factor):
            able.add("3019")
        return frozenset(able)

    def begin(self, now: Now, boot: str, booted: int) -> None:
        """A connection was made: tell when the logger was powered on (2081), once for each boot; ask for the time."""
        if self._session.memory.kept.get("boot") != boot:
            fields: list[Fields] = [(("DataTime", stamp(now.utc)),), (("RestartTime", stamp(booted)),)]
            self._put(Upload(("boot", boot), self._session.st, "2081", fields), now, urgent=True)
        live = self._read_live()
        if self._settings.ask_clock and live is not None and not live.get("clock", {}).get("trusted", True):
            self._session.outbox.notice("1013", self._session.st, (), now, vital=False)

    def tick(self, now: Now) -> None:
        """Do what is due."""
        memory = self._session.memory
        if memory["real_time"] and memory.kept.get("real_time_on", True) and now.monotonic >= self._real_time_at:
            self._real_time_at = now.monotonic + memory["real_time"]
            self._real_time(now)
        if self._settings.equipment and memory.kept.get("state_on", True) and now.monotonic >= self._state_at:
            self._state_at = now.monotonic + max(30, memory["real_time"])
            self._state(now)
        for cn, wanted in (("2061", self._settings.hours), ("2031", self._settings.days)):
            if wanted:
                self._longer(cn, now)
        self._go_on(now)

    def deadline(self) -> float | None:
        """Monotonic s of the next real-time data, or None."""
        memory = self._session.memory
        return self._real_time_at if memory["real_time"] and memory.kept.get("real_time_on", True) else None

    def delivered(self, key: object, now: Now) -> None:
        """An upload that began here has arrived."""
        self._under_way.discard(key)
        memory = self._session.memory
        match key:
            case ("boot", str(boot)):
                memory.keep("boot", boot)
            case ("longer", str(cn), int(start), _st) if not any(k[:3] == key[:3] for k in self._keys()):
                memory.keep(cn, start + LENGTHS[cn])
        self._go_on(now)

    def unsendable(self, key: object, now: Now) -> None:
        """An upload that began here has no form in the protocol; go on without it."""
        self.delivered(key, now)

    def asked(self, asked: Asked, now: Now) -> None:
        """Do what the platform asks for."""
        _DOES[asked.command](self, asked, now)

    @property
    def progress(self) -> str:
        """How far the answer to a history request has come, for people."""
        return f"{self._history.asked.command}: {self._history.sent}" if self._history else ""

    def _keys(self) -> Iterator[tuple[Any, ...]]:
        return (key for key in self._under_way if isinstance(key, tuple))

    def _put(self, upload: Upload, now: Now, *, urgent: bool = False) -> None:
        self._under_way.add(upload.key)
        self._session.upload(upload, now, urgent=urgent)

    def _read_live(self) -> dict[str, Any] | None:
        """The newest readings, or None if nobody keeps them fresh."""
        try:
            content: dict[str, Any] = json.loads(self._live.read_text("utf-8"))
            age = time.monotonic() - float(content["monotonic"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return content if 0 <= age <= FRESH else None

    def _real_time(self, now: Now) -> None:
        live = self._read_live()
        if live is None or any(key[0] == "now" for key in self._keys()):
            return
        for st, groups in live_groups(live["channels"], self._sent, self._settings).items():
            head: Fields = (("DataTime", stamp(int(live["utc"]))),)
            self._put(Upload(("now", st), st, "2011", [head, *groups]), now, urgent=True)

    def _state(self, now: Now) -> None:
        """SBn-RS: 1 running, 3 maintenance, 4 alarm (HJ 212-2017 table 8)."""
        live = self._read_live()
        if live is None or ("state",) in self._under_way:
            return
        faults, maintenance = live.get("faults", {}), live.get("maintenance", False)
        groups: list[Fields] = [(("DataTime", stamp(int(live["utc"]))),)]
        for number, name in enumerate(self._settings.equipment, 1):
            groups.append(((f"SB{number}-RS", "4" if name in faults else "3" if maintenance else "1"),))
        self._put(Upload(("state",), self._session.st, "2021", groups), now, urgent=True)

    def _longer(self, cn: str, now: Now) -> None:
        """Send the next hour or day that is over and not acknowledged."""
        if any(key[:2] == ("longer", cn) for key in self._keys()):
            return
        length, memory = LENGTHS[cn], self._session.memory
        begin = memory.kept.get(cn)
        if begin is None:
            newest = self._archive.newest()
            if newest is not None and newest.start is not None:
                memory.keep(cn, slot_of(newest.start, length))
            return
        if begin + length + SETTLE > now.utc or self._looked.get(cn) == self._archive.last():
            return
        uploads = list(self._folded(cn, begin, resent=now.utc - begin > 2 * length))
        for upload in uploads:
            self._put(upload, now)
        if not uploads:
            last = self._archive.last()
            following = self._archive.next_start(begin + length)
            if following is not None:
                memory.keep(cn, slot_of(following, length))
            else:
                self._looked[cn] = last  # nothing yet: look again when something was stored

    def _folded(self, cn: str, begin: int, *, resent: bool) -> Iterator[Upload]:
        """The uploads of one hour or day; none if nothing was stored."""
        length = LENGTHS[cn]
        records = list(self._archive.between(begin, begin + length))
        if not records:
            return
        due = length // (self._seconds * 1000)
        folded = fold([rows(record.body) for record in records], due)
        told = interval_groups(folded, self._sent, self._settings, length // 1000)
        if cn == "2031" and told.pop(NOISE, None) is not None and (noise := noise_day(records, begin, due, self._sent)):
            told[NOISE] = noise
        for st, groups in told.items():
            head: Fields = (("DataTime", stamp(begin)),)
            yield Upload(("longer", cn, begin, st), st, cn, [head, *groups], resent)

    def stored(self, cn: str, begin: int, end: int) -> Iterator[Upload]:
        """The minute (2051), hourly (2061) or daily (2031) data from `begin` to before `end` (UTC ms)."""
        if cn in LENGTHS:
            for start in self._starts(begin, end, LENGTHS[cn]):
                yield from self._folded(cn, start, resent=False)
            return
        minutes = self._length(cn)
        for start in self._starts(begin, end, minutes):
            parts = [rows(record.body) for record in self._archive.between(start, start + minutes)]
            found = parts[0] if len(parts) == 1 else fold(parts, minutes // (self._seconds * 1000))
            for st, groups in interval_groups(found, self._sent, self._settings, minutes // 1000).items():
                yield Upload(("history", start, st), st, "2051", [(("DataTime", stamp(start)),), *groups])

    def _length(self, cn: str) -> int:
        """ms of an interval of this command's data."""
        return LENGTHS.get(cn, max(self._session.memory["minutes"] * 60_000, self._seconds * 1000))

    def _starts(self, begin: int, end: int, length: int) -> Iterator[int]:
        """The intervals of `length` ms beginning from `begin` to before `end` of which something is stored."""
        found = self._archive.next_start(begin)
        while found is not None and (start := slot_of(found, length)) < end:
            if start >= begin:
                yield start
            found = self._archive.next_start(start + length)

    def _answer_history(self, asked: Asked, now: Now) -> None:
        """Both ends belong to the range; each interval is a message of its own (HJ 212-2017 annex C)."""
        begin, end = (_time(asked.parameters.get(name, "")) for name in ("BeginTime", "EndTime"))
        if begin is None or end is None or begin > end:
            self._session.finish(asked, CONDITIONS)
            return
        if self._history is not None:
            self._session.finish(self._history.asked, FAILED)
        over = now.utc - self._length(asked.command)  # what is not over yet is not told
        self._history = _History(asked, self.stored(asked.command, begin, min(end, over) + 1))
        self._go_on(now)

    def _go_on(self, now: Now) -> None:
        """Send the next of a history, one at a time, so that live data are not held up."""
        while self._history is not None and not any(key[0] == "history" for key in self._keys()):
            upload = next(self._history.uploads, None)
            if upload is None:
                self._session.finish(self._history.asked, DONE if self._history.sent else NO_DATA)
                self._history = None
                return
            self._history.sent += 1
            upload.key = ("history", self._history.sent)
            self._put(upload, now)

    def _switch(self, asked: Asked, now: Now) -> None:
        """Real-time data or equipment state on or off; it stays so over restarts."""
        name, on = {"2011": ("real_time_on", True), "2012": ("real_time_on", False)}.get(
            asked.command, ("state_on", asked.command == "2021")
        )
        self._session.memory.keep(name, on)
        if on:
            self._session.finish(asked, DONE)
            self._real_time_at = min(self._real_time_at, now.monotonic) if name == "real_time_on" else self._real_time_at
            self._state_at = min(self._state_at, now.monotonic) if name == "state_on" else self._state_at

    def _set_clock(self, asked: Asked, now: Now) -> None:
        """Step the clock; acquisition sees it, closes its interval there and stores an event."""
        moment = _time(asked.parameters.get("SystemTime", ""))
        if moment is None or asked.parameters.get("PolId"):
            self._session.finish(asked, CONDITIONS)
            return
        try:
            time.clock_settime(time.CLOCK_REALTIME, moment / 1000)
        except OSError as error:
            log.error("the platform's time %s cannot be set: %s", stamp(moment), error)
            self._session.finish(asked, FAILED)
            return
        log.warning("the platform set the clock to %s, by %+d ms", stamp(moment), moment - now.utc)
        self._session.finish(asked, DONE)

    def _serial(self, asked: Asked, _now: Now) -> None:
        code = asked.parameters.get("PolId", "")
        serial = next((one.serial for one in self._sent if one.code == code and one.serial), "")
        if serial:
            self._session.reply(asked, [(("PolId", code),), ((f"{code}-SN", serial),)])
        self._session.finish(asked, DONE if serial else NO_DATA)


def _time(text: str) -> int | None:
    """YYYYMMDDhhmmss in Beijing as UTC epoch ms, None if it is no time."""
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S") - BEIJING  # noqa: DTZ007 - the zone is the line above
    except ValueError:
        return None
    return (moment - datetime(1970, 1, 1)) // timedelta(milliseconds=1)  # noqa: DTZ001 - both are UTC


_DOES: Mapping[str, Callable[[Duties, Asked, Now], None]] = MappingProxyType(
    {
        **dict.fromkeys(("2011", "2012", "2021", "2022"), Duties._switch),
        **dict.fromkeys(("2031", "2051", "2061"), Duties._answer_history),
        "1012": Duties._set_clock,
        "3019": Duties._serial,
    }
)
