"""`station acquire`: reads every instrument, forms intervals, stores them. Composes; each part has its own file."""

import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from calibration.certificate import Certificate
from calibration.certificate import load as load_certificates
from gateway.log.store import RecordLog
from station import events
from station.attend import Attendant
from station.buses import open_bus, open_supply
from station.clock import Clock, Now, boot_id, made
from station.config import Config
from station.explain import explain
from station.health import Faults, notify
from station.keep import claim
from station.live import read_fresh, write_json
from station.memory import Memory
from station.panel import CARD, FAST, NO_ANSWER, NO_PLATFORM, STEADY, WELL, Panel
from station.pipeline import Pipeline
from station.places import Places
from station.reading import Reading
from station.recorder import Recorder, Witness
from station.selfwatch import EVERY, NAME, SelfWatch, machine
from station.visit import hours_key
from station.wake import Waker
from station.words import _
from station.worker import Worker

QUEUE = 20_000
"""Raw readings that may wait between the workers and the pipeline; then the oldest are dropped and counted."""

TICK = 0.2
"""s between two looks at the queue."""

STUCK_WORKER = 60.0
"""s without a turn of its loop after which a worker counts as hung and the watchdog is not fed."""

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
        self._workers = self._make_workers()
        self._panel = Panel(config.panel, places.delivery) if config.panel else None
        self._modem_cycles = 0
        self._delivered = False
        self._attendant = Attendant(places.requests, self._workers, self.pipeline, config)
        self._announce([certificate.id for certificate in certificates])

    def _open_log(self) -> Recorder:
        path = self._places.log
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = RecordLog.open(path, first=round(time.time() * 1000))
        clock = Clock(time.time, self._monotonic, floor=max(opened.newest_start() or 0, made()))
        recorder = Recorder(
            opened, clock, boot_id(), self._config.station.interval, self.pipeline, self._waker.wake, self._witness
        )
        self._clock = clock
        return recorder

    def _make_workers(self) -> dict[str, Worker]:
        """One worker for each bus that has instruments, by the bus's name."""
        workers = {}
        for bus in self._config.buses:
            mine = [one for one in self._config.instruments if one.bus == bus.name]
            if mine:
                device = open_bus(bus, mine)
                workers[bus.name] = Worker(
                    bus.name,
                    device,
                    mine,
                    self._deliver,
                    self._companions,
                    self._monotonic,
                    self._memory.indices,
                    open_supply(bus),
                )
        return workers

    def _announce(self, certificates: list[str]) -> None:
        names = [f"{one.name}={one.driver}" for one in self._config.instruments]
        facts = machine(Path("/"))
        self.recorder.event(events.started(version("shanshui-station"), names, certificates, facts), self._clock.now())
        if before := claim(self._places, str(facts["serial"])):
            log.warning(_("this card was used by machine %s before; see that it does not run as this station any more"), before)
            self.recorder.event(events.other_machine(before, str(facts["serial"])), self._clock.now())

    def _deliver(self, reading: Reading) -> None:
        """Called by the workers: never blocks."""
        if len(self._queue) >= QUEUE:
            self._queue.popleft()
            self._dropped += 1
        self._queue.append(reading)

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
        if self._panel is not None:
            self._panel.start()
        notify("READY=1")
        log.info(_("measuring: %s"), ", ".join(self._where.values()))
        next_live = 0.0
        while not self._stop.is_set():
            now = self._turn()
            if now.monotonic / 1000 >= next_live:
                next_live = now.monotonic / 1000 + 1.0
                self._publish(now)
            until_boundary = self.recorder.boundary / 1000 - self._monotonic()
            self._stop.wait(max(0.0, min(TICK, until_boundary)))
        self._end()

    def _turn(self) -> Now:
        """Everything that waits: readings, then the interval, then requests."""
        now = self._clock.now()
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
            self._count_hours(reading)
        if self._panel is not None:
            self._work(self._panel, now)
        self.recorder.tick(now)
        for body in self._attendant.attend():
            self.recorder.event(body, now)
        return now

    def _work(self, panel: Panel, now: Now) -> None:
        """The button switches maintenance; the modem's losses of power are events; the LED shows how things are."""
        while panel.presses:
            panel.presses.popleft()
            self.pipeline.maintenance = on = not self.pipeline.maintenance
            self.recorder.event(events.requested("maintenance", "button", {"on": on}, "on" if on else "off"), now)
        if panel.cycles > self._modem_cycles:
            self._modem_cycles = panel.cycles
            self.recorder.event(events.modem_cycled(panel.cycles), now)
        states = (
            (self.pipeline.maintenance, FAST), (bool(self.recorder.fault), CARD), (bool(self._bus_state), NO_ANSWER),
            (not self.recorder.trusted, STEADY), (not self._delivered, NO_PLATFORM),
        )  # fmt: skip
        panel.pattern = next((pattern for holds, pattern in states if holds), WELL)

    def _count_hours(self, own: Reading) -> None:
        """Each look of the station at itself: what answers has run since the last one."""
        for one in self._config.instruments if own.instrument == NAME else ():
            if one.name not in self._bus_state:
                awake = one.model.warm_up + one.burst * one.model.least_interval
                share = min(1.0, awake / one.period) if one.sleep else 1.0
                self._memory.ran(hours_key(one), share * EVERY / 3600)

    def _take(self, reading: Reading, now: Now) -> None:
        if reading.identity:
            before = self._memory.identify(reading.instrument, reading.identity)
            if before is not None:
                self.recorder.event(events.identified(reading.instrument, reading.identity, before), now)
        sample = reading.sample
        if sample is None or not sample.taken or self._memory.is_new(reading.instrument, sample.taken):
            self.pipeline.take(reading)
        error = reading.error
        where = self._where[reading.instrument]
        if error is not None or reading.instrument in self._bus_state:
            fault = error.reason if error else ""
            self._faults.state(where, fault, explain(error, where) if error else "", reading.moment)
            if error:
                self._bus_state[reading.instrument] = explain(error, where)
            else:
                del self._bus_state[reading.instrument]

    def _publish(self, now: Now) -> None:
        """Rewrite live.json, and feed the watchdog if every loop makes progress."""
        recorder = self.recorder
        channels = [
            [name, key, latest.value, latest.raw, int(latest.flag), latest.reason, round(latest.moment, 3)]
            for name, channels in self.pipeline.channels.items()
            for key, channel in channels.items()
            if (latest := channel.latest) is not None
        ]
        write_json(
            self._places.live,
            {
                "station": self._config.station.id,
                "monotonic": now.monotonic / 1000,
                "utc": now.utc,
                "clock": {"trusted": recorder.trusted, "source": now.source, "error": now.error},
                "stored": recorder.stored,
                "last_sequence": recorder.last_sequence,
                "waiting": recorder.waiting,
                "storage_fault": str(recorder.fault or ""),
                "maintenance": self.pipeline.maintenance,
                "faults": self._bus_state,
                "buses": {
                    name: {"retries": worker.retries(), "power_cycles": worker.power_cycles}
                    for name, worker in self._workers.items()
                },
                "channels": channels,
            },
        )
        self._memory.write(self._indices(), time.time(), now.monotonic / 1000)
        if self._panel is not None:
            delivery = read_fresh(self._places.delivery) or {"destinations": {"": {"connected": not self._config.destinations}}}
            self._delivered = all(one["connected"] for one in delivery["destinations"].values())
        if all(now.monotonic / 1000 - worker.progress < STUCK_WORKER for worker in self._workers.values()):
            notify("WATCHDOG=1")

    def _indices(self) -> dict[str, Sequence[float]]:
        return {name: states for worker in self._workers.values() for name, states in worker.memories().items()}

    def _end(self) -> None:
        notify("STOPPING=1")
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.join(3.0)
        if self._panel is not None:
            self._panel.stop()
        now = self._clock.now()
        while self._queue:
            self._take(self._queue.popleft(), now)
        self.recorder.finish(self._clock.now())
        self._memory.write(self._indices(), time.time(), now.monotonic / 1000, last=True)
        self._places.live.unlink(missing_ok=True)
        self._waker.close()


def _certificates(folder: Path) -> list[Certificate]:
    found, bad = load_certificates(folder)
    for path, why in bad.items():
        log.error(_("%s is no certificate and is not used: %s"), path, why)
    return found
