"""Sensirion SGP30: total volatile organic compounds as ethanol would make them; I2C 0x58, 1.8 V (boards with a regulator 3.3 V).

Source: Sensirion SGP30 data sheet, v1.0, section 6; SGP30 driver integration guide (absolute humidity). Each 16-bit word is
followed by a CRC. Its "CO2 equivalent" is reckoned from hydrogen and alcohol and is no carbon dioxide: it goes into the status
as it was sent. Humidity and temperature of the same station compensate it.

What it cannot say: which gas it is; carbon dioxide. Field oddities: it must be asked once a second, or its baseline is wrong;
the first 15 s it says 400 ppm and 0 ppb; its baseline is learnt for 12 h after each start, and until then values are too low.
"""

import math
from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign
from drivers.frames import Cut, expect_length
from drivers.sample import Kind, Sample
from drivers.sensirion import payload, pieces, words

INIT, MEASURE, HUMIDITY, SERIAL = b"\x20\x03", b"\x20\x08", b"\x20\x61", b"\x36\x82"
QUESTIONS = frozenset({INIT, MEASURE, SERIAL})
WAIT, MEASURE_WAIT, SERIAL_WAIT = 0.010, 0.012, 0.001  # s, data sheet table 10
MEASURED_SIZE, SERIAL_SIZE = 6, 9
LIMIT = 60000  # ppb, the sheet's range of TVOC


def split(buffer: bytes) -> Cut:
    """A serial number (nine bytes) stays whole, all else is cut into measurements of six."""
    return pieces(buffer, MEASURED_SIZE, frozenset({SERIAL_SIZE}))


def decode(frame: bytes, _settings: Any) -> Sample:
    """TVOC in ppb; nine bytes are the serial number. Raises Garbled or Foreign."""
    if frame in QUESTIONS:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if len(frame) == SERIAL_SIZE:
        return Sample({}, status={"serial": payload(frame).hex()}, kind=Kind.IDENTITY)
    expect_length(frame, MEASURED_SIZE)
    data = payload(frame)
    equivalent, tvoc = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")
    status: dict[str, int | float | str] = {"eco2": equivalent}
    if tvoc >= LIMIT:
        return Sample({}, {"tvoc": "saturated"}, {**status, "raw_tvoc": tvoc}, "saturated")
    return Sample({"tvoc": float(tvoc)}, status=status)


def absolute_humidity(temperature: float, humidity: float) -> float:
    """g/m³ of water at `temperature` (°C) and relative `humidity` (%): Sensirion's driver integration guide."""
    pressure = humidity / 100 * 6.112 * math.exp(17.62 * temperature / (243.12 + temperature))
    return 216.7 * pressure / (273.15 + temperature)


def compensation(environment: Environment) -> bytes:
    """The command that tells it the humidity, as 1/256 g/m³; 0 (its default, 11.57 g/m³) where that is not known."""
    water = 0
    if "humidity" in environment and "temperature" in environment:
        known = absolute_humidity(min(max(environment["temperature"], -45.0), 85.0), environment["humidity"])
        water = min(max(round(256 * known), 1), 0xFFFF)
    return HUMIDITY + words(water.to_bytes(2, "big"))


def read(port: I2CPort, environment: Environment, settings: Any) -> Sample:
    """Measure once. Raises a wire error."""
    port.transfer(compensation(environment), 0, WAIT)
    return decode(port.transfer(MEASURE, MEASURED_SIZE, MEASURE_WAIT), settings)


def begin(port: I2CPort, _settings: Any) -> None:
    """Begin to measure, with a baseline to be learnt. Raises a wire error."""
    port.transfer(INIT, 0, WAIT)


def identify(port: I2CPort, _settings: Any) -> str:
    """The serial number. Raises a wire error."""
    return payload(port.transfer(SERIAL, SERIAL_SIZE, SERIAL_WAIT)).hex()


DRIVERS = (
    Driver(
        name="sgp30",
        title="Sensirion SGP30 VOC sensor",
        zh="盛思锐 SGP30 挥发性有机物传感器",
        port="i2c",
        page=Page(
            source="Sensirion SGP30 data sheet, v1.0",
            published=True,
            wiring=(("VDD", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL")),
            supply=(
                "a board with regulator and level shifter: 3.3 V, 48 mA; the bare chip stands 1.98 V at most",
                "带稳压与电平转换的模块：3.3 V，48 mA；裸片最高 1.98 V",
            ),
            faults=(
                (
                    "stays at 0 ppb: the first 15 s, clean air, or a baseline learnt in bad air; leave it on for 12 h",
                    "恒为 0 ppb：启动前 15 秒、空气清洁，或基线在污染空气中习得；应连续运行 12 小时",
                ),
                (
                    "jumps after each restart: it learns its baseline anew; keep it supplied",
                    "每次重启后跳变：基线重新学习，应保持供电",
                ),
                ("follows the humidity: put an SHT3x on the same station", "随湿度变化：同站加装 SHT3x"),
            ),
            cannot=(
                "which gas it is; carbon dioxide (its CO2 equivalent is reckoned from hydrogen and alcohol)",
                "不能分辨气体；不测二氧化碳（其 CO2 当量由氢气、乙醇推算）",
            ),
        ),
        quantities=("tvoc",),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        defaults={"address": 0x58},
        interval=1.0,
        least_interval=1.0,
        deadline=0.5,
        warm_up=15.0,
        companions=("humidity", "temperature"),
        resolution={"tvoc": 1.0},
    ),
)
