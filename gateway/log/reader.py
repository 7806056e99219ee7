"""The reading ends of the record log: short queries, no transaction that lasts, reopened when the file was replaced."""

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gateway.log.store import COLUMNS
from gateway.record import Record

_STAMPED = f"SELECT {COLUMNS} FROM records WHERE sequence BETWEEN ? AND ? AND start IS NOT NULL ORDER BY sequence"


class LogReader:
    """Reads one log. While the file is absent, damaged or being replaced, it is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._inode = 0
        self.generation = 0
        """Grows each time the file is opened: it may be another one (a number of an inode may come again)."""

    def runs_after(self, sequence: int) -> list[tuple[int, int]]:
        """The numbers above `sequence` that exist, as ranges (first, last)."""
        return self.runs(sequence + 1, 2**63 - 1)

    def runs(self, first: int, last: int) -> list[tuple[int, int]]:
        """The numbers from `first` to `last` that exist, as ranges."""
        where = "FROM records WHERE sequence BETWEEN ? AND ?"
        rows = self._query(f"SELECT min(sequence), max(sequence), count(*) {where}", (first, last))
        if not rows or not rows[0][2]:
            return []
        low, high, count = rows[0]
        if high - low + 1 == count:
            return [(low, high)]
        return _runs(row[0] for row in self._query(f"SELECT sequence {where} ORDER BY sequence", (first, last)))

    def oldest_first(self, first: int, last: int, limit: int) -> list[Record]:
        """Up to `limit` records that have a time, from `first` on."""
        return [Record(*row) for row in self._query(f"{_STAMPED} LIMIT ?", (first, last, limit))]

    def newest_first(self, first: int, last: int, limit: int) -> list[Record]:
        """Up to `limit` records that have a time, from `last` downwards."""
        return [Record(*row) for row in self._query(f"{_STAMPED} DESC LIMIT ?", (first, last, limit))]

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _query(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        if not self._follow():
            return []
        assert self._database is not None
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.DatabaseError:
            self.close()  # damaged or locked for long: the writer mends it, we look again
            return []

    def _follow(self) -> bool:
        """Be connected to the file that has the name now. False if there is none."""
        try:
            inode = os.stat(self._path).st_ino
        except OSError:
            self.close()
            return False
        if self._database is None or inode != self._inode:
            self.close()
            try:
                self._database = sqlite3.connect(f"file:{self._path}?mode=rw", uri=True, timeout=5.0, isolation_level=None)
                self._database.execute("PRAGMA query_only = on")
                self._database.execute("SELECT 1 FROM records LIMIT 1")
            except sqlite3.DatabaseError:  # being made
                self.close()
                return False
            self._inode = inode
            self.generation += 1
        return True


def _runs(numbers: Iterable[object]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        assert isinstance(number, int)
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
