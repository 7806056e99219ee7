"""What a card may refuse, in words; what is damage."""

import errno
import sqlite3
from pathlib import Path

DatabaseError = sqlite3.DatabaseError
"""What SQLite raises: for who reads the log and may not know SQLite."""

_REASONS = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_PERM: "readonly",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
}

_SYSTEM = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "readonly", errno.EACCES: "readonly", errno.EPERM: "readonly"}

_ADVICE = {
    "full": "the card is full; delete files or put a larger card in",
    "readonly": "the folder or card is read-only; check the card, remount it, check the folder's owner",
    "busy": "another program holds the file for long; close it",
    "io": "the card fails; replace it",
}


class StorageError(Exception):
    """The card did not take a record. `reason`: full, readonly, busy, io. What is stored is safe; try again later."""

    def __init__(self, reason: str, path: Path, detail: str) -> None:
        self.reason = reason
        self.path = path
        super().__init__(f"{path}: {_ADVICE[reason]} ({detail})")


def storage_error(error: OSError | sqlite3.DatabaseError, path: Path) -> StorageError:
    """What `error` means for whoever wants to store something at `path`."""
    if isinstance(error, OSError):
        return StorageError(_SYSTEM.get(error.errno or 0, "io"), path, str(error))
    return StorageError(_REASONS.get(_code(error), "io"), path, str(error))


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is damaged, and not only out of reach."""
    text = str(error)  # of the last two Python and SQLite give no code of their own
    known = _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return known or "Could not decode to UTF-8" in text or "no such table" in text


def _code(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
