"""Maxim DS3231 real-time clock: its time and temperature, I2C 0x68, 2.3 to 5.5 V.

Source: DS3231 data sheet, rev 10, tables 1 and "status register": BCD seconds, minutes, hours (bit 6: 12 hours), weekday,
date, month (bit 7: century), year from 0x00; 0x0F bit 7 OSF: the oscillator was stopped, the time is invalid; 0x11 and 0x12
temperature in 1/4 °C. One frame is the nineteen registers 0x00 to 0x12. Read only: with `dtoverlay=i2c-rtc,ds3231` the kernel
owns the chip (it then refuses other users), and time is set by `hwclock`, never by raw writes.

What it cannot say: whether its time is right, only that it has not stopped. Field oddity: cheap boards charge a lithium cell that
must not be charged; its temperature is the enclosure's.
"""

from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Garbled
from drivers.frames import Cut, chunks, expect_length
from drivers.sample import Sample

SIZE = 19
HOURS_12, PM, CENTURY, STOPPED = 0x40, 0x20, 0x80, 0x80


def split(buffer: bytes) -> Cut:
    """Blocks of nineteen registers."""
    return chunks(SIZE)(buffer)


def _bcd(byte: int) -> int:
    high, low = byte >> 4, byte & 15
    return 10 * high + low if high < 10 and low < 10 else 255


def _hour(byte: int) -> int:
    if not byte & HOURS_12:
        return _bcd(byte & 0x3F)
    return _bcd(byte & 0x1F) % 12 + (12 if byte & PM else 0)


def decode(frame: bytes, _settings: Any) -> Sample:
    """Registers 0x00 to 0x12: °C; the chip's time in the status. Raises Garbled."""
    expect_length(frame, SIZE)
    second, minute, hour = _bcd(frame[0] & 0x7F), _bcd(frame[1] & 0x7F), _hour(frame[2])
    day, month, year = _bcd(frame[4] & 0x3F), _bcd(frame[5] & 0x1F), 2000 + _bcd(frame[6])
    sound = second < 60 and minute < 60 and hour < 24 and 1 <= day <= 31 and 1 <= month <= 12 and year < 2100
    if not sound or not 1 <= frame[3] & 7 <= 7 or frame[18] & 0x3F:
        raise Garbled(
            "these are not the registers of a DS3231", reason="header", raw=frame, expected="BCD time", got=frame[:7].hex()
        )
    quarters = (frame[17] << 8 | frame[18]) >> 6
    celsius = (quarters - 1024 if quarters >= 512 else quarters) / 4
    told = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    stopped = bool(frame[15] & STOPPED)
    fields = {"date": "clock"} if stopped else {}
    return Sample({"enclosure_temperature": celsius}, fields, {"time": told, "stopped": int(stopped)})


def read(port: I2CPort, _environment: Environment, settings: Any) -> Sample:
    """All registers at once, so that the time cannot change in between. Raises a wire error."""
    return decode(port.transfer(b"\x00", SIZE), settings)


DRIVERS = (
    Driver(
        name="ds3231",
        title="Maxim DS3231 real-time clock",
        zh="美信 DS3231 实时时钟",
        port="i2c",
        page=Page(
            source="Maxim DS3231 data sheet, rev 10",
            published=False,
            wiring=(("VCC", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL")),
            supply=("2.3 to 5.5 V, 0.2 mA; CR2032 cell for the time without power", "2.3～5.5 V，0.2 mA；断电走时靠 CR2032"),
            faults=(
                (
                    "clock: it had stopped (cell empty); set the time once: sudo hwclock -w",
                    "clock：曾停振（电池耗尽），校时一次：sudo hwclock -w",
                ),
                (
                    "the port cannot be used: the kernel owns it (dtoverlay=i2c-rtc); then it is the system's clock already",
                    "端口不可用：已由内核占用（dtoverlay=i2c-rtc），即已是系统时钟",
                ),
            ),
            cannot=("whether its time is right, only that it has not stopped", "不能保证时间正确，只知道没有停过"),
        ),
        quantities=("enclosure_temperature",),
        split=split,
        decode=decode,
        read=read,
        defaults={"address": 0x68},
        interval=60.0,
        least_interval=1.0,
        deadline=0.5,
        resolution={"enclosure_temperature": 0.25},
    ),
)
