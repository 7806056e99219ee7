"""On-line analysers for COD, ammonium, total phosphorus, total nitrogen, permanganate index: one analysis a cycle.

Value and sample time stand still until the next analysis is done. settings:
`parameter`   cod (unless the model is sold for another), ammonia_nitrogen, total_phosphorus, total_nitrogen, codmn; mg/L
`cycle`       s from one sample to the next (3600); a sample counts at the moment when its analysis is done
`status`      normal, maintenance, fault: in the last two no new analysis is done
`status_at`   s since the scenario's midnight from which `status` holds (always)
`codes`       status → register, for a maker whose codes are not the ones here
and those of the clock. Where the maker's codes or places are not published, the class says what is assumed.
"""

import struct
from datetime import datetime
from typing import Any

from hw_sim.instruments.base import Map, float_abcd, float_cdab, placed
from hw_sim.instruments.clock import Clock
from hw_sim.world import World

PARAMETERS = ("cod", "ammonia_nitrogen", "total_phosphorus", "total_nitrogen", "codmn")

LETTERS = {"normal": ord("N"), "maintenance": ord("M"), "fault": ord("D")}
"""Status as HJ 212 has it, one ASCII letter in a register."""


class Analyser(Map):
    """What all of them do. Raises ValueError for an unknown parameter or status."""

    codes = LETTERS
    usual = "cod"

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._clock = Clock(settings)
        self._cycle = float(settings.get("cycle", 3600))
        self._parameter = str(settings.get("parameter", self.usual))
        self._status = str(settings.get("status", "normal"))
        self._since = float(settings.get("status_at", 0.0))
        self._codes: dict[str, int] = {**self.codes, **settings.get("codes", {})}
        if self._parameter not in PARAMETERS:
            raise ValueError(f"there is no parameter {self._parameter!r}; known: {', '.join(PARAMETERS)}")
        if self._status not in LETTERS:
            raise ValueError(f"there is no status {self._status!r}; known: {', '.join(LETTERS)}")

    def sample(self, now: float) -> tuple[float, datetime]:
        """The last finished analysis: mg/L, its time."""
        done = self.done(now)
        return self.world.value(self._parameter, done), self._clock.shows(done, now)

    def done(self, now: float) -> float:
        """When it was finished."""
        latest = now if self._status == "normal" else min(now, self._since)
        return latest // self._cycle * self._cycle

    def status(self, now: float) -> int:
        """The maker's code for what it does now."""
        return self._codes[self._status if now >= self._since else "normal"]


class LiDa(Analyser):
    """0x06D7 value CDAB, a second float (its meaning is not published: 0), year in two digits, month, day, hour, min, s, BCD."""

    def registers(self, now: float) -> dict[int, int]:
        """Ten registers."""
        value, at = self.sample(now)
        when = list(bytes.fromhex(at.strftime("%y%m%d%H%M%S")))
        return placed(0x06D7, float_cdab(value), float_cdab(0.0), when)


class BjLiDa(Analyser):
    """0x03E8, 28 registers: value CDAB, status at offset 3 (4 normal), at 17 the time in BCD bytes (year month, day hour, min s).

    Assumed: maintenance 5, fault 6; the rest is 0.
    """

    codes = {"normal": 4, "maintenance": 5, "fault": 6}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """28 registers."""
        value, at = self.sample(now)
        when = list(struct.unpack(">3H", bytes.fromhex(at.strftime("%y%m%d%H%M%S"))))
        return placed(0x03E8, float_cdab(value), [0, self.status(now)], [0] * 13, when, [0] * 8)


class RuiQuan(Analyser):
    """0x0000 value CDAB, nothing else."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0x0000, float_cdab(self.sample(now)[0]))


class Keruida(Analyser):
    """0x000A status (1 maintenance, 2 fault, 3 normal), then the value CDAB."""

    codes = {"normal": 3, "maintenance": 1, "fault": 2}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """Three registers."""
        return placed(0x000A, [self.status(now)], float_cdab(self.sample(now)[0]))


class ZhengQi(Analyser):
    """0x0000 value and value before correction CDAB, 0x0007 status. Assumed: both values are the same, 0 between them and it."""

    codes = {"normal": 0, "maintenance": 2, "fault": 4}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """Eight registers."""
        value = float_cdab(self.sample(now)[0])
        return placed(0x0000, value, value, [0, 0, 0, self.status(now)])


class NationalWater(Analyser):
    """Map of the national surface-water stations: 0x1008 value CDAB, 0x1080 17 words of state, 0x10A0 50 parameters.

    Assumed: the first word of state is 0 normal, 1 maintenance, 2 fault, and the other words and the parameters are 0.
    """

    codes = {"normal": 0, "maintenance": 1, "fault": 2}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """Three blocks, nothing between them."""
        value = placed(0x1008, float_cdab(self.sample(now)[0]))
        return value | placed(0x1080, [self.status(now)], [0] * 16) | placed(0x10A0, [0] * 50)


class XinRuiPeng(Analyser):
    """0x1005 value ABCD, 0x1008 status letter. Assumed: 0 between them."""

    def registers(self, now: float) -> dict[int, int]:
        """Four registers."""
        return placed(0x1005, float_abcd(self.sample(now)[0]), [0, self.status(now)])


class PhotoTek6000(Analyser):
    """0x1008 value CDAB, 0x1083 state and 0x1085 alarm (0: none). Assumed: maintenance 2, a fault is alarm 1; the rest is 0."""

    codes = {"normal": 0, "maintenance": 2, "fault": 0}  # noqa: RUF012

    def registers(self, now: float) -> dict[int, int]:
        """Two blocks."""
        alarm = self._status == "fault" and now >= self._since
        state = placed(0x1083, [self.status(now), 0, int(alarm), 0])
        return placed(0x1008, float_cdab(self.sample(now)[0])) | state


class ChuangZao(Analyser):
    """0x0000 COD ABCD; it answers with two registers even when eight are asked for."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0x0000, float_abcd(self.sample(now)[0]))

    def answer(self, pdu: bytes, now: float) -> bytes | None:
        """Eight registers asked for are taken for two."""
        return super().answer(pdu[:3] + b"\x00\x02" if pdu[3:5] == b"\x00\x08" else pdu, now)


class HuaHou(Analyser):
    """0x2968 value ABCD, nothing else."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0x2968, float_abcd(self.sample(now)[0]))


class LingHeng(Analyser):
    """0x7532 value CDAB, nothing else."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0x7532, float_cdab(self.sample(now)[0]))


class JuGe(Analyser):
    """0x0640 status letter, then the value and the value before correction CDAB. Assumed: both are the same."""

    def registers(self, now: float) -> dict[int, int]:
        """Five registers."""
        value = float_cdab(self.sample(now)[0])
        return placed(0x0640, [self.status(now)], value, value)


class Amtax(Analyser):
    """Hach Amtax Compact II: 0x0000 ammonia nitrogen CDAB."""

    usual = "ammonia_nitrogen"

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0x0000, float_cdab(self.sample(now)[0]))


class Na8000(Analyser):
    """Hach NA8000: 0x0004 ammonia nitrogen CDAB. Assumed: 0 before it."""

    usual = "ammonia_nitrogen"

    def registers(self, now: float) -> dict[int, int]:
        """Six registers."""
        return placed(0x0000, [0] * 4, float_cdab(self.sample(now)[0]))


class Npw160(Analyser):
    """Hach NPW160: 0x0000 total nitrogen, 0x0002 total phosphorus, ABCD; both of one sample."""

    usual = "total_nitrogen"

    def registers(self, now: float) -> dict[int, int]:
        """Four registers."""
        phosphorus = self.world.value("total_phosphorus", self.done(now))
        return placed(0x0000, float_abcd(self.sample(now)[0]), float_abcd(phosphorus))
