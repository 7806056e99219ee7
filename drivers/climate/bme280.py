"""Bosch BME280: air temperature, humidity and pressure, I2C 0x76 or 0x77, 1.71 to 3.6 V.

Source: Bosch Sensortec BME280 data sheet, BST-BME280-DS002, section 4.2.3 (compensation in whole numbers: temperature and
humidity of 32 bits, pressure of 64) and section 5 (registers). One frame is three blocks of registers one after the other:
0x88 to 0xA1 (26 bytes) and 0xE1 to 0xE7 (7 bytes), the factory's coefficients, low byte first but for H4 and H5, which share
0xE5; and 0xF7 to 0xFE (8 bytes), pressure and temperature of 20 bits, humidity of 16, high byte first. They are read whole each
time, so every frame can be decoded by itself. The chip knows no checksum: a frame is sound if its coefficients can be a chip's.

What it cannot say: whether it is wet; that it is a BMP280, which looks alike and has no humidity (its number, register 0xD0,
is asked). Field oddity: 3 to 8 °C too warm beside a Pi.
"""

import struct
from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign, Garbled, NotReady
from drivers.frames import Cut, chunks, expect_length
from drivers.sample import Sample

BLOCKS = ((0x88, 26), (0xE1, 7), (0xF7, 8))
SIZE = sum(size for _start, size in BLOCKS)
CHIP_ID, BME280, BMP280 = 0xD0, 0x60, 0x58
STATUS, BUSY = 0xF3, 0x09  # measuring, copying the coefficients after a reset
FORCE = bytes((0xF2, 0x01, 0xF5, 0x00, 0xF4, 0x25))  # humidity × 1 first, no filter, temperature and pressure × 1, forced
MEASURE_WAIT = 0.0095  # s; section 9.1: 1.25 + 2.3 + 2.3 + 0.575 + 2.3 + 0.575 ms
SKIPPED, SKIPPED_HUMIDITY = 0x80000, 0x8000  # as after a reset, or switched off
TRIES = 3


def split(buffer: bytes) -> Cut:
    """Whole sets of the three blocks."""
    return chunks(SIZE)(buffer)


def decode(frame: bytes, _settings: Any) -> Sample:
    """The three blocks: °C, % and hPa. Raises Garbled."""
    expect_length(frame, SIZE)
    t1, t2, t3, p1, *p = struct.unpack("<Hhh H8h", frame[:24])
    if t1 in (0, 0xFFFF) or p1 in (0, 0xFFFF):
        raise Garbled("no coefficients of a BME280", reason="header", raw=frame, expected="T1, P1", got=frame[:8].hex())
    raw = frame[33:]
    raw_pressure, raw_temperature = (int.from_bytes(raw[at : at + 3], "big") >> 4 for at in (0, 3))
    raw_humidity = int.from_bytes(raw[6:], "big")
    status: dict[str, int | float | str] = {"raw_t": raw_temperature, "raw_p": raw_pressure, "raw_h": raw_humidity}
    if raw_temperature == SKIPPED:
        never = raw_pressure == SKIPPED and raw_humidity == SKIPPED_HUMIDITY
        return Sample({}, status=status, reason="not_started" if never else "sentinel")
    t_fine = fine_temperature(raw_temperature, t1, t2, t3)
    values = {"temperature": ((t_fine * 5 + 128) >> 8) / 100}
    fields: dict[str, str] = {}
    pascals = None if raw_pressure == SKIPPED else _pressure(raw_pressure, t_fine, [p1, *p])
    percent = None if raw_humidity == SKIPPED_HUMIDITY else _humidity(raw_humidity, t_fine, frame[25], frame[26:33])
    for key, value in (("humidity", percent), ("pressure", pascals)):
        if value is None:
            fields[key] = "sentinel"
        else:
            values[key] = value
    return Sample(values, fields, status)


def fine_temperature(raw: int, t1: int, t2: int, t3: int) -> int:
    """The temperature in 1/5120 °C, which the other two formulas need (section 4.2.3)."""
    first = (((raw >> 3) - (t1 << 1)) * t2) >> 11
    second = (raw >> 4) - t1
    return first + ((((second * second) >> 12) * t3) >> 14)


def _pressure(raw: int, t_fine: int, p: list[int]) -> float | None:
    """hPa, computed in 1/256 Pa; None where the sheet avoids a division by zero. `p` holds P1 to P9."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = p
    a = t_fine - 128000
    b = a * a * p6 + ((a * p5) << 17) + (p4 << 35)
    c = (((1 << 47) + ((a * a * p3) >> 8) + ((a * p2) << 12)) * p1) >> 33
    if c == 0:
        return None
    value = ((((1048576 - raw) << 31) - b) * 3125) // c
    value = ((value + ((p9 * (value >> 13) * (value >> 13)) >> 25) + ((p8 * value) >> 19)) >> 8) + (p7 << 4)
    return value / 25600


def _humidity(raw: int, t_fine: int, h1: int, block: bytes) -> float:
    """%, computed in 1/1024 %, held to 0 to 100 as the sheet does. `block` is 0xE1 to 0xE7."""
    h2, h3, e4, e5, e6, h6 = struct.unpack("<hBbBbb", block)
    h4, h5 = e4 << 4 | e5 & 0x0F, e6 << 4 | e5 >> 4
    a = t_fine - 76800
    slope = (((((a * h6) >> 10) * (((a * h3) >> 11) + 32768)) >> 10) + 2097152) * h2 + 8192
    value = (((raw << 14) - (h4 << 20) - h5 * a + 16384) >> 15) * (slope >> 14)
    value -= ((((value >> 15) * (value >> 15)) >> 7) * h1) >> 4
    held: int = min(max(value, 0), 419430400)
    return (held >> 12) / 1024


def read(port: I2CPort, _environment: Environment, settings: Any) -> Sample:
    """Measure once. Raises a wire error."""
    port.transfer(FORCE, 0, MEASURE_WAIT)
    for _ in range(TRIES):
        if not port.transfer(bytes((STATUS,)), 1, 0.001)[0] & BUSY:
            return decode(b"".join(port.transfer(bytes((start,)), size) for start, size in BLOCKS), settings)
    raise NotReady("still measuring", reason="warm_up")


def begin(port: I2CPort, _settings: Any) -> None:
    """Ask which chip it is. Raises Foreign if it is no BME280, and any wire error."""
    found = port.transfer(bytes((CHIP_ID,)), 1)[0]
    if found != BME280:
        known = "BMP280, which has no humidity" if found == BMP280 else "another chip"
        raise Foreign(known, raw=bytes((found,)), expected=f"0x{BME280:02x}", got=f"0x{found:02x}")


DRIVERS = (
    Driver(
        name="bme280",
        title="Bosch BME280 temperature, humidity and pressure sensor",
        zh="博世 BME280 温湿度气压传感器",
        port="i2c",
        page=Page(
            source="Bosch BME280 data sheet, BST-BME280-DS002",
            published=True,
            wiring=(("VIN", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL"), ("CSB", "3V3"), ("SDO", "GND")),
            supply=(
                "1.71 to 3.6 V, under 1 mA; SDO to ground: address 0x76, to 3.3 V: 0x77. CSB high chooses I2C",
                "1.71～3.6 V，不足 1 mA；SDO 接地时地址 0x76，接 3.3 V 时 0x77。CSB 接高选择 I2C",
            ),
            faults=(
                (
                    "foreign at every reading: the board carries a BMP280 (no humidity), often sold as a BME280",
                    "每次均为 foreign：模块实为 BMP280（无湿度），常被当作 BME280 出售",
                ),
                ("no answer: address 0x77 instead of 0x76, or CSB left open", "无应答：地址为 0x77 而非 0x76，或 CSB 悬空"),
                (
                    "3 to 8 °C too warm: it sits beside the Pi; mount it outside, in a radiation shield",
                    "偏高 3～8 °C：靠近树莓派，应移至箱外防辐射罩中",
                ),
            ),
            cannot=(
                "whether it is wet; its numbers carry no checksum. To decode: registers 0x88-0xA1, 0xE1-0xE7 and 0xF7-0xFE "
                "one after the other, 41 bytes",
                "不能判断自身是否结露；其数据不带校验。解码时依次给出寄存器 0x88-0xA1、0xE1-0xE7、0xF7-0xFE，共 41 字节",
            ),
        ),
        quantities=("temperature", "humidity", "pressure"),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        defaults={"address": 0x76},
        interval=1.0,
        least_interval=0.1,
        deadline=0.5,
        warm_up=1.0,
        resolution={"temperature": 0.01},
    ),
)
