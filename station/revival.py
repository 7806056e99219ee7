"""A stuck sensor gets one restart by itself; if that does not move it, an event says so. A value is never touched by this."""

from collections.abc import Callable, Mapping

from drivers.driver import Driver
from station import events
from station.pipeline import Pipeline

GRACE = 120.0
"""s after its warm-up within which a restarted sensor must have moved."""


def remedy(model: Driver) -> str:
    """What a restart of such a device is: "sleep" and wake, "begin" anew, or "" if it has neither."""
    return "sleep" if model.sleep is not None and model.wake is not None else "begin" if model.begin is not None else ""


class Revival:
    """Looks after every instrument; `restart` asks an instrument's worker to do it."""

    def __init__(self, pipeline: Pipeline, models: Mapping[str, Driver], restart: Callable[[str], None]) -> None:
        self._pipeline = pipeline
        self._models = models
        self._restart = restart
        self._until: dict[str, float] = {}
        """Stuck instrument → monotonic s until which it may still come back; infinite once all is said."""

    def look(self, now: float) -> list[str]:
        """The bodies of the events that are due at `now` (monotonic s)."""
        bodies = []
        for name, channels in self._pipeline.channels.items():
            if self._pipeline.worked_on(name):
                continue  # in a buffer nothing moves
            stuck = [key for key, channel in channels.items() if channel.stuck]
            if not stuck:
                self._until.pop(name, None)
            elif name not in self._until:
                how = remedy(self._models[name])
                if how:
                    self._restart(name)
                    self._until[name] = now + self._models[name].warm_up + GRACE
                else:
                    self._until[name] = float("inf")
                bodies.append(events.stuck(name, stuck, how))
            elif now >= self._until[name]:
                self._until[name] = float("inf")
                bodies.append(events.still_stuck(name, stuck))
        return bodies
