"""Texas Instruments ADS1115: four voltages against ground, 16 bits, I2C 0x48 to 0x4B by its ADDR pin.

Source: ADS1115 data sheet, SBAS444D, tables 7 and 8: register 0 the result, signed, register 1 the configuration, high byte
first. Here a measurement is the configuration as it stood when the conversion was done and the result, two words: which input
was measured, and in which range, is said by the frame itself. A result that is read too early is the previous input's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.driver import I2CPort
from drivers.errors import Foreign, NotReady
from drivers.frames import expect_length

SIZE = 4
RESULT, CONFIGURATION = b"\x00", b"\x01"
DONE = 0x8000
INPUT = 0x4000  # against ground; which of the four stands in bits 13 and 12
FIXED = 0x0183  # once, 128 conversions a second, no comparator
VARIABLE = 0x3E00  # input and range
CONVERSION = 0.009  # s; 7.8 ms and 10 %
TRIES = 3
FULL_SCALES = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)
"""V, by the number in bits 11 to 9."""


@dataclass(frozen=True, slots=True)
class Voltage:
    """One measurement: input 0 to 3, the raw number, the range in V."""

    channel: int
    raw: int
    full_scale: float

    @property
    def volts(self) -> float:
        """V at the input."""
        return self.raw * self.full_scale / 32768

    @property
    def saturated(self) -> bool:
        """True at either end of the range: the true voltage lies beyond."""
        return self.raw in (32767, -32768)


def configuration(channel: int, full_scale: float) -> int:
    """The word that starts one conversion of input 0 to 3 in one of the ranges."""
    return DONE | INPUT | channel << 12 | FULL_SCALES.index(full_scale) << 9 | FIXED


def decode(frame: bytes) -> Voltage | None:
    """A measurement; None if the conversion was not done. Raises Garbled, or Foreign if another program set the chip."""
    expect_length(frame, SIZE)
    word = int.from_bytes(frame[:2], "big")
    scale = word >> 9 & 7
    if word & ~(DONE | VARIABLE) != INPUT | FIXED or scale >= len(FULL_SCALES):
        sets = {"expected": f"0x{configuration(0, 4.096):04x} but for input and range", "got": f"0x{word:04x}"}
        raise Foreign("the converter is not set as we set it", raw=frame, **sets)
    if not word & DONE:
        return None
    return Voltage(word >> 12 & 3, int.from_bytes(frame[2:], "big", signed=True), FULL_SCALES[scale])


def read(port: I2CPort, channels: Iterable[int], full_scale: float) -> bytes:
    """Measure each of `channels`: their frames one after the other. Raises a wire error."""
    return b"".join(_convert(port, configuration(channel, full_scale)) for channel in channels)


def _convert(port: I2CPort, wanted: int) -> bytes:
    port.transfer(CONFIGURATION + wanted.to_bytes(2, "big"))
    for _ in range(TRIES):
        word = port.transfer(CONFIGURATION, 2, CONVERSION)
        found = int.from_bytes(word, "big")
        if found == wanted:
            return word + port.transfer(RESULT, 2)
        if found != wanted & ~DONE:
            sets = {"expected": f"0x{wanted:04x}", "got": f"0x{found:04x}"}
            raise Foreign("the converter is not set as we set it", raw=word, **sets)
    raise NotReady("still converting", reason="warm_up")
