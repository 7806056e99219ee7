"""What acquisition remembers over a restart and may lose without harm: one small JSON file, rewritten rarely.

Gas indices (worth something for ten minutes), identity and running hours of each instrument, the time of an analyser's last
result, and which alarms are raised: no swapped probe, no result that is already stored and no alarm's end goes unnoticed
because of a restart.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from station.live import write_json

log = logging.getLogger(__name__)

INDEX_AGE = 600.0
"""s for which the makers let a gas index go on after a stop."""

REWRITE = 300.0
"""s between two writings because of gas indices alone: a page of the card each."""

HOURS_REWRITE = 3600.0
"""s between two writings because of running hours alone."""


def hours_key(name: str, serial: str) -> str:
    """Under which an instrument's running hours are remembered: by serial number, so that they begin anew with another one."""
    return f"{name}/{serial}"


class Memory:
    """The content of the file; `utc` is the wall clock in s, believed only as far as it makes an index look young."""

    def __init__(self, path: Path, utc: float) -> None:
        self._path = path
        try:
            content: Any = json.loads(path.read_text("utf-8"))
            self.identities = {str(k): str(v) for k, v in content["identities"].items()}
            self.hours = {str(k): float(v) for k, v in content.get("hours", {}).items()}
            self.taken = {str(k): str(v) for k, v in content["taken"].items()}
            self.raised = [str(name) for name in content.get("raised", ())]
            self.practised = [str(name) for name in content.get("practised", ())]
            age = utc - float(content["utc"])
            self.indices = {k: [float(n) for n in v] for k, v in content["indices"].items()} if 0 <= age < INDEX_AGE else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.identities, self.taken, self.indices, self.hours, self.raised, self.practised = {}, {}, {}, {}, [], []
        self._changed = False
        self._written = 0.0

    def identify(self, instrument: str, identity: str) -> str | None:
        """Note who the instrument says it is: what it said before if that was another, "" if nothing; None if the same."""
        before = self.identities.get(instrument, "")
        if identity == before:
            return None
        self.identities[instrument] = identity
        self._changed = True
        return before

    def ran(self, key: str, hours: float) -> None:
        """An instrument has run for so many hours more; they are written at least each `HOURS_REWRITE` s."""
        self.hours[key] = self.hours.get(key, 0.0) + hours

    def is_new(self, instrument: str, taken: str) -> bool:
        """Note the time of an analyser's result; False if it is the one that was stored already."""
        if self.taken.get(instrument) == taken:
            return False
        self.taken[instrument] = taken
        self._changed = True
        return True

    def keep_raised(self, names: list[str], practised: list[str]) -> None:
        """Note which alarms are raised, and which of them in a drill: after a restart they can still clear."""
        self._changed = self._changed or (names, practised) != (self.raised, self.practised)
        self.raised, self.practised = names, practised

    def write(self, indices: Mapping[str, Sequence[float]], utc: float, monotonic: float, last: bool = False) -> None:
        """Rewrite the file if something changed, or for the indices every `REWRITE` s; `last`: in any case."""
        age = monotonic - self._written
        if not (self._changed or last or (indices and age >= REWRITE) or (self.hours and age >= HOURS_REWRITE)):
            return
        self._changed, self._written = False, monotonic
        kept = {name: list(states) for name, states in indices.items() if states}
        try:
            write_json(
                self._path,
                {
                    "utc": utc,
                    "indices": kept,
                    "identities": self.identities,
                    "taken": self.taken,
                    "hours": self.hours,
                    "raised": self.raised,
                    "practised": self.practised,
                },
            )
        except OSError as error:
            log.warning("%s: %s", self._path, error)
