"""Checksums of the instruments. Pure functions; check values are in the tests with their source."""

from functools import cache, reduce
from operator import xor


def sum16(data: bytes) -> int:
    """16-bit sum of all bytes (Plantower data sheets)."""
    return sum(data) & 0xFFFF


def complement8(data: bytes) -> int:
    """The byte that makes the sum of `data` and itself zero modulo 256 (Winsen, Cubic, Honeywell)."""
    return -sum(data) & 0xFF


@cache
def _crc8_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _bit in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
        table.append(crc)
    return tuple(table)


def crc8(data: bytes) -> int:
    """CRC-8 of Sensirion: polynomial 0x31, initial value 0xFF, not reflected (SHT3x data sheet, section 4.12)."""
    table = _crc8_table()
    crc = 0xFF
    for byte in data:
        crc = table[crc ^ byte]
    return crc


@cache
def _crc16_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _bit in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


def xor8(data: bytes) -> int:
    """Exclusive or of all bytes (NMEA 0183, Gill WindSonic, BSWA; they differ in which bytes are meant)."""
    return reduce(xor, data, 0)


def crc16(data: bytes) -> int:
    """CRC-16 of Modbus RTU: polynomial 0xA001 reflected, initial value 0xFFFF; low byte first on the wire."""
    table = _crc16_table()
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc
