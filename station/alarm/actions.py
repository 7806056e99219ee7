"""What is done about an alarm: a line is switched, a camera's picture fetched. In threads of their own: measuring never waits.

A picture lies as a file beside the record log under the name of its SHA-256; the record has that hash.
"""

import hashlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from drivers.errors import PortLost
from gateway.record import compact
from station.alarm.settings import Alarm
from station.buses import Supply

DEADLINE = 10.0
"""s that a camera may take."""

KEPT = 200
"""So many pictures are kept, the newest."""

log = logging.getLogger(__name__)


class Actions:
    """Hands that work beside acquisition; `done` takes the bodies of the records about what came of it."""

    def __init__(self, folder: Path) -> None:
        """`folder` of the pictures."""
        self._folder = folder
        self.done: deque[str] = deque()
        self._lines: dict[tuple[str, int], Supply] = {}
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._switcher: threading.Thread | None = None

    def switch(self, alarm: Alarm, on: bool) -> None:
        """Drive the alarm's line, if it has one, soon and in order."""
        if alarm.output is None:
            return
        if self._switcher is None:
            self._switcher = threading.Thread(target=self._switch_all, name="alarm-lines", daemon=True)
            self._switcher.start()
        self._work.put(lambda: self._set(alarm, on))

    def _switch_all(self) -> None:
        while (act := self._work.get()) is not None:
            act()
        for line in self._lines.values():
            line.close()

    def _set(self, alarm: Alarm, on: bool) -> None:
        assert alarm.output is not None
        place = (alarm.output_port, alarm.output)
        try:
            self._lines.setdefault(place, Supply(*place)).switch(on)
        except PortLost as lost:
            log.warning("alarm %s: line %d: %s", alarm.name, alarm.output, lost)
            self.done.append(compact({"code": "output_failed", "alarm": alarm.name, "output": alarm.output, "error": str(lost)}))

    def picture(self, alarm: Alarm) -> None:
        """Fetch the alarm's picture, if it has a camera."""
        if alarm.snapshot:
            threading.Thread(target=self._fetch, args=(alarm,), name="alarm-picture", daemon=True).start()

    def _fetch(self, alarm: Alarm) -> None:
        from station.alarm import camera

        told = {"code": "snapshot", "alarm": alarm.name, "camera": camera.host(alarm.snapshot)}
        try:
            data, kind = camera.fetch(alarm.snapshot, time.monotonic() + DEADLINE)
            name = hashlib.sha256(data).hexdigest()
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(data)
            self._tidy()
        except (OSError, ValueError) as error:
            log.warning("alarm %s: no picture: %s", alarm.name, error)
            self.done.append(compact({**told, "error": str(error)}))
        else:
            self.done.append(compact({**told, "sha256": name, "bytes": len(data), "type": kind}))

    def _tidy(self) -> None:
        pictures = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in pictures[KEPT:]:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the lines when what was asked is done; at most a second is waited for it."""
        if self._switcher is not None:
            self._work.put(None)
            self._switcher.join(1.0)
