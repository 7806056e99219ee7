"""A serial line with one instrument that may speak unasked."""

from collections.abc import Mapping
from pathlib import Path

from hw_sim.instruments.base import Stream
from hw_sim.line import Line
from hw_sim.loop import Loop, Timer
from hw_sim.ports.base import Port
from hw_sim.ports.pty import Pty

SETTLED = 0.2
"""Seconds after which a host that has set the speed is past its opening, which throws away what came before."""


class Uart(Port):
    """A pty with one Stream on it."""

    def __init__(self, loop: Loop, line: Line, instruments: Mapping[str, Stream], link: Path, baud: int) -> None:
        super().__init__(loop, line, instruments)
        self.address = str(link)
        self._pty = Pty(loop, link, baud, self._received)
        ((self._name, self._stream),) = instruments.items()
        self._timer: Timer | None = None
        self._deaf_until = loop.time() + SETTLED

    def power(self) -> None:
        """The instrument starts anew."""
        super().power()
        self._schedule()

    def plug(self) -> None:
        """A new pty."""
        self._pty.open()

    def pull(self) -> None:
        """The pty goes; the instrument speaks on, unheard."""
        self._pty.close()

    def babble(self, data: bytes) -> None:
        """Noise."""
        if self.plugged:
            self._pty.send(data)

    def _schedule(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.at(self._stream.due, self._speak) if self._stream.due < float("inf") else None

    def _speak(self) -> None:
        now = self.loop.time()
        self._deliver(now, b"", self._stream.frame(now, self._heard(now)))
        self._schedule()

    def _heard(self, now: float) -> bool:
        """Whether a host has been listening at the right speed for a moment."""
        if not self.plugged or not self._pty.heard():
            self._deaf_until = now + SETTLED
        return now >= self._deaf_until

    def _received(self, data: bytes) -> None:
        now = self.loop.time()
        self.counts[self._name]["received"] += len(data)
        for answer in self._stream.receive(now, data):
            self._deliver(now, data, answer)
        self._schedule()

    def _deliver(self, now: float, request: bytes, frame: bytes) -> None:
        delivery = self.line.deliver(now, self._name, request, frame)
        if delivery and delivery.delay:
            self.loop.later(delivery.delay, lambda: self._send(delivery.data, delivery.slowness))
        elif delivery:
            self._send(delivery.data, delivery.slowness)

    def _send(self, data: bytes, slowness: float) -> None:
        if self.plugged:
            self.counts[self._name]["sent"] += 1
            self._pty.send(data, slowness)
