"""What a station does for an HJ 212 platform besides delivering records: real-time data, hours and days, history, its clock.

Hours (2061) and days (2031) are folded from the stored intervals. How far they have been acknowledged is kept in the link's
memory, so each goes out once, oldest first, whatever happens in between. Real-time data that could not be sent is not sent later.
"""

import ctypes
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from gateway import requests
from gateway.link.hj212.activation import Activation
from gateway.link.hj212.archive import Archive
from gateway.link.hj212.errands import Errands
from gateway.link.hj212.information import information
from gateway.link.hj212.message import Fields
from gateway.link.hj212.outbox import BEIJING, Now, Upload, stamp
from gateway.link.hj212.reports import takes_checks
from gateway.link.hj212.series import DAY, Series
from gateway.link.hj212.session import CONDITIONS, DONE, FAILED, NO_DATA, Asked, Session
from gateway.link.hj212.slots import slot_of
from gateway.link.hj212.uploads import Sent, live_groups
from gateway.link.settings import Hj212Settings
from gateway.live import in_emergency, read_live

SETTLE = 20_000
"""ms after the end of an hour or day until it is folded: its last interval is stored by then."""

LOOK = 2.0
"""s between two looks whether there is an emergency."""


@dataclass(slots=True)
class _History:
    """A history request that is being answered."""

    asked: Asked
    uploads: Iterator[Upload]
    sent: int = 0


class Duties:
    """The duties of one connection. `seconds` is the length of the stored intervals."""

    def __init__(
        self,
        session: Session,
        archive: Archive,
        live: Path,
        sent: Sequence[Sent],
        settings: Hj212Settings,
        seconds: int,
        logger: str = "",
    ) -> None:
        self._session = session
        self._archive = archive
        self._live = live
        self._read_live = partial(read_live, live)
        self._sent = sent
        self._settings = settings
        self._series = Series(archive, sent, settings, seconds)
        self._real_time_at = self._state_at = self._look_at = self._real_time_every = 0.0
        self._under_way: set[object] = set()
        self._history: _History | None = None
        self._looked: dict[str, int] = {}
        self.activation = Activation(session, logger, settings.key_days)
        self.errands = Errands(session, sent, self._read_live)
        session.lacks = self.errands.lacks

    @staticmethod
    def able(settings: Hj212Settings) -> frozenset[str]:
        """The requests that can be answered with these settings."""
        able = {"2011", "2012", "2031", "2051", "2061", "3012", "3013", "3020"}
        if takes_checks(settings):
            able.add("2062")
        if settings.clock != "refuse":
            able.add("1012")
        if not settings.mn:
            able.add("1002")
        if settings.key_file:
            able.add("1014")
        if settings.equipment:
            able |= {"2021", "2022", "2041"}
        if any(one.serial for one in settings.factor):
            able.add("3019")
        return frozenset(able)

    def begin(self, now: Now, boot: str, booted: int) -> None:
        """A connection was made: tell when the logger was powered on (2081), once for each boot; ask for the time."""
        self.activation.begin(now)
        if not self._session.memory["mn"]:
            return
        if self._session.memory.kept.get("boot") != boot:
            fields: list[Fields] = [(("DataTime", stamp(now.utc)),), (("RestartTime", stamp(booted)),)]
            self._put(Upload(("boot", boot), self._session.st, "2081", fields), now, urgent=True)
        live = self._read_live()
        if self._settings.ask_clock and live is not None and not live.get("clock", {}).get("trusted", True):
            self._session.outbox.notice("1013", self._session.st, (), now, vital=False)

    def tick(self, now: Now) -> None:
        """Do what is due; nothing before there is an MN."""
        memory = self._session.memory
        if not memory["mn"]:
            return
        self._look(now)
        if memory["real_time"] and memory.kept.get("real_time_on", True) and now.monotonic >= self._real_time_at:
            self._real_time_at = now.monotonic + self._real_time_every
            self._real_time(now)
        if self._settings.equipment and memory.kept.get("state_on", True) and now.monotonic >= self._state_at:
            self._state_at = now.monotonic + max(30, memory["real_time"])
            self._state(now)
        longer = {"2061": self._settings.hours, "2031": self._settings.days, "2041": bool(self._settings.equipment)}
        longer["2052"] = self._settings.noise_minutes > 0 and self._session.voice.edition >= 2025
        for cn, wanted in longer.items():
            if wanted:
                self._longer(cn, now)
        self._go_on(now)

    def deadline(self) -> float | None:
        """Monotonic s of the next real-time data, or None."""
        memory = self._session.memory
        return self._real_time_at if memory["mn"] and memory["real_time"] and memory.kept.get("real_time_on", True) else None

    def delivered(self, key: object, now: Now) -> None:
        """An upload that began here has arrived."""
        self._under_way.discard(key)
        memory = self._session.memory
        match key:
            case ("boot", str(boot)):
                memory.keep("boot", boot)
            case ("longer", str(cn), int(start), _st) if not any(k[:3] == key[:3] for k in self._keys()):
                memory.keep(cn, start + self._series.length(cn, 0))
        self._go_on(now)

    def unsendable(self, key: object, now: Now) -> None:
        """An upload that began here has no form in the protocol; go on without it."""
        self.delivered(key, now)

    def asked(self, asked: Asked, now: Now) -> None:
        """Do what the platform asks for."""
        _DOES[asked.command](self, asked, now)

    def answered(self, text: str, now: Now) -> None:
        """Acquisition has done what the platform wanted, or not; a new sample is told at once."""
        if self.errands.answered(text):
            self._real_time_at = now.monotonic

    @property
    def progress(self) -> str:
        """How far the answer to a history request has come, for people."""
        return f"{self._history.asked.command}: {self._history.sent}" if self._history else ""

    def _keys(self) -> Iterator[tuple[Any, ...]]:
        return (key for key in self._under_way if isinstance(key, tuple))

    def _put(self, upload: Upload, now: Now, *, urgent: bool = False) -> None:
        self._under_way.add(upload.key)
        self._session.upload(upload, now, urgent=urgent)

    def _look(self, now: Now) -> None:
        """In an emergency real-time data come more often, beginning now."""
        if now.monotonic < self._look_at:
            return
        self._look_at = now.monotonic + LOOK
        usual = self._session.memory["real_time"]
        self._real_time_every = min(usual, self._settings.emergency_real_time) if in_emergency(self._read_live()) else usual
        self._real_time_at = min(self._real_time_at, now.monotonic + self._real_time_every)

    def _real_time(self, now: Now) -> None:
        live = self._read_live()
        if live is None or any(key[0] == "now" for key in self._keys()):
            return
        for st, groups in live_groups(live["channels"], self._sent, self._settings).items():
            head: Fields = (("DataTime", stamp(int(live["utc"]))),)
            self._put(Upload(("now", st), st, "2011", [head, *groups]), now, urgent=True)

    def _state(self, now: Now) -> None:
        """SBn-RS: 0 off, 1 running, 3 maintenance, 4 alarm (HJ 212-2017 table 8); off as its contact says, if it has one."""
        live = self._read_live()
        if live is None or ("state",) in self._under_way:
            return
        faults, maintenance, maintained = live.get("faults", {}), live.get("maintenance", False), live.get("maintained", ())
        groups: list[Fields] = [(("DataTime", stamp(int(live["utc"]))),)]
        off = {channel[0] for channel in live["channels"] if channel[1] == "running" and channel[2] == 0}
        for number, name in enumerate(self._settings.equipment, 1):
            state = "4" if name in faults else "3" if maintenance or name in maintained else "0" if name in off else "1"
            groups.append(((f"SB{number}-RS", state),))
        self._put(Upload(("state",), self._session.st, "2021", groups), now, urgent=True)

    def _longer(self, cn: str, now: Now) -> None:
        """Send the next hour or day that is over and not acknowledged."""
        if any(key[:2] == ("longer", cn) for key in self._keys()):
            return
        length, memory = self._series.length(cn, 0), self._session.memory
        begin = memory.kept.get(cn)
        if begin is None:
            newest = self._archive.newest()
            if newest is not None and newest.start is not None:
                memory.keep(cn, slot_of(newest.start, length))
            return
        if begin + length + SETTLE > now.utc or self._looked.get(cn) == self._archive.last():
            return
        uploads = list(self._series.one(cn, begin, length, resent=now.utc - begin > 2 * length))
        for upload in uploads:
            upload.key = ("longer", *upload.key)  # cn, begin, st
            self._put(upload, now)
        if not uploads:
            last = self._archive.last()
            following = self._archive.next_start(begin + length)
            if following is not None:
                memory.keep(cn, slot_of(following, length))
            else:
                self._looked[cn] = last  # nothing yet: look again when something was stored

    def _answer_history(self, asked: Asked, now: Now) -> None:
        """Both ends belong to the range; each interval is a message of its own (HJ 212-2017 annex C)."""
        begin, end = (_time(asked.parameters.get(name, "")) for name in ("BeginTime", "EndTime"))
        if begin is None or end is None or begin > end:
            self._session.finish(asked, CONDITIONS)
            return
        if self._history is not None:
            self._session.finish(self._history.asked, FAILED)
        minutes = self._session.memory["minutes"]
        over = now.utc  # what is not over yet is not told
        if asked.command != "2062":
            over -= self._series.length(asked.command, minutes)
        self._history = _History(asked, self._series.stored(asked.command, begin, min(end, over) + 1, minutes))
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
        """Step or slew the clock. Acquisition sees a step, closes its interval there and stores an event."""
        moment = _time(asked.parameters.get("SystemTime", ""))
        if moment is None or asked.parameters.get("PolId"):
            self._session.finish(asked, CONDITIONS)
            return
        try:
            try:
                if self._settings.clock == "slew":
                    slew(moment - now.utc)
                else:
                    time.clock_settime(time.CLOCK_REALTIME, moment / 1000)
            except PermissionError:  # the service has no such right: the system's own unit has
                arguments = {"by": moment - now.utc, "how": self._settings.clock}
                requests.put(self._live.parent / requests.PRIVILEGED, requests.make("set_clock", "platform", arguments))
        except OSError as error:
            self._session.note("clock", {"to": stamp(moment), "failed": str(error)})
            self._session.finish(asked, FAILED)
            return
        self._session.note("clock", {"to": stamp(moment), "by": moment - now.utc, "how": self._settings.clock})
        self._session.finish(asked, DONE)

    def _serial(self, asked: Asked, _now: Now) -> None:
        code = asked.parameters.get("PolId", "")
        serial = next((one.serial for one in self._sent if one.code == code and one.serial), "")
        if serial:
            self._session.reply(asked, [(("PolId", code),), ((f"{code}-SN", serial),)])
        self._session.finish(asked, DONE if serial else NO_DATA)

    def _tell(self, asked: Asked, now: Now) -> None:
        """Device information (3020): a state, or the log's events of a time, each as a message of its own."""
        end = _time(asked.parameters.get("EndTime", "")) or now.utc
        begin = _time(asked.parameters.get("BeginTime", "")) or end - DAY
        count = 0
        for fields in information(asked.parameters, self._read_live(), self._archive, self._sent, (begin, end, now.utc)):
            self._session.reply(asked, fields)
            count += 1
        self._session.finish(asked, DONE if count else NO_DATA)


def slew(by: int) -> None:
    """Let the clock run faster or slower until it has made up `by` ms (adjtime(3)). Raises OSError."""

    class TimeValue(ctypes.Structure):
        _fields_: ClassVar = [("seconds", ctypes.c_long), ("microseconds", ctypes.c_long)]

    seconds, rest = divmod(by, 1000)
    wanted = TimeValue(seconds, rest * 1000)
    if ctypes.CDLL(None, use_errno=True).adjtime(ctypes.byref(wanted), None):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


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
        **dict.fromkeys(("2031", "2041", "2051", "2061", "2062"), Duties._answer_history),
        **dict.fromkeys(("3012", "3013"), lambda duties, asked, now: duties.errands.begin(asked)),
        "1012": Duties._set_clock,
        "3019": Duties._serial,
        "3020": Duties._tell,
        "1002": lambda duties, asked, now: duties.activation.assign(asked, now),
        "1014": lambda duties, asked, now: duties.activation.new_key(asked, now),
    }
)
