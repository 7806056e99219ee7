"""A simulated day of a station in one process: its own drivers, quality tests, alarms, log and metrics on a fast clock.

Only the wires are left out (`shortcut.py`); the simulated instruments are handed in.
"""

import heapq
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from calibration.certificate import load as load_certificates
from drivers.errors import WireError
from gateway.link.hj212.archive import Archive
from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.payload import payload
from gateway.record import ChannelRow, Record
from station import events
from station.alarm.alarms import Alarms
from station.clock import Clock
from station.config import Config
from station.device import Device
from station.metrics.noise import day_hours
from station.pipeline import Pipeline
from station.reading import Reading
from station.recorder import Recorder
from station.summary.aggregate import DAY, HOUR, midnight
from station.summary.keeper import told
from station.summary.settings import Noise
from station.trial.card import Clocks
from station.trial.shortcut import Shortcut
from station.upkeep.profile import twin

Truths = Mapping[str, float]
"""What the world is held at, by its own names."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated: the day, the s from one analysis to the next, and from which hour on the world is held at what."""

    day: date
    cycle: float = 4 * 3600.0
    holds: Sequence[tuple[float, Truths]] = field(default=())


class SimulatedDay:
    """One run in `folder`, whose record log stays. `world` is that of every instrument; `make` makes one of them by model and
    settings in it.
    """

    def __init__(self, folder: Path, config: Config, plan: Plan, world: Any, make: Callable[[str, dict[str, Any]], Any]) -> None:
        self._config = config
        self._world = world
        self._begin = midnight(plan.day)
        morning = day_hours(plan.day)[0] * HOUR if any(isinstance(one, Noise) for one in config.metrics) else 0
        self._end = self._begin + DAY + morning
        self._holds = sorted(plan.holds, key=lambda one: one[0])
        self._clocks = Clocks(self._begin)
        self._clocks.disciplined = True
        self.log = folder / "records.db"
        certificates, _bad = load_certificates(folder / "certificates")
        self._pipeline = Pipeline(config.instruments, config.limits, certificates)
        self._alarms = Alarms(config.alarms, self._pipeline.channels)
        self._clock = Clock(self._clocks.wall, self._clocks.monotonic, 0, self._clocks)
        opened = RecordLog.open(self.log, self._begin)
        self._recorder = Recorder(opened, self._clock, "simulated-day", config.station.interval, self._pipeline, lambda: None)
        self._archive = Archive(LogReader(self.log))
        self._taken: dict[str, str] = {}
        self._buses = {bus.name: self._bus(bus.name, bus.kind, plan.cycle, make) for bus in config.buses}

    def _bus(self, name: str, kind: str, cycle: float, make: Callable[[str, dict[str, Any]], Any]) -> Shortcut:
        devices = {}
        for one in self._config.instruments:
            if one.bus == name:
                told_ = {**twin(one, cycle), "midnight": self._begin / 1000}
                devices[told_["address"]] = make(told_["model"], {**told_, "unit": told_["address"]})
        return Shortcut(kind, devices, self._seconds)

    def _seconds(self) -> float:
        return (self._clocks.now - self._begin) / 1000

    def run(self) -> None:
        """The day, and the morning after where a noise day wants its night."""
        if self._config.site is not None:
            self._recorder.event(events.site(self._config.site.card(self._config.station.name)), self._clock.now())
        due = [(self._begin, number, Device(one)) for number, one in enumerate(self._config.instruments)]
        hour = self._begin + HOUR
        while self._clocks.now < self._end:
            boundary = self._clocks.at(self._recorder.boundary / 1000)
            self._clocks.now = min(due[0][0], boundary, self._end)
            self._hold()
            if self._clocks.now >= boundary:
                self._recorder.tick(self._clock.now())
            if self._clocks.now >= hour:
                self._owe(hour)
                hour += HOUR
            while due[0][0] <= self._clocks.now:
                at, number, device = due[0]
                self._read(device)
                heapq.heapreplace(due, (at + round(device.instrument.period * 1000), number, device))
        now = self._clock.now()
        self._tell(self._alarms.tick(now.monotonic / 1000, last=True))
        self._recorder.finish(now)

    def _hold(self) -> None:
        while self._holds and self._seconds() >= self._holds[0][0] * 3600:
            self._world.held = dict(self._holds.pop(0)[1])

    def _owe(self, end: int) -> None:
        for facts in told(self._config, self._archive.between, end):
            self._recorder.event(events.metric(facts), self._clock.now())

    def _read(self, device: Device) -> None:
        """One reading on its way, as acquisition takes it."""
        one, moment = device.instrument, self._clocks.monotonic()
        environment = self._pipeline.companions(moment) if device.model.companions else {}
        try:
            sample = device.read(self._buses[one.bus], environment, device.model.deadline)
        except WireError as error:
            device.failed(error, moment)
            self._pipeline.take(Reading(one.name, moment, None, error))
            return
        device.answered(moment)
        if sample.taken and self._taken.get(one.name) == sample.taken:
            return
        self._taken[one.name] = sample.taken
        self._pipeline.take(Reading(one.name, moment, sample, None, device.warm(moment), device.identity))
        now = self._clock.now()
        channels = self._pipeline.channels[one.name]
        self._tell(self._alarms.take(one.name, channels, moment, now.utc, bool(sample.taken)))
        self._tell(self._alarms.tick(moment))

    def _tell(self, notices: Sequence[Any]) -> None:
        for _alarm, _step, body in notices:
            self._recorder.event(body, self._clock.now(), "alarm")


def summary(config: Config, records: Sequence[Record]) -> dict[str, Any]:
    """What the day came to: records, good of due readings by channel, alarms, metrics, bytes of the payloads."""
    good: Counter[str] = Counter()
    due: Counter[str] = Counter()
    for record in records:
        for row in (ChannelRow(*entries) for entries in (json.loads(record.body) if record.kind == "interval" else ())):
            name = f"{row.instrument}.{row.quantity}"
            good[name] += row.count if row.flag == 1 else 0
            due[name] += row.expected
    bodies = [(record, json.loads(record.body)) for record in records if record.kind != "interval"]
    alarms = [
        {"start": record.start, **{key: body.get(key) for key in ("alarm", "code", "channel", "value", "bound")}}
        for record, body in bodies
        if record.kind == "alarm" and body["code"] in ("raised", "cleared")
    ]
    return {
        "intervals": sum(record.kind == "interval" for record in records),
        "records": len(records),
        "completeness": {name: round(good[name] / due[name], 4) for name in sorted(due) if due[name]},
        "alarms": alarms,
        "metrics": [body for _record, body in bodies if body.get("code") == "metric"],
        "payload_bytes": sum(len(payload(config.station.id, record, replay=False)) for record in records),
    }
