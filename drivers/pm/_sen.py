"""What Sensirion's nodes SEN5x and SEN6x share: words that may be unknown, judged one by one in the light of a register."""

from collections.abc import Mapping
from typing import Any

from drivers.driver import I2CPort
from drivers.sample import Kind, Sample
from drivers.sensirion import payload, text

START, STOP, READY = b"\x00\x21", b"\x01\x04", b"\x02\x02"
NAME, SERIAL, STATUS = b"\xd0\x14", b"\xd0\x33", b"\xd2\x06"
SHORT, START_WAIT = 0.020, 0.050  # s, execution times
WORD_SIZE, STATUS_SIZE, TEXT_SIZE = 3, 6, 48
TRIES, PAUSE = 8, 0.15  # until the next value, one a second

PARTICLES = ("pm1", "pm25", "pm4", "pm10")
NUMBERS = ("pnc05", "pnc1", "pnc25", "pnc4", "pnc10")
UNSIGNED = {**dict.fromkeys(PARTICLES + NUMBERS, 10), "typical_size": 1000, "co2": 1}
SIGNED = {"humidity": 100, "temperature": 200, "voc_index": 10, "nox_index": 10}
RESOLUTION = {
    **dict.fromkeys(PARTICLES + NUMBERS, 0.1),
    "humidity": 0.01,
    "temperature": 0.005,
    "voc_index": 0.1,
    "nox_index": 0.1,
}


def measurement(data: bytes, keys: tuple[str, ...]) -> Sample:
    """The words `data` as the quantities `keys`; 0xFFFF and 0xFFFE (unsigned) or 0x7FFF (signed) are unknown."""
    if not any(data):
        return Sample({}, reason="not_started")
    values: dict[str, float] = {}
    fields: dict[str, str] = {}
    for at, key in enumerate(keys):
        raw = data[2 * at] << 8 | data[2 * at + 1]
        if raw == 0x7FFF if key in SIGNED else raw >= 0xFFFE:
            fields[key] = "sentinel"
        elif key in SIGNED:
            values[key] = (raw - 0x10000 if raw & 0x8000 else raw) / SIGNED[key]
        else:
            values[key] = raw / UNSIGNED[key]
    return Sample(values, fields, reason="" if values else "warm_up")  # nothing is known in the first second


def register(status: int, bits: Mapping[str, int]) -> dict[str, int | float | str]:
    """The status register, whole and by its named `bits`."""
    return {"register": status, **{name: int(bool(status & bit)) for name, bit in bits.items()}}


def told(data: bytes, bits: Mapping[str, int]) -> Sample:
    """What a node says of itself: one word, its status register, or a text."""
    match len(data):
        case 2:
            return Sample({}, status={"word": int.from_bytes(data, "big")}, kind=Kind.ACKNOWLEDGEMENT)
        case 4:
            return Sample({}, status=register(int.from_bytes(data, "big"), bits), kind=Kind.IDENTITY)
    return Sample({}, status={"text": text(data)}, kind=Kind.IDENTITY)


def number(port: I2CPort, question: bytes, size: int, wait: float = SHORT) -> int:
    """The answer as a number. Raises a wire error."""
    return int.from_bytes(payload(port.transfer(question, size, wait)), "big")


def ready(port: I2CPort) -> bool:
    """Whether there are new values, waited for as long as one takes. Raises a wire error."""
    found = number(port, READY, WORD_SIZE) & 1
    for _ in range(TRIES):
        if found:
            break
        found = number(port, READY, WORD_SIZE, PAUSE) & 1
    return bool(found)


def told_text(port: I2CPort, question: bytes) -> str:
    """A name or serial number. Raises a wire error."""
    return text(payload(port.transfer(question, TEXT_SIZE, SHORT)))


def judged(found: Sample, status: int, faults: Mapping[str, int], bits: Mapping[str, int]) -> Sample:
    """`found` in the light of the status register, field by field: quantity → the bits that speak against it."""
    values, fields = dict(found.values), dict(found.fields)
    for key in found.values:
        if status & faults[key]:
            fields[key] = "device_fault"
        elif status & bits.get("cleaning", 0) and key not in SIGNED:
            fields[key] = "maintenance"  # particles are not measured while the fan is cleaned
        else:
            continue
        del values[key]
    reason = found.reason if values or found.reason else "device_fault" if "device_fault" in fields.values() else "maintenance"
    return Sample(values, fields, {**found.status, **register(status, bits)}, reason)


def identify(port: I2CPort, _settings: Any) -> str:
    """Model and serial number. Raises a wire error."""
    return f"{told_text(port, NAME)} {told_text(port, SERIAL)}".strip()


def wake(port: I2CPort, _settings: Any) -> None:
    """Measure. Raises a wire error."""
    port.transfer(START, 0, START_WAIT)
