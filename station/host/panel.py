"""What a person at the pole sees and presses, and the modem's supply: LED, button, switch, on GPIO pins.

The LED (a pin through 330 Ω) repeats a pattern every three seconds:

    steady               starting, or the time is not known yet
    one blink            all is well
    two blinks           measuring, but a platform cannot be reached
    three blinks         an instrument does not answer
    four blinks          records cannot be stored: card full or broken
    fast, without pause  maintenance: values are flagged

The button (from the pin to ground, with a pull-up of 10 kΩ to 3.3 V) switches maintenance on or off when it is held for two
seconds; the LED answers. The modem's supply is taken away for ten seconds when no platform could be reached for a quarter of an
hour, then for twice as long, and so on up to four hours.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from drivers.errors import PortLost
from station.live import read_fresh

STEADY, WELL, NO_PLATFORM, NO_ANSWER, CARD, FAST = 0, 1, 2, 3, 4, -1
"""Patterns: so many blinks."""

CYCLE, BLINK, BETWEEN = 3.0, 0.15, 0.4
"""s of a pattern, of one blink, and from one blink to the next."""

HELD = 2.0
"""s that the button must be held."""

OFFLINE, LONGEST_OFFLINE = 900.0, 4 * 3600.0
"""s without any platform after which the modem's supply is cycled, doubled each time up to the second number."""

OFF = 10.0
"""s for which the modem is without power."""

STEP = 0.05
"""s between two looks."""

AGAIN = 60.0
"""s after which pins that could not be used are tried again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """`[panel]`: what is wired to the station's own pins."""

    port: str = field(default="gpio", metadata={"help": "where the pins are: gpio or unix:PATH"})
    led: int | None = field(default=None, metadata={"help": "GPIO pin (BCM) of the status LED", "low": 0, "high": 255})
    button: int | None = field(default=None, metadata={"help": "GPIO pin (BCM) of the button", "low": 0, "high": 255})
    modem: int | None = field(default=None, metadata={"help": "GPIO pin (BCM) that gives the modem power", "low": 0, "high": 255})


def lit(pattern: int, moment: float) -> bool:
    """Whether the LED is on at `moment` s of a pattern."""
    if pattern == STEADY:
        return True
    if pattern == FAST:
        return moment % (2 * BLINK) < BLINK
    number, within = divmod(moment % CYCLE, BETWEEN)
    return number < pattern and within < BLINK


class ModemGuard:
    """Decides when the modem loses its power."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._patience = OFFLINE

    def look(self, reached: bool | None, now: float) -> bool:
        """True if it is time; `reached`: whether any platform is, None if nobody can tell. `now` in s."""
        if reached is None:
            self._since = None
        elif reached:
            self._since, self._patience = None, OFFLINE
        elif self._since is None:
            self._since = now
        elif now - self._since >= self._patience:
            self._since, self._patience = now, min(2 * self._patience, LONGEST_OFFLINE)
            return True
        return False


class Panel(threading.Thread):
    """Works the pins in a thread of its own. `presses`: when the button was held; `cycles` counts the modem's losses of power.

    `delivery` is the file that the gateway keeps fresh.
    """

    def __init__(self, settings: PanelSettings, delivery: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        from drivers.bus.gpio import GpioBus

        super().__init__(name="panel", daemon=True)
        self._settings = settings
        self._delivery = delivery
        self._monotonic = monotonic
        self._gpio = GpioBus(settings.port)
        self._guard = ModemGuard()
        self._stopping = threading.Event()
        self._shown: bool | None = None
        self._pressed_since: float | None = None
        self._modem_on_at: float | None = None
        self._look_at = 0.0
        self.pattern = STEADY
        self.presses: deque[float] = deque()
        self.cycles = 0

    def stop(self) -> None:
        """End, and switch the LED off."""
        self._stopping.set()
        if self.is_alive():
            self.join(3.0)

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            try:
                self.turn(self._monotonic())
                pause = STEP
            except PortLost as error:
                log.warning("panel: %s", error)
                self._shown, pause = None, AGAIN
            self._stopping.wait(pause)
        self._gpio.close()

    def turn(self, now: float) -> None:
        """One look at everything. Raises PortLost."""
        if self._settings.led is not None and (on := lit(self.pattern, now)) != self._shown:
            self._gpio.set(self._settings.led, on)
            self._shown = on
        if self._settings.button is not None:
            self._feel(self._settings.button, now)
        if self._settings.modem is not None:
            self._mind(self._settings.modem, now)

    def _feel(self, pin: int, now: float) -> None:
        """The button is pressed while its pin is low."""
        if self._gpio.level(pin):
            self._pressed_since = None
        elif self._pressed_since is None:
            self._pressed_since = now
        elif 0 < self._pressed_since <= now - HELD:
            self.presses.append(now)
            self._pressed_since = -1.0  # told once, until it is let go

    def _mind(self, pin: int, now: float) -> None:
        if self._modem_on_at is not None:
            if now >= self._modem_on_at:
                self._gpio.set(pin, True)
                self._modem_on_at = None
        elif now >= self._look_at:
            self._look_at = now + 1.0
            content = read_fresh(self._delivery)
            destinations = content["destinations"].values() if content else ()
            if self._guard.look(any(one["connected"] for one in destinations) if destinations else None, now):
                self._gpio.set(pin, False)
                self._modem_on_at = now + OFF
                self.cycles += 1
