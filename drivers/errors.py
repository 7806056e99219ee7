"""What can go wrong between a station and an instrument: six wire errors.

    WireError
    ├── NoAnswer    nothing came before the deadline                        timeout
    ├── Garbled     bytes came, but no whole, sound frame                   checksum header length truncated wrong_speed
    ├── Foreign     a sound frame that is not the answer to our question    foreign echo
    ├── Faulted     the device itself says that it cannot                   device_fault low_supply
    ├── NotReady    the device is there, its value is not                   warm_up not_started
    └── PortLost    the port is gone, held by another program or refused    port

Each error carries its evidence: `reason` is the word that is stored with the missing value, `raw` the bytes received,
`expected` and `got` what was compared. They are exceptions inside a driver only: the worker turns them into data.
"""

from typing import ClassVar


class WireError(Exception):
    """Base of the six; never raised itself.

    `reasons` lists the reason words that a class may carry, the first being its default.
    """

    reasons: ClassVar[tuple[str, ...]] = ()

    def __init__(self, detail: str = "", *, reason: str = "", raw: bytes = b"", expected: str = "", got: str = "") -> None:
        """`detail` is one technical sentence in English; what a technician reads is made from the type and reason."""
        self.reason = reason or self.reasons[0]
        if self.reason not in self.reasons:
            raise ValueError(f"{type(self).__name__} cannot carry the reason {self.reason!r}")
        self.detail = detail
        self.raw = raw
        self.expected = expected
        self.got = got
        super().__init__(detail)

    def __str__(self) -> str:
        compared = f"expected {self.expected}, got {self.got}" if self.expected else ""
        return "; ".join(part for part in (self.detail, compared) if part) or self.reason


class NoAnswer(WireError):
    """Nothing at all arrived before the deadline."""

    reasons = ("timeout",)


class Garbled(WireError):
    """Bytes arrived, but no whole and sound frame among them."""

    reasons = ("checksum", "header", "length", "truncated", "wrong_speed")


class Foreign(WireError):
    """A sound frame that does not answer our question: another unit's, another function's, or our own read back."""

    reasons = ("foreign", "echo")


class Faulted(WireError):
    """The device answered that it cannot: a Modbus exception, an error state, a status bit."""

    reasons = ("device_fault", "low_supply")


class NotReady(WireError):
    """The device answered, or held still, because its value is not there yet."""

    reasons = ("warm_up", "not_started")


class PortLost(WireError):
    """The port does not exist, vanished, is held by another program, or may not be opened."""

    reasons = ("port",)
