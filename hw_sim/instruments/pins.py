"""What hangs on GPIO pins: a pump's contact, a rain gauge, a switch that cuts the power of a line."""

from typing import Any

from hw_sim.instruments.base import Pin
from hw_sim.world import World


class Contact(Pin):
    """A relay contact to ground: low while the pump runs, `on` s of every `cycle` s, or as the world is held at `running`."""

    def level(self, now: float) -> bool:
        """Low: closed."""
        if "running" in self.world.held:
            return not self.world.held["running"]
        cycle, on = float(self.settings.get("cycle", 600.0)), float(self.settings.get("on", 240.0))
        return now % cycle >= on


class Pulse(Pin):
    """A tipping bucket of 0.2 mm in the world's rain; settings: `rate` pulses/s instead of the rain."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._before: float | None = None
        self._bucket = 0.0
        self._tips = 0

    def pulses(self, now: float) -> int:
        """Tips so far; what is in the bucket stays there."""
        rate = float(self.settings.get("rate", self.world.value("rain", now) / 0.2 / 3600))
        if self._before is not None:
            self._bucket += rate * (now - self._before)
        self._before = now
        whole = int(self._bucket)
        self._bucket -= whole
        self._tips += whole
        return self._tips


class PowerSwitch(Pin):
    """Low cuts the power of the line that settings `cuts` names: what hung there comes back without its fault."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._on = True

    def level(self, now: float) -> bool:
        """True while there is power."""
        return self._on

    def drive(self, high: bool, now: float) -> str:
        """The line that has just lost its power."""
        self._on = high
        return "" if high else str(self.settings.get("cuts", ""))
