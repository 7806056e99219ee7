"""Tables and views of the record log, and the steps from each version to the next.

The views are for people: `sqlite3 records.db 'SELECT * FROM readings'` shows a line for each channel and interval, with the time
of day in Beijing. `records.db` is a link to the newest partition.
"""

import os
import sqlite3
import zlib
from contextlib import suppress
from pathlib import Path

from gateway.log import files

_TIME = "strftime('%Y-%m-%dT%H:%M:%S+08:00', start / 1000, 'unixepoch', '+8 hours')"

_VERSION_1 = f"""
CREATE TABLE records (
    sequence    INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,
    period      INTEGER NOT NULL,
    start       INTEGER,
    revision    INTEGER NOT NULL,
    boot        TEXT NOT NULL,
    monotonic   INTEGER NOT NULL,
    time_source TEXT NOT NULL,
    time_error  INTEGER,
    body        TEXT NOT NULL
) STRICT;
CREATE VIEW readings AS
    SELECT sequence, {_TIME} AS time, period,
           json_extract(c.value, '$[0]') AS instrument, json_extract(c.value, '$[1]') AS quantity,
           json_extract(c.value, '$[2]') AS unit, json_extract(c.value, '$[3]') AS value,
           json_extract(c.value, '$[4]') AS low, json_extract(c.value, '$[5]') AS high,
           json_extract(c.value, '$[6]') AS raw, json_extract(c.value, '$[7]') AS count,
           json_extract(c.value, '$[8]') AS expected, json_extract(c.value, '$[9]') AS flag,
           json_extract(c.value, '$[10]') AS reason, json_extract(c.value, '$[11]') AS certificate
    FROM records, json_each(records.body) AS c WHERE kind = 'interval';
CREATE VIEW intervals AS
    SELECT sequence, {_TIME} AS time, period, revision, time_source, json_array_length(body) AS channels
    FROM records WHERE kind = 'interval';
CREATE VIEW events AS
    SELECT sequence, {_TIME} AS time, json_extract(body, '$.code') AS code, body FROM records WHERE kind = 'event';
"""

_VERSION_2 = """
ALTER TABLE records ADD COLUMN clock INTEGER;
CREATE INDEX unstamped ON records (boot, sequence) WHERE start IS NULL;
"""
"""clock: what the system's clock said minus monotonic, in ms, while nobody vouched for it; it relates boots to each other."""

_VERSION_3 = f"""
ALTER TABLE records ADD COLUMN crc INTEGER;
CREATE TABLE writing (begun INTEGER PRIMARY KEY) STRICT;
DROP VIEW events;
CREATE VIEW events AS
    SELECT sequence, {_TIME} AS time, kind, json_extract(body, '$.code') AS code, body FROM records WHERE kind <> 'interval';
"""
"""crc: CRC-32 of the rest of the row, NULL in rows of earlier versions: a flipped bit is found even where SQLite sees none.
writing: a row while a process has the file open for writing; if then its write-ahead log is missing, rows are lost."""

MIGRATIONS = (_VERSION_1, _VERSION_2, _VERSION_3)
"""Step n leads from schema version n to n + 1."""

COLUMNS = "sequence, kind, period, start, revision, boot, monotonic, time_source, time_error, body, clock"
"""The columns of a record, in the order of `gateway.record.Record`."""

INSERT = f"INSERT INTO records ({COLUMNS}, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def crc(*row: object) -> int:
    """The check number of a row: its columns, in that order, without the check number itself."""
    return zlib.crc32(repr(row).encode())


class TooNew(Exception):
    """The file was written by a newer version of this software; it is left as it is."""


def migrate(database: sqlite3.Connection) -> None:
    """Bring the schema to the newest version, each step in one transaction. Raises TooNew or sqlite3.Error."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise TooNew(f"schema version {version}; this software knows up to {len(MIGRATIONS)}")
    for step in range(version, len(MIGRATIONS)):
        database.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[step]} PRAGMA user_version = {step + 1}; COMMIT;")


def create(part: Path) -> sqlite3.Connection:
    """A new, empty file of the newest schema at `part`, to be filled, closed and put in its place. Raises sqlite3.Error.

    It is written with a rollback journal: when it is closed, everything is in the one file.
    """
    for ending in ("", "-journal"):
        Path(f"{part}{ending}").unlink(missing_ok=True)
    with suppress(OSError):  # SQLite will say what is wrong
        part.touch(mode=0o660)  # its own is 0644: the group, which readers belong to, could not write the -shm
    database = sqlite3.connect(part, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA synchronous = FULL")
        migrate(database)
    except sqlite3.Error:
        database.close()
        raise
    return database


def set_up(database: sqlite3.Connection, wal_pages: int, may_be_empty: bool) -> None:
    """Ready a partition for writing: each transaction is on the card when it returns. Raises sqlite3.DatabaseError or TooNew.

    `wal_pages`: after so many the write-ahead log is brought into the file. A file without tables that is not `may_be_empty`
    was cut off: partitions come into being with all their tables.
    """
    if not may_be_empty and database.execute("PRAGMA user_version").fetchone()[0] == 0:
        empty = sqlite3.DatabaseError("the file has no tables")
        empty.sqlite_errorcode = sqlite3.SQLITE_NOTADB
        raise empty
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(f"PRAGMA wal_autocheckpoint = {wal_pages}")
    database.execute(f"PRAGMA journal_size_limit = {wal_pages * 4096}")
    database.execute("PRAGMA cache_size = -512")
    migrate(database)


def end_of(database: sqlite3.Connection) -> tuple[int | None, str]:
    """The last number in a partition, None if it is empty, and its month, "" if it has no record with a time."""
    (last,) = database.execute("SELECT max(sequence) FROM records").fetchone()
    found = database.execute("SELECT start FROM records WHERE start IS NOT NULL ORDER BY sequence LIMIT 1").fetchone()
    return last, files.month_of(found[0]) if found else ""


def mark(database: sqlite3.Connection) -> None:
    """Note that a process writes here; brought into the file itself, for it must not depend on the log whose loss it tells."""
    if not is_marked(database):
        database.execute("INSERT INTO writing VALUES (1)")
        database.execute("PRAGMA wal_checkpoint(PASSIVE)")


def is_marked(database: sqlite3.Connection) -> bool:
    """Whether a process writes here, or did without closing it."""
    return bool(database.execute("SELECT count(*) FROM writing").fetchone()[0])


def unmark(database: sqlite3.Connection) -> None:
    """The file is about to be closed in order."""
    database.execute("DELETE FROM writing")


def adopt(path: Path, first: int) -> None:
    """Make the single file of version 0.1 at `path` the first partition, unless somebody keeps it busy. Raises OSError.

    `first`: its number if it is empty. A damaged one is left for whoever opens it for writing.
    """
    if path.is_symlink() or not path.exists():
        return
    database = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    try:
        migrate(database)
        busy, _frames, _done = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        lowest, start = database.execute("SELECT min(sequence), min(start) FROM records").fetchone()
    except (sqlite3.DatabaseError, TooNew):
        return
    finally:
        database.close()
    if not busy:
        partition = files.partition_path(path, lowest or first, files.month_of(start))
        os.replace(path, partition)
        files.remove_beside(path)
        files.link(path, partition)
