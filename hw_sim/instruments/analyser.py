"""On-line analysers: one analysis takes a cycle; what they tell is always the last one that was finished, with its time."""

from typing import Any

from hw_sim.instruments.transmitters import Table, laid, swapped
from hw_sim.world import World

DAY = 86400
SCENARIO_DAY = (26, 11, 3)
"""The date of the scenario's first midnight: year (two digits), month, day."""


class Lida(Table):
    """LiDa: from 0x06D7 the result and a second float, low word first; then year, month, day, hour, minute, second.

    settings: `parameter`, a course of the world (cod, total_nitrogen …); `cycle` s of one analysis.
    """

    functions = (0x03,)

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._parameter = str(settings.get("parameter", "cod"))
        self._cycle = float(settings.get("cycle", 3600.0))

    def table(self, now: float) -> dict[int, int]:
        """The last analysis."""
        taken = now - now % self._cycle
        year, month, day = SCENARIO_DAY
        seconds = int(taken % DAY)
        clock = [year, month, day + int(taken // DAY), seconds // 3600, seconds // 60 % 60, seconds % 60]
        return laid(0x06D7, swapped(self.world.value(self._parameter, taken)) + swapped(0.125) + clock)
