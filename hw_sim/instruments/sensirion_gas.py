"""Sensirion SCD30, SCD40, SCD41 carbon dioxide sensors and the SGP30 VOC sensor, each from its interface description."""

import struct
from typing import Any, ClassVar

from hw_sim.instruments.base import Chip, not_acknowledged
from hw_sim.instruments.sht3x import crc8, word
from hw_sim.world import World


class Commanded(Chip):
    """Takes a command word with arguments, each with its CRC, and has the answer ready a while later."""

    waits: ClassVar[dict[int, float]] = {}
    """Command → s until it takes another, or gives its answer; 1 ms for all others."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._ready_at = 0.0
        self._answer = b""

    def write(self, data: bytes, now: float) -> None:
        """A command."""
        if now < self._ready_at:
            raise not_acknowledged()
        command, arguments = int.from_bytes(data[:2], "big"), data[2:]
        if any(crc8(arguments[at : at + 2]) != arguments[at + 2] for at in range(0, len(arguments) - 2, 3)):
            raise not_acknowledged()
        self._answer = b""
        numbers = [int.from_bytes(arguments[at : at + 2], "big") for at in range(0, len(arguments), 3)]
        self.obey(command, numbers, now)
        self._ready_at = now + self.waits.get(command, 0.001)

    def obey(self, command: int, arguments: list[int], now: float) -> None:
        """Do it; an answer goes into `_answer`. Raises OSError for what it does not take."""
        raise NotImplementedError

    def read(self, size: int, now: float) -> bytes:
        """The answer to the last command."""
        if now < self._ready_at or not self._answer:
            raise not_acknowledged()
        return self._answer[:size].ljust(size, b"\xff")


class CarbonDioxide(Commanded):
    """What both kinds do: measure each `period` s (a setting too); settings: `zeros` first values of 0 ppm. `altitude` in m."""

    period = 2.0

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._period = float(settings.get("period", self.period))
        self._zeros = int(settings.get("zeros", 0))
        self._began: float | None = None
        self._seen = 0
        self.altitude = 0
        self.written = 0
        """How often the altitude was written."""

    def start(self, now: float) -> None:
        """Measure, should it not already."""
        if self._began is None:
            self._began, self._seen = now, 0

    def cut(self) -> None:
        """Its supply dips: it is at rest again."""
        self._began, self.altitude = None, 0

    def fresh(self, now: float) -> bool:
        """Whether there is a measurement that was not read."""
        return self._began is not None and int((now - self._began) / self._period) > self._seen

    def take(self, now: float) -> tuple[float, float, float]:
        """ppm, °C, %."""
        if self._began is not None:
            self._seen = int((now - self._began) / self._period)
        co2 = self.world.value("co2", now) if self._seen > self._zeros else 0.0
        return co2, self.world.value("temperature", now), self.world.value("humidity", now)


class Scd30(CarbonDioxide):
    """Its altitude outlives its supply."""

    waits: ClassVar = {0x0010: 0.003, 0x0202: 0.003, 0x0300: 0.003}

    def obey(self, command: int, arguments: list[int], now: float) -> None:
        """As the interface description's section 1.4."""
        match command:
            case 0x0010:
                self.start(now)
            case 0x0104:
                self._began = None
            case 0x0202:
                self._answer = word(int(self.fresh(now)))
            case 0x0300:
                numbers = struct.pack(">3f", *self.take(now))
                self._answer = b"".join(word(int.from_bytes(numbers[at : at + 2], "big")) for at in range(0, 12, 2))
            case 0x5102 if arguments:
                self.altitude, self.written = arguments[0], self.written + 1
            case 0x5102:
                self._answer = word(self.altitude)
            case 0xD100:
                self._answer = word(0x0342)
            case _:
                raise not_acknowledged()


class Scd4x(CarbonDioxide):
    """While it measures it takes four commands only, and does not acknowledge a question for values that are not there."""

    period = 5.0
    waits: ClassVar = {0x3F86: 0.500}

    def obey(self, command: int, arguments: list[int], now: float) -> None:
        """As the data sheet's section 3."""
        if self._began is not None and command not in (0x3F86, 0xE4B8, 0xEC05, 0xE000):
            raise not_acknowledged()
        match command:
            case 0x21B1:
                self.start(now)
            case 0x3F86:
                self._began = None
            case 0xE4B8:
                self._answer = word(0x8006 if self.fresh(now) else 0x8000)
            case 0xEC05 if self.fresh(now):
                co2, temperature, humidity = self.take(now)
                parts = (round(co2), round((temperature + 45) / 175 * 65535), round(humidity / 100 * 65535))
                self._answer = b"".join(map(word, parts))
            case 0x2427 if arguments:
                self.altitude, self.written = arguments[0], self.written + 1
            case 0x3682:
                self._answer = word(0xF896) + word(0x9F07) + word(0x3BBE)
            case _:
                raise not_acknowledged()


class Sgp30(Commanded):
    """400 ppm and 0 ppb in the first 15 s after it was begun (settings: `start` s). `water` is what it was told, in g/m³."""

    waits: ClassVar = {0x2003: 0.010, 0x2008: 0.012, 0x2061: 0.010}

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._began: float | None = None
        self.water = 0.0

    def obey(self, command: int, arguments: list[int], now: float) -> None:
        """As the data sheet's table 10."""
        match command:
            case 0x2003:
                self._began = now
            case 0x2008 if self._began is not None:
                learnt = now - self._began >= float(self.settings.get("start", 15.0))
                tvoc = round(self.world.value("tvoc", now)) if learnt else 0
                self._answer = word(400 + 2 * tvoc) + word(tvoc)
            case 0x2061 if arguments:
                self.water = arguments[0] / 256
            case 0x3682:
                self._answer = word(0x0000) + word(0x0064) + word(0xCC82)
            case _:
                raise not_acknowledged()
