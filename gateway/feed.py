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
        self._audited = 0

    def look(self) -> None:
        """What is new in the log becomes owed; what has gone from it for good is forgotten."""
        for first, last in self._log.runs_after(self._ledger.head):
            self._courier.appeared(first, last)
        if self._log.generation != self._audited and (gone := self._log.gone(self._ledger.owed)) is not None:
            for first, last in gone:
                self._courier.gone(first, last)
            self._audited = self._log.generation
