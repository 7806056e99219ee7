"""Sensirion SGP40 and SGP41: volatile organic compounds, and nitrogen oxides, as indices, I2C 0x59, 1.7 to 3.6 V.

Source: Sensirion SGP40 data sheet, v1.2, section 4 (commands) and section 6 (index); SGP41 data sheet, v1.0, the same sections.
Each 16-bit word is followed by a CRC. A raw signal is the logarithm of a resistance, without unit; the maker supports no
conversion to ppb: the indices are what is published. Humidity and temperature of the same station compensate them; without
those the sheet's defaults (50 %, 25 °C) are sent.

What they cannot say: which gas it is, and a concentration. Field oddities: missed seconds make the index's time base wrong, so
they are read strictly once a second. After power-up an SGP41's NOx pixel is conditioned, which more than ten seconds damage: so
it is not read that way longer than eight, and not at all if it is read less often.
"""

from collections.abc import Sequence
from typing import Any

from drivers.driver import Conditioning, Driver, Environment, I2CPort, Page, Terminal
from drivers.errors import Foreign
from drivers.frames import Cut, expect_length
from drivers.gas._index import NoxIndex, VocIndex
from drivers.sample import Kind, Sample
from drivers.sensirion import payload, word, words

MEASURE_RAW = b"\x26\x0f"
MEASURE_WAIT = 0.030  # s, data sheet table 8
CONDITION = b"\x26\x12"  # SGP41: answers the VOC signal alone
CONDITION_LIMIT = 8.0  # s; the sheet's limit is ten
MEASURE_BOTH = b"\x26\x19"  # SGP41
MEASURE_BOTH_WAIT = 0.050  # s, SGP41 data sheet table 8
SERIAL, SERIAL_WAIT = b"\x36\x82", 0.001
QUESTION_SIZE = 8
RAW_SIZE = 3
BOTH_SIZE = 6
SERIAL_SIZE = 9
DEFAULT_HUMIDITY = 0x8000  # ticks of 50 %
DEFAULT_TEMPERATURE = 0x6666  # ticks of 25 °C


def question(command: bytes, environment: Environment) -> bytes:
    """The command to measure, compensated by relative humidity in % and temperature in °C where they are known."""
    humidity, temperature = DEFAULT_HUMIDITY, DEFAULT_TEMPERATURE
    if "humidity" in environment and "temperature" in environment:
        humidity = round(min(max(environment["humidity"], 0.0), 100.0) * 65535 / 100)
        temperature = round((min(max(environment["temperature"], -45.0), 130.0) + 45) * 65535 / 175)
    return command + words(humidity.to_bytes(2, "big") + temperature.to_bytes(2, "big"))


def split(buffer: bytes) -> Cut:
    """A serial number (nine bytes) and our own question stay whole, all else is cut into raw signals (three bytes)."""
    return _split(buffer, RAW_SIZE)


def split_both(buffer: bytes) -> Cut:
    """As `split`, but raw signals come in pairs (six bytes); a single one (three bytes) comes while it is conditioned."""
    return _split(buffer, RAW_SIZE if len(buffer) == RAW_SIZE else BOTH_SIZE)


def _is_question(frame: bytes) -> bool:
    return len(frame) == QUESTION_SIZE and frame[:2] in (MEASURE_RAW, CONDITION, MEASURE_BOTH)


def _split(buffer: bytes, size: int) -> Cut:
    if _is_question(buffer):
        return Cut((buffer,), b"")
    size = SERIAL_SIZE if len(buffer) == SERIAL_SIZE else size
    whole = len(buffer) - len(buffer) % size
    return Cut(tuple(buffer[i : i + size] for i in range(0, whole, size)), buffer[whole:])


def decode(frame: bytes, _settings: Any) -> Sample:
    """The raw signal, in `status`: alone it is no index yet. Nine bytes are the serial number. Raises Garbled or Foreign."""
    if len(frame) == SERIAL_SIZE:
        return Sample({}, status={"serial": payload(frame).hex()}, kind=Kind.IDENTITY)
    if _is_question(frame):
        raise Foreign("our own question came back", reason="echo", raw=frame)
    expect_length(frame, RAW_SIZE)
    return Sample({}, {"voc_index": "warm_up"}, {"sraw_voc": word(frame)}, "warm_up")


def decode_both(frame: bytes, settings: Any) -> Sample:
    """As `decode` for an SGP41: two raw signals, VOC first; one alone while it is conditioned. Raises Garbled or Foreign."""
    both = {"voc_index": "warm_up", "nox_index": "warm_up"}
    if len(frame) == RAW_SIZE:
        return Sample({}, both, {"sraw_voc": word(frame), "conditioning": 1}, "warm_up")
    if len(frame) == SERIAL_SIZE or _is_question(frame):
        return decode(frame, settings)
    expect_length(frame, BOTH_SIZE)
    return Sample({}, both, {"sraw_voc": word(frame[:3]), "sraw_nox": word(frame[3:])}, "warm_up")


def _asked(found: Sample, environment: Environment) -> Sample:
    """The sample with a note whether the question was compensated."""
    compensated = int("humidity" in environment and "temperature" in environment)
    return Sample(found.values, found.fields, {**found.status, "compensated": compensated}, found.reason)


def read(port: I2CPort, environment: Environment, settings: Any) -> Sample:
    """Measure once. Raises a wire error."""
    answer = port.transfer(question(MEASURE_RAW, environment), RAW_SIZE, MEASURE_WAIT)
    return _asked(decode(answer, settings), environment)


def read_both(port: I2CPort, environment: Environment, settings: Any) -> Sample:
    """Measure both pixels once; ends the conditioning. Raises a wire error."""
    answer = port.transfer(question(MEASURE_BOTH, environment), BOTH_SIZE, MEASURE_BOTH_WAIT)
    return _asked(decode_both(answer, settings), environment)


def condition(port: I2CPort, environment: Environment, settings: Any) -> Sample:
    """Measure VOC while the NOx pixel is conditioned, which lasts until the next question. Raises a wire error."""
    answer = port.transfer(question(CONDITION, environment), RAW_SIZE, MEASURE_BOTH_WAIT)
    return _asked(decode_both(answer, settings), environment)


def identify(port: I2CPort, _settings: Any) -> str:
    """The serial number. Raises a wire error."""
    return payload(port.transfer(SERIAL, SERIAL_SIZE, SERIAL_WAIT)).hex()


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


class Indices:
    """The same for both signals of an SGP41; only the VOC index can go on after a restart."""

    def __init__(self, interval: float, memory: Sequence[float]) -> None:
        self._voc = VocIndex(interval, memory)
        self._nox = NoxIndex(interval)

    def __call__(self, found: Sample) -> Sample:
        """The sample with the indices that there are."""
        values: dict[str, float] = {}
        for quantity, raw, index in (("voc_index", "sraw_voc", self._voc), ("nox_index", "sraw_nox", self._nox)):
            if raw in found.status and (value := index.process(int(found.status[raw]))):
                values[quantity] = float(value)
        if not values:
            return found
        fields = {quantity: reason for quantity, reason in found.fields.items() if quantity not in values}
        return Sample(values, fields, found.status)

    def memory(self) -> Sequence[float]:
        """What the VOC algorithm has learnt."""
        return self._voc.memory()


WIRING: tuple[tuple[str, Terminal], ...] = (("VDD", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL"))
MISSED = (
    "index stays at 0 or jumps after each restart: seconds are missed; read it once a second",
    "指数为 0 或重启后跳变：读数漏秒，须每秒读一次",
)
DRY = ("index does not compensate humidity: put an SHT3x on the same station", "湿度未补偿：同站加装 SHT3x")

DRIVERS = (
    Driver(
        name="sgp40",
        title="Sensirion SGP40 VOC sensor",
        zh="盛思锐 SGP40 挥发性有机物传感器",
        port="i2c",
        page=Page(
            source="Sensirion SGP40 data sheet, v1.2",
            published=True,
            wiring=WIRING,
            supply=(
                "1.7 to 3.6 V, 4 mA; never 5 V at the chip (boards with a regulator stand it)",
                "1.7～3.6 V，4 mA；芯片不可接 5 V（带稳压的模块可以）",
            ),
            faults=(MISSED, DRY),
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
    Driver(
        name="sgp41",
        title="Sensirion SGP41 VOC and NOx sensor",
        zh="盛思锐 SGP41 挥发性有机物与氮氧化物传感器",
        port="i2c",
        page=Page(
            source="Sensirion SGP41 data sheet, v1.0",
            published=False,
            wiring=WIRING,
            supply=(
                "1.7 to 3.6 V, 4.6 mA; never 5 V at the chip (boards with a regulator stand it)",
                "1.7～3.6 V，4.6 mA；芯片不可接 5 V（带稳压的模块可以）",
            ),
            faults=(
                MISSED,
                DRY,
                (
                    "nox_index stays at 1: clean air, which is 1 and not 100; it is learnt for hours after a start",
                    "nox_index 恒为 1：清洁空气即为 1（非 100）；启动后需数小时学习",
                ),
            ),
            cannot=("which gas it is, and a concentration", "不能分辨气体种类，也不能给出浓度"),
        ),
        quantities=("voc_index", "nox_index"),
        split=split_both,
        decode=decode_both,
        read=read_both,
        conditioning=Conditioning(CONDITION_LIMIT, condition),
        identify=identify,
        process=Indices,
        defaults={"address": 0x59},
        interval=1.0,
        least_interval=1.0,
        deadline=0.5,
        warm_up=45.0,
        companions=("humidity", "temperature"),
    ),
)
