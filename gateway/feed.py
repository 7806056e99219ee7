"""From the record log to what is owed: new records appear, and those that have gone are forgotten."""

from gateway.courier import Courier
from gateway.ledger import Ledger
from gateway.log.reader import LogReader


class Feed:
    """Keeps one courier and ledger level with the log."""

    def __init__(self, log: LogReader, courier: Courier, ledger: Ledger) -> None:
        self._log = log
        self._courier = courier
        self._ledger = ledger

    def look(self) -> None:
        """What is new in the log becomes owed; what has gone from it is forgotten."""
        generation = self._log.generation
        for first, last in self._log.runs_after(self._ledger.head):
            self._courier.appeared(first, last)
        if self._log.generation != generation:
            self._audit()

    def _audit(self) -> None:
        """Another file than before: what is owed but not in it cannot be sent."""
        for first, last in self._ledger.owed:
            at = first
            for low, high in self._log.runs(first, last):
                self._courier.gone(at, low - 1)
                at = high + 1
            self._courier.gone(at, last)
