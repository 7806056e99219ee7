"""Sensirion's words on I2C: two bytes, high byte first, and a CRC of both."""

from dataclasses import dataclass, field

from drivers.checksum import crc8
from drivers.errors import Garbled
from drivers.frames import Cut


@dataclass(frozen=True, slots=True)
class Site:
    """Settings of a carbon dioxide sensor: where it stands."""

    altitude: int = field(
        default=0, metadata={"help": "altitude of the site, for carbon dioxide", "unit": "m", "low": 0, "high": 3000}
    )

    @property
    def argument(self) -> bytes:
        """The altitude as a word."""
        return words(self.altitude.to_bytes(2, "big"))


def payload(frame: bytes) -> bytes:
    """The data bytes of a frame of words, each CRC tested. Raises Garbled (checksum or truncated)."""
    if len(frame) % 3:
        size = len(frame) + 3 - len(frame) % 3
        raise Garbled("no whole words", reason="truncated", raw=frame, expected=str(size), got=str(len(frame)))
    data = bytearray()
    for at in range(0, len(frame), 3):
        pair = frame[at : at + 2]
        expected = crc8(pair)
        if expected != frame[at + 2]:
            raise Garbled(f"CRC of word {at // 3 + 1}", raw=frame, expected=f"0x{expected:02x}", got=f"0x{frame[at + 2]:02x}")
        data += pair
    return bytes(data)


def word(data: bytes) -> int:
    """Two bytes and their CRC as a number. Raises Garbled (checksum or truncated)."""
    return int.from_bytes(payload(data), "big")


def words(data: bytes) -> bytes:
    """`data` (an even number of bytes) as words with their CRC."""
    return b"".join(data[at : at + 2] + bytes((crc8(data[at : at + 2]),)) for at in range(0, len(data), 2))


def text(data: bytes) -> str:
    """A name or serial number, up to its first zero."""
    return data.split(b"\0")[0].decode("ascii", "replace")


def pieces(buffer: bytes, size: int, whole: frozenset[int]) -> Cut:
    """An answer of one of the sizes `whole` stays as it is, all else is cut into measurements of `size` bytes."""
    if len(buffer) in whole:
        return Cut((buffer,), b"")
    end = len(buffer) - len(buffer) % size
    return Cut(tuple(buffer[at : at + size] for at in range(0, end, size)), buffer[end:])
