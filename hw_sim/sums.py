"""The checksums of the simulated instruments, written from the data sheets."""


def crc16_modbus(data: bytes) -> bytes:
    """CRC-16/Modbus: polynomial 0xA001 reflected, begins with 0xFFFF; low byte first, as on the wire."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC16[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def _crc16_of(byte: int) -> int:
    for _bit in range(8):
        byte = byte >> 1 ^ 0xA001 if byte & 1 else byte >> 1
    return byte


_CRC16 = tuple(_crc16_of(byte) for byte in range(256))


def crc8_sensirion(data: bytes) -> int:
    """CRC-8 of Sensirion: polynomial 0x31, begins with 0xFF, not reflected."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _bit in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


def sum16(data: bytes) -> bytes:
    """Plantower: the sum of all bytes, two bytes, high byte first."""
    return (sum(data) & 0xFFFF).to_bytes(2, "big")
