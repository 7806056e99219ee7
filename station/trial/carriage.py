"""The simulated way to the platform: a `Link` whose other end is a platform object in the same process, with faults."""

import random
from collections.abc import Callable
from typing import Any, Protocol

from gateway.link.link import Confirmed, Down, Event, Refused
from gateway.payload import payload
from gateway.record import Record

KEEPALIVE = 45.0
"""s of silence after which a link notices that nobody is there, as MQTT's keep-alive of 30 s does."""


class Platform(Protocol):
    """The receiving end: stores by key, and answers with a receipt for each commit."""

    def arrived(self, station: str, payload: bytes) -> None:
        """One record."""
        ...

    def work(self, now: float, idle: bool) -> None:
        """Commit what has arrived and send the receipts."""
        ...

    def close(self) -> None:
        """Commit and close."""
        ...


class Network:
    """Everything between the station and the platform; its attributes are the faults that last.

    down        nothing can be connected; half_open: packets vanish in both directions and nobody is told
    losing      receipts get lost, as chance will have it; holding: they are kept back until `release`
    refusing    the platform refuses whatever comes
    """

    def __init__(self, chance: random.Random) -> None:
        self.down = self.half_open = self.losing = self.refusing = self.holding = False
        self.epoch = 0
        self.arrivals = 0
        self._chance = chance
        self._platform: Platform | None = None
        self._events: list[Event] = []
        self._held: list[Event] = []

    def attach(self, platform: Platform) -> None:
        """The receiving end is `platform`; its receipts come to `receipt`."""
        self._platform = platform

    def receipt(self, _station: str, content: dict[str, Any]) -> None:
        """The platform has committed: this is its receipt."""
        events: list[Event] = [Confirmed(first, last) for first, last in content["ranges"]]
        events += [Refused(number, why) for number, why in content["refused"]]
        if self.half_open or (self.losing and self._chance.random() < 0.7):
            return
        (self._held if self.holding else self._events).extend(events)

    def cut(self) -> None:
        """Every connection ends; what was on its way is gone."""
        self.epoch += 1
        self._events.clear()
        self._held.clear()

    def release(self) -> None:
        """What was held back arrives."""
        self._events += self._held
        self._held.clear()
        self.holding = False

    def carry(self, station: str, sequence: int, text: bytes) -> None:
        """One record on its way."""
        assert self._platform is not None
        if self.half_open:
            return
        self.arrivals += 1
        if self.refusing:
            self.receipt(station, {"ranges": [], "refused": [[sequence, "maintenance"]]})
        else:
            self._platform.arrived(station, text)

    def collect(self) -> list[Event]:
        """What has come back."""
        assert self._platform is not None
        self._platform.work(0.0, True)
        events, self._events = self._events, []
        return events


class SimulatedLink:
    """`gateway.link.link.Link` over a `Network`."""

    def __init__(self, station: str, network: Network, monotonic: Callable[[], float]) -> None:
        self._station = station
        self._network = network
        self._monotonic = monotonic
        self._epoch = -1
        self._heard = 0.0

    def open(self) -> None:
        """Connect. Raises Down."""
        if self._network.down or self._network.half_open:
            raise Down("unreachable", "simulated outage", "wait")
        self._epoch = self._network.epoch
        self._heard = self._monotonic()

    def send(self, record: Record, replay: bool) -> None:
        """Hand one record over. Raises Down."""
        self._check()
        self._network.carry(self._station, record.sequence, payload(self._station, record, replay=replay))

    def poll(self, _seconds: float) -> list[Event]:
        """What has come back. Raises Down."""
        self._check()
        return self._network.collect()

    def _check(self) -> None:
        if self._epoch != self._network.epoch:
            raise Down("lost", "simulated: the connection was lost", "wait")
        now = self._monotonic()
        if not self._network.half_open:
            self._heard = now
        elif now - self._heard > KEEPALIVE:
            raise Down("lost", "simulated: nobody answers", "wait")

    def reply(self, text: str) -> None:
        """There are no commands."""

    def tell(self, what: str, text: str) -> bool:
        """Nothing else is told."""
        return False

    def wake(self) -> None:
        """It never waits."""

    def state(self) -> dict[str, Any]:
        """Nothing of its own."""
        return {}

    def close(self) -> None:
        """Nothing is to be done."""
