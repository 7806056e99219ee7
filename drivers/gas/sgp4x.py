"""Sensirion SGP40: volatile organic compounds as an index, I2C 0x59, 1.7 to 3.6 V.

Source: Sensirion SGP40 data sheet, v1.2, section 4 (commands) and section 6 (index). Each 16-bit word is followed by a CRC.
The raw signal is the logarithm of a resistance, without unit; the maker supports no conversion to ppb: the index is what is
published. Humidity and temperature of the same station compensate it; without them the sheet's defaults (50 %, 25 °C) are sent.

What it cannot say: which gas it is, and a concentration. Field oddity: missed seconds make the index's time base wrong, so it
is read strictly once a second.
"""

from collections.abc import Sequence
from typing import Any

from drivers.checksum import crc8
from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, expect_length
from drivers.gas._index import VocIndex
from drivers.sample import Kind, Sample

MEASURE_RAW = b"\x26\x0f"
MEASURE_WAIT = 0.030  # s, data sheet table 8
QUESTION_SIZE = 8
RAW_SIZE = 3
SERIAL_SIZE = 9
DEFAULT_HUMIDITY = 0x8000  # ticks of 50 %
DEFAULT_TEMPERATURE = 0x6666  # ticks of 25 °C


def word(data: bytes) -> int:
    """Two bytes and their CRC as a number. Raises Garbled (checksum)."""
    expected = crc8(data[:2])
    if expected != data[2]:
        raise Garbled("CRC", raw=data, expected=f"0x{expected:02x}", got=f"0x{data[2]:02x}")
    return data[0] << 8 | data[1]


def ticks(number: int) -> bytes:
    """A 16-bit argument with its CRC."""
    data = number.to_bytes(2, "big")
    return data + bytes([crc8(data)])


def question(environment: Environment) -> bytes:
    """The command to measure, compensated by relative humidity in % and temperature in °C where they are known."""
    humidity, temperature = DEFAULT_HUMIDITY, DEFAULT_TEMPERATURE
    if "humidity" in environment and "temperature" in environment:
        humidity = round(min(max(environment["humidity"], 0.0), 100.0) * 65535 / 100)
        temperature = round((min(max(environment["temperature"], -45.0), 130.0) + 45) * 65535 / 175)
    return MEASURE_RAW + ticks(humidity) + ticks(temperature)


def split(buffer: bytes) -> Cut:
    """A serial number (nine bytes) and our own question stay whole, all else is cut into raw signals (three bytes)."""
    if buffer.startswith(MEASURE_RAW) and len(buffer) == QUESTION_SIZE:
        return Cut((buffer,), b"")
    size = SERIAL_SIZE if len(buffer) == SERIAL_SIZE else RAW_SIZE
    whole = len(buffer) - len(buffer) % size
    return Cut(tuple(buffer[i : i + size] for i in range(0, whole, size)), buffer[whole:])


def decode(frame: bytes, _settings: Any) -> Sample:
    """The raw signal, in `status`: alone it is no index yet. Nine bytes are the serial number. Raises Garbled or Foreign."""
    if len(frame) == SERIAL_SIZE:
        serial = "".join(f"{word(frame[i : i + 3]):04x}" for i in (0, 3, 6))
        return Sample({}, status={"serial": serial}, kind=Kind.IDENTITY)
    if frame.startswith(MEASURE_RAW) and len(frame) == QUESTION_SIZE:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    expect_length(frame, RAW_SIZE)
    return Sample({}, {"voc_index": "warm_up"}, {"sraw_voc": word(frame)}, "warm_up")


def read(port: I2CPort, environment: Environment, settings: Any) -> Sample:
    """Measure once. Raises a wire error."""
    found = decode(port.transfer(question(environment), RAW_SIZE, MEASURE_WAIT), settings)
    compensated = int("humidity" in environment and "temperature" in environment)
    return Sample(found.values, found.fields, {**found.status, "compensated": compensated}, found.reason)


class Index:
    """The step from raw signals to the index; `warm_up` while the algorithm still says 0."""

    def __init__(self, interval: float, memory: Sequence[float]) -> None:
        self._index = VocIndex(interval, memory)

    def __call__(self, found: Sample) -> Sample:
        """The sample with its index."""
        if "sraw_voc" not in found.status:
            return found
        value = self._index.process(int(found.status["sraw_voc"]))
        return Sample({"voc_index": float(value)}, status=found.status) if value else found

    def memory(self) -> Sequence[float]:
        """What the algorithm has learnt."""
        return self._index.memory()


DRIVERS = (
    Driver(
        name="sgp40",
        title="Sensirion SGP40 VOC sensor",
        zh="盛思锐 SGP40 挥发性有机物传感器",
        port="i2c",
        page=Page(
            source="Sensirion SGP40 data sheet, v1.2",
            published=True,
            wiring=(("VDD", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL")),
            supply=(
                "1.7 to 3.6 V, 4 mA; never 5 V at the chip (boards with a regulator stand it)",
                "1.7～3.6 V，4 mA；芯片不可接 5 V（带稳压的模块可以）",
            ),
            faults=(
                (
                    "index stays at 0 or jumps after each restart: seconds are missed; read it once a second",
                    "指数为 0 或重启后跳变：读数漏秒，须每秒读一次",
                ),
                ("index does not compensate humidity: put an SHT3x on the same station", "湿度未补偿：同站加装 SHT3x"),
            ),
            cannot=("which gas it is, and a concentration", "不能分辨气体种类，也不能给出浓度"),
        ),
        quantities=("voc_index",),
        split=split,
        decode=decode,
        read=read,
        process=Index,
        defaults={"address": 0x59},
        interval=1.0,
        least_interval=1.0,
        deadline=0.5,
        warm_up=45.0,
        companions=("humidity", "temperature"),
    ),
)
