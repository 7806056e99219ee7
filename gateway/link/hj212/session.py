"""One connection to a platform, without the connection: bytes and the time in; bytes, events and a deadline out.

HJ 212-2017 clauses 6.5 and 6.7, annex C. There is no login: whoever connects may send. A request gets 9011 (may it be done?),
then what it asked for, then 9012 (what came of it); an upload gets 9014, a notice 9013. A request that comes again under the
same number is not done again, only answered again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.link.hj212.frame import Frame, Framer, crc
from gateway.link.hj212.memory import SECRET, Memory
from gateway.link.hj212.message import FATAL, Fields, Message, is_encrypted, is_number, parse
from gateway.link.hj212.outbox import SYSTEM, Dead, Delivered, Now, Outbox, Unsendable, Upload, Voice, stamp
from gateway.link.hj212.probation import Probation

READY, REFUSED, BAD_PASSWORD, BAD_MN, BAD_ST, BAD_FLAG, BAD_NUMBER, BAD_COMMAND, BAD_CRC = range(1, 10)
"""QnRtn of 9011 (HJ 212-2017 table 10)."""

DONE, FAILED, CONDITIONS, TIMEOUT, BUSY, FAULT = range(1, 7)
NO_DATA = 100
"""ExeRtn of 9012."""

NOTICES = frozenset(["2012", "2022", "9015"])
"""Commands of the platform that get 9013 instead of 9011 and 9012."""

KNOWN = frozenset(
    [
        *("1000", "1011", "1012", "1061", "1062", "1063", "1064", "1072", "2011", "2012", "2021", "2022", "2031", "2041", "2051"),
        *("2061", "3011", "3012", "3013", "3014", "3015", "3016", "3017", "3018", "3019", "3020", "3021"),
    ]
)
"""Commands of a platform in the standard of 2017."""

KNOWN_2025 = KNOWN | {"9015", "1002", "1014", "2013", "2062", "3022", "3024"}

MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
"""Minute intervals that the standard allows."""

REMEMBERED = 64
"""Requests whose answers are kept for the case that they come again."""


@dataclass(slots=True)
class Asked:
    """The platform's request, accepted: whoever can do it calls `Session.finish`."""

    message: Message
    command: str
    parameters: Mapping[str, str]
    answers: list[bytes] = field(default_factory=list)
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """The platform has changed a setting; the password's value is not told."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Done:
    """The platform had something done here that is no setting."""

    what: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Turned:
    """A request was turned down with this QnRtn."""

    command: str
    answer: int


Event = Delivered | Unsendable | Dead | Asked | Changed | Done | Turned

Handler = Callable[["Session", Asked, Now], int | None]
"""Does a request: an ExeRtn, or None if somebody else will call `finish`."""


class Session:
    """The state of one connection.

    voice    how we speak; its memory holds the settings
    systems  the ST that the station sends under, the first of them for what concerns the whole station
    able     commands that the owner of the session can do; they come as `Asked`
    minutes  minute intervals that the station can send; stored: the one that is sent while none is set
    bad_crc  QnRtn for a wrong CRC; the surface water protocol has 99
    """

    def __init__(
        self,
        voice: Voice,
        systems: Sequence[str],
        able: frozenset[str],
        minutes: Sequence[int],
        *,
        window: int = 1,
        heartbeat: float = 0.0,
        stored: int = 1,
        bad_crc: int = BAD_CRC,
    ) -> None:
        self.voice = voice
        self.outbox = Outbox(voice, window)
        self._probation = Probation(voice.memory, waits=voice.ack)
        self._systems = tuple(systems)
        self._able = able | frozenset(_SETTERS) | {"9015"}
        self.minutes = tuple(minutes)
        self.stored = stored
        self._bad_crc = bad_crc
        self._heartbeat = heartbeat
        self._beat_at: float | None = None
        self._framer = Framer(self._agrees)
        self._requests: dict[tuple[str, str], Asked] = {}
        self._events: list[Event] = []
        self.lacks: Callable[[Message], bool] = lambda _message: False
        """Whether what a request wants is something that the station does not have."""

    @property
    def memory(self) -> Memory:
        """The settings."""
        return self.voice.memory

    @property
    def st(self) -> str:
        """The ST of what concerns the whole station."""
        return self._systems[0]

    def receive(self, data: bytes, now: Now) -> None:
        """Take bytes from the platform."""
        for frame in self._framer.feed(data):
            self._take(frame, now)

    def tick(self, now: Now) -> None:
        """Do what is due."""
        self.outbox.tick(now)
        self._told("settings_returned", self._probation.tick(now.monotonic))
        if self._heartbeat > 0:
            if self._beat_at is not None and now.monotonic >= self._beat_at:
                self.outbox.notice("9015", self.st, (), now)
                self._beat_at = None
            if self._beat_at is None:
                self._beat_at = now.monotonic + self._heartbeat

    def deadline(self) -> float | None:
        """Monotonic s at which `tick` is due, or None."""
        return min((at for at in (self.outbox.deadline(), self._beat_at) if at is not None), default=None)

    def take_events(self) -> list[Event]:
        """What happened since the last time."""
        events = [*self._events, *self.outbox.outcomes]
        self._events, self.outbox.outcomes = [], []
        return events

    def upload(self, upload: Upload, now: Now, *, urgent: bool = False) -> None:
        """Send data; `Delivered` tells when the platform has it."""
        self.outbox.put(upload, now, urgent=urgent)

    def reply(self, asked: Asked, groups: Sequence[Fields]) -> None:
        """Send what a request asked for, under its own number."""
        self._answer(asked, asked.command, self.st, groups)

    def finish(self, asked: Asked, result: int) -> None:
        """Close a request with 9012."""
        asked.finished = True
        self._answer(asked, "9012", SYSTEM, [(("ExeRtn", str(result)),)])

    def note(self, what: str, facts: Mapping[str, object]) -> None:
        """Something that the platform did here, for the record log."""
        self._events.append(Done(what, facts))

    def change(self, name: str, value: object) -> None:
        """Set and remember what the platform wants, for a trial if it is its own wish. Raises OSError."""
        if name in ("mn", "key"):
            self.memory.change(name, value)
        else:
            self._probation.change(name, value, self.outbox.newest, 60.0 * max(self.stored, self.memory["minutes"]))
        self._events.append(Changed(name, "******" if name in SECRET else value))

    def _told(self, what: str, names: Sequence[str]) -> None:
        """What a trial has come to, for the record log; nothing if it goes on."""
        if names:
            self.note(what, {name: "******" if name in SECRET else self.memory[name] for name in names})

    def _agrees(self, segment: bytes, told: int) -> bool:
        """Whether a CRC belongs to a segment, which may be encrypted."""
        return crc(segment) == told or (self.voice.cipher is not None and crc(self._opened(segment)) == told)

    def _opened(self, segment: bytes) -> bytes:
        """A segment in plain text."""
        begin = segment.find(b"CP=&&") + 5
        if self.voice.cipher is None or begin < 5 or not is_encrypted(segment[begin:-2]):
            return segment
        return segment[:begin] + self.voice.cipher.decrypt(segment[begin:-2]) + b"&&"

    def _take(self, frame: Frame, now: Now) -> None:
        message = parse(self._opened(frame.segment) if frame.sound else frame.segment)
        if not frame.sound:
            # The standard: on a CRC error the command is not done. QnRtn 9 says why, if its number can be believed at all.
            if is_number(message.number) and message.header.get("MN") == self.memory["mn"]:
                self._turn_down(message, self._bad_crc)
            return
        if message.command in ("9013", "9014"):
            if self.outbox.acknowledged(message.number, now):
                self._told("settings_kept", self._probation.acknowledged(message.number))
        elif message.command and message.command not in ("9011", "9012"):
            self._request(message, now)

    def _request(self, message: Message, now: Now) -> None:
        known = self._requests.get((message.number, message.command))
        if known is not None:
            for frame in known.answers:
                self.outbox.say(frame)
            return
        verdict = self._judge(message)
        if verdict != READY:
            self._turn_down(message, verdict)
            return
        asked = Asked(message, message.command, message.parameters)
        self._remember(asked)
        if asked.command in NOTICES:
            self._answer(asked, "9013", SYSTEM, ())
            asked.finished = True
        elif message.wants_answer:
            self._answer(asked, "9011", SYSTEM, [(("QnRtn", str(READY)),)])
        setter = _SETTERS.get(asked.command)
        if asked.command == "9015":  # it lives: that is all
            return
        if setter is None:
            self._events.append(asked)
            return
        try:
            result = setter(self, asked, now)
        except OSError:  # it cannot be remembered: the card refuses
            result = FAILED
        if result is not None and not asked.finished:
            self.finish(asked, result)

    def _judge(self, message: Message) -> int:
        """The QnRtn that a request deserves."""
        header = message.header
        known = KNOWN_2025 if self.voice.edition >= 2025 else KNOWN
        activation = message.command == "1002" and not self.memory["mn"]  # the MN in its header is the new one
        checks = (
            (message.flag is None or message.edition is None, BAD_FLAG),
            (not is_number(message.number), BAD_NUMBER),
            (header.get("MN") != self.memory["mn"] and not activation, BAD_MN),
            (header.get("PW") not in self._probation.passwords(), BAD_PASSWORD),
            (header.get("ST") not in (*self._systems, SYSTEM), BAD_ST),
            (message.command not in known, BAD_COMMAND),
            (message.command not in self._able, REFUSED),
            (any(finding.code in FATAL for finding in message.findings), REFUSED),
            (self.lacks(message), REFUSED),
        )
        return next((code for wrong, code in checks if wrong), READY)

    def _turn_down(self, message: Message, code: int) -> None:
        self._events.append(Turned(message.command, code))
        if message.wants_answer or message.flag is None:
            self._answer(Asked(message, message.command, {}), "9011", SYSTEM, [(("QnRtn", str(code)),)])

    def _answer(self, asked: Asked, cn: str, st: str, groups: Sequence[Fields]) -> None:
        frame = self.voice.frame(asked.message.number, st, cn, groups, ack=False, to=asked.message)
        asked.answers.append(frame)
        self.outbox.say(frame)

    def _remember(self, asked: Asked) -> None:
        self._requests[asked.message.number, asked.command] = asked
        self.outbox.avoid(asked.message.number)
        while len(self._requests) > REMEMBERED:
            del self._requests[next(iter(self._requests))]


def _whole(asked: Asked, name: str, low: int, high: int) -> int | None:
    """A parameter that must be a whole number from `low` to `high`; None if it is not."""
    text = asked.parameters.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and low <= int(text) <= high else None


def _timeouts(session: Session, asked: Asked, _now: Now) -> int:
    low = 0 if session.voice.edition >= 2025 else 1
    over_time, re_count = _whole(asked, "OverTime", low, 99), _whole(asked, "ReCount", low, 99)
    if over_time is None or re_count is None:
        return CONDITIONS
    session.change("over_time", over_time)
    session.change("re_count", re_count)
    return DONE


def _clock(session: Session, asked: Asked, now: Now) -> int:
    """Our own clock; instruments have none that could be read."""
    if asked.parameters.get("PolId"):
        return CONDITIONS
    session.reply(asked, [(("SystemTime", stamp(now.utc)),)])
    return DONE


def _tell_real_time(session: Session, asked: Asked, _now: Now) -> int:
    session.reply(asked, [(("RtdInterval", str(session.memory["real_time"])),)])
    return DONE


def _set_real_time(session: Session, asked: Asked, _now: Now) -> int:
    seconds = _whole(asked, "RtdInterval", 30, 3600)
    if seconds is None:
        return CONDITIONS
    session.change("real_time", seconds)
    return DONE


def _tell_minutes(session: Session, asked: Asked, _now: Now) -> int:
    session.reply(asked, [(("MinInterval", str(session.memory["minutes"] or session.stored)),)])
    return DONE


def _set_minutes(session: Session, asked: Asked, _now: Now) -> int:
    minutes = _whole(asked, "MinInterval", 1, 30)
    if minutes not in session.minutes:
        return CONDITIONS
    session.change("minutes", minutes)
    return DONE


def _password(session: Session, asked: Asked, _now: Now) -> int:
    """The answer still carries the old one."""
    password = asked.parameters.get("NewPW", "")
    if not (len(password) == 6 and password.isascii() and password.isalnum()):
        return CONDITIONS
    session.finish(asked, DONE)
    session.change("password", password)
    return DONE


_SETTERS: Mapping[str, Handler] = {
    "1000": _timeouts,
    "1011": _clock,
    "1061": _tell_real_time,
    "1062": _set_real_time,
    "1063": _tell_minutes,
    "1064": _set_minutes,
    "1072": _password,
}
"""Commands that need nothing but the session."""
