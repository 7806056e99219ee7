"""A record as the platform gets it: the envelope around the stored body (`payload.schema.json`, `platform-contract.md`)."""

import zlib

from gateway.record import Record, compact

VERSION = 1

CONTENT_TYPE = "application/json+deflate"
"""Content type of a batch: `packed`."""


def payload(station: str, record: Record, *, replay: bool) -> bytes:
    """The UTF-8 JSON text of one record. `replay` says that it was not sent while it was fresh, or is sent again.

    Everything but `replay` is the same each time the record is sent. Raises ValueError if the record has no time yet.
    """
    if record.start is None:
        raise ValueError(f"record {record.sequence} has no time yet")
    envelope = compact(
        {
            "version": VERSION,
            "station": station,
            "sequence": record.sequence,
            "kind": record.kind,
            "period": record.period,
            "start": record.start,
            "revision": record.revision,
            "time": {"source": record.time_source, "error": record.time_error},
            "replay": replay,
        }
    )
    return f'{envelope[:-1]},"body":{record.body}}}'.encode()


def packed(payloads: list[bytes]) -> bytes:
    """Several records in one message: the JSON array of their payloads, compressed (zlib, RFC 1950)."""
    return zlib.compress(b"[" + b",".join(payloads) + b"]", 9)
