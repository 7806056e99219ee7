"""What Atlas Scientific EZO circuits have in common on both of their buses: quantities, times, numbers as text."""

from dataclasses import dataclass, field

from drivers.sample import Kind, Sample

COMMAND_WAIT = 0.3
READ_WAITS = {"ph": 0.9, "orp": 0.9, "dissolved_oxygen": 0.6, "conductivity": 0.6, "water_temperature": 0.6}
"""What a circuit may measure → s that it needs for it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which circuit it is."""

    quantity: str = field(default="ph", metadata={"help": "what the circuit measures", "choices": tuple(READ_WAITS)})


def measures(settings: Settings) -> tuple[str, ...]:
    """The circuit's quantity."""
    return (settings.quantity,)


def said(words: str, settings: Settings) -> Sample:
    """The text of an answer: device information, or a number with others behind commas."""
    if words.startswith("?"):
        return Sample({}, status={"answer": words}, kind=Kind.IDENTITY)
    number = _number(words.split(",")[0])
    if number is None:
        return Sample({}, {settings.quantity: "sentinel"}, {"text": words}, "sentinel")
    return Sample({settings.quantity: number}, status={"text": words} if "," in words else {})


def compensated(found: Sample, warm: float | None) -> Sample:
    """The sample, and whether the water's temperature was told before."""
    status = {**found.status, "compensated": int(warm is not None)}
    return Sample(found.values, found.fields, status, found.reason, found.kind)


def _number(text: str) -> float | None:
    """A decimal number, None for anything else."""
    whole, _point, rest = text.removeprefix("-").partition(".")
    return float(text) if (whole + rest).isdecimal() else None
