"""A consistent copy of a database that others may be writing: record log or ledger."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from gateway.log.schema import unmark


def copy(source: Path, target: Path) -> None:
    """Copy `source` page by page, without stopping its writer. Raises OSError."""
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=5.0)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            with suppress(sqlite3.OperationalError):  # a ledger has no such mark
                unmark(new)  # nobody writes the copy
            new.commit()
    except sqlite3.Error as error:
        raise OSError(f"{source}: {error}") from None
