"""The station watches itself: each minute the computer's health and each bus's troubles become readings like any others.

They stand in the same interval record, under the instrument names `station` and `bus:NAME`; what a machine cannot tell is absent.
"""

import os
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from drivers.sample import Sample
from station.config import Instrument
from station.host import pihealth
from station.host.restarts import starts
from station.memory import hours_key
from station.places import Places
from station.reading import Reading

NAME = "station"
EVERY = 60.0
"""s between two looks."""

BUS_COUNTS = ("bus_errors", "skipped_scans")


class Counted(Protocol):
    """What a bus's worker counts: readings that failed, and points of the grid that a slow one ran over."""

    errors: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Own:
    """Channels of the station's own, as the pipeline knows an instrument."""

    name: str
    channels: tuple[str, ...]
    driver: str = "station"
    serial: str = ""
    period: float = EVERY
    derived: tuple[str, ...] = ()
    resolution: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Readings per second."""
        return 1 / self.period


class SelfWatch:
    """Looks each minute. `workers` by bus; `root` is / but in tests."""

    def __init__(self, places: Places, buses: list[str], root: Path = Path("/")) -> None:
        self._places = places
        self._root = root
        self._next = 0.0
        self._before: dict[str, tuple[int, int]] = {}
        self.instruments = [Own(NAME, tuple(self._health(0))), *(Own(f"bus:{bus}", BUS_COUNTS) for bus in buses)]

    def readings(self, monotonic: float, offset: int, workers: Mapping[str, Counted]) -> Iterator[Reading]:
        """What is to be told at `monotonic` s, nothing until a minute has passed; `offset`: ms of UTC over the system's clock."""
        if monotonic < self._next:
            return
        self._next = monotonic + EVERY
        yield Reading(NAME, monotonic, Sample(self._health(offset)))
        for bus, worker in workers.items():
            errors, skipped = self._before.get(bus, (0, 0))
            self._before[bus] = worker.errors, worker.skipped
            counts = (worker.errors - errors, worker.skipped - skipped)
            yield Reading(f"bus:{bus}", monotonic, Sample(dict(zip(BUS_COUNTS, map(float, counts), strict=True))))

    def _health(self, offset: int) -> dict[str, float]:
        """Quantity → number, of what this machine can tell."""
        root, bits = self._root, pihealth.throttled(self._root)
        mount = pihealth.mount_of(root, pihealth.standing(self._places.state).resolve())
        card = pihealth.card_of(root, mount) if mount else None
        found: dict[str, float | None] = {
            "cpu_temperature": pihealth.temperature(root),
            "cpu_load": pihealth.load(root),
            "memory_free": pihealth.memory_free(root),
            "disk_free": _free(self._places.state),
            "uptime": pihealth.uptime(root),
            "under_voltage": None if bits is None else float(bool(bits & pihealth.UNDER_VOLTAGE)),
            "throttled": None if bits is None else float(bool(bits & (pihealth.CAPPED | pihealth.SLOWED | pihealth.HOT))),
            "card_written": card.written if card else None,
            "card_worn": card.worn * 10 if card and card.worn is not None else None,
            "signal_strength": pihealth.wireless(root),
            "clock_offset": float(offset),
            "service_starts": float(sum(starts(self._places.restarts(one))["total"] for one in ("acquire", "gateway"))),
        }
        return {key: float(value) for key, value in found.items() if value is not None}


def run_since(own: Reading, instruments: Iterable[Instrument], silent: Container[str]) -> Iterator[tuple[str, float]]:
    """(key of `Memory.hours`, h) for each instrument that answers: how long its parts have run since the last look at itself."""
    for one in instruments if own.instrument == NAME else ():
        if one.name not in silent:
            yield hours_key(one.name, one.serial), awake(one) * EVERY / 3600


def awake(instrument: Instrument) -> float:
    """The share of the time in which it runs."""
    each = instrument.model.warm_up + instrument.burst * instrument.model.least_interval
    return min(1.0, each / instrument.period) if instrument.sleep else 1.0


def _free(folder: Path) -> float:
    """MB."""
    space = os.statvfs(pihealth.standing(folder))
    return space.f_bavail * space.f_frsize / (1 << 20)


def machine(root: Path) -> dict[str, str | float | None]:
    """What the computer says of itself at a start: its serial number, what caused it, s since then."""
    reset = pihealth.reset_cause(root)
    return {"serial": pihealth.machine_serial(root), "reset": reset, "uptime": pihealth.uptime(root) or time.monotonic()}


def claim(where: Places, machine: str) -> str:
    """Note that this identity runs on `machine` (serial number); the one on which it ran before if that was another, else ""."""
    path = where.machine
    try:
        before = path.read_text("utf-8").strip()
    except OSError:
        before = ""
    if machine and machine != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(machine + "\n", "utf-8")
    return before if machine and before != machine else ""
