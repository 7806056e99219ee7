"""What Sensirion's I2C chips share: 16-bit commands, words with a CRC, no acknowledge before the result is there."""

from hw_sim.instruments.base import Chip, Nack, Sense
from hw_sim.sums import crc8_sensirion


def words(*numbers: int) -> bytes:
    """Each word with its CRC."""
    pairs = [number.to_bytes(2, "big") for number in numbers]
    return b"".join(pair + bytes([crc8_sensirion(pair)]) for pair in pairs)


class SensirionChip(Chip):
    """Waits, then answers once."""

    def __init__(self, sense: Sense, settings: object) -> None:
        super().__init__(sense, settings)
        self._ready = 0.0
        self._result: bytes | None = None

    def power(self, now: float) -> None:
        """Forget what was being measured."""
        self._ready = now
        self._result = None

    def write(self, now: float, data: bytes) -> None:
        """One command with its arguments. Raises Nack while it is busy."""
        if now < self._ready:
            raise Nack("busy")
        if len(data) == 1:
            raise Nack("half a command")
        if data:
            self._result = None
            self.command(now, int.from_bytes(data[:2], "big"), data[2:])

    def read(self, now: float, count: int) -> bytes:
        """The result, once. Raises Nack if there is none, or not yet."""
        if self._result is None or now < self._ready:
            raise Nack("no result")
        result, self._result = self._result, None
        return result[:count].ljust(count, b"\xff")

    def command(self, now: float, code: int, arguments: bytes) -> None:
        """Obey. Raises Nack for what it does not know."""
        raise NotImplementedError

    def prepare(self, now: float, wait: float, result: bytes | None) -> None:
        """Be busy for `wait` seconds, then have the result."""
        self._ready = now + wait
        self._result = result


def checked(arguments: bytes, count: int) -> list[int]:
    """The words of an argument list. Raises Nack for a wrong number or a wrong CRC."""
    if len(arguments) != 3 * count:
        raise Nack("wrong number of arguments")
    groups = [arguments[i : i + 3] for i in range(0, len(arguments), 3)]
    if any(crc8_sensirion(group[:2]) != group[2] for group in groups):
        raise Nack("wrong CRC in an argument")
    return [int.from_bytes(group[:2], "big") for group in groups]
