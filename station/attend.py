"""Acquisition's side of the request files: does what is asked, answers beside it, and says so in an event."""

from collections import deque
from pathlib import Path
from typing import Any

from drivers.sample import Sample
from gateway.requests import BadRequest, Request, answer, take
from station import events
from station.config import Config
from station.explain import explain
from station.pipeline import Pipeline
from station.reading import Reading
from station.worker import Extra, Worker


class Attendant:
    """Takes requests from the folder; readings are made by the worker of the bus and come back through a queue."""

    def __init__(self, folder: Path, workers: dict[str, Worker], pipeline: Pipeline, config: Config) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._workers = workers
        self._pipeline = pipeline
        self._instruments = {one.name: one for one in config.instruments}
        self._done: deque[tuple[Request, Reading, bytes]] = deque()

    def attend(self) -> list[str]:
        """Look once; the bodies of the events to be stored."""
        bodies = []
        for request in take(self._folder):
            if isinstance(request, BadRequest):
                bodies.append(events.event("bad_request", error=str(request)))
            elif request.action == "note":
                bodies.append(events.requested(request.action, request.who, request.arguments, "ok"))
            elif request.action == "maintenance":
                bodies.append(self._maintenance(request))
            elif self._begin_reading(request):
                bodies.append(events.requested(request.action, request.who, request.arguments, "unknown instrument"))
        while self._done:
            request, reading, raw = self._done.popleft()
            result = outcome(reading, raw, f"{reading.instrument}")
            answer(self._folder, request, result)
            word = "ok" if result["ok"] else reading.reason
            bodies.append(events.requested(request.action, request.who, request.arguments, word))
        return bodies

    def _maintenance(self, request: Request) -> str:
        self._pipeline.maintenance = bool(request.arguments.get("on", True))
        result = "on" if self._pipeline.maintenance else "off"
        answer(self._folder, request, {"ok": True, "maintenance": self._pipeline.maintenance})
        return events.requested(request.action, request.who, request.arguments, result)

    def _begin_reading(self, request: Request) -> bool:
        """Hand a reading to its worker; True if there is no such instrument."""
        name = str(request.arguments.get("instrument"))
        if name not in self._instruments:
            known = ", ".join(self._instruments)
            answer(self._folder, request, {"ok": False, "error": f"no instrument {name!r}; known: {known}"})
            return True
        worker = self._workers[self._instruments[name].bus]
        worker.ask(Extra(name, lambda reading, raw: self._done.append((request, reading, raw))))
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
        "warm": reading.warm,
        "error": explain(reading.error, where) if reading.error else "",
        "raw": raw.hex(" "),
    }
