"""What one good frame says (`Sample`), and the words in which its worth is expressed (`Flag`, `REASONS`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Flag(IntEnum):
    """Quality of a value, numbered as in IOC QARTOD."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Kind(StrEnum):
    """What a frame is for."""

    DATA = "data"
    COMMAND = "command"
    ACKNOWLEDGEMENT = "acknowledgement"
    IDENTITY = "identity"


REASONS = frozenset(
    [
        "range",
        "spike",
        "rate",
        "stuck",
        "warm_up",
        "not_started",
        "sentinel",
        "no_fix",
        "device_fault",
        "low_supply",
        "foreign",
        "echo",
        "port",
        "timeout",
        "header",
        "truncated",
        "checksum",
        "out_of_calibration",
        "maintenance",
        "calibration",
        "manual",
        "drill",
        "under_voltage",
        "condensation",
        "clock",
        "length",
        "gap",
        "climatology",
        "attenuated",
        "inconsistent",
        "saturated",
        "wrong_speed",
        "swapped",
    ]
)
"""Every reason word that may stand beside a flag."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The content of one sound frame, exactly as the device said it: not clamped, not averaged, not corrected.

    values  quantity key → number in the registry's unit; only what may be used
    fields  quantity key → reason word, for what the device says it cannot give in this frame; never also in `values`
    status  what else the frame tells (version, error code, raw signal), for people and for the index algorithms
    reason  why the whole frame cannot be used ("" if it can)
    taken   the device's own time of the measurement, "YYYY-MM-DDTHH:MM:SS" on its clock (+08:00); "" if it has none.
            An on-line analyser repeats its last result for hours: the same `taken` is the same result
    """

    values: Mapping[str, float]
    fields: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, int | float | str] = field(default_factory=dict)
    reason: str = ""
    kind: Kind = Kind.DATA
    taken: str = ""

    @property
    def usable(self) -> bool:
        """True if the frame carries at least one value and nothing speaks against the whole of it."""
        return self.kind is Kind.DATA and not self.reason and bool(self.values)
