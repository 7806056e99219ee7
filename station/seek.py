"""A serial port that is found by what answers there: `port = "auto"`, or a pattern such as `/dev/serial/by-path/*`.

On each port that fits, the bus's instruments are asked as always. The one port on which they answer is the bus's, until its name
vanishes; several, and nobody guesses: a configured serial number may decide, else a person must. Ports that another bus holds
cannot be opened and so are none.
"""

import logging
import time
from collections.abc import Callable, Sequence
from glob import glob
from typing import Any

from drivers.errors import PortLost, WireError
from station.config import Bus, Instrument
from station.device import BusDevice, Device, Tap
from station.reading import same
from station.words import _

log = logging.getLogger(__name__)

AUTO = "/dev/serial/by-path/*"
"""Where `auto` looks."""

MOST = 16
"""Ports that are tried in one search …"""

TRIED = 4
"""… with so many of the bus's instruments …"""

SLICE = 10.0
"""… for about so many s at once; the next reading goes on with it."""

REST = 30.0
"""s after a search in vain before the next."""


class Relay:
    """What the tap of a bus is set on while its port is still looked for."""

    def __init__(self) -> None:
        self.tap: Tap | None = None

    def __call__(self, direction: str, data: bytes) -> None:
        """Pass on what travels."""
        if self.tap is not None:
            self.tap(direction, data)


class SoughtBus:
    """A bus whose port must be found first. `open_at` makes the bus on one port."""

    def __init__(
        self,
        bus: Bus,
        instruments: Sequence[Instrument],
        open_at: Callable[[str], BusDevice],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = bus.name
        self._pattern = AUTO if bus.port == "auto" else bus.port
        self._instruments = instruments
        self._open_at = open_at
        self._monotonic = monotonic
        self._trace = Relay()
        self._found: tuple[str, BusDevice] | None = None
        self._again = 0.0
        self._why = ""
        self._left: list[str] = []
        self._told: dict[str, bool] = {}
        """Port on which an instrument answered → is one of them by its serial number the configured one?"""

    @property
    def trace(self) -> Relay:
        """The bytes of the port that was found."""
        return self._trace

    def port(self, address: int, deadline: float) -> Any:
        """The port of one device. Raises PortLost while none is found."""
        return self._device().port(address, deadline)

    def last_bytes(self) -> bytes:
        """The bytes of the last answer."""
        return self._found[1].last_bytes() if self._found else b""

    def close(self) -> None:
        """Let go of the port, and forget which it was."""
        if self._found is not None:
            self._found[1].close()
            self._found = None

    def _device(self) -> BusDevice:
        if self._found is not None and self._found[0] not in glob(self._pattern):
            self.close()
            self._again = 0.0
        if self._found is None:
            if self._monotonic() < self._again:
                raise PortLost(self._why)
            self._found = self._search()
        return self._found[1]

    def _search(self) -> tuple[str, BusDevice]:
        """The one port on which the instruments answer. Raises PortLost."""
        if not self._left:
            self._left, self._told = sorted(glob(self._pattern))[:MOST], {}
        until = self._monotonic() + SLICE
        while self._left:
            if self._monotonic() >= until:
                raise PortLost(f"still looking for the port among {self._pattern}")
            path = self._left.pop(0)
            answered = self._answer(path)
            if answered is not None:
                self._told[path] = answered
        return self._chosen(self._told)

    def _chosen(self, told: dict[str, bool]) -> tuple[str, BusDevice]:
        """The one of them that can only be meant. Raises PortLost."""
        chosen = list(told) if len(told) < 2 else [path for path, named in told.items() if named]
        if len(chosen) != 1:
            names = ", ".join(sorted({one.driver for one in self._instruments}))
            if told:
                self._why = f"{names} answers on {' and '.join(told)}; write the right one as port"
            else:
                self._why = f"{names} answers on no port of {self._pattern}"
            self._again = self._monotonic() + REST
            raise PortLost(self._why)
        device = self._open_at(chosen[0])
        device.trace.tap = self._trace
        log.info(_("%s: found on %s by what answers there"), self._name, chosen[0])
        return chosen[0], device

    def _answer(self, path: str) -> bool | None:
        """None if no instrument answers there; True if one of them is by its serial number the configured one."""
        bus = self._open_at(path)
        answered = None
        try:
            for instrument in self._instruments[:TRIED]:
                device = Device(instrument)
                try:
                    device.read(bus, {}, device.model.deadline)
                except WireError:
                    continue
                answered = answered or (bool(device.identity) and same(instrument.serial, device.identity))
        finally:
            bus.close()
        return answered
