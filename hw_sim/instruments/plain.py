"""A Modbus unit with holding registers that only remember: for measuring what polling costs. Answers are computed once."""

from dataclasses import dataclass

from hw_sim.instruments._yosemitech import kept
from hw_sim.instruments.base import Sense, option
from hw_sim.instruments.modbus_unit import READ_HOLDING, READ_INPUT, WRITE_MANY, Block, RegisterUnit


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one unit."""

    start: int = option(0, "first register", 0, 65535)
    count: int = option(10, "registers; each holds its number plus 100", 1, 125)


class Plain(RegisterUnit):
    """One unit."""

    Settings = Settings
    FUNCTIONS = frozenset({READ_HOLDING, READ_INPUT, WRITE_MANY})
    settings: Settings

    def __init__(self, sense: Sense, settings: Settings) -> None:
        super().__init__(sense, settings)
        self._known: dict[bytes, bytes | None] = {}

    def listed(self) -> list[Block]:
        """One block."""
        values = b"".join((100 + number).to_bytes(2, "big") for number in range(self.settings.count))
        return [kept(self.settings.start, self.settings.count, values)]

    def answer(self, now: float, pdu: bytes) -> bytes | None:
        """What was answered to the same question before, until something is written."""
        if pdu[0] == WRITE_MANY:
            self._known.clear()
            return super().answer(now, pdu)
        if pdu not in self._known:
            self._known[pdu] = super().answer(now, pdu)
        return self._known[pdu]
