"""`station acquire`: reads every instrument, forms intervals, stores them. Composes; each part has its own file."""

import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calibration.certificate import Certificate
from calibration.certificate import load as load_certificates
from gateway.ledger import unconfirmed
from gateway.log.raw import RawLog
from gateway.log.room import Room
from gateway.log.store import RecordLog
from station import VERSION, events
from station.alarm.actions import Actions
from station.alarm.alarms import Alarms, Notice, removed
from station.alarm.settings import Alarm
from station.attend import Attendant
from station.buses import open_bus, open_supply
from station.clock import Clock, Floor, Now, boot_id, made
from station.config import Config
from station.explain import explain
from station.host.health import Faults, notify
from station.host.pihealth import UNDER_VOLTAGE, throttled
from station.host.selfwatch import SelfWatch, claim, machine, run_since
from station.live import write_json
from station.memory import Memory
from station.operation import Operation
from station.pipeline import Pipeline
from station.places import Places
from station.reading import Reading
from station.recorder import Recorder, Witness
from station.remote.effective import Watch
from station.revival import Revival
from station.snapshot import snapshot
from station.timekeeper import Timekeeper
from station.wake import Waker
from station.words import _
from station.worker import Worker

if TYPE_CHECKING:
    from station.host.pole import Pole

QUEUE = 20_000
"""Raw readings that may wait between the workers and the pipeline; then the oldest are dropped and counted."""

TICK = 0.2
"""s between two looks at the queue."""

STUCK_WORKER = 60.0
"""s without a turn of its loop after which a worker counts as hung and the watchdog is not fed."""

ROOT = Path("/")
"""Below it lies what the computer tells of itself."""

log = logging.getLogger(__name__)


class Acquisition:
    """The whole of it, from the buses to the record log."""

    def __init__(
        self, config: Config, places: Places, monotonic: Callable[[], float] = time.monotonic, witness: Witness | None = None
    ) -> None:
        self._witness = witness
        self._config = config
        self._places = places
        self._monotonic = monotonic
        self._queue: deque[Reading] = deque()
        self._dropped = 0
        self._stop = threading.Event()
        self.settings = Watch(places, config, measuring=True)
        self._faults = Faults(log.log)
        self._bus_state: dict[str, str] = {}
        self._power_cycles: dict[str, int] = {}
        self._where = {one.name: f"{one.name} ({one.driver}, {one.bus})" for one in config.instruments}
        self._memory = Memory(places.memory, time.time())
        certificates = _certificates(places.certificates)
        self._watch = SelfWatch(places, [bus.name for bus in config.buses])
        self.pipeline = Pipeline([*config.instruments, *self._watch.instruments], config.limits, certificates)
        self._waker = Waker(places.wake)
        self.recorder = self._open_log()
        self._workers = _workers(config, self._deliver, self._companions, monotonic, self._memory.indices)
        for worker in self._workers.values():
            worker.densify(self._dense)
        self._pole = _pole(config, places, self._operation, self.recorder)
        self._attendant = Attendant(places, self._workers, self.pipeline, config, self._operation)
        self._revival = Revival(self.pipeline, {one.name: one.model for one in config.instruments}, self._restart)
        self._alarms = Alarms(config.alarms, self.pipeline.channels, self._memory.raised, self._memory.practised)
        self._actions = Actions(places.pictures)
        self._announce([certificate.id for certificate in certificates])

    def _open_log(self) -> Recorder:
        path = self._places.log
        path.parent.mkdir(parents=True, exist_ok=True)
        room = Room.of(path.parent, self._config.station.keep_free << 20)
        opened = RecordLog.open(path, round(time.time() * 1000), room)
        self._raw = RawLog(path, self._config.station.raw_days, boot_id(), room)
        self._floor = Floor(self._places.floor)
        floor = max(opened.newest_start() or 0, made(), self._floor.read())
        clock = Clock(time.time, self._monotonic, floor)
        names = [one.name for one in self._config.instruments]
        self._operation = Operation(self._places.operation, boot_id(), names, self.pipeline, clock.now())
        self._dense = self._operation.emergency
        ledgers = [self._places.ledgers / f"{one.name}.db" for one in self._config.destinations]
        period, wake = _interval(self._config, self._dense), self._waker.wake
        recorder = Recorder(opened, clock, boot_id(), period, self.pipeline, wake, self._witness, partial(unconfirmed, ledgers))
        self._clock = clock
        self._keeper = Timekeeper(clock, self._floor, self._config, self._places.run)
        return recorder

    def _announce(self, certificates: list[str]) -> None:
        names = [f"{one.name}={one.driver}" for one in self._config.instruments]
        now = self._clock.now()
        facts = machine(ROOT)
        self.recorder.event(events.started(VERSION, names, certificates, facts, self._config.hash), now)
        if self._config.site is not None:
            self.recorder.event(events.site(self._config.site.card(self._config.station.name)), now)
        if before := claim(self._places, str(facts["serial"])):
            log.warning(_("this card was used by machine %s before; see that it does not run as this station any more"), before)
            self.recorder.event(events.other_machine(before, str(facts["serial"])), now)
        for one in self._config.instruments:
            if one.model.confidence == "unverified":
                log.warning(
                    _("%s: the facts of driver %s are unverified; check every value on the real device"), one.name, one.driver
                )
        for name in sorted(set(self._memory.raised) - {one.name for one in self._config.alarms}):
            self.recorder.event(removed(name), now, "alarm")
        self._memory.keep_raised(self._alarms.raised, self._alarms.practised)

    def _deliver(self, reading: Reading) -> None:
        """Called by the workers: never blocks."""
        if len(self._queue) >= QUEUE:
            self._queue.popleft()
            self._dropped += 1
        self._queue.append(reading)

    def _restart(self, instrument: str) -> None:
        bus = next(one.bus for one in self._config.instruments if one.name == instrument)
        self._workers[bus].restart(instrument)

    def _tell(self, notices: list[Notice], now: Now) -> None:
        """Store what happened to alarms, and do what is to be done about it."""
        for alarm, step, body in notices:
            self.recorder.event(body, now, "alarm")
            if step == "series":
                continue
            log.warning(_("alarm %s: %s"), alarm.name, step)
            self._memory.keep_raised(self._alarms.raised, self._alarms.practised)
            self._actions.switch(alarm, step == "raised")
            if step == "raised":
                self._actions.picture(alarm)
                self._hasten(alarm)

    def _hasten(self, alarm: Alarm) -> None:
        if alarm.sampling is None:
            return
        for name in {channel.rpartition(".")[0] for channel in alarm.watched}:
            bus = next(one.bus for one in self._config.instruments if one.name == name)
            self._workers[bus].hasten(name, alarm.sampling, alarm.sampling_for)

    def _companions(self) -> dict[str, float]:
        return self.pipeline.companions(self._monotonic())

    def stop(self, *_ignored: object) -> None:
        """End in order: store the interval being formed, close the ports. Safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Until `stop`, or SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        for worker in self._workers.values():
            worker.start()
        if self._pole is not None:
            self._pole.start()
        notify("READY=1")
        log.info(_("measuring: %s"), ", ".join(self._where.values()))
        next_live = 0.0
        while not self._stop.is_set():
            now = self._turn()
            if now.monotonic / 1000 >= next_live:
                next_live = now.monotonic / 1000 + 1.0
                self.pipeline.under_voltage = bool((throttled(ROOT) or 0) & UNDER_VOLTAGE)
                for body in self._revival.look(now.monotonic / 1000):
                    self.recorder.event(body, now)
                self._publish(now)
                if self.settings.look(now.monotonic / 1000):
                    self.stop()
            until_boundary = self.recorder.boundary / 1000 - self._monotonic()
            self._stop.wait(max(0.0, min(TICK, until_boundary)))
        self._end()

    def _turn(self) -> Now:
        """Everything that waits: readings, then the interval, then requests."""
        now = self._clock.now()
        self._operate(now)
        while self._queue:
            self._take(self._queue.popleft(), now)
        if self._dropped:
            self.recorder.event(events.readings_dropped(self._dropped), now)
            self._dropped = 0
        for name, worker in self._workers.items():
            if worker.power_cycles > self._power_cycles.get(name, 0):
                self._power_cycles[name] = worker.power_cycles
                self.recorder.event(events.power_cycled(name, worker.power_cycles), now)
        for reading in self._watch.readings(now.monotonic / 1000, now.utc - now.wall, self._workers):
            self.pipeline.take(reading)
            for key, hours in run_since(reading, self._config.instruments, self._bus_state):
                self._memory.ran(key, hours)
        if self._pole is not None:
            self._pole.turn(bool(self._bus_state), now)
        self.recorder.tick(now)
        self._raw.tick(now.monotonic, now.offset if now.trusted else None)
        for body in self._attendant.attend(now):
            self.recorder.event(body, now)
        self._tell(self._alarms.tick(now.monotonic / 1000), now)
        while self._actions.done:
            self.recorder.event(self._actions.done.popleft(), now, "alarm")
        return now

    def _operate(self, now: Now) -> None:
        """End what people have switched on and is over; in an emergency read and store as often as may be."""
        for body in self._operation.turn(now):
            self.recorder.event(body, now)
        self._tell(self._alarms.drill(self.pipeline.drill), now)
        if self._operation.emergency != self._dense:
            self._dense = not self._dense
            self.recorder.change_period(_interval(self._config, self._dense), now)
            for worker in self._workers.values():
                worker.densify(self._dense)

    def _take(self, reading: Reading, now: Now) -> None:
        if reading.identity:
            before = self._memory.identify(reading.instrument, reading.identity)
            if before is not None:
                self.recorder.event(events.identified(reading.instrument, reading.identity, before), now)
        sample = reading.sample
        self._raw.add(reading.instrument, round(reading.moment * 1000), sample.values if sample else {}, reading.reason)
        if sample is not None:
            self._keeper.receive(reading.instrument, sample, reading.moment)
        if sample is None or not sample.taken or self._memory.is_new(reading.instrument, sample.taken):
            self.pipeline.take(reading)
            self._look(reading, now)
        error = reading.error
        where = self._where[reading.instrument]
        if error is not None or reading.instrument in self._bus_state:
            fault = error.reason if error else ""
            self._faults.state(where, fault, explain(error, where) if error else "", reading.moment)
            if error:
                self._bus_state[reading.instrument] = explain(error, where)
            else:
                del self._bus_state[reading.instrument]

    def _look(self, reading: Reading, now: Now) -> None:
        """Let the alarms see what was just read."""
        channels = self.pipeline.channels[reading.instrument]
        utc = now.utc if now.trusted else None
        result = reading.sample is not None and bool(reading.sample.taken)
        self._tell(self._alarms.take(reading.instrument, channels, now.monotonic / 1000, utc, result), now)

    def _publish(self, now: Now) -> None:
        """Rewrite live.json, and feed the watchdog if every loop makes progress."""
        content = snapshot(self._config, self.recorder, self.pipeline, self._workers, now)
        write_json(self._places.live, content | self._going_on(now))
        self._memory.write(_indices(self._workers), time.time(), now.monotonic / 1000)
        self._keeper.turn(now)
        if self._pole is not None:
            self._pole.look()
        if all(now.monotonic / 1000 - worker.progress < STUCK_WORKER for worker in self._workers.values()):
            notify("WATCHDOG=1")

    def _going_on(self, now: Now) -> dict[str, Any]:
        """What people have switched on, which alarms are raised, some of them in a drill, and what does not answer."""
        alarms = {"alarms": self._alarms.raised, "practised": self._alarms.practised}
        return {"operation": self._operation.told(now), **alarms, "faults": self._bus_state}

    def _end(self) -> None:
        notify("RELOADING=1" if self.settings.changed else "STOPPING=1")
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.join(3.0)
        if self._pole is not None:
            self._pole.stop()
        now = self._clock.now()
        while self._queue:
            self._take(self._queue.popleft(), now)
        self._tell(self._alarms.tick(now.monotonic / 1000, last=True), now)
        self._actions.close()
        self._attendant.close()
        self._raw.tick(now.monotonic, now.offset if now.trusted else None, last=True)
        self._raw.close()
        self.recorder.finish(self._clock.now())
        self._memory.write(_indices(self._workers), time.time(), now.monotonic / 1000, last=True)
        self._places.live.unlink(missing_ok=True)
        self._waker.close()


def _pole(config: Config, places: Places, operation: Operation, recorder: Recorder) -> "Pole | None":
    """The station's own pins, if it has a panel; without one their code is not loaded."""
    if config.panel is None:
        return None
    from station.host.pole import Pole

    return Pole(config, places.delivery, operation, recorder)


def _interval(config: Config, emergency: bool) -> int:
    """Length in s of the intervals that are stored, in an emergency or not."""
    usual, short = config.station.interval, config.station.emergency_interval
    return min(usual, short) if emergency else usual


def _workers(
    config: Config,
    deliver: Callable[[Reading], None],
    companions: Callable[[], dict[str, float]],
    monotonic: Callable[[], float],
    memories: dict[str, list[float]],
) -> dict[str, Worker]:
    """One worker for each bus that has instruments, by the bus's name."""
    workers = {}
    for bus in config.buses:
        mine = [one for one in config.instruments if one.bus == bus.name]
        if mine:
            device = open_bus(bus, mine)
            workers[bus.name] = Worker(bus.name, device, mine, deliver, companions, monotonic, memories, open_supply(bus))
    return workers


def _indices(workers: dict[str, Worker]) -> dict[str, Sequence[float]]:
    return {name: states for worker in workers.values() for name, states in worker.memories().items()}


def _certificates(folder: Path) -> list[Certificate]:
    found, bad = load_certificates(folder)
    for path, why in bad.items():
        log.error(_("%s is no certificate and is not used: %s"), path, why)
    return found
