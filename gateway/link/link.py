"""What every link does, and the events that it reports. A link belongs to one thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gateway.record import Record


@dataclass(frozen=True, slots=True)
class Place:
    """What of the station a link may look at.

    station  its id; period: length of its intervals in s; log: the record log; live: the file with the newest readings
    memory   a file of the link's own, for what it must know after a restart
    tap      a datagram socket that hears the traffic, if somebody listens there
    """

    station: str
    period: int
    log: Path
    live: Path
    memory: Path
    tap: Path


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


@dataclass(frozen=True, slots=True)
class Passed:
    """This link has no form for the record: the destination is owed nothing."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Noted:
    """The platform has changed something here; it belongs into the record log."""

    what: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """The platform has answered something that `tell` told: `what`, and the JSON text of the answer."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class TimeTold:
    """The platform's clock stood at `utc` (epoch ms) when ours stood at `monotonic` (ms), give or take `error` ms."""

    utc: int
    monotonic: int
    error: int
    source: str


Event = Confirmed | Refused | Passed | Noted | Command | Heard | TimeTold


class Down(Exception):
    """The link cannot be used. `kind` is a word of `station/explain.py`, which has it in both languages: dns, unreachable,
    protocol, settings; refused_credentials, not_permitted, taken_over; certificate, untrusted, identity, expired,
    not_yet_valid; lost, half_open, unconfirmed.

    `detail` says where and what was seen; `next_step` what to do.
    """

    def __init__(self, kind: str, text: str, next_step: str) -> None:
        self.kind = kind
        self.detail = text
        super().__init__(f"{text}. Next: {next_step}.")


class Link(Protocol):
    """A way to a platform."""

    def open(self) -> None:
        """Connect, until the platform accepts us. Raises Down."""
        ...

    def send(self, record: Record, replay: bool) -> None:
        """Hand one record over; `replay` says that it was not sent while it was fresh, or is sent again. Raises Down."""
        ...

    def poll(self, seconds: float) -> list[Event]:
        """What happened, waiting up to `seconds`; returns at once when `wake` was called. Raises Down."""
        ...

    def reply(self, text: str) -> None:
        """Answer a command."""
        ...

    def tell(self, what: str, text: str) -> bool:
        """Tell the platform something besides records, if this link has a form for it; `Heard` brings its answer."""
        ...

    def wake(self) -> None:
        """End the waiting in `poll`. The only method for other threads."""
        ...

    def state(self) -> dict[str, Any]:
        """What `station status` shows of this link besides the counts of every destination."""
        ...

    def close(self) -> None:
        """Disconnect in order, if still connected."""
        ...
