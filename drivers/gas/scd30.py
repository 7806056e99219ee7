"""Sensirion SCD30: carbon dioxide by infrared absorption, with temperature and humidity; I2C 0x61, 3.3 to 5.5 V.

Source: Sensirion SCD30 interface description, v1.0 (section 1.4); SCD30 data sheet, v1.0. Commands are 16-bit words; every
data word is followed by a CRC. A measurement is three floats, high byte first: ppm, °C, %.

What it cannot say: whether its automatic zero is off. Field oddities: it stretches the clock by up to 150 ms, which a Pi's own
I2C does not stand well; altitude and interval lie in a memory that wears, so they are written only when they differ; 0 ppm and
a float that is no number come while it starts.
"""

import math
import struct

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign
from drivers.frames import Cut, expect_length
from drivers.sample import Kind, Sample
from drivers.sensirion import Site, payload, pieces, word, words

START, READY, READ = b"\x00\x10", b"\x02\x02", b"\x03\x00"
ALTITUDE, FIRMWARE = b"\x51\x02", b"\xd1\x00"
QUESTIONS = frozenset({START + words(bytes(2)), READY, READ, ALTITUDE, FIRMWARE})
WAIT = 0.004  # s between question and answer
READ_SIZE, WORD_SIZE = 18, 3
TRIES, PAUSE = 8, 0.3  # until the next value, one in two seconds
KEYS = ("co2", "temperature", "humidity")


def split(buffer: bytes) -> Cut:
    """A word stays whole, all else is cut into measurements of 18 bytes."""
    return pieces(buffer, READ_SIZE, frozenset({WORD_SIZE}))


def decode(frame: bytes, _settings: Site) -> Sample:
    """A measurement in ppm, °C, %, or one word. Raises Garbled or Foreign."""
    if frame in QUESTIONS:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if len(frame) == WORD_SIZE:
        return Sample({}, status={"word": word(frame)}, kind=Kind.ACKNOWLEDGEMENT)
    expect_length(frame, READ_SIZE)
    numbers = dict(zip(KEYS, struct.unpack(">3f", payload(frame)), strict=True))
    if not numbers["co2"] > 0:
        return Sample({}, reason="warm_up")
    values = {key: value for key, value in numbers.items() if math.isfinite(value)}
    return Sample(values, dict.fromkeys(numbers.keys() - values.keys(), "sentinel"))


def read(port: I2CPort, _environment: Environment, settings: Site) -> Sample:
    """The next measurement; one that has lost its measuring is started again. Raises a wire error."""
    for wait in (WAIT, *(PAUSE,) * TRIES):
        if word(port.transfer(READY, WORD_SIZE, wait)):
            return decode(port.transfer(READ, READ_SIZE, WAIT), settings)
    begin(port, settings)
    return Sample({}, reason="not_started")


def begin(port: I2CPort, settings: Site) -> None:
    """Measure without end, by its own pressure of sea level or the site's altitude. Raises a wire error."""
    port.transfer(START + words(bytes(2)), 0, WAIT)
    if word(port.transfer(ALTITUDE, WORD_SIZE, WAIT)) != settings.altitude:
        port.transfer(ALTITUDE + settings.argument, 0, WAIT)


def identify(port: I2CPort, _settings: Site) -> str:
    """The firmware: it does not tell its serial number. Raises a wire error."""
    major, minor = payload(port.transfer(FIRMWARE, WORD_SIZE, WAIT))
    return f"SCD30 {major}.{minor}"


DRIVERS = (
    Driver(
        name="scd30",
        title="Sensirion SCD30 carbon dioxide sensor",
        zh="盛思锐 SCD30 二氧化碳传感器",
        port="i2c",
        page=Page(
            source="Sensirion SCD30 interface description, v1.0",
            published=True,
            wiring=(
                ("VDD", "3V3"),
                ("GND", "GND"),
                ("RX/SDA", "SDA"),
                ("TX/SCL", "SCL"),
                ("RDY", "OPEN"),
                ("PWM", "OPEN"),
                ("SEL", "GND"),
            ),
            supply=(
                "3.3 to 5.5 V, 19 mA, 75 mA peak; signals 3.3 V. It stretches the clock: dtparam=i2c_arm_baudrate=50000",
                "3.3～5.5 V，19 mA，峰值 75 mA；信号 3.3 V。有时钟拉伸：设 dtparam=i2c_arm_baudrate=50000",
            ),
            faults=(
                (
                    "checksum errors now and then: clock stretching on the Pi; slow the bus down to 50 kHz",
                    "偶发校验错：树莓派不支持时钟拉伸，把总线降到 50 kHz",
                ),
                (
                    "too low in the mountains: set altitude, 100 m make about 1 %",
                    "山区偏低：设置 altitude，每 100 m 约差 1 %",
                ),
                (
                    "drifts over months: its automatic zero is off, or sees no fresh air; calibrate it outdoors",
                    "数月内漂移：自动校准未开启，或接触不到新鲜空气；应在室外校准",
                ),
                ("temperature a degree high: it warms itself", "温度偏高约 1 度：自身发热"),
            ),
            cannot=("its serial number; whether its automatic zero is off", "无序列号；不能判断自动校准是否偏移"),
        ),
        quantities=KEYS,
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        settings=Site,
        defaults={"address": 0x61},
        interval=2.0,
        least_interval=2.0,
        deadline=3.0,
        warm_up=20.0,
    ),
)
