"""Plays back recorded traffic of a line: a field problem becomes a simulated instrument.

The trace is a text file, one line a piece of traffic: a time in s, > (sent by the station) or < (said by the device), bytes in
hexadecimal, with spaces or without; # begins a comment. The time may be missing: then a second passes from line to line.

    12.00 > 01 03 00 00 00 01 84 0A
    12.05 < 01 03 02 00 EB F9 CB

It stands on a line of kind "uart", for Modbus RTU too, since it plays whole frames with whatever was wrong with them.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

from hw_sim.instruments.base import Talker
from hw_sim.world import World

Said = tuple[float, bytes]
"""(s, bytes)"""


class BadTrace(ValueError):
    """The text says which line is wrong, and what a line is."""


class Trace:
    """What a trace holds: `stream`, said before any question; `answers`, question → its answers in order, b"" for silence."""

    def __init__(self, text: str) -> None:
        self.stream: list[Said] = []
        self.answers: dict[bytes, list[bytes]] = {}
        asked = b""
        for number, line in enumerate(text.splitlines(), 1):
            content = line.split("#")[0].strip()
            if not content:
                continue
            at, sent, data = _parse(number, content)
            if sent:
                asked = data
                self.answers.setdefault(asked, []).append(b"")
            elif asked:
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


def _parse(number: int, content: str) -> tuple[float, bool, bytes]:
    mark = ">" if ">" in content else "<"
    time, found, data = content.partition(mark)
    try:
        if found and data.strip():
            return float(time) if time.strip() else float(number), mark == ">", bytes.fromhex(data)
    except ValueError:
        pass
    raise BadTrace(f"line {number}: {content[:40]!r} is no traffic; a line is: time in s, > or <, bytes in hexadecimal")


class Replay(Talker):
    """settings: `trace` a file, or the name of one in `hw_sim/captures`. Raises BadTrace, OSError.

    It answers each question of the trace as it was answered, the answers of one question in turn and then from the first again;
    to other questions it is silent. What was said before any question is said again and again, in its own time.
    """

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        name = str(settings.get("trace", ""))
        if not name:
            raise BadTrace("replay: the setting trace is missing; next: name the file of a recorded trace")
        shipped = files("hw_sim").joinpath("captures", name)
        self._trace = Trace(shipped.read_text("utf-8") if shipped.is_file() else Path(name).read_text("utf-8"))
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
