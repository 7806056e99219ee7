"""Sensirion SEN50, SEN54, SEN55: particles, and with SEN54 humidity, temperature and VOC, with SEN55 also NOx; I2C 0x69, 5 V.

Source: Sensirion SEN5x data sheet, v1, sections 5 and 6; the command for particle counts: the maker's public driver. Commands
are 16-bit words; every data word is followed by a CRC. A word that the sensor cannot give is 0xFFFF or 0xFFFE (unsigned) or
0x7FFF (signed): a SEN55 whose particle part failed keeps temperature, humidity and VOC, so it is judged field by field.

What it cannot say: a VOC or NOx concentration (its indices are relative: 100 and 1 are the air of the last day); PM4 and PM10
are extrapolated. Field oddities: 400 kHz on the bus gives CRC errors; the first second after the start is unknown, NOx for
the first ten; stopping it (sleep) makes the indices learn anew; it warms itself, so temperature is high in still air.
"""

from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign
from drivers.frames import Cut, expect_length
from drivers.pm._sps30 import Settings
from drivers.sample import Kind, Sample
from drivers.sensirion import payload, pieces, text, words

START, STOP, READY, READ, COUNTS, CLEAN = b"\x00\x21", b"\x01\x04", b"\x02\x02", b"\x03\xc4", b"\x04\x13", b"\x56\x07"
INTERVAL, NAME, SERIAL, VERSION, STATUS = b"\x80\x04", b"\xd0\x14", b"\xd0\x33", b"\xd1\x00", b"\xd2\x06"
QUESTIONS = frozenset({START, STOP, READY, READ, COUNTS, CLEAN, INTERVAL, NAME, SERIAL, VERSION, STATUS})
SHORT, START_WAIT, STOP_WAIT = 0.020, 0.050, 0.200  # s, execution times of section 6.1
READ_SIZE, COUNTS_SIZE, WORD_SIZE, STATUS_SIZE, TEXT_SIZE = 24, 30, 3, 6, 48
WHOLE = frozenset({COUNTS_SIZE, WORD_SIZE, STATUS_SIZE, TEXT_SIZE})
TRIES, PAUSE = 8, 0.15  # until the next value, one a second

PARTICLES = ("pm1", "pm25", "pm4", "pm10")
NUMBERS = ("pnc05", "pnc1", "pnc25", "pnc4", "pnc10", "typical_size")
REST = ("humidity", "temperature", "voc_index", "nox_index")
UNSIGNED = {**dict.fromkeys(PARTICLES, 10), **dict.fromkeys(NUMBERS, 10), "typical_size": 1000}
SIGNED = {"humidity": 100, "temperature": 200, "voc_index": 10, "nox_index": 10}

FAULTS = {
    **dict.fromkeys(PARTICLES + NUMBERS, 1 << 4 | 1 << 5 | 1 << 21),  # fan, laser, fan speed
    "humidity": 1 << 6,
    "temperature": 1 << 6,
    "voc_index": 1 << 7,
    "nox_index": 1 << 7,
}
"""Quantity → the bits of the status register that speak against it."""

LACKS = {"SEN50": REST, "SEN54": ("nox_index",)}
"""Model → what it never gives: absent, not missing."""

CLEANING = 1 << 19
BITS = {"fan_speed": 1 << 21, "cleaning": CLEANING, "gas": 1 << 7, "rht": 1 << 6, "laser": 1 << 5, "fan": 1 << 4}


def split(buffer: bytes) -> Cut:
    """Answers of a known size stay whole, all else is cut into measurements of 24 bytes."""
    return pieces(buffer, READ_SIZE, WHOLE)


def decode(frame: bytes, _settings: Any) -> Sample:
    """24 bytes: masses, climate, indices; 30 bytes: masses and counts; else what it tells of itself. Raises Garbled, Foreign."""
    if frame in QUESTIONS:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if len(frame) not in WHOLE:
        expect_length(frame, READ_SIZE)
    data = payload(frame)
    match len(frame):
        case 3:
            return Sample({}, status={"word": int.from_bytes(data, "big")}, kind=Kind.ACKNOWLEDGEMENT)
        case 6:
            return Sample({}, status=_register(int.from_bytes(data, "big")), kind=Kind.IDENTITY)
        case 48:
            return Sample({}, status={"text": text(data)}, kind=Kind.IDENTITY)
    return _measurement(data, PARTICLES + (NUMBERS if len(frame) == COUNTS_SIZE else REST))


def _measurement(data: bytes, keys: tuple[str, ...]) -> Sample:
    if not any(data):
        return Sample({}, reason="not_started")
    values: dict[str, float] = {}
    fields: dict[str, str] = {}
    for at, key in enumerate(keys):
        raw = data[2 * at] << 8 | data[2 * at + 1]
        if raw == 0x7FFF if key in SIGNED else raw >= 0xFFFE:
            fields[key] = "sentinel"
        elif key in SIGNED:
            values[key] = (raw - 0x10000 if raw & 0x8000 else raw) / SIGNED[key]
        else:
            values[key] = raw / UNSIGNED[key]
    return Sample(values, fields, reason="" if values else "warm_up")  # nothing is known in the first second


def _register(status: int) -> dict[str, int | float | str]:
    return {"register": status, **{name: int(bool(status & bit)) for name, bit in BITS.items()}}


def _judged(found: Sample, status: int) -> Sample:
    """`found` in the light of the status register, field by field."""
    values, fields = dict(found.values), dict(found.fields)
    for key in found.values:
        if status & FAULTS[key]:
            fields[key] = "device_fault"
        elif status & CLEANING and key not in SIGNED:
            fields[key] = "maintenance"  # particles are not measured while the fan is cleaned
        else:
            continue
        del values[key]
    reason = found.reason if values or found.reason else "device_fault" if "device_fault" in fields.values() else "maintenance"
    return Sample(values, fields, {**found.status, **_register(status)}, reason)


def read(port: I2CPort, _environment: Environment, settings: Settings) -> Sample:
    """The next values, one set a second; a sensor that has lost its power is started again. Raises a wire error."""
    ready = _number(port, READY, WORD_SIZE) & 1
    for _ in range(TRIES):
        if ready:
            break
        ready = _number(port, READY, WORD_SIZE, PAUSE) & 1
    found = decode(port.transfer(READ, READ_SIZE, SHORT), settings)
    counts = decode(port.transfer(COUNTS, COUNTS_SIZE, SHORT), settings)
    status = _number(port, STATUS, STATUS_SIZE)
    if not ready:
        port.transfer(START, 0, START_WAIT)  # without effect where it measures
        return Sample({}, status=_register(status), reason="not_started")
    fields = {**counts.fields, **found.fields}
    if fields.keys() & SIGNED.keys():  # unknown by now, or never given by this model
        for key in LACKS.get(_text(port, NAME), ()):
            fields.pop(key, None)
    return _judged(Sample({**counts.values, **found.values}, fields, reason=found.reason), status)


def _number(port: I2CPort, question: bytes, size: int, wait: float = SHORT) -> int:
    return int.from_bytes(payload(port.transfer(question, size, wait)), "big")


def _text(port: I2CPort, question: bytes) -> str:
    return text(payload(port.transfer(question, TEXT_SIZE, SHORT)))


def begin(port: I2CPort, settings: Settings) -> None:
    """Start it, see to its cleaning. Raises a wire error."""
    wake(port, settings)
    if _number(port, INTERVAL, STATUS_SIZE) != settings.cleaning_interval:
        port.transfer(INTERVAL + words(settings.cleaning_interval.to_bytes(4, "big")), 0, SHORT)
    if settings.clean_at_start:
        clean(port, settings)


def clean(port: I2CPort, _settings: Settings) -> None:
    """Start blowing the fan clean, which takes 10 s. Raises a wire error."""
    port.transfer(CLEAN, 0, SHORT)


def identify(port: I2CPort, _settings: Settings) -> str:
    """Model and serial number. Raises a wire error."""
    return f"{_text(port, NAME)} {_text(port, SERIAL)}".strip()


def wake(port: I2CPort, _settings: Settings) -> None:
    """Measure. Raises a wire error."""
    port.transfer(START, 0, START_WAIT)


def sleep(port: I2CPort, _settings: Settings) -> None:
    """Stop fan, laser and gas sensor: the indices learn anew afterwards. Raises a wire error."""
    port.transfer(STOP, 0, STOP_WAIT)


DRIVERS = (
    Driver(
        name="sen5x",
        title="Sensirion SEN50, SEN54, SEN55 particle and gas node",
        zh="盛思锐 SEN50、SEN54、SEN55 颗粒物与气体模组",
        port="i2c",
        page=Page(
            source="Sensirion SEN5x data sheet, v1",
            published=False,
            wiring=(("1 VDD", "5V"), ("2 GND", "GND"), ("3 SDA", "SDA"), ("4 SCL", "SCL"), ("5 SEL", "GND"), ("6 NC", "OPEN")),
            supply=(
                "5 V (4.5 to 5.5), 70 mA, 110 mA at the start; bus 3.3 V with pull-ups of 10 kΩ, at most 100 kHz",
                "5 V（4.5～5.5），70 mA，启动时 110 mA；总线 3.3 V，上拉 10 kΩ，不超过 100 kHz",
            ),
            faults=(
                ("checksum errors: bus faster than 100 kHz, wires too long", "校验错：总线高于 100 kHz 或线过长"),
                (
                    "nox_index missing: it is a SEN54 (SEN50: particles only), or the first ten seconds",
                    "无 nox_index：型号为 SEN54（SEN50 仅有颗粒物），或刚启动十秒内",
                ),
                (
                    "particles missing, the rest good: fan or laser failed, see the register",
                    "仅颗粒物缺失：风扇或激光失效，见状态寄存器",
                ),
                (
                    "temperature some degrees high: it warms itself; mount it as the sheet shows",
                    "温度偏高数度：自身发热，按手册方向安装",
                ),
            ),
            cannot=(
                "a VOC or NOx concentration; coarse dust (PM4 and PM10 are extrapolated)",
                "不能给出 VOC、NOx 浓度；粗颗粒（PM4、PM10 由小粒径外推）",
            ),
        ),
        quantities=PARTICLES + NUMBERS + REST,
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        clean=clean,
        sleep=sleep,
        wake=wake,
        settings=Settings,
        defaults={"address": 0x69},
        interval=1.0,
        least_interval=1.0,
        deadline=2.0,
        warm_up=60.0,
        resolution={
            **dict.fromkeys(PARTICLES + NUMBERS, 0.1),
            "typical_size": 0.001,
            "humidity": 0.01,
            "temperature": 0.005,
            "voc_index": 0.1,
            "nox_index": 0.1,
        },
    ),
)
