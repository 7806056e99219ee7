"""On-line analysers for COD, ammonium, total phosphorus, total nitrogen, permanganate index: one analysis a cycle.

Value and sample time stand still until the next analysis is done. settings:
`parameter`   cod (default), ammonia_nitrogen, total_phosphorus, total_nitrogen, codmn; mg/L
`cycle`       s from one sample to the next (3600); a sample counts at the moment when its analysis is done
`status`      normal, maintenance, fault: in the last two no new analysis is done
`status_at`   s since the scenario's midnight from which `status` holds (always)
`codes`       status → register, for a maker whose codes are not the ones here
and those of the clock. Where the maker's codes or places are not published, the class says what is assumed.
"""

import struct
from datetime import datetime
from typing import Any

from hw_sim.instruments.base import Map, float_cdab, placed
from hw_sim.instruments.clock import Clock
from hw_sim.world import World

PARAMETERS = ("cod", "ammonia_nitrogen", "total_phosphorus", "total_nitrogen", "codmn")

LETTERS = {"normal": ord("N"), "maintenance": ord("M"), "fault": ord("D")}
"""Status as HJ 212 has it, one ASCII letter in a register."""


class Analyser(Map):
    """What all of them do. Raises ValueError for an unknown parameter or status."""

    codes = LETTERS

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._clock = Clock(settings)
        self._cycle = float(settings.get("cycle", 3600))
        self._parameter = str(settings.get("parameter", "cod"))
        self._status = str(settings.get("status", "normal"))
        self._since = float(settings.get("status_at", 0.0))
        self._codes: dict[str, int] = {**self.codes, **settings.get("codes", {})}
        if self._parameter not in PARAMETERS:
            raise ValueError(f"there is no parameter {self._parameter!r}; known: {', '.join(PARAMETERS)}")
        if self._status not in LETTERS:
            raise ValueError(f"there is no status {self._status!r}; known: {', '.join(LETTERS)}")

    def sample(self, now: float) -> tuple[float, datetime]:
        """The last finished analysis: mg/L, its time."""
        latest = now if self._status == "normal" else min(now, self._since)
        done = latest // self._cycle * self._cycle
        return self.world.value(self._parameter, done), self._clock.shows(done, now)

    def status(self, now: float) -> int:
        """The maker's code for what it does now."""
        return self._codes[self._status if now >= self._since else "normal"]


class LiDa(Analyser):
    """0x06D7 value CDAB, a second float (its meaning is not published: 0), year in two digits, month, day, hour, min, s."""

    def registers(self, now: float) -> dict[int, int]:
        """Ten registers."""
        value, at = self.sample(now)
        when = [at.year % 100, at.month, at.day, at.hour, at.minute, at.second]
        return placed(0x06D7, float_cdab(value), float_cdab(0.0), when)


class BjLiDa(Analyser):
    """0x03E8, 28 registers: value CDAB, status at offset 3 (4 normal), time in BCD bytes.

    Assumed: the value at offset 0, the time from offset 4 on (year month, day hour, min s), maintenance 5, fault 6.
    """

    codes = {"normal": 4, "maintenance": 5, "fault": 6}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """28 registers."""
        value, at = self.sample(now)
        when = list(struct.unpack(">3H", bytes.fromhex(at.strftime("%y%m%d%H%M%S"))))
        return placed(0x03E8, float_cdab(value), [0, self.status(now)], when, [0] * 21)


class RuiQuan(Analyser):
    """0x0000 value CDAB, nothing else."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0x0000, float_cdab(self.sample(now)[0]))


class Keruida(Analyser):
    """0x0000 status, then the value CDAB. Assumed: the status is a letter of HJ 212."""

    def registers(self, now: float) -> dict[int, int]:
        """Three registers."""
        return placed(0x0000, [self.status(now)], float_cdab(self.sample(now)[0]))


class ZhengQi(Analyser):
    """0x0000 value CDAB, then the status. Assumed: the status is a letter of HJ 212."""

    def registers(self, now: float) -> dict[int, int]:
        """Three registers."""
        return placed(0x0000, float_cdab(self.sample(now)[0]), [self.status(now)])


class NationalWater(Analyser):
    """Map of the national surface-water stations: 0x1008 value CDAB, 0x1080 17 words of state, 0x10A0 50 parameters.

    Assumed: the first word of state is 0 normal, 1 maintenance, 2 fault, and the other words and the parameters are 0.
    """

    codes = {"normal": 0, "maintenance": 1, "fault": 2}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """Three blocks, nothing between them."""
        value = placed(0x1008, float_cdab(self.sample(now)[0]))
        return value | placed(0x1080, [self.status(now)], [0] * 16) | placed(0x10A0, [0] * 50)
