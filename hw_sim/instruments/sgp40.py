"""Sensirion SGP40 (data sheet v1.2) and SGP41 (v1.0): raw signals with compensation, self test, serial number."""

from typing import Any

from hw_sim.instruments.base import Chip, not_acknowledged
from hw_sim.instruments.sht3x import crc8, word
from hw_sim.world import World


class Sgp40(Chip):
    """Checks the CRC of its arguments."""

    passed = 0xD400

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._ready_at: float | None = None
        self._answer = b""

    def measured(self, command: int, now: float) -> tuple[float, bytes] | None:
        """(s that it takes, answer) if it measures at this command."""
        return (0.030, self.signal("voc_raw", now)) if command == 0x260F else None

    def signal(self, course: str, now: float) -> bytes:
        """A raw signal of the world."""
        return word(min(65535, max(0, round(self.world.value(course, now)))))

    def write(self, data: bytes, now: float) -> None:
        """A command word, with its arguments."""
        command = int.from_bytes(data[:2], "big")
        sound = len(data) == 8 and all(crc8(data[i : i + 2]) == data[i + 2] for i in (2, 5))
        measured = self.measured(command, now) if sound else None
        if measured:
            self._ready_at, self._answer = now + measured[0], measured[1]
        elif command == 0x280E:
            self._ready_at, self._answer = now + 0.320, word(self.passed)
        elif command == 0x3682:
            self._ready_at, self._answer = now + 0.001, word(0x0000) + word(0x0123) + word(0x4567)
        elif command != 0x3615:
            raise not_acknowledged()

    def read(self, size: int, now: float) -> bytes:
        """The answer to the last command, once."""
        if self._ready_at is None or now < self._ready_at:
            raise not_acknowledged()
        self._ready_at = None
        return self._answer[:size].ljust(size, b"\xff")


class Sgp41(Sgp40):
    """Its NOx pixel is damaged once it was conditioned for more than ten seconds in all: from then on it says nothing but 0.

    `conditioned` is how long it was, in s; conditioning lasts from its command to the next.
    """

    passed = 0x0000

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._since: float | None = None
        self.conditioned = 0.0

    def write(self, data: bytes, now: float) -> None:
        """Any command ends the conditioning."""
        super().write(data, now)
        if self._since is not None:
            self.conditioned += now - self._since
        self._since = now if data[:2] == b"\x26\x12" else None

    def measured(self, command: int, now: float) -> tuple[float, bytes] | None:
        """Conditioning answers VOC alone, measuring both."""
        if command == 0x2612:
            return 0.050, self.signal("voc_raw", now)
        if command == 0x2619:
            nox = self.signal("nox_raw", now) if self.conditioned <= 10.0 else word(0)
            return 0.050, self.signal("voc_raw", now) + nox
        return None
