"""What the station believes that a platform has, as a digest for each channel and hour: count and hash. Pure.

A platform computes the same from what it has stored, and answers with the hours that differ; `platform-contract.md` says how.
Numbers are hashed in millionths, so that it does not matter how a database prints them.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from gateway.record import Record

HOUR = 3_600_000
"""ms."""

HASH = 16
"""Hexadecimal digits of a hash that are told."""


def channels(record: Record) -> list[tuple[str, str, str]]:
    """Instrument, quantity and the line that is hashed, for each channel; other kinds count as a channel of that name."""
    if record.kind != "interval":
        return [("", record.kind, f"{record.sequence} {record.start} {json.loads(record.body).get('code', '')}\n")]
    rows = json.loads(record.body)
    head = f"{record.sequence} {record.start} "
    return [(row[0], row[1], f"{head}{_millionths(row[3])} {row[9]}\n") for row in rows]


def digest(records: Iterable[Record]) -> list[list[Any]]:
    """One row for each channel: instrument, quantity, count, hash; sorted. The records are those of one hour."""
    lines: dict[tuple[str, str], list[str]] = {}
    for record in sorted(records, key=lambda record: record.sequence):
        for instrument, quantity, line in channels(record):
            lines.setdefault((instrument, quantity), []).append(line)
    return [[*key, len(found), _hash("".join(found))] for key, found in sorted(lines.items())]


def _millionths(value: float | None) -> str:
    return "-" if value is None else str(round(value * 1_000_000))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH]
