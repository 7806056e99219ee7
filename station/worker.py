"""One thread for each bus: reads its instruments on a monotonic grid and turns every error into a `Reading`.

This is the edge where exceptions end. A hung or unplugged bus stalls only its own thread; the readings that are due
meanwhile are still made, without values and with their reason.
"""

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.driver import Environment
from drivers.errors import Faulted, NoAnswer, PortLost, WireError
from drivers.sample import Sample
from station.config import Instrument, address_of
from station.reading import Reading

log = logging.getLogger(__name__)

LONGEST_WAIT = 10.0
"""s after which a worker with nothing to do shows the watchdog that it lives."""

LOST_POWER_AFTER = 10.0
"""A device that was silent for so many s may have been without power: its warm-up begins anew."""


class BusDevice(Protocol):
    """What a worker needs of a bus from `drivers/bus/`."""

    def port(self, address: int, deadline: float) -> Any:
        """The port of one device for one reading that may take `deadline` s."""
        ...

    def last_bytes(self) -> bytes:
        """The bytes received in the last exchange."""
        ...

    def close(self) -> None:
        """Let go of the port."""
        ...


@dataclass(frozen=True, slots=True)
class Extra:
    """A reading that somebody asked for: `done` is called in the worker's thread with it and the bytes received."""

    instrument: str
    done: Callable[[Reading, bytes], None]


class _Device:
    """One instrument's state in its worker."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.address = address_of(instrument)
        self.model = instrument.model
        self.process = self.model.process(instrument.period, ()) if self.model.process else None
        self.begun = False
        self.warm_from: float | None = None
        self.silent_since: float | None = None

    def read(self, bus: BusDevice, environment: Environment) -> Sample:
        """One reading. Raises WireError."""
        model, settings = self.model, self.instrument.settings
        port = bus.port(self.address, model.deadline)
        if not self.begun and model.begin is not None:
            model.begin(port, settings)
            port = bus.port(self.address, model.deadline)
        self.begun = True
        if model.read is not None:
            sample = model.read(port, environment, settings)
        else:
            sample = model.decode(port.receive(model.split), settings)
        return self.process(sample) if self.process else sample

    def answered(self, now: float) -> None:
        """The device is there; after a long silence its warm-up starts again."""
        if self.warm_from is None:
            self.warm_from = now + self.model.warm_up
        self.silent_since = None

    def failed(self, error: WireError, now: float) -> None:
        """Note an error: what was lost must be begun again."""
        if isinstance(error, NoAnswer | PortLost):
            if self.silent_since is None:
                self.silent_since = now
            if isinstance(error, PortLost) or now - self.silent_since > LOST_POWER_AFTER:
                self.begun = False
                self.warm_from = None


class Worker:
    """Reads every instrument of one bus, in a thread of its own, until `stop`.

    `deliver` takes each reading (it must not block); `environment` gives the newest usable companions; `progress` is
    the monotonic time of the last turn of the loop, for the watchdog.
    """

    def __init__(
        self,
        name: str,
        bus: BusDevice,
        instruments: list[Instrument],
        deliver: Callable[[Reading], None],
        environment: Callable[[], Mapping[str, float]],
        monotonic: Callable[[], float],
    ) -> None:
        self._thread = threading.Thread(target=self._run, name=f"bus-{name}", daemon=True)
        self._bus = bus
        self._devices = {instrument.name: _Device(instrument) for instrument in instruments}
        self._grid = list(self._devices.values())
        self._deliver = deliver
        self._environment = environment
        self._monotonic = monotonic
        self._extras: deque[Extra] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self.progress = monotonic()

    def add(self, instrument: Instrument) -> None:
        """Know one more instrument, off the grid: it is read only when asked for. Before `start` only."""
        self._devices[instrument.name] = _Device(instrument)

    def ask(self, extra: Extra) -> None:
        """Read one instrument soon, besides the grid."""
        self._extras.append(extra)
        self._wake.set()

    def stop(self) -> None:
        """Ask the thread to end after the reading under way."""
        self._stopping = True
        self._wake.set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait at most so long for the end."""
        self._thread.join(seconds)

    def _run(self) -> None:
        """The loop: the device that is due next, or what was asked for in between."""
        now = self._monotonic()
        due = [(now, index, device) for index, device in enumerate(self._grid)]
        while not self._stopping:
            self.progress = self._monotonic()
            wait = due[0][0] - self.progress if due else LONGEST_WAIT
            if wait <= 0:
                moment, index, device = due[0]
                self._deliver(self._read(device))
                heapq.heapreplace(due, (self._next(moment, device), index, device))
            elif self._wake.wait(min(wait, LONGEST_WAIT)):
                self._wake.clear()
            self._do_extras()
        self._bus.close()

    def _next(self, moment: float, device: _Device) -> float:
        """The next point of the grid; those that a slow reading has run over are left out (and so missing)."""
        period = device.instrument.period
        late = max(0.0, self._monotonic() - moment)
        return moment + period * (1 + late // period)

    def _read(self, device: _Device) -> Reading:
        """One reading as data."""
        name = device.instrument.name
        try:
            sample = device.read(self._bus, self._environment() if device.model.companions else {})
        except WireError as error:
            now = self._monotonic()
            device.failed(error, now)
            return Reading(name, now, None, error)
        except Exception as bug:  # the edge of this thread: a bug in one driver must not silence its whole bus
            log.exception("driver %s", device.model.name)
            return Reading(name, self._monotonic(), None, Faulted(f"internal error: {bug!r}"))
        now = self._monotonic()
        device.answered(now)
        return Reading(name, now, sample, None, device.warm_from is not None and now >= device.warm_from)

    def _do_extras(self) -> None:
        while self._extras:
            extra = self._extras.popleft()
            reading = self._read(self._devices[extra.instrument])
            extra.done(reading, self._bus.last_bytes())
