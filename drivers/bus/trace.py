"""The newest bytes of a bus, in both directions; a tap shows all of them to somebody who is looking for a fault."""

from collections import deque
from collections.abc import Callable

Tap = Callable[[str, bytes], None]
"""Called with ">" (sent) or "<" (received) and the bytes, in the thread of the bus; it must not block or raise."""


class Trace:
    """Keeps the last exchanges: what was sent, and what came before the next sending. Bounded."""

    def __init__(self, exchanges: int = 8, limit: int = 1024) -> None:
        self._exchanges: deque[tuple[bytes, bytearray]] = deque([(b"", bytearray())], maxlen=exchanges)
        self._limit = limit
        self.tap: Tap | None = None

    def sent(self, data: bytes) -> None:
        """Bytes went out: a new exchange begins."""
        if self.tap is not None:
            self.tap(">", data)
        self._exchanges.append((data, bytearray()))

    def received(self, data: bytes) -> None:
        """Bytes came in."""
        if self.tap is not None and data:
            self.tap("<", data)
        kept = self._exchanges[-1][1]
        kept += data
        if len(kept) > self._limit:
            del kept[: len(kept) - self._limit]

    def answer(self) -> bytes:
        """What came in during the last exchange."""
        return bytes(self._exchanges[-1][1])

    def exchanges(self) -> list[tuple[bytes, bytes]]:
        """(sent, received), oldest first."""
        return [(sent, bytes(received)) for sent, received in self._exchanges]
