"""What one destination is owed: ranges of sequence numbers in a small SQLite file of its own.

A number is owed from the moment it exists in the log until the destination has confirmed it (or refused it, which is kept and
counted). Confirmations are committed in batches: losing a batch in a power cut only means that records are sent again. Where the
log had damaged files when newer numbers appeared, the numbers between are doubtful: they may come back, and are owed then.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.ranges import Ranges

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owed (first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS doubtful (first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS refused (sequence INTEGER PRIMARY KEY, reason TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
_OPEN = "SELECT first, last FROM owed UNION ALL SELECT first, last FROM doubtful"


@dataclass(frozen=True, slots=True)
class Standing:
    """What one destination has, as its ledger's file says: numbers up to `head` that are neither owed nor refused.

    `owed`: also those that may come back. `sent`: numbers that are owed and were sent.
    """

    head: int
    owed: Ranges
    refused: frozenset[int]
    sent: Ranges

    def confirmed(self, number: int) -> bool:
        """The destination has this one."""
        return number <= self.head and number not in self.owed and number not in self.refused


def standing(path: Path, sent: Iterable[tuple[int, int]] = ()) -> Standing:
    """What the ledger in `path` says now; nothing is confirmed if there is none, or it cannot be read."""
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)
        try:
            head = dict(database.execute("SELECT name, value FROM counters")).get("head", 0)
            owed = Ranges(database.execute(_OPEN))
            refused = frozenset(number for (number,) in database.execute("SELECT sequence FROM refused"))
        finally:
            database.close()
    except sqlite3.DatabaseError:
        return Standing(0, Ranges(), frozenset(), Ranges())
    return Standing(int(head), owed, refused, Ranges(sent))


_OWN = ("head", "confirmed", "refused", "lost")


class Ledger:
    """The ledger of one destination. `head` is the highest number that it knows of. Used by one thread.

    `doubtful`: numbers below `head` that were not to be read when it passed them.
    `notes` are numbers that the delivery wants to know after a restart; they are written with the next change.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = self._open(path)
        self.owed = Ranges(self._database.execute("SELECT first, last FROM owed ORDER BY first"))
        self.doubtful = Ranges(self._database.execute("SELECT first, last FROM doubtful"))
        counters = dict(self._database.execute("SELECT name, value FROM counters"))
        self.head = int(counters.get("head", 0))
        self.confirmed = int(counters.get("confirmed", 0))
        self.refused = int(counters.get("refused", 0))
        self.lost = int(counters.get("lost", 0))
        self.notes = {name: int(value) for name, value in counters.items() if name not in _OWN}
        self._changed = 0

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        """The file; one that is damaged is set aside: then everything in the log is owed again, which is harmless."""
        for attempt in (1, 2):
            path.touch(mode=0o660)  # SQLite's own is 0644, which leaves out the group
            database = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            try:
                database.execute("PRAGMA page_size = 1024")  # two small tables: a commit writes whole pages
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                database.executescript(_SCHEMA)
            except sqlite3.DatabaseError as error:
                database.close()
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if attempt == 2 or code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise OSError(f"{path}: {error}") from None
                for ending in ("-wal", "-shm"):
                    Path(f"{path}{ending}").unlink(missing_ok=True)
                path.replace(path.with_suffix(".damaged.db"))
            else:
                return database
        raise AssertionError("unreachable")

    def extend(self, first: int, last: int) -> None:
        """The numbers from `first` to `last` exist now and are owed."""
        self.owed.add(first, last)
        self.head = max(self.head, last)
        self._changed += 1

    def doubt(self, first: int, last: int) -> None:
        """The numbers from `first` to `last` cannot be read at present, if they exist."""
        self.doubtful.add(first, last)
        self._changed += 1

    def decided(self) -> None:
        """What was doubtful is owed by now, or is not there."""
        self._changed += self.doubtful.total
        self.doubtful = Ranges()

    def confirm(self, first: int, last: int) -> int:
        """The destination has these; how many of them were owed."""
        freed = self.owed.remove(first, last)
        self.confirmed += freed
        self._changed += freed
        return freed

    def refuse(self, sequence: int, reason: str) -> bool:
        """The destination will not have this one: it is set aside, not sent again. False if it was not owed."""
        if not self.owed.remove(sequence, sequence):
            return False
        self.refused += 1
        self._changed += 1
        self._database.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (sequence, reason[:200]))
        return True

    def owe(self, first: int, last: int) -> None:
        """The destination turned out not to have these: they are owed again."""
        before = self.owed.total
        self.owed.add(first, min(last, self.head))
        self.confirmed -= self.owed.total - before
        self._changed += 1

    def refusals(self) -> dict[int, str]:
        """What was set aside: number → reason."""
        return dict(self._database.execute("SELECT sequence, reason FROM refused"))

    def forget(self, first: int, last: int) -> None:
        """These no longer exist in the log."""
        gone = self.owed.remove(first, last)
        self.lost += gone
        self._changed += gone

    @property
    def changed(self) -> int:
        """Changes since the last commit."""
        return self._changed

    def commit(self) -> None:
        """Write what changed. A card that refuses keeps it for the next time."""
        if not self._changed:
            return
        counters = {**self.notes, **{name: getattr(self, name) for name in _OWN}}
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for table, ranges in (("owed", self.owed), ("doubtful", self.doubtful)):
                self._database.execute(f"DELETE FROM {table}")
                self._database.executemany(f"INSERT INTO {table} VALUES (?, ?)", ranges)
            self._database.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?)", counters.items())
            self._database.execute("COMMIT")
        except sqlite3.OperationalError:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            return
        self._changed = 0

    def abandon(self) -> None:
        """Close without writing what changed."""
        self._database.close()

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        self._database.close()


def unconfirmed(ledgers: Iterable[Path]) -> Ranges:
    """The numbers that one of these destinations has not confirmed, as their files say now; all, if one cannot be read.

    For who owns the record log and must give something up. A ledger is never made, changed or mended here.
    """
    found = Ranges()
    for path in ledgers:
        try:
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)
        except sqlite3.DatabaseError:
            return Ranges([(0, 2**62)])
        try:
            head = dict(database.execute("SELECT name, value FROM counters")).get("head", 0)
            for first, last in database.execute(_OPEN):
                found.add(first, last)
        except sqlite3.DatabaseError:
            return Ranges([(0, 2**62)])
        finally:
            database.close()
        found.add(head + 1, 2**62)
    return found
