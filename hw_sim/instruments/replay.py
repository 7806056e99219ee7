"""Plays back recorded traffic of a line: a field problem becomes a simulated instrument.

The trace is a text file, one line a piece of traffic: a time in s, > (sent by the station) or < (said by the device), bytes in
hexadecimal, with spaces or without; # begins a comment. The time may be missing: then a second passes from line to line.

    12.00 > 01 03 00 00 00 01 84 0A
    12.05 < 01 03 02 00 EB F9 CB

`Replay` stands on a line of kind "uart", for Modbus RTU too, since it plays whole frames with whatever was wrong with them. The
others play what one chip, Modbus TCP unit, pin or program said; their question is what was sent without the address.
"""

import errno
import math
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from hw_sim.instruments.base import Chip, Pin, Talker, Tool, Unit, not_acknowledged
from hw_sim.world import World

Said = tuple[float, bytes]
"""(s, bytes)"""


ANSWER = 0.5
"""s from an answer's first byte to its last; what comes later is said unasked."""


class BadTrace(ValueError):
    """The text says which line is wrong, and what a line is."""


class Trace:
    """What a trace holds: `stream`, said unasked; `answers`, question → its answers in order, b"" for silence."""

    def __init__(self, text: str) -> None:
        self.stream: list[Said] = []
        self.answers: dict[bytes, list[bytes]] = {}
        asked, first = b"", math.inf
        for at, sent, data in pieces(text):
            if sent:
                asked, first = data, math.inf
                self.answers.setdefault(asked, []).append(b"")
            elif asked and at - (first := min(first, at)) <= ANSWER:
                self.answers[asked][-1] += data
            else:
                self.stream.append((at, data))

    @property
    def period(self) -> float:
        """s after which the stream begins again: its length and one mean gap more; 1 s for a single piece."""
        if len(self.stream) < 2:
            return 1.0
        length = self.stream[-1][0] - self.stream[0][0]
        return max(0.01, length * len(self.stream) / (len(self.stream) - 1))


def pieces(text: str) -> Iterator[tuple[float, bool, bytes]]:
    """(s, sent by the station?, bytes) of each line. Raises BadTrace."""
    for number, line in enumerate(text.splitlines(), 1):
        content = line.split("#")[0].strip()
        if content:
            yield _parse(number, content)


def _parse(number: int, content: str) -> tuple[float, bool, bytes]:
    mark = ">" if ">" in content else "<"
    time, found, data = content.partition(mark)
    try:
        if found and data.strip():
            return float(time) if time.strip() else float(number), mark == ">", bytes.fromhex(data)
    except ValueError:
        pass
    raise BadTrace(f"line {number}: {content[:40]!r} is no traffic; a line is: time in s, > or <, bytes in hexadecimal")


def read(settings: dict[str, Any]) -> str:
    """The text of the trace that the settings name. Raises BadTrace, OSError."""
    name = str(settings.get("trace", ""))
    if not name:
        raise BadTrace("replay: the setting trace is missing; next: name the file of a recorded trace")
    shipped = files("hw_sim").joinpath("captures", name)
    return shipped.read_text("utf-8") if shipped.is_file() else Path(name).read_text("utf-8")


class Replay(Talker):
    """settings: `trace` a file, or the name of one in `hw_sim/captures`. Raises BadTrace, OSError.

    It answers each question of the trace as it was answered, the answers of one question in turn and then from the first again;
    to other questions it is silent. What was said unasked is said again and again, in its own time.
    """

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._trace = Trace(read(settings))
        self._uses: dict[bytes, int] = {}
        self._said = 0
        self._begin: float | None = None
        self._heard = b""
        self._longest = max(map(len, self._trace.answers), default=0)

    def due(self, now: float) -> bytes:
        """The next piece of the stream when its time has come."""
        stream = self._trace.stream
        if not stream:
            return b""
        if self._begin is None:
            self._begin = now
        rounds, index = divmod(self._said, len(stream))
        at, data = stream[index]
        if now < self._begin + rounds * self._trace.period + at - stream[0][0]:
            return b""
        self._said += 1
        return data

    def hear(self, data: bytes, now: float) -> bytes:
        """The answer if what came ends with a question; of several the longest."""
        if not self._longest:
            return b""
        self._heard = (self._heard + data)[-self._longest :]
        known = [question for question in self._trace.answers if self._heard.endswith(question)]
        if not known:
            return b""
        question = max(known, key=len)
        self._heard = b""
        answers, use = self._trace.answers[question], self._uses.get(question, 0)
        self._uses[question] = use + 1
        return answers[use % len(answers)]


class _Book:
    """Question → its answers, in turn and then from the first again; None to a question that never was."""

    def __init__(self) -> None:
        self._answers: dict[bytes, list[bytes]] = {}
        self._uses: dict[bytes, int] = {}

    def asked(self, question: bytes) -> None:
        """The question, with no answer yet."""
        self._answers.setdefault(question, []).append(b"")

    def answered(self, question: bytes, data: bytes) -> None:
        """More of the answer to its last asking."""
        self._answers[question][-1] += data

    def answer(self, question: bytes) -> bytes | None:
        """What was said, b"" for silence."""
        answers, use = self._answers.get(question), self._uses.get(question, 0)
        self._uses[question] = use + 1
        return answers[use % len(answers)] if answers else None


def _book(settings: dict[str, Any], key: Callable[[bytes], bytes | None], value: Callable[[bytes], bytes] = bytes) -> _Book:
    """The questions of a trace that `key` knows as this device's, and their answers as `value` takes them."""
    book, asked = _Book(), None
    for _at, sent, data in pieces(read(settings)):
        if sent:
            asked = key(data)
            if asked is not None:
                book.asked(asked)
        elif asked is not None:
            book.answered(asked, value(data))
    return book


class ReplayChip(Chip):
    """What the chip at `address` said after each write; a read that was not answered then is not acknowledged now."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._written = b""
        self._book = _Book()
        address, written, mine, unread = bytes((int(settings["unit"]),)), b"", False, False
        for _at, sent, data in pieces(read(settings)):
            mine = data[:1] == address if sent else mine
            if mine and not sent:
                self._book.answered(written, data)
                unread = False
            elif mine and (data[1:] or not unread):  # a read of what was just written is no question of its own
                written, unread = data[1:] or written, bool(data[1:])
                self._book.asked(written)

    def write(self, data: bytes, now: float) -> None:
        """It takes everything."""
        self._written = data

    def read(self, size: int, now: float) -> bytes:
        """What it said then."""
        said = self._book.answer(self._written)
        if not said:
            raise not_acknowledged()
        if len(said) != size:
            raise OSError(errno.EIO, "another number of bytes was read then")
        return said


class ReplayUnit(Unit):
    """What the Modbus TCP unit at `address` answered, to the same question."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._book = _book(settings, self._key, lambda frame: frame[7:])

    def _key(self, frame: bytes) -> bytes | None:
        return frame[7:] if frame[6:7] == bytes((int(self.settings["unit"]),)) else None

    def answer(self, pdu: bytes, now: float) -> bytes | None:
        """The reply's PDU, None for silence."""
        return self._book.answer(pdu) or None


class ReplayPin(Pin):
    """The levels and counts of the pin at `address`."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._book = _book(settings, lambda data: data if data[1:] == b"%d" % settings["unit"] else None)

    def level(self, now: float) -> bool:
        """As it was."""
        return self._book.answer(b"r%d" % self.settings["unit"]) != b"0"

    def pulses(self, now: float) -> int:
        """As they were counted."""
        return int(self._book.answer(b"p%d" % self.settings["unit"]) or 0)


class ReplayTool(Tool):
    """What a program said."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._book = _book(settings, bytes)

    def run(self, words: list[str], now: float) -> tuple[str, str]:
        """Its output; an error where there was none."""
        said = self._book.answer(" ".join(words).encode())
        return ("", "error: there is no such question in the trace") if said is None else (said.decode("utf-8", "replace"), "")
