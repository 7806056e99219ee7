"""The consumer: what a platform does with a record. Stored once by its key, a receipt only after the commit."""

import hashlib
import json
import sqlite3
import time
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastjsonschema

GATHER = 0.05
"""s for which records are gathered into one commit, or BATCH of them."""

BATCH = 500

BIGGEST_BATCH = 4_000_000
"""Bytes of JSON that a batch may unpack to."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    station TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL, period INTEGER NOT NULL,
    start INTEGER NOT NULL, revision INTEGER NOT NULL, payload TEXT NOT NULL, arrivals INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (station, sequence)
) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Receipt:
    """What is to be told to one station."""

    stored: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """The receipt's JSON content: numbers as ranges."""
        ranges: list[list[int]] = []
        for number in sorted(set(self.stored)):
            if ranges and number == ranges[-1][1] + 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        return {"ranges": ranges, "refused": [list(pair) for pair in self.refused]}


class Consumer:
    """Stores what arrives. `send(station, receipt)` publishes a receipt."""

    def __init__(self, database: Path, schema: Path, send: Callable[[str, dict[str, Any]], None]) -> None:
        self._check = fastjsonschema.compile(json.loads(schema.read_text("utf-8")))
        self._database = sqlite3.connect(database, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)
        self._send = send
        self._waiting: list[tuple[str, bytes]] = []
        self._since = 0.0
        self.receipts_on = True
        self.counts = dict.fromkeys(("received", "batches", "stored", "resent", "conflicts", "invalid", "receipts"), 0)

    def arrived(self, station: str, payload: bytes) -> None:
        """One message on a station's record topic."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((station, payload))
        self.counts["received"] += 1

    def batch_arrived(self, station: str, payload: bytes) -> None:
        """One message on a station's batch topic: the JSON array of its records, compressed by zlib."""
        try:
            unpacking = zlib.decompressobj()
            text = unpacking.decompress(payload, BIGGEST_BATCH)
            if not unpacking.eof:
                raise ValueError("it does not end")
            records = [json.dumps(record).encode() for record in json.loads(text)]
        except (zlib.error, ValueError, TypeError, RecursionError):
            self.counts["invalid"] += 1
            return
        self.counts["batches"] += 1
        for record in records:
            self.arrived(station, record)

    def work(self, now: float, idle: bool) -> None:
        """Commit what has gathered, and send the receipts: when nothing more arrives, or enough has gathered."""
        if not self._waiting or (not idle and len(self._waiting) < BATCH and now - self._since < GATHER):
            return
        receipts: defaultdict[str, Receipt] = defaultdict(Receipt)
        self._database.execute("BEGIN IMMEDIATE")
        for station, payload in self._waiting:
            self._take(station, payload, receipts[station])
        self._database.execute("COMMIT")
        self._waiting.clear()
        if self.receipts_on:
            for station, receipt in receipts.items():
                self.counts["receipts"] += 1
                self._send(station, receipt.content())

    def _take(self, station: str, payload: bytes, receipt: Receipt) -> None:
        try:
            record = json.loads(payload)
            self._check(record)
            if record["station"] != station or not all(_fits(record[k]) for k in ("sequence", "period", "start", "revision")):
                raise ValueError("another station's topic, or a number that no database takes")
            del record["replay"]
            text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
            text.encode()  # a lone surrogate is no text
        except (ValueError, RecursionError, fastjsonschema.JsonSchemaException):
            self.counts["invalid"] += 1
            number = _number(payload)
            if number:
                receipt.refused.append((number, "schema"))
            return
        self._store(record, text, receipt)

    def _store(self, record: dict[str, Any], text: str, receipt: Receipt) -> None:
        key = (record["station"], record["sequence"])
        known = self._database.execute("SELECT payload FROM record WHERE station = ? AND sequence = ?", key).fetchone()
        if known is None:
            row = (*key, record["kind"], record["period"], record["start"], record["revision"], text)
            self._database.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, 1)", row)
            self.counts["stored"] += 1
        elif known[0] == text:
            self._database.execute("UPDATE record SET arrivals = arrivals + 1 WHERE station = ? AND sequence = ?", key)
            self.counts["resent"] += 1
        else:
            self.counts["conflicts"] += 1
            receipt.refused.append((record["sequence"], "conflict"))
            return
        receipt.stored.append(record["sequence"])

    def forget(self, station: str, first: int, last: int) -> None:
        """Lose records that were stored and confirmed, as a platform does that is restored from an old backup."""
        self._database.execute("DELETE FROM record WHERE station = ? AND sequence BETWEEN ? AND ?", (station, first, last))

    def digest_arrived(self, station: str, payload: bytes) -> dict[str, Any] | None:
        """A station's digest of one hour: the answer, or None if it is none."""
        try:
            told = json.loads(payload)
            begin, wanted = int(told["start"]), [list(row) for row in told["channels"]]
            answer = {"id": str(told["id"])}
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        query = "SELECT sequence, payload FROM record WHERE station = ? AND start >= ? AND start < ? ORDER BY sequence"
        found = self._database.execute(query, (station, begin, begin + 3_600_000)).fetchall()
        if hour_digest([json.loads(text) for _number, text in found]) == wanted:
            return {**answer, "same": True}
        return {**answer, "same": False, "has": Receipt([number for number, _text in found]).content()["ranges"]}

    def duplicates(self) -> int:
        """Intervals that are stored twice under different numbers."""
        twice = """SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM record WHERE kind = 'interval'
                   GROUP BY station, period, start, revision)"""
        return int(self._database.execute(twice).fetchone()[0])

    def close(self) -> None:
        """Commit what is left, without receipts."""
        self.receipts_on = False
        self.work(float("inf"), idle=True)
        self._database.close()


def hour_digest(records: list[dict[str, Any]]) -> list[list[Any]]:
    """Instrument, quantity, count and hash of every channel in an hour's records, which are in the order of their numbers."""
    hashes: dict[tuple[str, str], Any] = {}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for record in records:
        parts = []
        if record["kind"] == "interval":
            for row in record["body"]:
                value = "-" if row[3] is None else str(round(row[3] * 1e6))
                parts.append(((row[0], row[1]), f"{value} {row[9]}"))
        else:
            parts.append((("", record["kind"]), record["body"].get("code", "")))
        for key, text in parts:
            counts[key] += 1
            hashes.setdefault(key, hashlib.sha256()).update(f"{record['sequence']} {record['start']} {text}\n".encode())
    return [[*key, counts[key], hashes[key].hexdigest()[:16]] for key in sorted(hashes)]


def _number(payload: bytes) -> int:
    """The sequence number of an invalid payload, 0 if it cannot be read."""
    try:
        number = json.loads(payload)["sequence"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
    return number if _fits(number) and number > 0 else 0


def _fits(number: Any) -> bool:
    """An integer that SQLite and PostgreSQL store as such; JSON Schema also takes 5.0 and 2**70 for one."""
    return type(number) is int and -(2**63) <= number < 2**63


def archive(database: Path) -> dict[tuple[str, int], str]:
    """Everything that the platform has stored: (station, sequence) → the payload, canonical, without `replay`."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT station, sequence, payload FROM record").fetchall()
    finally:
        connection.close()
    return {(station, sequence): text for station, sequence, text in rows}
