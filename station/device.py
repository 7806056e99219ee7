"""One instrument as its worker knows it: begun or not, warm or not, asleep, dead, and who it says it is."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from drivers.driver import Environment, Step
from drivers.errors import Garbled, NoAnswer, PortLost, WireError
from drivers.sample import Sample
from station.config import Instrument, address_of

LOST_POWER_AFTER = 10.0
"""A device that was silent for so many s may have been without power: its warm-up begins anew."""

DEAD_AFTER = 2
"""So many readings without an answer, one after another, and a device that shares its line is asked less often."""

LONGEST_REST = 60.0
"""s between two questions to a dead device, at most; the pauses double up to that."""

I2C_RETRIES = 2
"""A chip that does not acknowledge, or whose CRC is wrong, is asked so many times more within one reading."""


Tap = Callable[[str, bytes], None]
"""Called with ">" or "<" and the bytes that travel."""


class Traced(Protocol):
    """What can be listened to."""

    tap: Tap | None


class BusDevice(Protocol):
    """What a worker needs of a bus from `drivers/bus/`."""

    def port(self, address: int, deadline: float) -> Any:
        """The port of one device for one reading that may take `deadline` s."""
        ...

    def last_bytes(self) -> bytes:
        """The bytes received in the last exchange."""
        ...

    @property
    def trace(self) -> Traced:
        """The bytes in both directions."""
        ...

    def close(self) -> None:
        """Let go of the port."""
        ...


class Device:
    """One instrument's state. `retries` counts readings that were repeated."""

    def __init__(self, instrument: Instrument, memory: Sequence[float] = ()) -> None:
        self.instrument = instrument
        self.address = address_of(instrument)
        self.model = instrument.model
        self.process: Step | None = self.model.process(instrument.period, memory) if self.model.process else None
        self.begun = False
        self.identity = ""
        self.warm_from: float | None = None
        self.silent_since: float | None = None
        self.failures = 0
        self.probe_at = 0.0
        self.slowest = 0.0
        """s that its slowest good reading took: a probe that may take less could never succeed."""
        self.retries = 0
        self.error: WireError | None = None
        self._condition()
        self.hasty: tuple[float, float] | None = None
        """s between readings, and the moment until which it is read that often."""
        self.dense = False
        """There is an emergency: it is read as often as it may be."""
        self.left = 0
        """Readings that this waking has still to make, for an instrument that sleeps in between."""

    def pace(self, now: float) -> float:
        """s until the next reading after one at `now`."""
        usual = shortest(self.instrument) if self.dense else self.instrument.period
        return min(self.hasty[0], usual) if self.hasty is not None and now < self.hasty[1] else usual

    def read(self, bus: BusDevice, environment: Environment, deadline: float) -> Sample:
        """One reading that may take `deadline` s. Raises WireError."""
        for left in range(I2C_RETRIES if self.model.port == "i2c" else 0, -1, -1):
            try:
                return self._read(bus, environment, deadline)
            except (NoAnswer, Garbled):
                if not left:
                    raise
                self.retries += 1
        raise AssertionError("not reached")

    def _read(self, bus: BusDevice, environment: Environment, deadline: float) -> Sample:
        model, settings = self.model, self.instrument.settings
        if not self.begun and model.begin is not None:
            model.begin(bus.port(self.address, deadline), settings)
        port = bus.port(self.address, deadline)
        if model.conditioning and self.conditionings:
            self.conditionings -= 1
            sample = model.conditioning.read(port, environment, settings)
        elif model.read is not None:
            sample = model.read(port, environment, settings)
        else:
            sample = model.decode(port.receive(model.split), settings)
        if not self.begun:
            self.begun = True
            self._identify(bus, deadline)
        return self.process(sample) if self.process else sample

    def _condition(self) -> None:
        """Set how many readings are still to condition it."""
        conditioning = self.model.conditioning
        self.conditionings = int(conditioning.limit // self.instrument.period) if conditioning else 0

    def _identify(self, bus: BusDevice, deadline: float) -> None:
        """Ask who it is, now that it answers; a device that does not tell is no failure."""
        if self.model.identify is not None:
            try:
                self.identity = self.model.identify(bus.port(self.address, deadline), self.instrument.settings)
            except WireError:
                self.identity = ""

    def wake(self, bus: BusDevice, moment: float) -> None:
        """Out of its rest; it warms up anew from `moment`. Raises WireError."""
        assert self.model.wake is not None
        self.warm_from = moment + self.model.warm_up
        self.model.wake(bus.port(self.address, self.model.deadline), self.instrument.settings)

    def sleep(self, bus: BusDevice) -> None:
        """To rest. Raises WireError."""
        assert self.model.sleep is not None
        self.model.sleep(bus.port(self.address, self.model.deadline), self.instrument.settings)

    def restart(self, bus: BusDevice, now: float) -> None:
        """Out of a short rest, or begun anew: whatever its model can. Raises WireError."""
        if self.model.sleep is not None and self.model.wake is not None:
            self.sleep(bus)
            self.wake(bus, now)
        self.begun = False

    def clean(self, bus: BusDevice) -> None:
        """Start its cleaning. Raises WireError."""
        assert self.model.clean is not None
        self.model.clean(bus.port(self.address, self.model.deadline), self.instrument.settings)

    @property
    def dead(self) -> bool:
        """True if it has not answered for a while."""
        return self.failures >= DEAD_AFTER

    def warm(self, now: float) -> bool:
        """True once its warm-up has passed."""
        return self.warm_from is not None and now >= self.warm_from

    def answered(self, now: float, took: float = 0.0) -> None:
        """The device is there, and needed `took` s; after a long silence its warm-up starts again."""
        self.slowest = max(took, 0.99 * self.slowest)
        if self.warm_from is None:
            self.warm_from = now + self.model.warm_up
        self.silent_since = None
        self.failures = 0
        self.error = None

    def powered_off(self) -> None:
        """Its supply was taken away: it starts anew."""
        self.begun, self.warm_from, self.failures, self.identity = False, None, 0, ""
        self._condition()

    def failed(self, error: WireError, now: float) -> None:
        """Note an error: what was lost must be begun again, and a dead device is left in peace for a while."""
        self.error = error
        if not isinstance(error, NoAnswer | PortLost):
            self.failures = 0
            return
        self.failures += 1
        if self.silent_since is None:
            self.silent_since = now
        if isinstance(error, PortLost) or now - self.silent_since > LOST_POWER_AFTER:
            self.begun = False
            self.identity = ""
            self.warm_from = None
        if self.dead:
            doublings = min(self.failures - DEAD_AFTER, 16)
            self.probe_at = now + min(LONGEST_REST, self.instrument.period * 2**doublings)


def shortest(instrument: Instrument) -> float:
    """s between readings in an emergency; never rarer than usual, and as usual where the model needs a steady pace."""
    model = instrument.model
    if model.process:
        return instrument.period
    wanted = max(1.0, model.least_interval) if instrument.emergency_interval is None else instrument.emergency_interval
    awake = model.warm_up + instrument.burst * model.least_interval if instrument.sleep else 0.0
    return min(instrument.period, max(wanted, awake))
