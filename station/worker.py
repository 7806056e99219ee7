"""One thread for each bus: reads its instruments on a monotonic grid and turns every error into a `Reading`.

This is the edge where exceptions end. A hung or unplugged bus stalls only its own thread; the readings that are due
meanwhile are still made, without values and with their reason. A device that is dead does not disturb the others of its line:
it is asked only in a pause of theirs, with a deadline that fits into it, and ever more rarely.
"""

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from drivers.driver import Environment
from drivers.errors import Faulted, WireError
from drivers.sample import Sample
from station.config import Instrument
from station.device import BusDevice, Device
from station.reading import Reading

log = logging.getLogger(__name__)

LONGEST_WAIT = 10.0
"""s after which a worker with nothing to do shows the watchdog that it lives."""

PAUSE = 0.3
"""A dead device is asked in a pause of the others that is at least so many s long …"""

SHORTEST = 0.12
"""… and if they never leave one, with a deadline of so many s, once it is overdue by `OVERDUE` s."""

OVERDUE = 30.0


@dataclass(frozen=True, slots=True)
class Extra:
    """A reading, or with `clean` a cleaning, that somebody asked for.

    `done` is called in the worker's thread with the reading (of a cleaning without values) and the bytes received.
    """

    instrument: str
    done: Callable[[Reading, bytes], None]
    clean: bool = False


LOST_AFTER = 5
"""A bus whose instruments have each failed so many times in a row loses its power for `OFF` s, where that is wired …"""

OFF = 2.0
CYCLE_PAUSE = 600.0
"""… and not again within so many s, doubled each time up to sixteen times that."""


class Switch(Protocol):
    """What takes the instruments' power away and gives it back."""

    def switch(self, on: bool) -> None:
        """Give or take it. Raises PortLost."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class _Due(NamedTuple):
    """What is to be done when: `order` decides between what is due together."""

    moment: float
    order: int
    device: Device
    wake: bool = False


class Worker:
    """Reads every instrument of one bus, in a thread of its own, until `stop`.

    `deliver` takes each reading (it must not block); `environment` gives the newest usable companions; `memories` is what an
    earlier run left for gas indices, by instrument; `supply`, if wired, switches their power; `progress` is the monotonic
    time of the last turn of the loop, for the watchdog; `errors` counts readings that failed, `skipped`
    points of the grid that a slow reading has run over.
    """

    def __init__(
        self,
        name: str,
        bus: BusDevice,
        instruments: list[Instrument],
        deliver: Callable[[Reading], None],
        environment: Callable[[], Environment],
        monotonic: Callable[[], float],
        memories: Mapping[str, Sequence[float]] | None = None,
        supply: Switch | None = None,
    ) -> None:
        self._thread = threading.Thread(target=self._run, name=f"bus-{name}", daemon=True)
        self.bus = bus
        known = memories or {}
        self._devices = {one.name: Device(one, known.get(one.name, ())) for one in instruments}
        self._grid = list(self._devices.values())
        self._deliver = deliver
        self._environment = environment
        self._monotonic = monotonic
        self._extras: deque[Extra] = deque()
        self._hasty: deque[tuple[str, float, float]] = deque()
        self._turned: deque[bool] = deque()
        self._restarts: deque[str] = deque()
        self._supply = supply
        self._power_again = 0.0
        self.power_cycles = 0
        self.errors = 0
        self.skipped = 0
        self._wake = threading.Event()
        self._stopping = False
        self.progress = monotonic()

    def add(self, instrument: Instrument) -> None:
        """Know one more instrument, off the grid: it is read only when asked for. Before `start` only."""
        self._devices[instrument.name] = Device(instrument)

    def ask(self, extra: Extra) -> None:
        """Read one instrument soon, besides the grid."""
        self._extras.append(extra)
        self._wake.set()

    def restart(self, instrument: str) -> None:
        """Restart one instrument soon."""
        self._restarts.append(instrument)
        self._wake.set()

    def hasten(self, instrument: str, period: float, seconds: float) -> None:
        """Read one instrument every `period` s for so long, beginning now."""
        self._hasty.append((instrument, period, seconds))
        self._wake.set()

    def densify(self, on: bool) -> None:
        """From now on read every instrument as often as it may be in an emergency, or as usual again."""
        self._turned.append(on)
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

    def memories(self) -> dict[str, Sequence[float]]:
        """What the gas indices have learnt, by instrument."""
        return {name: device.process.memory() for name, device in self._devices.items() if device.process}

    def retries(self) -> int:
        """Readings of chips that had to be repeated."""
        return sum(device.retries for device in self._devices.values())

    def _run(self) -> None:
        """The loop: what is due next; in a pause, what is dead or was asked for."""
        now = self._monotonic()
        due = [_Due(now, index, device, device.instrument.sleep) for index, device in enumerate(self._grid)]
        while not self._stopping:
            now = self.progress = self._monotonic()
            while self._hasty:
                due = self._hasten(due, *self._hasty.popleft())
            while self._turned:
                due = self._densify(due, self._turned.popleft())
            wait = due[0].moment - now if due else LONGEST_WAIT
            probe = self._to_probe(now, wait)
            if wait <= 0:
                heapq.heapreplace(due, self._do(due[0], now))
            elif probe is not None:
                self._deliver(self._read(probe, _fitting(probe, wait)))
            elif self._wake.wait(min(wait, LONGEST_WAIT, self._next_probe(now))):
                self._wake.clear()
            self._do_extras()
            if self._supply is not None and self._lost() and self._monotonic() >= self._power_again:
                self._cycle_power(self._supply)
        self.bus.close()
        if self._supply is not None:
            self._supply.close()

    def _do(self, due: _Due, now: float) -> _Due:
        """What is due; and what is due for that device next."""
        device = due.device
        if due.wake:
            self._attempt(device, lambda: device.wake(self.bus, due.moment))
            device.left = device.instrument.burst
            return _Due(due.moment + device.model.warm_up, due.order, device)
        if device.dead and len(self._grid) > 1:
            self._deliver(Reading(device.instrument.name, now, None, device.error))
        else:
            self._deliver(self._read(device, device.model.deadline))
        return self._next(due)

    def _hasten(self, due: list[_Due], instrument: str, period: float, seconds: float) -> list[_Due]:
        now, device = self._monotonic(), self._devices[instrument]
        device.hasty = (period, now + seconds)
        sooner = [one._replace(moment=min(one.moment, now)) if one.device is device else one for one in due]
        heapq.heapify(sooner)
        return sooner

    def _densify(self, due: list[_Due], on: bool) -> list[_Due]:
        now = self._monotonic()
        for device in self._grid:
            device.dense = on
        sooner = [one._replace(moment=min(one.moment, now + one.device.pace(now))) for one in due]
        heapq.heapify(sooner)
        return sooner

    def _next(self, due: _Due) -> _Due:
        """The next point of the grid; those that a slow reading has run over are left out (and so missing)."""
        device, period = due.device, due.device.pace(due.moment)
        step = period
        if device.instrument.sleep:
            device.left -= 1
            if device.left > 0:
                return due._replace(moment=due.moment + device.model.least_interval)
            self._attempt(device, lambda: device.sleep(self.bus))
            step = period - device.model.warm_up - (device.instrument.burst - 1) * device.model.least_interval
        late = self._monotonic() - due.moment - step
        missed = late // period + 1 if late > 0 else 0
        self.skipped += int(missed)
        return _Due(due.moment + step + period * missed, due.order, device, device.instrument.sleep)

    def _attempt(self, device: Device, act: Callable[[], None]) -> None:
        """Wake or sleep; an error is told by the reading that follows."""
        try:
            act()
        except WireError as error:
            device.failed(error, self._monotonic())
            log.warning("%s: %s", device.instrument.name, error)

    def _to_probe(self, now: float, wait: float) -> Device | None:
        """A dead device whose turn has come, if the others leave a pause, or if they never do."""
        if len(self._grid) < 2:
            return None
        ready = (one for one in self._grid if one.dead and one.probe_at <= now)
        return next((one for one in ready if wait >= PAUSE or (wait > 0 and now - one.probe_at > OVERDUE)), None)

    def _next_probe(self, now: float) -> float:
        """s until a dead device's turn comes."""
        return max(0.01, min((one.probe_at - now for one in self._grid if one.dead and one.probe_at > now), default=LONGEST_WAIT))

    def _read(self, device: Device, deadline: float) -> Reading:
        """One reading as data."""
        name = device.instrument.name
        began = self._monotonic()
        try:
            sample = device.read(self.bus, self._environment() if device.model.companions else {}, deadline)
        except WireError as error:
            now = self._monotonic()
            self.errors += 1
            device.failed(error, now)
            return Reading(name, now, None, error)
        except Exception as bug:  # the edge of this thread: a bug in one driver must not silence its whole bus
            log.exception("driver %s", device.model.name)
            return Reading(name, self._monotonic(), None, Faulted(f"internal error: {bug!r}"))
        now = self._monotonic()
        device.answered(now, now - began)
        return Reading(name, now, sample, None, device.warm(now), device.identity)

    def _clean(self, device: Device) -> Reading:
        """Start its cleaning; what comes of it."""
        try:
            device.clean(self.bus)
        except WireError as error:
            return Reading(device.instrument.name, self._monotonic(), None, error)
        return Reading(device.instrument.name, self._monotonic(), Sample({}))

    def _lost(self) -> bool:
        """True if no instrument of the bus has answered for a while."""
        return bool(self._grid) and all(device.failures >= LOST_AFTER for device in self._grid)

    def _cycle_power(self, supply: Switch) -> None:
        """The last step: take the instruments' supply away and give it back."""
        self.power_cycles += 1
        self._power_again = self._monotonic() + CYCLE_PAUSE * 2 ** min(self.power_cycles - 1, 4)
        try:
            supply.switch(False)
            self._wake.wait(OFF)
            supply.switch(True)
        except WireError as error:
            log.warning("the supply cannot be switched: %s", error)
        self.bus.close()
        for device in self._grid:
            device.powered_off()

    def _do_extras(self) -> None:
        while self._restarts:
            device = self._devices[self._restarts.popleft()]
            self._attempt(device, partial(device.restart, self.bus, self._monotonic()))
        while self._extras:
            extra = self._extras.popleft()
            device = self._devices[extra.instrument]
            reading = self._clean(device) if extra.clean else self._read(device, device.model.deadline)
            extra.done(reading, self.bus.last_bytes())


def _fitting(device: Device, pause: float) -> float:
    """The deadline in s with which a silent device leaves the others' next reading alone: begin and read, and after each the
    line listens for as long again. A device that was ever slower than that gets the time it needs.
    """
    if device.failures % 10 == 9:
        return device.model.deadline  # now and then all the time it may take, in case it was never heard at its usual pace
    exchanges = 2 if device.begun or device.model.begin is None else 4
    return min(device.model.deadline, max(SHORTEST, pause / exchanges - 0.02, 1.2 * device.slowest))
