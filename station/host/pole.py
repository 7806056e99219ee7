"""What acquisition shows and hears at the pole: the LED's pattern, the button, the modem's losses of power (panel.py)."""

from pathlib import Path

from station import events
from station.clock import Now
from station.config import Config
from station.host.panel import CARD, FAST, NO_ANSWER, NO_PLATFORM, STEADY, WELL, Panel
from station.live import read_fresh
from station.operation import Operation
from station.recorder import Recorder


class Pole:
    """The panel of a station that has one; used by acquisition's thread. `delivery` is the file that the gateway keeps fresh."""

    def __init__(self, config: Config, delivery: Path, operation: Operation, recorder: Recorder) -> None:
        assert config.panel is not None
        self._panel = Panel(config.panel, delivery)
        self._alone = not config.destinations
        self._delivery = delivery
        self._operation = operation
        self._recorder = recorder
        self._cycles = 0
        self._delivered = False

    @property
    def pattern(self) -> int:
        """What the LED shows."""
        return self._panel.pattern

    def start(self) -> None:
        """Begin to work the pins."""
        self._panel.start()

    def stop(self) -> None:
        """End, and switch the LED off."""
        self._panel.stop()

    def look(self) -> None:
        """See whether every platform is reached."""
        content = read_fresh(self._delivery)
        self._delivered = all(one["connected"] for one in content["destinations"].values()) if content else self._alone

    def turn(self, silent: bool, now: Now) -> None:
        """The button switches maintenance; the modem's losses of power are events; `silent`: an instrument does not answer."""
        panel = self._panel
        while panel.presses:
            panel.presses.popleft()
            self._recorder.event(self._operation.press(now), now)
        if panel.cycles > self._cycles:
            self._cycles = panel.cycles
            self._recorder.event(events.modem_cycled(panel.cycles), now)
        states = (
            (self._operation.maintenance, FAST),
            (bool(self._recorder.fault), CARD),
            (silent, NO_ANSWER),
            (not self._recorder.trusted, STEADY),
            (not self._delivered, NO_PLATFORM),
        )
        panel.pattern = next((pattern for holds, pattern in states if holds), WELL)
