"""The record: what acquisition stores, the log keeps and every destination is owed.

A record is one row. Its identity is (station, sequence), which never repeats; its natural key is (station, kind,
period, start, revision). The body of an interval is the array of its channels, already in the form in which it is
published, so that storing, reading by hand and sending need no translation.
"""

import json
from dataclasses import dataclass
from typing import Literal, NamedTuple

RecordKind = Literal["interval", "event", "alarm"]


class ChannelRow(NamedTuple):
    """One channel over one interval: a row of the body, in the order of the payload schema.

    value, low, high  corrected mean (energy mean for levels in dB), minimum and maximum; None if missing
    raw               mean of the uncorrected readings; None if missing
    count, expected   readings that went into `value`, and readings due
    flag, reason      QARTOD flag of the whole and the word for it ("" if nothing is to be said)
    certificate       id of the calibration certificate that was applied, and behind a + each channel that its formula needed
                      ("" if the value is raw)
    taken             "YYYY-MM-DDTHH:MM:SS" (+08:00): when an analyser took the sample of which this is the result; such rows
                      have thirteen entries, the others twelve
    """

    instrument: str
    quantity: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    raw: float | None
    count: int  # type: ignore[assignment]  # hides tuple.count, which a row has no use for
    expected: int
    flag: int
    reason: str
    certificate: str
    taken: str = ""

    def entries(self) -> tuple[object, ...]:
        """The row as it stands in a body."""
        return tuple(self) if self.taken else self[:-1]


@dataclass(frozen=True, slots=True)
class Record:
    """One stored record.

    sequence     position in the log, unique for the station for ever; 0 before it is stored
    kind         "interval" (body: array of `ChannelRow`) "event" or "alarm" (body: an object with at least `code`)
    period       length of the interval in s; 0 for an event or alarm
    start        UTC epoch milliseconds of the interval's start; None while the clock is not trusted
    revision     0, or higher when the same interval was computed anew
    boot         id of the boot during which it was measured
    monotonic    milliseconds of the monotonic clock at the start
    time_source  who vouched for the time ("" while nobody did); time_error: its estimated error in ms, None if unknown
    body         JSON text
    clock        what the system's clock said minus `monotonic`, in ms, if nobody vouched for it; None otherwise
    """

    sequence: int
    kind: RecordKind
    period: int
    start: int | None
    revision: int
    boot: str
    monotonic: int
    time_source: str
    time_error: int | None
    body: str
    clock: int | None = None


def compact(value: object) -> str:
    """`value` as the shortest strict JSON text. Raises ValueError for NaN or infinity."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
