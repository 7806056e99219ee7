"""What happens to a simulated station: a schedule of faults drawn from a seed. Pure; times in ms of simulated time."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

KINDS = (
    "power_cut",
    "process_kill",
    "link_outage",
    "half_open",
    "lost_receipt",
    "refused",
    "broker_restart",
    "wrong_clock",
    "clock_step",
    "full_card",
    "damaged_file",
)
"""Every kind of fault."""

LENGTHS: dict[str, tuple[int, int]] = {
    "power_cut": (1_000, 6 * HOUR),
    "process_kill": (500, 30_000),
    "link_outage": (MINUTE, 12 * HOUR),
    "half_open": (5 * MINUTE, 2 * HOUR),
    "lost_receipt": (10 * MINUTE, HOUR),
    "refused": (10 * MINUTE, 3 * HOUR),
    "broker_restart": (500, 5 * MINUTE),
    "wrong_clock": (5 * MINUTE, 6 * HOUR),
    "clock_step": (5 * MINUTE, 2 * HOUR),
    "full_card": (10 * MINUTE, 4 * HOUR),
    "damaged_file": (1_000, MINUTE),
}
"""Shortest and longest of each kind in ms."""

LONG_OUTAGE = 0.05
"""Share of the link outages that last for days."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, when it begins and ends, and a number from 0 to 1 that chooses among its variants.

    `in_flight`: it strikes at the moment at which records are on their way and their receipts are not back.
    """

    kind: str
    begin: int
    end: int
    variant: float
    in_flight: bool


def schedule(days: int, seed: int, begin: int) -> list[Fault]:
    """Three to five faults in each of the days from `begin` on, every kind as often as every other, by time."""
    chance = random.Random(f"weather {seed}")
    deck = _deck(chance)
    faults = []
    for day in range(days):
        for _ in range(chance.randint(3, 5)):
            kind = next(deck)
            at = begin + day * DAY + chance.randint(5 * MINUTE, DAY - 5 * MINUTE)
            in_flight = chance.random() < 0.4
            if in_flight:
                at -= at % MINUTE
            length = _length(kind, chance)
            faults.append(Fault(kind, at, at + length, chance.random(), in_flight))
    return sorted(faults, key=lambda fault: (fault.begin, fault.kind))


def _deck(chance: random.Random) -> Iterator[str]:
    """Kinds without end, each once in a round."""
    while True:
        round_ = list(KINDS)
        chance.shuffle(round_)
        yield from round_


def _length(kind: str, chance: random.Random) -> int:
    """ms; short ones are as likely as long ones."""
    if kind == "link_outage" and chance.random() < LONG_OUTAGE:
        return chance.randint(DAY, 4 * DAY)
    low, high = LENGTHS[kind]
    return round(low * math.pow(high / low, chance.random()))
