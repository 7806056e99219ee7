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
        runs = self._log.runs_after(self._ledger.head)
        if not self._log.complete:
            self._doubt(runs)
        for first, last in runs:
            self._courier.appeared(first, last)
        if self._log.complete and self._ledger.doubtful.total:
            self._decide()
        if self._log.generation != self._audited and (gone := self._log.gone(self._ledger.owed)) is not None:
            for first, last in gone:
                self._courier.gone(first, last)
            self._audited = self._log.generation

    def _doubt(self, runs: list[tuple[int, int]]) -> None:
        """A damaged file hides rows: those between what is known and what is new may come back, below the head."""
        at = self._ledger.head + 1
        for first, last in runs:
            if first > at:
                self._ledger.doubt(at, first - 1)
            at = last + 1

    def _decide(self) -> None:
        """Rows that came back are owed, once nothing more can come."""
        found = [run for first, last in self._ledger.doubtful for run in self._log.runs(first, last) if self._log.complete]
        if not self._log.complete:
            return
        for first, last in found:
            self._courier.appeared(first, last)
        self._ledger.decided()
