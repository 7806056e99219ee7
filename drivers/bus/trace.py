"""The newest bytes of a bus, in both directions."""

from collections import deque


class Trace:
    """Keeps the last exchanges: what was sent, and what came before the next sending. Bounded."""

    def __init__(self, exchanges: int = 8, limit: int = 1024) -> None:
        self._exchanges: deque[tuple[bytes, bytearray]] = deque([(b"", bytearray())], maxlen=exchanges)
        self._limit = limit

    def sent(self, data: bytes) -> None:
        """Bytes went out: a new exchange begins."""
        self._exchanges.append((data, bytearray()))

    def received(self, data: bytes) -> None:
        """Bytes came in."""
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
