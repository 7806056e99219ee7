"""Acquisition's side of the request files: does what is asked, answers beside it, and says so in an event."""

import logging
import time
from collections import deque
from typing import Any

from calibration.certificate import load
from drivers.sample import Sample
from gateway.requests import BadRequest, Request, answer, take
from station import events
from station.clock import Now
from station.config import Config
from station.explain import explain
from station.operation import Operation, Refused
from station.pipeline import Pipeline
from station.places import Places
from station.reading import Reading
from station.remote.trial import Trials
from station.tracing import Recording
from station.worker import Extra, Worker

LONGEST_TRACE = 3600.0
"""s after which a recording ends by itself: nobody looks any more, and the folder is memory."""

log = logging.getLogger(__name__)


class Attendant:
    """Takes requests from the folder; readings are made by the worker of the bus and come back through a queue."""

    def __init__(
        self, places: Places, workers: dict[str, Worker], pipeline: Pipeline, config: Config, operation: Operation
    ) -> None:
        self._folder = places.requests
        self._certificates = places.certificates
        self._folder.mkdir(parents=True, exist_ok=True)
        self._workers = workers
        self._pipeline = pipeline
        self._buses = config.buses
        self._instruments = {one.name: one for one in config.instruments}
        self._trials = Trials(places)
        self._recordings: dict[str, Recording] = {}
        self._operation = operation
        self._done: deque[tuple[Request, Reading, bytes]] = deque()

    def attend(self, now: Now) -> list[str]:
        """Look once; the bodies of the events to be stored."""
        bodies = self._trials.turn()
        self._write_recordings()
        for request in take(self._folder):
            if isinstance(request, BadRequest):
                bodies.append(events.event("bad_request", error=str(request)))
            elif request.action == "gaps":
                bodies.append(events.gaps(request.arguments))
            elif request.action == "sample":
                bodies.append(events.sample(request.arguments))
                answer(self._folder, request, {"ok": True})
            elif request.action == "chain":
                bodies.append(events.chain(request.arguments))
            elif request.action == "metric":
                bodies.append(events.metric(request.arguments))
            elif request.action == "note":
                bodies.append(events.requested(request.action, request.who, request.arguments, "ok"))
            elif request.action in ("maintenance", "emergency"):
                bodies.append(self._switch(request, now))
            elif request.action == "settings":
                result, refused = self._trials.ask(request)
                bodies += refused
                answer(self._folder, request, result)
            elif request.action == "certificates":
                bodies += self._read_certificates(request)
            elif request.action == "trace":
                bodies.append(self._trace(request))
            elif self._begin_reading(request):
                bodies.append(events.requested(request.action, request.who, request.arguments, "not possible"))
        while self._done:
            request, reading, raw = self._done.popleft()
            result = outcome(reading, raw, f"{reading.instrument}")
            if request.action == "clean":
                result = {key: result[key] for key in ("instrument", "reason", "error")} | {"ok": reading.error is None}
            answer(self._folder, request, result)
            word = "ok" if result["ok"] else reading.reason
            bodies.append(events.requested(request.action, request.who, request.arguments, word))
        return bodies

    def close(self) -> None:
        """What `attend` gave was stored."""
        self._trials.close()

    def _trace(self, request: Request) -> str:
        """Record a bus's traffic for so many s (0: stop), into a file beside the requests."""
        name, asked = str(request.arguments.get("bus")), request.arguments.get("seconds")
        seconds = float(asked) if isinstance(asked, int | float) else 0.0
        self._stop_recording(name)
        bus = next((one for one in self._buses if one.name == name and name in self._workers), None)
        if bus is None:
            result: dict[str, Any] = {"ok": False, "error": f"no bus {name!r} with instruments"}
        elif seconds <= 0:
            result = {"ok": True}
        else:
            path = self._folder.parent / f"{name.replace('/', '_')}.trace"
            try:
                until = time.monotonic() + min(seconds, LONGEST_TRACE)
                recording = Recording(bus, self._workers[name].bus.trace, path, until, time.monotonic)
                self._recordings[name] = recording
                result = {"ok": True, "path": str(path)}
            except OSError as error:
                result = {"ok": False, "error": f"{path}: {error.strerror}"}
        answer(self._folder, request, result)
        return events.requested(request.action, request.who, request.arguments, "ok" if result["ok"] else "failed")

    def _write_recordings(self) -> None:
        for name, recording in list(self._recordings.items()):
            if time.monotonic() >= recording.until:
                self._stop_recording(name)
                continue
            try:
                recording.write()
            except OSError as error:
                log.warning("trace of %s: %s", name, error)
                self._stop_recording(name)

    def _stop_recording(self, name: str) -> None:
        recording = self._recordings.pop(name, None)
        if recording is not None:
            try:
                recording.close()
            except OSError as error:
                log.warning("trace of %s: %s", name, error)

    def _switch(self, request: Request, now: Now) -> str:
        """Maintenance or an emergency, on or off."""
        assert request.action in ("maintenance", "emergency")
        try:
            body = self._operation.ask(request.action, request.who, request.arguments, now)
        except Refused as error:
            answer(self._folder, request, {"ok": False, "error": str(error)})
            return events.requested(request.action, request.who, request.arguments, error.word)
        answer(self._folder, request, {"ok": True, request.action: bool(request.arguments.get("on", True))})
        return body

    def _unknown(self, name: object) -> str:
        return f"no instrument {name!r}; known: {', '.join(self._instruments)}"

    def _read_certificates(self, request: Request) -> list[str]:
        """What the folder holds now is in force from the next interval on."""
        found, bad = load(self._certificates)
        self._pipeline.certificates = found
        ids = [one.id for one in found]
        files = [path.name for path in bad]
        answer(self._folder, request, {"ok": not bad, "certificates": ids, "bad": {p.name: why for p, why in bad.items()}})
        return [events.certified(ids, files), *([events.calibrated(request.arguments)] if request.arguments else [])]

    def _begin_reading(self, request: Request) -> bool:
        """Hand a reading or a cleaning to its worker; True if there is no such instrument, or nothing to clean."""
        name = str(request.arguments.get("instrument"))
        if name not in self._instruments:
            answer(self._folder, request, {"ok": False, "error": self._unknown(name)})
            return True
        clean = request.action == "clean"
        if clean and self._instruments[name].model.clean is None:
            answer(self._folder, request, {"ok": False, "error": f"{name} has nothing that could be cleaned by command"})
            return True
        worker = self._workers[self._instruments[name].bus]
        worker.ask(Extra(name, lambda reading, raw: self._done.append((request, reading, raw)), clean))
        return False


def outcome(reading: Reading, raw: bytes, where: str) -> dict[str, Any]:
    """One reading as the JSON object that `station read --json` prints."""
    sample = reading.sample or Sample({})
    return {
        "ok": reading.sample is not None and sample.usable,
        "instrument": reading.instrument,
        "reason": reading.reason,
        "values": dict(sample.values),
        "fields": dict(sample.fields),
        "status": dict(sample.status),
        "taken": sample.taken,
        "warm": reading.warm,
        "identity": reading.identity,
        "evidence": str(reading.error or ""),
        "error": explain(reading.error, where) if reading.error else "",
        "raw": raw.hex(" "),
    }
