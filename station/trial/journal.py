"""What the recorder did, written down by the recorder's own process: for an oracle that is another process.

One line of JSON for each word of `station.recorder.Witness`, handed to the kernel at once: it outlives a kill -9 of the writer.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

from gateway.record import Record, compact
from station.recorder import Witness


class Journal:
    """A `Witness` that writes."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        self._write("began")

    def storing(self, record: Record) -> None:
        """A record is about to be stored."""
        self._write("storing", asdict(record))

    def stored(self, record: Record) -> None:
        """It is stored."""
        self._write("stored", asdict(record))

    def stamped(self, boot: str, offset: int, source: str, error: int | None) -> None:
        """The waiting records of a boot have their time."""
        self._write("stamped", boot, offset, source, error)

    def _write(self, *words: object) -> None:
        os.write(self._file, f"{compact(words)}\n".encode())


def read_journal(path: Path, witness: Witness) -> int:
    """Tell `witness` everything that the journal has; how many records were reported stored. A torn last line is passed over."""
    stored = 0
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        word, *what = json.loads(line)
        match word:
            case "storing":
                witness.storing(Record(**what[0]))
            case "stored":
                witness.stored(Record(**what[0]))
                stored += 1
            case "stamped":
                witness.stamped(*what)
    return stored
