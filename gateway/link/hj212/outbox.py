"""The sending side of a session: numbers, packets, acknowledgements, resending. No clock, no network: time is an argument.

HJ 212-2017 clause 6.6 and annex C: an upload that is not acknowledged within OverTime s is sent again, the very same bytes, at
most ReCount times; then the link counts as dead. Packets of one upload go one after the other, each with its own number (QN).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from gateway.link.hj212.frame import LARGEST_SEGMENT, encode
from gateway.link.hj212.memory import Memory
from gateway.link.hj212.message import LARGEST_AREA, Fields, Message, compose, flag_of, printed, split
from gateway.link.hj212.sm4 import Sm4

BEIJING = timedelta(hours=8)
"""Local time of the protocol, whatever the zone of the machine."""

SYSTEM = "91"
"""ST of answers: system interaction."""


class Now(NamedTuple):
    """One moment: s of the monotonic clock, UTC in epoch ms."""

    monotonic: float
    utc: int


def local(utc: int) -> datetime:
    """UTC epoch ms as Beijing time."""
    return datetime.fromtimestamp(utc / 1000, UTC).replace(tzinfo=None) + BEIJING


def stamp(utc: int) -> str:
    """UTC epoch ms as YYYYMMDDhhmmss in Beijing."""
    return local(utc).strftime("%Y%m%d%H%M%S")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The platform has acknowledged the upload with this key (or it was written, where no acknowledgement is expected)."""

    key: object


@dataclass(frozen=True, slots=True)
class Unsendable:
    """The upload cannot be put into the protocol's form."""

    key: object
    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Nothing answers: the connection must be closed and made anew."""

    reason: str


Outcome = Delivered | Unsendable | Dead


@dataclass(slots=True)
class Voice:
    """How a station speaks to one platform.

    edition  2017 or 2025 (also the surface water protocol); ack: whether uploads want a 9014; marks: RF=1 with a backlog of 2025
    cipher   encrypts the data areas of CN 2000 to 2999, 1014 and 3020; `as_text` sends ciphertext in its printed form
    """

    memory: Memory
    edition: int = 2017
    ack: bool = True
    cipher: Sm4 | None = None
    as_text: bool = False
    marks: bool = True

    def frame(
        self,
        number: str,
        st: str,
        cn: str,
        groups: Sequence[Fields],
        *,
        ack: bool,
        part: tuple[int, int] = (1, 1),
        resent: bool = False,
        to: Message | None = None,
    ) -> bytes:
        """One frame. `part` is (this packet, of so many); an answer repeats PW and MN of the message that it is `to`.

        Raises ValueError if it is longer than the protocol allows.
        """
        header = {"QN": number, "ST": st, "CN": cn, "PW": self.memory["password"], "MN": self.memory["mn"]}
        if to is not None:
            header |= {name: to.header[name] for name in ("PW", "MN") if name in to.header}
        header["Flag"] = str(flag_of(self.edition, ack=ack, split=part[1] > 1))
        if part[1] > 1:
            header |= {"PNUM": str(part[1]), "PNO": str(part[0])}
        if resent and self.edition >= 2025 and self.marks:
            header["RF"] = "1"
        plain = compose(header, groups)
        if self.cipher is None or not (cn.startswith("2") or cn in ("1014", "3020")):
            return encode(plain)
        begin = plain.index(b"CP=&&") + 5
        content = self.cipher.encrypt(plain[begin:-2])
        return encode(plain[:begin] + (printed(content) if self.as_text else content) + b"&&", plain)

    def room(self, st: str, cn: str) -> int:
        """Bytes that the data area of one packet may have."""
        empty = len(self.frame("0" * 17, st, cn, (), ack=self.ack, part=(9999, 9999), resent=True)) - 12
        return min(LARGEST_AREA - len("CP=&&&&"), LARGEST_SEGMENT - empty)


@dataclass(slots=True)
class Upload:
    """Something to be sent: `key` is the sender's own word for it; `resent` marks a backlog (RF in 2025).

    What is `urgent` does not wait for its turn and does not take one away. What is not `vital` may be unknown to the platform: if
    it is never answered it is given up, not the connection.
    """

    key: Any
    st: str
    cn: str
    groups: Sequence[Fields]
    resent: bool = False
    vital: bool = True
    urgent: bool = False
    parts: list[list[Fields]] = field(default_factory=list)
    at: int = 0


@dataclass(slots=True)
class _Pending:
    """A frame whose answer is waited for."""

    frame: bytes
    deadline: float
    tries: int
    upload: Upload | None
    vital: bool
    what: str

    @property
    def takes_turn(self) -> bool:
        """True if it counts as one of the uploads that may be under way at once."""
        return self.upload is not None and not self.upload.urgent


class Outbox:
    """Uploads and notices of one connection. At most `window` uploads are under way at once, urgent ones not counted."""

    def __init__(self, voice: Voice, window: int = 1) -> None:
        self._voice = voice
        self._window = window
        self._queue: tuple[deque[Upload], deque[Upload]] = (deque(), deque())
        self._pending: dict[str, _Pending] = {}
        self._out: list[bytes] = []
        self._last = local(0)
        self._theirs: deque[str] = deque(maxlen=100)
        self.outcomes: list[Outcome] = []
        self.resent = 0

    def number(self, now: Now) -> str:
        """A QN that was not used before, whatever the clock does."""
        self._last = max(local(now.utc), self._last + timedelta(milliseconds=1))
        while self.newest in self._theirs:
            self._last += timedelta(milliseconds=1)
        return self.newest

    def avoid(self, number: str) -> None:
        """The platform has given this QN to a request: data that bore it would be taken for an answer, and not acknowledged."""
        self._theirs.append(number)

    @property
    def newest(self) -> str:
        """The QN given last; those that follow are greater."""
        return self._last.strftime("%Y%m%d%H%M%S") + f"{self._last.microsecond // 1000:03d}"

    def put(self, upload: Upload, now: Now, *, urgent: bool = False) -> None:
        """Send `upload` when its turn comes: a backlog after what is live; at once if it is urgent or nothing is acknowledged."""
        upload.parts = split(upload.groups, self._voice.room(upload.st, upload.cn))
        upload.at, upload.urgent = 0, urgent
        if urgent or not self._voice.ack:
            self._begin(upload, now)
        else:
            self._queue[upload.resent].append(upload)
            self._pump(now)

    def notice(self, cn: str, st: str, groups: Sequence[Fields], now: Now, *, vital: bool = True) -> None:
        """Send a notice, which 9013 answers. If it is not vital, silence does not end the connection."""
        number = self.number(now)
        frame = self._voice.frame(number, st, cn, groups, ack=True)
        self._expect(number, _Pending(frame, 0.0, 0, None, vital, f"9013 for {cn}"), now)

    def say(self, frame: bytes) -> None:
        """Send a frame that is not answered."""
        self._out.append(frame)

    def acknowledged(self, number: str, now: Now) -> bool:
        """A 9013 or 9014 with this number arrived; one that nobody waits for (a second one) is passed over: False."""
        pending = self._pending.pop(number, None)
        if pending is not None and pending.upload is not None:
            pending.upload.at += 1
            self._begin(pending.upload, now)
        self._pump(now)
        return pending is not None

    def tick(self, now: Now) -> None:
        """Send again what was not answered in time; give the connection up when that was in vain."""
        over_time = max(1, self._voice.memory["over_time"])
        for number, pending in list(self._pending.items()):
            if now.monotonic < pending.deadline:
                continue
            if pending.tries <= self._voice.memory["re_count"]:
                self.resent += 1
                self._expect(number, pending, now)
            elif pending.vital:
                self.outcomes.append(Dead(f"no {pending.what} within {over_time} s, sent {pending.tries} times"))
                return
            else:
                del self._pending[number]
                if pending.upload is not None:
                    self.outcomes.append(Unsendable(pending.upload.key, f"no {pending.what}"))
                self._pump(now)

    def deadline(self) -> float | None:
        """Monotonic s at which `tick` has something to do, or None."""
        return min((pending.deadline for pending in self._pending.values()), default=None)

    def take(self) -> bytes:
        """The bytes to be written now."""
        out, self._out = b"".join(self._out), []
        return out

    @property
    def busy(self) -> int:
        """Uploads that wait or are under way."""
        return sum(map(len, self._queue)) + sum(pending.upload is not None for pending in self._pending.values())

    def _pump(self, now: Now) -> None:
        live, backlog = self._queue
        while (live or backlog) and sum(one.takes_turn for one in self._pending.values()) < self._window:
            self._begin((live or backlog).popleft(), now)

    def _begin(self, upload: Upload, now: Now) -> None:
        """Send the packets of an upload from `at` on: one if it is acknowledged, else all."""
        count = len(upload.parts)
        while upload.at < count:
            number = self.number(now)
            part = (upload.at + 1, count)
            try:
                frame = self._voice.frame(
                    number, upload.st, upload.cn, upload.parts[upload.at], ack=self._voice.ack, part=part, resent=upload.resent
                )
            except ValueError as error:
                self.outcomes.append(Unsendable(upload.key, str(error)))
                return
            if self._voice.ack:
                self._expect(number, _Pending(frame, 0.0, 0, upload, upload.vital, f"9014 for {upload.cn}"), now)
                return
            self._out.append(frame)
            upload.at += 1
        self.outcomes.append(Delivered(upload.key))

    def _expect(self, number: str, pending: _Pending, now: Now) -> None:
        pending.tries += 1
        pending.deadline = now.monotonic + max(1, self._voice.memory["over_time"])
        self._pending[number] = pending
        self._out.append(pending.frame)
