"""What Winsen's electrochemical modules (ZE07, ZE08, ZE12A, ZE25) share: nine bytes, FF first, the sum of the others 0.

They speak by themselves once a second (FF, gas, unit, decimals, value, full scale) or answer (FF 86, µg/m³, two spare bytes,
ppb); FF 01 78 40 and 41 choose between the two ways. What they answer to that is not published, and not waited for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.checksum import complement8
from drivers.driver import StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut, expect_length, expect_zero_sum

HEAD, SIZE = 0xFF, 9
ANSWER, COMMAND = 0x86, 0x01
PPM, PPB = 0x03, 0x04
MODE, QUESTION = 0x78, 0x86
BY_ITSELF, WHEN_ASKED = 0x40, 0x41


@dataclass(frozen=True, slots=True)
class Settings:
    """Whether the module speaks by itself or is asked."""

    mode: str = field(
        default="active",
        metadata={"help": "active: it speaks by itself; query: it is asked for each frame", "choices": ("active", "query")},
    )


def command(number: int, argument: int = 0) -> bytes:
    """A command to the module."""
    body = bytes((COMMAND, number, argument, 0, 0, 0, 0))
    return bytes((HEAD,)) + body + bytes((complement8(body),))


class Frames:
    """The frames of modules that measure the `gases` (codes): what they send, their answers, our own commands."""

    def __init__(self, *gases: int) -> None:
        self._gases = gases

    def _check(self, frame: bytes) -> None:
        if frame[1] not in (*self._gases, ANSWER, COMMAND):
            told = " or ".join(f"ff{code:02x}" for code in (*self._gases, ANSWER))
            raise Garbled("another frame", reason="header", raw=frame, expected=told, got=frame[:2].hex())
        expect_zero_sum(frame, 1)

    def split(self, buffer: bytes) -> Cut:
        """Measurements, answers and our own commands (to be known as such) out of a stream."""
        return cut(buffer, bytes((HEAD,)), lambda _: SIZE, self._check)

    def expect(self, frame: bytes) -> None:
        """Raise Garbled unless it is a measurement or an answer, or Foreign for our own command."""
        if frame[:1] != bytes((HEAD,)):
            raise Garbled("no frame", reason="header", raw=frame, expected=f"{HEAD:02x}", got=frame[:1].hex())
        expect_length(frame, SIZE)
        self._check(frame)
        if frame[1] == COMMAND:
            raise Foreign("our own command came back", reason="echo", raw=frame)

    def _only(self, *kinds: int) -> Callable[[bytes], Cut]:
        return lambda buffer: self.split(buffer).only(lambda frame: frame[1] in (*kinds, COMMAND))

    def receive(self, port: StreamPort, mode: str) -> bytes:
        """The newest measurement; asked for in query mode. Raises a wire error."""
        if mode == "query":
            port.send(command(QUESTION))
            return port.receive(self._only(ANSWER))
        return port.receive(self._only(*self._gases))


def choose(port: StreamPort, mode: str) -> None:
    """Choose how it speaks. Raises PortLost."""
    port.send(command(MODE, WHEN_ASKED if mode == "query" else BY_ITSELF))
