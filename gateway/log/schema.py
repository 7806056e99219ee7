"""Tables and views of the record log, and the steps from each version to the next.

The views are for people: `sqlite3 records.db 'SELECT * FROM readings'` shows a line for each channel and interval, with the time
of day in Beijing.
"""

import sqlite3

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

MIGRATIONS = (_VERSION_1, _VERSION_2)
"""Step n leads from schema version n to n + 1."""


class TooNew(Exception):
    """The file was written by a newer version of this software; it is left as it is."""


def migrate(database: sqlite3.Connection) -> None:
    """Bring the schema to the newest version, each step in one transaction. Raises TooNew or sqlite3.Error."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise TooNew(f"schema version {version}; this software knows up to {len(MIGRATIONS)}")
    for step in range(version, len(MIGRATIONS)):
        database.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[step]} PRAGMA user_version = {step + 1}; COMMIT;")
