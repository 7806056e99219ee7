"""Atlas Scientific EZO circuits on both of their buses."""

from typing import Any

from hw_sim.instruments.base import Chip, Talker
from hw_sim.world import World

WORKING = 0xFE
READ, OTHER = 0.9, 0.3
"""s until `R` and every other command are done."""


class Ezo(Chip):
    """ASCII commands; `R` takes 900 ms, the others 300; a read before that says 254. settings: `quantity`, a world's course."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._ready_at = 0.0
        self._answer = b"\xff"

    def write(self, data: bytes, now: float) -> None:
        """One command."""
        command = data.decode("ascii", "replace").upper()
        self._ready_at = now + (READ if command == "R" else OTHER)
        if command == "R":
            self._answer = b"\x01" + f"{self.world.value(str(self.settings.get('quantity', 'ph')), now):.3f}".encode()
        elif command == "I":
            self._answer = b"\x01?i,pH,1.98"
        elif command.startswith("T,"):
            self._answer = b"\x01"
        else:
            self._answer = b"\x02"

    def read(self, size: int, now: float) -> bytes:
        """Status, text, zeros."""
        answer = bytes((WORKING,)) if now < self._ready_at else self._answer
        return answer[:size].ljust(size, b"\0")


class EzoUart(Talker):
    """The same on a UART: commands and answers end with CR, `*OK` or `*ER` follows; a number each second until `C,0`.

    settings: `quantity`, a world's course; `continuous` false: somebody has sent `C,0` before; `low` true: it reports *UV.
    """

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._continuous = bool(settings.get("continuous", True))
        self._heard = b""
        self._next = 0.0
        self._waiting: list[tuple[float, bytes]] = []

    def hear(self, data: bytes, now: float) -> bytes:
        """Commands; they are answered one after the other when their time has come."""
        *whole, self._heard = (self._heard + data).split(b"\r")
        for command in whole:
            word = command.decode("ascii", "replace").upper()
            begin = max(now, self._waiting[-1][0]) if self._waiting else now
            self._waiting.append((begin + (READ if word == "R" else OTHER), self._answer(word, now)))
        return b""

    def due(self, now: float) -> bytes:
        """An answer that is ready, else a number of the continuous mode."""
        if self._waiting and now >= self._waiting[0][0]:
            return self._waiting.pop(0)[1]
        if not self._continuous or self._waiting or now < self._next:
            return b""
        self._next = now + 1.0
        return self._number(now)

    def _answer(self, word: str, now: float) -> bytes:
        if word == "R":
            return (b"*UV\r" if self.settings.get("low") else b"") + self._number(now) + b"*OK\r"
        if word == "I":
            return b"?i,pH,1.98\r*OK\r"
        if word.startswith("C,"):
            self._continuous = word != "C,0"
            return b"*OK\r"
        return b"*OK\r" if word.startswith("T,") else b"*ER\r"

    def _number(self, now: float) -> bytes:
        return f"{self.world.value(str(self.settings.get('quantity', 'ph')), now):.3f}\r".encode()
