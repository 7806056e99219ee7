"""What every link does, and the events that it reports. A link belongs to one thread."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The destination has the records from `first` to `last`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The destination will not have this record."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Command:
    """The platform asks for something; the text is its JSON."""

    text: str


Event = Confirmed | Refused | Command


class Down(Exception):
    """The link cannot be used. `kind`: unreachable, dns, refused_credentials, certificate, protocol, lost.

    The text is for a technician; `next_step` says what to do.
    """

    def __init__(self, kind: str, text: str, next_step: str) -> None:
        self.kind = kind
        super().__init__(f"{text}. Next: {next_step}.")


class Link(Protocol):
    """A way to a platform."""

    def open(self) -> None:
        """Connect, until the platform accepts us. Raises Down."""
        ...

    def send(self, sequence: int, payload: bytes) -> None:
        """Hand one record over. Raises Down."""
        ...

    def poll(self, seconds: float) -> list[Event]:
        """What happened, waiting up to `seconds`; returns at once when `wake` was called. Raises Down."""
        ...

    def reply(self, text: str) -> None:
        """Answer a command."""
        ...

    def wake(self) -> None:
        """End the waiting in `poll`. The only method for other threads."""
        ...

    def close(self) -> None:
        """Disconnect in order, if still connected."""
        ...
