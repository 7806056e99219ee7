"""What an SPS30 says, whichever bus it hangs on: ten values, a status register, and the settings for cleaning its fan."""

import math
import struct
from dataclasses import dataclass, field

from drivers.errors import Garbled
from drivers.sample import Sample

QUANTITIES = ("pm1", "pm25", "pm4", "pm10", "pnc05", "pnc1", "pnc25", "pnc4", "pnc10", "typical_size")
"""In the order of the data sheet, table 4: masses in µg/m³, counts from 0.3 µm up in 1/cm³, size in µm."""

FLOATS, INTEGERS = 40, 20  # bytes of the ten values in the two formats
WEEK = 604800  # s, the interval that the sheet recommends and that is set when it leaves the factory
FAN_SPEED, LASER, FAN = 1 << 21, 1 << 5, 1 << 4


@dataclass(frozen=True, slots=True)
class Settings:
    """How the fan is cleaned.

    The sensor counts only while it measures, and from 0 again when it was without power. A station that measures a tenth of
    the time sets a tenth of a week; one that cuts the power each time lets it be cleaned at the start.
    """

    cleaning_interval: int = field(
        default=WEEK,
        metadata={
            "help": "seconds of measuring after which the fan cleans itself; 0: never",
            "unit": "s",
            "low": 0,
            "high": 10 * WEEK,
        },
    )
    clean_at_start: bool = field(
        default=False,
        metadata={"help": "clean the fan at every start: for stations whose power is cut between measurements"},
    )


def measurement(data: bytes) -> Sample:
    """The ten values, as floats (40 bytes) or as integers (20 bytes, size in nm). Raises Garbled (length)."""
    if len(data) == FLOATS:
        numbers = struct.unpack(">10f", data)
    elif len(data) == INTEGERS:
        words = struct.unpack(">10H", data)
        numbers = (*map(float, words[:9]), words[9] / 1000)
    else:
        raise Garbled("not ten values", reason="length", raw=data, expected=str(FLOATS), got=str(len(data)))
    if not any(data):
        return Sample({}, reason="not_started")
    if any(not number and math.copysign(1.0, number) < 0 for number in numbers):
        return Sample({}, reason="device_fault")  # a defective unit says −0.0 beside a constant size
    values = {key: number for key, number in zip(QUANTITIES, numbers, strict=True) if math.isfinite(number)}
    return Sample(values, {key: "sentinel" for key in QUANTITIES if key not in values}, reason="" if values else "sentinel")


def register(status: int) -> dict[str, int | float | str]:
    """The status register and its bits (data sheet v1.0, section 4.4)."""
    bits = {"fan_speed": FAN_SPEED, "laser": LASER, "fan": FAN}
    return {"register": status, **{name: int(bool(status & bit)) for name, bit in bits.items()}}


def judged(found: Sample, status: int) -> Sample:
    """`found` in the light of the status register: without fan or laser its values mean nothing."""
    said = {**found.status, **register(status)}
    if status & (FAN_SPEED | LASER | FAN):
        return Sample({}, status=said, reason="device_fault")
    return Sample(found.values, found.fields, said, found.reason)
