"""Plantower's protocol: frames of 24, 32 or 40 bytes, acknowledgements of 8, commands of 7; what all models share.

A frame is 42 4D, a length, big-endian words and the 16-bit sum of all bytes before it. Words 1-3 are PM1, PM2.5, PM10 on
the factory scale (CF=1), words 4-6 the same for the atmosphere; what follows depends on the model (`Layout`).
"""

import struct
from dataclasses import dataclass, field
from typing import Any

from drivers.checksum import sum16
from drivers.driver import Environment, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut, expect_length
from drivers.quantity import HCHO_MOLAR_MASS, ppb
from drivers.sample import Kind, Sample

HEADER = b"\x42\x4d"
ACK_LENGTH = 4
COMMAND_SIZE = 7
COMMANDS = frozenset({0xE1, 0xE2, 0xE4})  # mode, read in passive mode, sleep and wake: high byte where a length would be

PASSIVE = bytes.fromhex("424de100000170")
ACTIVE = bytes.fromhex("424de100010171")
READ = bytes.fromhex("424de200000171")
SLEEP = bytes.fromhex("424de400000173")
WAKE = bytes.fromhex("424de400010174")
SETTLE = 0.2  # s that a command is given to take effect, also where its acknowledgement does not come

COUNTS = ("pn03", "pn05", "pn1", "pn25", "pn5", "pn10")
MASSES = ("pm1", "pm25", "pm10", "pm25_cf1", "pm25_atm")


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """Which of the two scales is published as pm1, pm25 and pm10."""

    scale: str = field(
        default="atmospheric",
        metadata={"help": "scale of pm1, pm25, pm10", "choices": ("atmospheric", "factory")},
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Which scale is published as pm1, pm25 and pm10, and whether the sensor speaks by itself or is asked."""

    scale: str = field(
        default="atmospheric",
        metadata={"help": "scale of pm1, pm25, pm10", "choices": ("atmospheric", "factory")},
    )
    mode: str = field(
        default="active",
        metadata={"help": "active: it speaks by itself; passive: it is asked for each frame", "choices": ("active", "passive")},
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """What follows the six masses in a model's frame.

    words     words in all, the sum not counted
    counts    how many of `COUNTS` it gives, from word 7 on
    hcho      word (from 0) of formaldehyde in µg/m³, None if it has none
    climate   word (from 0) of temperature × 10, signed; relative humidity × 10 follows
    version   word (from 0) of firmware version (high byte) and error code (low byte, bits not published), None if it has none
    """

    words: int
    counts: int
    version: int | None = None
    hcho: int | None = None
    climate: int | None = None

    @property
    def quantities(self) -> tuple[str, ...]:
        """Every quantity key it gives."""
        gases = ("hcho",) if self.hcho is not None else ()
        return MASSES + COUNTS[: self.counts] + gases + (("temperature", "humidity") if self.climate is not None else ())

    def split(self, buffer: bytes) -> Cut:
        """Data frames, acknowledgements and our own commands (to be known as such) out of a stream."""
        return cut(buffer, HEADER, self._length, _check)

    def answers(self, buffer: bytes) -> Cut:
        """As `split`, without acknowledgements: they stand between measurement frames."""
        return self.split(buffer).only(lambda frame: len(frame) != 4 + ACK_LENGTH)

    def _length(self, buffer: bytes) -> int:
        if len(buffer) < 4:
            return 0
        if buffer[2] in COMMANDS:
            return COMMAND_SIZE
        length, expected = buffer[2] << 8 | buffer[3], 2 * self.words + 2
        if length not in (expected, ACK_LENGTH):
            raise Garbled("another model's length", reason="length", raw=buffer[:4], expected=str(expected), got=str(length))
        return 4 + length

    def decode(self, frame: bytes, settings: Any) -> Sample:
        """One whole frame: masses in µg/m³, counts in particles/cm³. Raises Garbled, or Foreign for our own command."""
        if not frame.startswith(HEADER):
            raise Garbled("no frame", reason="header", raw=frame, expected=HEADER.hex(), got=frame[:2].hex())
        if len(frame) < 4:
            raise Garbled("no frame", reason="truncated", raw=frame, expected=str(2 * self.words + 6), got=str(len(frame)))
        expect_length(frame, self._length(frame))
        _check(frame)
        if len(frame) == COMMAND_SIZE:
            raise Foreign("our own command came back", reason="echo", raw=frame)
        if len(frame) == 4 + ACK_LENGTH:
            return Sample({}, status={"command": frame[4], "data": frame[5]}, kind=Kind.ACKNOWLEDGEMENT)
        words = struct.unpack(f">{self.words}H", frame[4:-2])
        if not any(words):
            return Sample({}, reason="warm_up")
        status = {}
        if self.version is not None:
            status = {"version": words[self.version] >> 8, "error_code": words[self.version] & 0xFF}
        return Sample(self._values(words, settings.scale), status=status)

    def _values(self, words: tuple[int, ...], scale: str) -> dict[str, float]:
        chosen = words[0:3] if scale == "factory" else words[3:6]
        values = dict(zip(MASSES, map(float, (*chosen, words[1], words[4])), strict=True))
        for key, count in zip(COUNTS[: self.counts], words[6:], strict=False):
            values[key] = count / 100.0
        if self.hcho is not None:
            values["hcho"] = ppb(words[self.hcho], HCHO_MOLAR_MASS)
        if self.climate is not None:
            temperature = words[self.climate]
            values["temperature"] = (temperature - 0x10000 if temperature & 0x8000 else temperature) / 10
            values["humidity"] = words[self.climate + 1] / 10
        return values

    def read(self, port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
        """The newest frame; asked for in passive mode. Raises a wire error."""
        if settings.mode == "passive":
            port.send(READ)
        return self.decode(port.receive(self.answers), settings)


def _check(frame: bytes) -> None:
    expected, got = sum16(frame[:-2]), frame[-2] << 8 | frame[-1]
    if expected != got:
        raise Garbled("sum", raw=frame, expected=f"0x{expected:04x}", got=f"0x{got:04x}")


def begin(port: StreamPort, settings: Settings) -> None:
    """Wake it, should an earlier run have left it asleep, and set its mode. Not every firmware acknowledges."""
    wake(port, settings)


def wake(port: StreamPort, settings: Settings) -> None:
    """Start fan and laser. Most firmware comes back in active mode, so the mode is set again. Raises PortLost."""
    port.send(WAKE)
    port.pause(SETTLE)
    port.send(PASSIVE if settings.mode == "passive" else ACTIVE)
    port.pause(SETTLE)


def sleep(port: StreamPort, _settings: Settings) -> None:
    """Stop fan and laser. Raises PortLost."""
    port.send(SLEEP)
