"""Sensirion SHT30/31/35 temperature and humidity, from the data sheet (version 7, section 4). I2C 0x44 or 0x45.

While it measures it acknowledges nothing. It has a heater bit, a status register, and a periodic mode of one reading a second.
"""

from hw_sim.instruments._sensirion import SensirionChip, words

SINGLE_SHOT = {0x2400: 0.0155, 0x240B: 0.0065, 0x2416: 0.0045}
"""Command → seconds until the result: high, medium, low repeatability; without clock stretching."""
PERIODIC, FETCH, BREAK = 0x2130, 0xE000, 0x3093
RESET, STATUS, CLEAR, HEATER_ON, HEATER_OFF = 0x30A2, 0xF32D, 0x3041, 0x306D, 0x3066
RESET_SEEN, COMMAND_FAILED, HEATING = 1 << 4, 1 << 1, 1 << 13


class Sht3x(SensirionChip):
    """One chip."""

    address = 0x44
    _status = RESET_SEEN
    _next: float | None = None

    def power(self, now: float) -> None:
        """The status tells of the reset; no periodic mode."""
        super().power(now)
        self._status = RESET_SEEN
        self._next = None

    def command(self, now: float, code: int, arguments: bytes) -> None:
        """Measure, or tell or clear the status. What it does not know only sets a bit."""
        self._status &= ~COMMAND_FAILED
        if code in SINGLE_SHOT and self._next is None:
            self.prepare(now, SINGLE_SHOT[code], self._measured())
        elif code == PERIODIC:
            self._next = now + 1.0
        elif code == FETCH and self._next is not None:
            self._fetch(now, self._next)
        elif code == BREAK:
            self._next = None
            self.prepare(now, 0.001, None)
        elif code == RESET:
            self.power(now)
            self.prepare(now, 0.0015, None)
        elif code == STATUS:
            self.prepare(now, 0.0, words(self._status))
        elif code == CLEAR:
            self._status &= HEATING
        elif code in (HEATER_ON, HEATER_OFF):
            self._status = self._status | HEATING if code == HEATER_ON else self._status & ~HEATING
        else:
            self._status |= COMMAND_FAILED

    def _fetch(self, now: float, due: float) -> None:
        """The newest reading of the periodic mode, once: a second fetch before the next reading finds nothing."""
        if now >= due:
            self.prepare(now, 0.0, self._measured())
            self._next = now + 1.0 - (now - due) % 1.0

    def _measured(self) -> bytes:
        temperature = round((self.sense("temperature") + 45) / 175 * 65535)
        humidity = round(self.sense("humidity") / 100 * 65535)
        return words(min(max(temperature, 0), 65535), min(max(humidity, 0), 65535))
