"""Devices on a UART that say one thing: SPEC DGS gas sensors, the MightyOhm Geiger counter, the CEM DT-8852 sound level meter."""

from hw_sim.instruments.base import Talker
from hw_sim.instruments.texts import Periodic


class SpecDgs(Talker):
    """A line of whole numbers for each carriage return (manual 968-045); settings: `gas` a course in ppb, `second`: a DGS2."""

    def due(self, now: float) -> bytes:
        """It speaks only when asked."""
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """One question."""
        if b"\r" not in data:
            return b""
        ppb = round(self.world.value(str(self.settings.get("gas", "no2")), now))
        temperature, humidity = self.world.value("temperature", now), self.world.value("humidity", now)
        if self.settings.get("second"):
            return f"031217010151, {ppb}, {round(100 * temperature)}, {round(100 * humidity)}, 32764, 26424, 22712\r\n".encode()
        days, hours, minutes, seconds = int(now // 86400), int(now // 3600 % 24), int(now // 60 % 60), int(now % 60)
        run = f"{days:02d}, {hours:02d}, {minutes:02d}, {seconds:02d}"
        return f"031217010151, {ppb}, {round(temperature)}, {round(humidity)}, 32764, 26424, 22712, {run}\r\n".encode()


class MightyOhm(Periodic):
    """CPS, CPM and µSv/h of an SBM-20: 175 counts a minute are one µSv/h."""

    def line(self, now: float) -> bytes:
        """One line."""
        rate = self.world.value("dose_rate", now)
        cpm = round(rate / 0.0057)
        return f"CPS, {cpm // 60}, CPM, {cpm}, uSv/hr, {rate:.2f}, SLOW\r\n".encode()


class Dt8852(Periodic):
    """Eight blocks with range, hold, limit, level, display, weighting, time; then one with its memory, speed and battery instead.

    settings: `weighting` "C"; `hold` "max" or "min"; `limit` "over" or "under"; `level` dB instead of the world's.
    """

    _block = 0

    def line(self, now: float) -> bytes:
        """One block."""
        self._block = (self._block + 1) % 9
        tenths = round(10 * float(self.settings.get("level", self.world.value("noise", now))))
        hold = {"max": 0x04, "min": 0x05}.get(str(self.settings.get("hold", "")), 0x0E)
        limit = {"over": 0x07, "under": 0x08}.get(str(self.settings.get("limit", "")), 0x11)
        first = (0x40, hold, limit) if self._block else (0x19, 0x02, 0x1F, 0x1A)
        weighting = 0x1C if self.settings.get("weighting") == "C" else 0x1B
        level = bytes((0xA5, 0x0D)) + bytes.fromhex(f"{tenths:04d}")
        clock = bytes((0xA5, 0x06)) + bytes.fromhex(f"{int(now // 3600 % 12):02d}{int(now // 60 % 60):02d}{int(now % 60):02d}")
        return self._tokens(*first) + level + self._tokens(0x0C if self._block % 2 else 0x0B, weighting) + clock

    @staticmethod
    def _tokens(*numbers: int) -> bytes:
        return b"".join(bytes((0xA5, number)) for number in numbers)
