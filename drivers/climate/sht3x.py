"""Sensirion SHT3x (SHT30, SHT31, SHT35; I2C 0x44, 0x45) and SHT4x (SHT40, SHT41, SHT45; 0x44 to 0x46): air temperature, humidity.

Source: Sensirion SHT3x-DIS data sheet, v6, section 4; SHT4x data sheet, v6, section 4. Single shot, high repeatability, no clock
stretching; the answer is two words, temperature and humidity, each with a CRC. A bus that is half dead reads FF FF FF, which the
CRC refuses. An SHT4x's command is one byte, and its humidity has another scale, which reaches from -6 to 119 %: the sheet says
to crop it to 0 to 100 %; what was cropped is kept in the status.

What they cannot say: whether they are wet; after condensation they read 100 % for hours. Field oddity: a sensor in the enclosure
measures the enclosure.
"""

from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign
from drivers.frames import Cut, chunks, expect_length
from drivers.sample import Kind, Sample
from drivers.sensirion import payload, word

SINGLE_SHOT = b"\x24\x00"
SINGLE_SHOT_WAIT = 0.016  # s; the sheet's longest time is 15.5 ms
PRECISE = b"\xfd"  # SHT4x
PRECISE_WAIT = 0.010  # s; the sheet's longest time is 8.3 ms
SERIAL, SERIAL_WAIT = b"\x89", 0.010
DATA_SIZE = 6
STATUS_SIZE = 3


def split(buffer: bytes) -> Cut:
    """Status words (three bytes) if that is all there is, else measurements of six bytes."""
    return chunks(STATUS_SIZE if len(buffer) == STATUS_SIZE else DATA_SIZE)(buffer)


def decode(frame: bytes, _settings: Any) -> Sample:
    """A measurement in °C and %, or the status register as an identity. Raises Garbled or Foreign."""
    if len(frame) == STATUS_SIZE:
        return Sample({}, status={"status": word(frame)}, kind=Kind.IDENTITY)
    if frame == SINGLE_SHOT:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    expect_length(frame, DATA_SIZE)
    temperature = -45 + 175 * word(frame[:3]) / 65535
    humidity = 100 * word(frame[3:]) / 65535
    return Sample({"temperature": temperature, "humidity": humidity})


def read(port: I2CPort, _environment: Environment, settings: Any) -> Sample:
    """Measure once. Raises a wire error."""
    return decode(port.transfer(SINGLE_SHOT, DATA_SIZE, SINGLE_SHOT_WAIT), settings)


def decode_sht4x(frame: bytes, _settings: Any) -> Sample:
    """An SHT4x's measurement in °C and %. Raises Garbled or Foreign."""
    if frame == PRECISE:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    expect_length(frame, DATA_SIZE)
    temperature = -45 + 175 * word(frame[:3]) / 65535
    humidity = -6 + 125 * word(frame[3:]) / 65535
    cropped = min(max(humidity, 0.0), 100.0)
    status = {} if cropped == humidity else {"humidity_uncropped": round(humidity, 2)}
    return Sample({"temperature": temperature, "humidity": cropped}, status=status)


def read_sht4x(port: I2CPort, _environment: Environment, settings: Any) -> Sample:
    """Measure once. Raises a wire error."""
    return decode_sht4x(port.transfer(PRECISE, DATA_SIZE, PRECISE_WAIT), settings)


def identify_sht4x(port: I2CPort, _settings: Any) -> str:
    """The serial number. Raises a wire error."""
    return payload(port.transfer(SERIAL, DATA_SIZE, SERIAL_WAIT)).hex()


DEW = (
    "100 % for hours: dew on the sensor; it dries, values are flagged until then",
    "长时间 100 %：传感器结露，干燥前数据带标记",
)
INSIDE = (
    "3 to 8 °C too warm: it sits in the enclosure; mount it outside, in a radiation shield",
    "偏高 3～8 °C：装在机箱内，应移至箱外防辐射罩中",
)

DRIVERS = (
    Driver(
        name="sht3x",
        title="Sensirion SHT3x temperature and humidity sensor",
        zh="盛思锐 SHT3x 温湿度传感器",
        port="i2c",
        page=Page(
            source="Sensirion SHT3x-DIS data sheet, v6",
            published=True,
            wiring=(("VDD", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL"), ("ADDR", "GND")),
            supply=(
                "2.15 to 5.5 V, 1.5 mA; at 3.3 V the bus needs no level shifter. ADDR high: address 0x45",
                "2.15～5.5 V，1.5 mA；3.3 V 供电无需电平转换。ADDR 接高：地址 0x45",
            ),
            faults=(
                ("no answer: SDA and SCL swapped, or address 0x45", "无应答：SDA、SCL 接反，或地址为 0x45"),
                DEW,
                INSIDE,
            ),
            cannot=("whether it is wet", "不能判断自身是否结露"),
        ),
        quantities=("temperature", "humidity"),
        split=split,
        decode=decode,
        read=read,
        defaults={"address": 0x44},
        interval=1.0,
        least_interval=1.0,
        deadline=0.5,
        warm_up=1.0,
    ),
    Driver(
        name="sht4x",
        title="Sensirion SHT4x temperature and humidity sensor",
        zh="盛思锐 SHT4x 温湿度传感器",
        port="i2c",
        page=Page(
            source="Sensirion SHT4x data sheet, v6",
            published=False,
            wiring=(("VDD", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL")),
            supply=(
                "1.08 to 3.6 V, 0.5 mA; never 5 V at the chip. The address is in the order number: 0x44 (A), 0x45 (B), 0x46 (C)",
                "1.08～3.6 V，0.5 mA；芯片不可接 5 V。地址由订货号决定：0x44（A）、0x45（B）、0x46（C）",
            ),
            faults=(
                (
                    "no answer: SDA and SCL swapped, the address is 0x45 or 0x46, or it is an SHT3x (driver = sht3x)",
                    "无应答：SDA、SCL 接反，地址为 0x45、0x46，或实为 SHT3x（driver = sht3x）",
                ),
                DEW,
                INSIDE,
            ),
            cannot=("whether it is wet", "不能判断自身是否结露"),
        ),
        quantities=("temperature", "humidity"),
        split=chunks(DATA_SIZE),
        decode=decode_sht4x,
        read=read_sht4x,
        identify=identify_sht4x,
        defaults={"address": 0x44},
        interval=1.0,
        least_interval=1.0,
        deadline=0.5,
        warm_up=1.0,
    ),
)
