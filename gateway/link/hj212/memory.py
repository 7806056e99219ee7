"""What a link must remember over restarts: settings that the platform changed, and how far it has come. One small JSON file.

It is readable for the gateway's user alone: a password and a key that the platform has set stand there in plain text.

A setting from the platform holds until somebody changes the same setting in the configuration: then the newer wish counts.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.record import compact

SECRET = frozenset(["password", "key"])
"""Settings whose value is not shown."""


class Memory:
    """Settings by name, and kept values. `configured` is what the configuration says; without `path` nothing is kept."""

    def __init__(self, configured: Mapping[str, Any], path: Path | None = None) -> None:
        self._configured = dict(configured)
        self._path = path
        self._set: dict[str, tuple[Any, Any]] = {}
        self._before: dict[str, tuple[Any, Any] | None] = {}
        self.left = 0.0
        """s that what is tried has left; see `probation.py`."""
        self.kept: dict[str, Any] = {}
        self._load()

    def __getitem__(self, name: str) -> Any:
        """The setting in force."""
        return self._value(name, self._set.get(name))

    def _value(self, name: str, pair: tuple[Any, Any] | None) -> Any:
        """What is in force if the platform has set this pair."""
        return pair[1] if pair is not None and pair[0] == self._configured[name] else self._configured[name]

    def change(self, name: str, value: Any, *, tried: bool = False) -> None:
        """The platform wants this value; it is on the card when this returns. `tried`: until `settle`. Raises OSError."""
        if tried and value != self[name]:
            self._before.setdefault(name, self._set.get(name))
        self._set[name] = (self._configured[name], value)
        self.save()

    @property
    def tried(self) -> dict[str, Any]:
        """The settings that are being tried, with the value that would return."""
        return {name: self._value(name, pair) for name, pair in self._before.items()}

    def settle(self) -> None:
        """What is being tried stays; if the card refuses to note that, it is tried once more after a restart."""
        self._before.clear()
        with suppress(OSError):
            self.save()

    def take_back(self) -> None:
        """What is being tried goes; if the card refuses to note that, until the next restart."""
        for name, pair in self._before.items():
            self._set.pop(name)
            if pair is not None:
                self._set[name] = pair
        self.settle()

    def keep(self, name: str, value: Any) -> None:
        """Remember `value`; if the card refuses, until the next restart: then something is only sent once more."""
        if self.kept.get(name) != value:
            self.kept[name] = value
            with suppress(OSError):
                self.save()

    @property
    def changed(self) -> dict[str, Any]:
        """The settings in force that the platform has changed."""
        return {name: self[name] for name in self._set if self[name] != self._configured[name]}

    @property
    def shown(self) -> dict[str, Any]:
        """The same for people: without what is secret."""
        return {name: "******" if name in SECRET else value for name, value in self.changed.items()}

    def save(self) -> None:
        """Replace the file in one step. Raises OSError."""
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(compact({"set": self._set, "before": self._before, "left": self.left, "kept": self.kept}))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, self._path)

    def _load(self) -> None:
        """What the file says; one that is absent or damaged says nothing."""
        if self._path is None:
            return
        try:
            content = json.loads(self._path.read_text("utf-8"))
            self._set = {name: (pair[0], pair[1]) for name, pair in content["set"].items() if name in self._configured}
            before = content.get("before", {})
            self._before = {name: before[name] and (before[name][0], before[name][1]) for name in before if name in self._set}
            self.left = float(content.get("left", 0.0))
            self.kept = dict(content["kept"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            self._set, self._before, self.kept = {}, {}, {}
