"""Plantower PMS5003 particle sensor, from the maker's data sheet (version 2.3, appendices I and II). UART 9600 8N1.

Active mode: a 32-byte frame each period. Commands of 7 bytes switch to passive, read once, put to sleep and wake; they are
acknowledged with 8 bytes, except waking. `capture` is a recorded file: its frames are sent first, byte for byte, as soon as
somebody listens at the right speed; then the simulated values begin.
"""

import math
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from hw_sim import captures
from hw_sim.instruments.base import Sense, Stream, option
from hw_sim.sums import sum16

START = b"\x42\x4d"
MODE, READ, SLEEP = 0xE1, 0xE2, 0xE4
COMMAND_SIZE = 7
PER_DECILITRE = (185.0, 54.0, 8.6, 1.3, 0.45, 0.18)
"""Particles larger than 0.3, 0.5, 1, 2.5, 5 and 10 µm in 0.1 L for each µg/m³ of PM2.5."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one sensor."""

    period: float = option(1.0, "seconds between frames in active mode", 0.2, 2.3)
    capture: Path | None = option(None, "file of recorded frames to send first")
    zero_frames: int = option(0, "frames without any count after power-up and waking", 0, 60)
    version: int = option(0x97, "version byte", 0, 255)


class Pms5003(Stream):
    """One sensor; it begins awake, in active mode."""

    Settings = Settings
    settings: Settings

    def __init__(self, sense: Sense, settings: Settings) -> None:
        super().__init__(sense, settings)
        self._capture = deque(captures.read(settings.capture) if settings.capture else ())
        self._buffer = b""
        self._active = True
        self._zeros = 0
        self._asleep = False

    def power(self, now: float) -> None:
        """The fan starts; the next frame comes after one period."""
        self._active = True
        self._zeros = self.settings.zero_frames
        self._asleep = False
        self._buffer = b""
        self.due = now + self.settings.period

    def frame(self, now: float, heard: bool) -> bytes:
        """The next frame of active mode."""
        self.due = max(self.due + self.settings.period, now)
        return self._next(heard)

    def receive(self, now: float, data: bytes) -> list[bytes]:
        """Commands, in any pieces, with anything between them."""
        self._buffer += data
        answers = []
        while (at := self._buffer.find(START)) >= 0 and len(self._buffer) >= at + COMMAND_SIZE:
            command = self._buffer[at : at + COMMAND_SIZE]
            if sum16(command[:5]) != command[5:]:
                self._buffer = self._buffer[at + 1 :]
                continue
            self._buffer = self._buffer[at + COMMAND_SIZE :]
            answers += self._obey(now, command[2], command[4])
        self._buffer = self._buffer[-COMMAND_SIZE:]
        return answers

    def _obey(self, now: float, command: int, data: int) -> list[bytes]:
        if command == SLEEP and data == 1:
            if self._asleep:
                self.power(now)
            return []
        if self._asleep:
            return []
        if command == READ:
            return [] if self._active else [self._next(heard=True)]
        if command == MODE:
            self._active = data == 1
            self.due = now + self.settings.period if self._active else math.inf
        elif command == SLEEP:
            self._asleep = True
            self.due = math.inf
        else:
            return []
        return [_closed(START + bytes([0, 4, command, data]))]

    def _next(self, heard: bool) -> bytes:
        if heard and self._capture:
            return self._capture.popleft()
        if self._zeros:
            self._zeros -= 1
            return _closed(START + b"\x00\x1c" + bytes(26))
        return _closed(START + b"\x00\x1c" + b"".join(word.to_bytes(2, "big") for word in self._words()))

    def _words(self) -> list[int]:
        """The 13 words: masses "CF=1" and atmospheric, counts, version and error code."""
        air = [self.sense(name) for name in ("pm1", "pm25", "pm10")]
        factory = [mass if mass <= 30 else 30 + 1.5 * (mass - 30) for mass in air]
        counts = [air[1] * each for each in PER_DECILITRE]
        return [min(round(value), 0xFFFF) for value in [*factory, *air, *counts]] + [self.settings.version << 8]


def _closed(data: bytes) -> bytes:
    return data + sum16(data)
