"""The arithmetic of corrections: pure functions of the raw value and what the certificate says."""


def linear(raw: float, gain: float, offset: float) -> float:
    """gain × raw + offset; `raw`, `offset` and the result in the quantity's unit."""
    return gain * raw + offset
