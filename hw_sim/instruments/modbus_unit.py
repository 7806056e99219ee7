"""A Modbus unit as the specification has it (Application Protocol V1.1b3): blocks of registers, exceptions, or silence.

Checks in the order of the specification: function (exception 1), quantity and length (3), addresses (2). A device that does not
follow it is `silent` instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from hw_sim.instruments.base import Sense, Unit

READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
BAD_FUNCTION, BAD_ADDRESS, BAD_VALUE = 1, 2, 3
READ_MOST, WRITE_MOST = 125, 123


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are read together; `value(now)` gives two bytes for each. `store` makes them writable."""

    start: int
    count: int
    value: Callable[[float], bytes]
    store: Callable[[float, bytes], bool] | None = None
    """Takes the bytes of the whole block; false refuses them."""

    def holds(self, start: int, count: int) -> bool:
        """Whether all these registers are in it."""
        return self.start <= start and start + count <= self.start + self.count


class RegisterUnit(Unit):
    """Answers from its blocks."""

    FUNCTIONS: ClassVar[frozenset[int]] = frozenset({READ_HOLDING})
    LEAST: ClassVar[int] = 1
    """Least number of registers of a request: some devices take 0."""
    silent: bool = False
    """Says nothing where the specification wants an exception."""

    def __init__(self, sense: Sense, settings: Any) -> None:
        super().__init__(sense, settings)
        self.blocks = self.listed()

    def listed(self) -> list[Block]:
        """Its registers."""
        raise NotImplementedError

    def answer(self, now: float, pdu: bytes) -> bytes | None:
        """The answer to one request; None is silence."""
        function = pdu[0]
        if function not in self.FUNCTIONS:
            return self._refuse(function, BAD_FUNCTION)
        if function in (READ_HOLDING, READ_INPUT):
            return self._read(now, pdu)
        if function == WRITE_ONE:
            return self._write(now, pdu, 1, pdu[3:]) if len(pdu) == 5 else self._refuse(function, BAD_VALUE)
        count = int.from_bytes(pdu[3:5], "big")
        if len(pdu) < 6 or not self.LEAST <= count <= WRITE_MOST or not pdu[5] == len(pdu) - 6 == 2 * count:
            return self._refuse(function, BAD_VALUE)
        return self._write(now, pdu, count, pdu[6:])

    def _read(self, now: float, pdu: bytes) -> bytes | None:
        start, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        if len(pdu) != 5 or not self.LEAST <= count <= READ_MOST:
            return self._refuse(pdu[0], BAD_VALUE)
        block = self._find(start, count)
        if block is None:
            return self._refuse(pdu[0], BAD_ADDRESS)
        offset = 2 * (start - block.start)
        return bytes([pdu[0], 2 * count]) + block.value(now)[offset : offset + 2 * count]

    def _write(self, now: float, pdu: bytes, count: int, data: bytes) -> bytes | None:
        start = int.from_bytes(pdu[1:3], "big")
        block = self._find(start, count)
        if block is None or block.store is None:
            return self._refuse(pdu[0], BAD_ADDRESS)
        whole = bytearray(block.value(now))
        offset = 2 * (start - block.start)
        whole[offset : offset + 2 * count] = data
        if not block.store(now, bytes(whole)):
            return self._refuse(pdu[0], BAD_VALUE)
        return pdu[:5]

    def _find(self, start: int, count: int) -> Block | None:
        return next((block for block in self.blocks if block.holds(start, count)), None)

    def _refuse(self, function: int, code: int) -> bytes | None:
        return None if self.silent else bytes([function | 0x80, code])
