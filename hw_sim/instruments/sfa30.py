"""Sensirion SFA30 formaldehyde sensor, from the maker's public driver: start, stop, read, device marking."""

from typing import Any, ClassVar

from hw_sim.instruments.base import not_acknowledged, signed
from hw_sim.instruments.sensirion_gas import Commanded
from hw_sim.instruments.sht3x import word
from hw_sim.world import World

PERIOD = 0.5
MARKING = b"0000SFA30TWIN".ljust(32, b"\0")


class Sfa30(Commanded):
    """0 ppb in the first 10 s of measuring (settings: `start` s); takes no start while it measures.

    Assumed: a question before the first value is not acknowledged, as with the maker's other sensors.
    """

    waits: ClassVar = {0x0104: 0.050, 0x0327: 0.005, 0xD060: 0.002}

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._began: float | None = None

    def obey(self, command: int, arguments: list[int], now: float) -> None:
        """As its table of commands."""
        match command:
            case 0x0006 if self._began is None:
                self._began = now
            case 0x0104:
                self._began = None
            case 0x0327 if self._began is not None and now - self._began >= PERIOD:
                ready = now - self._began >= float(self.settings.get("start", 10.0))
                hcho = self.world.value("hcho", now) if ready else 0.0
                parts = (5 * hcho, 100 * self.world.value("humidity", now), 200 * self.world.value("temperature", now))
                self._answer = b"".join(word(signed(part)) for part in parts)
            case 0xD060:
                self._answer = b"".join(word(int.from_bytes(MARKING[at : at + 2], "big")) for at in range(0, 32, 2))
            case _:
                raise not_acknowledged()

    def cut(self) -> None:
        """Its supply dips: it is at rest again."""
        self._began = None
