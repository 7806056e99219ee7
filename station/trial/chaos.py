"""`station sim chaos`: months of a station's life in a minute or two, and the verdict of the oracle.

The product's own recorder, store, ledger, courier and delivery run in one process on a simulated clock and a simulated way to
the platform; nothing else is replaced. The simulated platform is handed in. One seed always gives the same run.
"""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.trial.card import Clocks
from station.trial.carriage import Network, Platform
from station.trial.oracle import Judgement, Oracle
from station.trial.twin import Twin
from station.trial.weather import DAY, HOUR, KINDS, MINUTE, Fault, schedule

BEGIN = 1_793_577_600_000
"""2026-11-02T00:00Z in ms: simulated time begins here."""

SETTLE = 3 * DAY
"""ms of simulated time within which, faults stopped, everything must be delivered."""

DARK = MINUTE
"""ms without power before a start with a wrong clock."""

SYNCHRONISES = MINUTE
"""ms after a start until the time service has the time."""

STEPS = (-3 * HOUR, -10 * MINUTE, -90_000, 90_000, 10 * MINUTE, 3 * HOUR)
"""ms by which the clock is set wrong."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The simulated platform: how to make one (database, receipts) and how to read what it has kept."""

    platform: Callable[[Path, Callable[[str, dict[str, Any]], None]], Platform]
    archive: Callable[[Path], Mapping[tuple[str, int], str]]


class Chaos:
    """One run in `folder`. `control`: drop one stored record behind the courier's back, which the oracle must notice."""

    def __init__(self, folder: Path, days: int, seed: int, parts: Parts, control: bool = False) -> None:
        self.seed = seed
        self._end = BEGIN + days * DAY
        chance = random.Random(f"chaos {seed}")
        self._clocks = Clocks(BEGIN)
        self._network = Network(chance)
        self._database = folder / "platform.db"
        self._parts = parts
        self._platform = parts.platform(self._database, self._network.receipt)
        self._network.attach(self._platform)
        self.oracle = Oracle("CHAOS")
        self.station = Twin(folder, self._clocks, self._network, chance, self.oracle)
        self._dark_until = BEGIN
        self._active: Counter[str] = Counter()
        self.faults: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self._order = itertools.count()
        self._agenda: list[tuple[int, int, Callable[[], None], bool]] = []
        if control:
            self._at((BEGIN + self._end) // 2, self._drop_one)
        for fault in schedule(days, seed, BEGIN):
            self._plan(fault)

    def run(self) -> dict[str, Any]:
        """The verdict, as a JSON object."""
        self._power_on()
        self._until(self._end)
        self._calm()
        settled_by = self._clocks.now + SETTLE
        while self._clocks.now < settled_by and (self.station.owed() or self.oracle.waiting):
            self._until(min(settled_by, self._clocks.now + 10 * MINUTE))
        self.station.finish()
        self._until(self._clocks.now + MINUTE)
        self.station.close()
        self._platform.close()
        return verdict(self.seed, self.oracle.judge(self._parts.archive(self._database)), self.faults)

    def _drop_one(self) -> None:
        self.station.drop_next = True

    def _plan(self, fault: Fault) -> None:
        def begin() -> None:
            self.faults[fault.kind] += 1
            self._active[fault.kind] += 1
            self._follow()
            self._strike(fault)

        def end() -> None:
            self._active[fault.kind] -= 1
            self._follow()
            if fault.kind == "process_kill":
                self.station.killed[_victim(fault)] -= 1
            if fault.kind in ("wrong_clock", "clock_step"):
                self._synchronise()

        self._at(fault.begin, begin, fault.in_flight)
        self._at(fault.end, end)

    def _at(self, when: int, what: Callable[[], None], in_flight: bool = False) -> None:
        heapq.heappush(self._agenda, (when, next(self._order), what, in_flight))

    def _until(self, end: int) -> None:
        """Let time pass until `end`."""
        while self._clocks.now < end:
            agenda = self._agenda[0][0] if self._agenda else end
            self._clocks.now = max(self._clocks.now + 1, min(end, agenda, self.station.next_at()))
            self._instant()

    def _instant(self) -> None:
        """Everything that happens now: a measurement, its delivery, then what befalls the station."""
        now = self._clocks.now
        struck = bool(self._agenda) and self._agenda[0][0] <= now
        self._network.holding = struck and any(in_flight for at, _, _, in_flight in self._agenda if at <= now)
        self.station.measure()
        self.station.deliver()
        while self._agenda and self._agenda[0][0] <= now:
            heapq.heappop(self._agenda)[2]()
        self._network.release()
        if struck:
            self._power_on()
            self.station.measure()
            self.station.deliver()

    def _power_on(self) -> None:
        """Start what should run, if there is power."""
        if self._clocks.now < self._dark_until or self._active["power_cut"]:
            return
        if self.station.run() and not self._active["wrong_clock"]:
            self._clocks.wrong_by, self._clocks.battery, self._clocks.disciplined = 0, True, False
            self._at(self._clocks.now + SYNCHRONISES, self._synchronise)

    def _synchronise(self) -> None:
        """The time service has the time, if nothing keeps it away."""
        if not self._active["wrong_clock"] and not self._active["clock_step"]:
            self._clocks.wrong_by, self._clocks.disciplined = 0, True

    def _strike(self, fault: Fault) -> None:
        """`fault` begins."""
        match fault.kind:
            case "power_cut":
                self._cut_power()
            case "wrong_clock":
                self._cut_power()
                self._dark_until = self._clocks.now + DARK
                self._at(self._dark_until, self._power_on)
                self._set_wrong(fault.variant)
            case "process_kill":
                self.station.killed[_victim(fault)] += 1
                self.station.kill(_victim(fault))
            case "link_outage" | "broker_restart":
                self._network.cut()
            case "full_card":
                self.station.card.fill(fault.variant)
            case "damaged_file":
                self.station.damage(fault.variant)
            case "clock_step":
                self._clocks.wrong_by += STEPS[int(fault.variant * len(STEPS))]
                self._clocks.disciplined = False

    def _cut_power(self) -> None:
        self.station.cut_power()
        self._network.cut()

    def _follow(self) -> None:
        """The faults that last, where they act."""
        active, network = self._active, self._network
        network.down = bool(active["link_outage"] or active["broker_restart"])
        network.half_open = bool(active["half_open"])
        network.losing = bool(active["lost_receipt"])
        network.refusing = bool(active["refused"])
        if not active["full_card"]:
            self.station.card.ballast = 0

    def _set_wrong(self, variant: float) -> None:
        """The clock with which the device will wake up: 1970, the image's date, next year, or when it was last shut down."""
        clocks, now = self._clocks, self._clocks.now + DARK
        wrong = (-now + 5000, BEGIN - 40 * DAY - now, 365 * DAY, -DARK - 1000)
        choice = int(variant * len(wrong))
        clocks.wrong_by, clocks.battery, clocks.disciplined = wrong[choice], choice == 2, False

    def _calm(self) -> None:
        """Every fault ends."""
        self._agenda.clear()
        self._active.clear()
        self.station.killed.clear()
        self._follow()
        self._dark_until = self._clocks.now
        self._power_on()
        self._synchronise()
        self._instant()


def _victim(fault: Fault) -> str:
    return "acquire" if fault.variant < 0.5 else "gateway"


def verdict(seed: int, judged: Judgement, faults: Mapping[str, int]) -> dict[str, Any]:
    """What `station sim chaos --json` prints."""
    return {
        "seed": seed,
        "obligations": judged.obligations,
        "delivered": judged.delivered,
        "missing": len(judged.missing),
        "extra": len(judged.extra),
        "faults": dict(sorted(faults.items())),
    }
