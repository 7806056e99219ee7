"""Water level: Endress+Hauser FMR20 (radar), A02, URM, MaxBotix (ultrasonic), LianCe, pressure senders, a Waveshare board."""

from typing import Any

from hw_sim.instruments.base import Map, Talker, Unit, float_abcd, placed, signed, unsigned
from hw_sim.world import World

STARTING = 10.0
"""s until the FMR20 has its first echo; 8 to 12 s were seen."""

ECHO = 11.6
"""dB, as in a recorded reply at 2.2 m."""


class Fmr20(Unit):
    """Eight floats ABCD from 5000 on: level m, distance m, echo dB, °C, quality, diagnosis, position; only whole floats.

    While it starts, level, distance and echo are 0, the temperature 20.0 and the quality 3.0, as in a recorded reply. settings:
    `height` m of the sensor above the level's zero (5), `cold` true: power comes with the first question.
    """

    functions = (0x03,)

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._ready_at: float | None = None if settings.get("cold") else 0.0

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """Whole floats out of the 16 registers."""
        if self._ready_at is None:
            self._ready_at = now + STARTING
        offset = address - 5000
        if offset < 0 or offset % 2 or count % 2 or offset + count > 16:
            return None
        numbers = self._measure(now) if now >= self._ready_at else (0.0, 0.0, 0.0, 20.0, 3.0, 0.0, 0.0, 0.0)
        return [register for number in numbers for register in float_abcd(number)][offset : offset + count]

    def _measure(self, now: float) -> tuple[float, ...]:
        level = self.world.value("water_level", now)
        distance = float(self.settings.get("height", 5.0)) - level
        return level, distance, ECHO, self.world.value("temperature", now), 0.0, 0.0, 0.0, 0.0


class A02(Talker):
    """FF, distance in mm (high byte first), low byte of the sum; FFFD beyond 4.5 m, 0 nearer than 3 cm, FFFE when disturbed.

    settings: `height` m of its face above the level's zero (4), `period` s (0.1), `disturbed` true: another sound is there.
    """

    _next = 0.0

    def due(self, now: float) -> bytes:
        """A frame if one is due."""
        if now < self._next:
            return b""
        self._next = now + float(self.settings.get("period", 0.1))
        distance = round(1000 * (float(self.settings.get("height", 4.0)) - self.world.value("water_level", now)))
        code = 0xFFFE if self.settings.get("disturbed") else 0xFFFD if distance > 4500 else 0 if distance < 30 else distance
        frame = bytes((0xFF, code >> 8, code & 0xFF))
        return frame + bytes((sum(frame) & 0xFF,))

    def hear(self, data: bytes, now: float) -> bytes:
        """It does not listen."""
        return b""


class MaxBotix(Talker):
    """`R`, four digits, CR: mm; 5000 beyond 5 m, 300 nearer than that (`reach` 10: 9999 and 500); first its name.

    settings: `height` m of its face above the level's zero (4), `period` s (0.15), `reach` m (5), `web` true: every third
    reading is of a spider's web at 0.9 m.
    """

    _next = 0.0
    _said = 0

    def due(self, now: float) -> bytes:
        """A frame if one is due."""
        if now < self._next:
            return b""
        self._next = now + float(self.settings.get("period", 0.15))
        self._said += 1
        near, far = (500, 9999) if int(self.settings.get("reach", 5)) == 10 else (300, 5000)
        distance = round(1000 * (float(self.settings.get("height", 4.0)) - self.world.value("water_level", now)))
        if self.settings.get("web") and self._said % 3 == 0:
            distance = 900
        text = b"HRXL-MaxSonar-WRS\rPN:MB7389\r" if self._said == 1 else b""
        return text + f"R{min(far, max(near, distance)):04}\r".encode()

    def hear(self, data: bytes, now: float) -> bytes:
        """It does not listen."""
        return b""


class Urm(Talker):
    """55 AA, address, size, command, data, low byte of the sum: 01 measures, 02 tells cm, FFFF beyond 5 m or nearer than 4 cm.

    settings: `height` m of its face above the level's zero (4), `node` (0x11). Assumed: before a measurement it tells FFFF.
    """

    _count = 0xFFFF

    def due(self, now: float) -> bytes:
        """It speaks only when asked."""
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """Questions of six bytes, several if they came at once."""
        return b"".join(self._hear(data[at : at + 6], now) for at in range(0, len(data), 6))

    def _hear(self, data: bytes, now: float) -> bytes:
        node = int(self.settings.get("node", 0x11))
        if data == self._closed(bytes((node, 0, 1))):
            distance = round(100 * (float(self.settings.get("height", 4.0)) - self.world.value("water_level", now)))
            self._count = distance if 4 <= distance <= 500 else 0xFFFF
        if data != self._closed(bytes((node, 0, 2))):
            return b""
        return self._closed(bytes((node, 2, 2, self._count >> 8, self._count & 0xFF)))

    @staticmethod
    def _closed(body: bytes) -> bytes:
        frame = b"\x55\xaa" + body
        return frame + bytes((sum(frame) & 0xFF,))


class Sen0492(Map):
    """0x0034 distance in mm, 40 to 4000; held at the ends (not published). settings: `height` m above the level's zero (4)."""

    def registers(self, now: float) -> dict[int, int]:
        """One register."""
        distance = 1000 * (float(self.settings.get("height", 4.0)) - self.world.value("water_level", now))
        return {0x0034: unsigned(min(4000.0, max(40.0, distance)))}


class PressureLevel(Map):
    """0 address, 1 baud, 2 unit, 3 decimals, 4 value signed, 5 zero, 6 full scale (in the value's steps).

    settings: `decimals` 0 to 4 (3), `full_scale` m (5), `unit_code` and `baud_code`, which are the maker's (0).
    """

    def registers(self, now: float) -> dict[int, int]:
        """The sender cannot say more than its full scale."""
        decimals, full = int(self.settings.get("decimals", 3)), float(self.settings.get("full_scale", 5.0))
        level = min(full, self.world.value("water_level", now))
        codes = [int(self.settings.get("baud_code", 0)), int(self.settings.get("unit_code", 0))]
        step = 10**decimals
        return placed(0, [int(self.settings.get("unit", 1)), *codes, decimals, signed(level * step), 0, signed(full * step)])


class LianCeLevel(Map):
    """Function 04: 0 level in cm, ABCD."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0, float_abcd(100 * self.world.value("water_level", now)))


class CurrentLoop(Unit):
    """Function 04, registers 0 to 7: µA of a channel whose mode is 3 (4–20 mA); the modes are holding registers 0x1000 to 0x1007.

    settings: `mode` of all channels at the start (3), `channels`: a list of tables, {quantity, low, high} for a sender of the
    world's quantity, {ua} for a fixed current in µA; a channel without is a broken wire, 0 µA. Assumed: in another mode 0 comes.
    Raises ValueError for a channel that has neither.
    """

    functions = (0x03, 0x04, 0x06, 0x10)

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._modes = [int(settings.get("mode", 3))] * 8
        self._channels: list[dict[str, Any]] = settings.get("channels", [{"quantity": "water_level", "low": 0.0, "high": 5.0}])
        for number, one in enumerate(self._channels):
            if one and "ua" not in one and not {"quantity", "low", "high"} <= one.keys():
                raise ValueError(f"current_loop: channel {number} needs quantity, low and high, or ua")

    def block_of(self, function: int, address: int, count: int, now: float) -> list[int] | None:
        """The currents by function 04, the modes by 03."""
        start = 0 if function == 0x04 else 0x1000
        if address < start or address + count > start + 8:
            return None
        if function == 0x03:
            return self._modes[address - start :][:count]
        return [self._current(channel, now) for channel in range(address, address + count)]

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Set modes."""
        if address < 0x1000 or address + len(values) > 0x1008:
            return False
        self._modes[address - 0x1000 : address - 0x1000 + len(values)] = values
        return True

    def _current(self, channel: int, now: float) -> int:
        if channel >= len(self._channels) or self._modes[channel] != 3:
            return 0
        sender = self._channels[channel]
        if "quantity" not in sender:
            return unsigned(sender.get("ua", 0))
        low, high = float(sender["low"]), float(sender["high"])
        share = (self.world.value(str(sender["quantity"]), now) - low) / (high - low)
        return unsigned(4000 + 16000 * min(1.03, max(-0.0125, share)))
