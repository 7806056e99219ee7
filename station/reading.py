"""One attempt to read an instrument, as it leaves the worker: data, also when it failed."""

from dataclasses import dataclass

from drivers.errors import WireError
from drivers.sample import Sample


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading gave.

    instrument  its name in the configuration
    moment      monotonic s at which the reading was complete
    sample      what the device said, or None
    error       why it said nothing usable, or None
    warm        False while the device is inside its warm-up
    identity    serial number or model that the device tells of itself, "" if it does not
    """

    instrument: str
    moment: float
    sample: Sample | None
    error: WireError | None = None
    warm: bool = True
    identity: str = ""

    @property
    def reason(self) -> str:
        """The reason word for a reading without values, "" for one with values."""
        if self.error is not None:
            return self.error.reason
        return self.sample.reason if self.sample is not None else "gap"


def same(serial: str, identity: str) -> bool:
    """True if a configured serial number and what a device tells of itself are one; the shorter may be a part of the other."""
    wanted, told = serial.lower(), identity.lower()
    return bool(wanted) and bool(told) and (wanted in told or told in wanted)
