"""Sensirion SEN50, SEN54, SEN55 (data sheet v1): idle or measuring; what a model or a broken part cannot give is unknown. SEN66.

settings: `type` "SEN50", "SEN54" or "SEN55"; `brown_out` s after the first look at which the supply dips; `fault` "fan",
"laser", "fan_speed", "rht" or "gas" (SEN66: "pm" instead of "laser", and "co2"); `interval` s between two fan cleanings.
"""

import struct
from typing import Any, ClassVar

from hw_sim.instruments.base import Chip, not_acknowledged
from hw_sim.instruments.sht3x import crc8
from hw_sim.world import World

UNKNOWN, UNKNOWN_SIGNED = 0xFFFF, 0x7FFF
CLEANING = 10.0  # s
BITS = {"fan_speed": 1 << 21, "cleaning": 1 << 19, "gas": 1 << 7, "rht": 1 << 6, "laser": 1 << 5, "fan": 1 << 4}
WAITS = {0x0021: 0.050, 0x0104: 0.200, 0xD304: 0.100}
"""Command → s that it takes; 20 ms for all others. Nobody acknowledges meanwhile."""


def words(data: bytes) -> bytes:
    """Each two bytes with their CRC."""
    return b"".join(data[i : i + 2] + bytes((crc8(data[i : i + 2]),)) for i in range(0, len(data), 2))


class Sen5x(Chip):
    """One node."""

    kind = "SEN55"
    bits: ClassVar[dict[str, int]] = BITS
    waits: ClassVar[dict[int, float]] = WAITS

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._type = str(settings.get("type", self.kind))
        self._fault = str(settings.get("fault", ""))
        self._dip = float(settings.get("brown_out", 0.0))
        self._first: float | None = None
        self._interval = int(settings.get("interval", 604800))
        self._answer = b""
        self._busy_until = 0.0
        self._reset()

    def _reset(self) -> None:
        self._began: float | None = None
        self._measured = 0.0  # s since the last cleaning
        self._seen = 0
        self._clean_until = 0.0

    def _look(self, now: float) -> None:
        """Time goes on: brown-out, automatic cleaning."""
        if self._first is None:
            self._first = now
        if self._dip and now >= self._first + self._dip:
            self._dip = 0.0
            self._reset()
        if self._began is not None and self._interval and now - self._began + self._measured >= self._interval:
            self._clean(now)

    def _clean(self, now: float) -> None:
        if self._began is not None:
            self._measured = self._began - now
            self._clean_until = now + CLEANING

    def write(self, data: bytes, now: float) -> None:
        """A command word with its arguments."""
        self._look(now)
        command, arguments = int.from_bytes(data[:2], "big"), data[2:]
        wrong = any(crc8(arguments[i : i + 2]) != arguments[i + 2] for i in range(0, len(arguments) - 2, 3))
        if now < self._busy_until or wrong:
            raise not_acknowledged()
        self._busy_until = now + self.waits.get(command, 0.020)
        self._do(command, arguments, now)

    def _do(self, command: int, arguments: bytes, now: float) -> None:
        self._answer = b""
        match command:
            case 0x0021:
                if self._began is None:
                    self._began, self._seen = now, 0
            case 0x0104:
                self._measured += now - self._began if self._began is not None else 0.0
                self._began = None
            case 0x0202:
                self._answer = words(bytes((0, self._fresh(now))))
            case 0x03C4:
                self._seen = self._second(now)
                self._answer = words(self._values(now))
            case 0x0413:
                self._answer = words(self._counts(now))
            case 0x5607:
                self._clean(now)
            case 0x8004 if len(arguments) == 6:
                self._interval = int.from_bytes(arguments[0:2] + arguments[3:5], "big")
            case 0x8004:
                self._answer = words(self._interval.to_bytes(4, "big"))
            case 0xD014:
                self._answer = words(self._type.encode().ljust(32, b"\0"))
            case 0xD033:
                self._answer = words(b"5D2E8F1A03B7C496".ljust(32, b"\0"))
            case 0xD100:
                self._answer = words(bytes((2, 0, 0, 4, 0, 1, 0, 0)))
            case 0xD206:
                register = self.bits.get(self._fault, 0) | (self.bits["cleaning"] if now < self._clean_until else 0)
                self._answer = words(register.to_bytes(4, "big"))
            case 0xD304:
                self._reset()

    def read(self, size: int, now: float) -> bytes:
        """The answer to the last question, once it is ready."""
        if now < self._busy_until or not self._answer:
            raise not_acknowledged()
        return self._answer[:size].ljust(size, b"\xff")

    def _second(self, now: float) -> int:
        """Whole seconds of measuring."""
        return int(now - self._began) if self._began is not None else 0

    def _fresh(self, now: float) -> bool:
        return self._second(now) > self._seen

    def _particles(self, now: float) -> list[int]:
        """Four masses × 10; a broken part gives FFFF, after a while FFFE."""
        if not self._second(now) or self._fault in ("fan", "laser", "pm"):
            return [UNKNOWN if self._second(now) < 2 else 0xFFFE] * 4
        pm25 = self.world.value("pm25", now)
        return [min(UNKNOWN - 2, round(10 * pm25 * share)) for share in (0.82, 1.0, 1.06, 1.09)]

    def _values(self, now: float) -> bytes:
        """Masses, humidity × 100, temperature × 200, VOC × 10, NOx × 10."""
        second = self._second(now)
        gas = second > 0 and self._type != "SEN50"
        climate = gas and self._fault != "rht"
        voc = gas and self._fault != "gas"
        nox = voc and second > 10 and self._type == "SEN55"
        humidity = round(100 * self.world.value("humidity", now)) if climate else UNKNOWN_SIGNED
        temperature = round(200 * self.world.value("temperature", now)) if climate else UNKNOWN_SIGNED
        rest = (humidity, temperature, 1000 if voc else UNKNOWN_SIGNED, 10 if nox else UNKNOWN_SIGNED)
        return struct.pack(">4H4h", *self._particles(now), *rest)

    def _counts(self, now: float) -> bytes:
        """Masses × 10, counts from 0.3 µm up × 10, size × 1000."""
        masses = self._particles(now)
        if masses[0] >= 0xFFFE:
            return struct.pack(">10H", *masses, *(masses[0],) * 6)
        pm25 = self.world.value("pm25", now)
        counts = [min(UNKNOWN - 2, round(10 * pm25 * number)) for number in (5.2, 6.3, 6.6, 6.65, 6.67)]
        return struct.pack(">10H", *masses, *counts, 620)


class Sen66(Sen5x):
    """One SEN66: CO2 too; a start is taken only at rest, and so is the altitude. `altitude` is what it was told, in m."""

    kind = "SEN66"
    bits: ClassVar = {
        "fan_speed": 1 << 21,
        "cleaning": 0,
        "co2": 1 << 9,
        "pm": 1 << 11,
        "gas": 1 << 7,
        "rht": 1 << 6,
        "fan": 1 << 4,
    }
    waits: ClassVar = {0x0021: 0.050, 0x0104: 1.4, 0xD304: 1.2}
    altitude = 0

    def _do(self, command: int, arguments: bytes, now: float) -> None:
        if command in (0x0021, 0x6736, 0x5607) and self._began is not None:
            raise not_acknowledged()
        self._answer = b""
        match command:
            case 0x0300:
                self._seen = self._second(now)
                self._answer = words(self._values(now))
            case 0x0316:
                self._answer = words(self._counts(now))
            case 0x6736:
                self.altitude = int.from_bytes(arguments[:2], "big")
            case 0x0021 | 0x0104 | 0x0202 | 0xD014 | 0xD033 | 0xD206 | 0xD304:
                super()._do(command, arguments, now)
            case _:
                raise not_acknowledged()

    def _values(self, now: float) -> bytes:
        """As its relatives, NOx too, and carbon dioxide in ppm from the sixth second on."""
        masses_and_climate = super()._values(now)[:12]
        second = self._second(now)
        voc = 1000 if second and self._fault != "gas" else UNKNOWN_SIGNED
        nox = 10 if second > 10 and self._fault != "gas" else UNKNOWN_SIGNED
        co2 = round(self.world.value("co2", now)) if second > 5 and self._fault != "co2" else UNKNOWN
        return masses_and_climate + struct.pack(">2hH", voc, nox, co2)

    def _counts(self, now: float) -> bytes:
        """Counts from 0.3 µm up × 10: no masses and no size."""
        return super()._counts(now)[8:18]
