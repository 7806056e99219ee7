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
from drivers.pm import _sen
from drivers.pm._sen import NAME, PARTICLES, READY, SERIAL, SHORT, SIGNED, START, START_WAIT, STATUS, STATUS_SIZE, STOP
from drivers.pm._sps30 import Settings
from drivers.sample import Sample
from drivers.sensirion import payload, pieces, words

READ, COUNTS, CLEAN = b"\x03\xc4", b"\x04\x13", b"\x56\x07"
INTERVAL, VERSION = b"\x80\x04", b"\xd1\x00"
QUESTIONS = frozenset({START, STOP, READY, READ, COUNTS, CLEAN, INTERVAL, NAME, SERIAL, VERSION, STATUS})
STOP_WAIT = 0.200  # s, execution time of section 6.1
READ_SIZE, COUNTS_SIZE = 24, 30
WHOLE = frozenset({COUNTS_SIZE, _sen.WORD_SIZE, STATUS_SIZE, _sen.TEXT_SIZE})

NUMBERS = (*_sen.NUMBERS, "typical_size")
REST = ("humidity", "temperature", "voc_index", "nox_index")

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

BITS = {"fan_speed": 1 << 21, "cleaning": 1 << 19, "gas": 1 << 7, "rht": 1 << 6, "laser": 1 << 5, "fan": 1 << 4}


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
    if len(frame) not in (READ_SIZE, COUNTS_SIZE):
        return _sen.told(data, BITS)
    return _sen.measurement(data, PARTICLES + (NUMBERS if len(frame) == COUNTS_SIZE else REST))


def read(port: I2CPort, _environment: Environment, settings: Settings) -> Sample:
    """The next values, one set a second; a sensor that has lost its power is started again. Raises a wire error."""
    ready = _sen.ready(port)
    found = decode(port.transfer(READ, READ_SIZE, SHORT), settings)
    counts = decode(port.transfer(COUNTS, COUNTS_SIZE, SHORT), settings)
    status = _sen.number(port, STATUS, STATUS_SIZE)
    if not ready:
        port.transfer(START, 0, START_WAIT)  # without effect where it measures
        return Sample({}, status=_sen.register(status, BITS), reason="not_started")
    fields = {**counts.fields, **found.fields}
    if fields.keys() & SIGNED.keys():  # unknown by now, or never given by this model
        for key in LACKS.get(_sen.told_text(port, NAME), ()):
            fields.pop(key, None)
    return _sen.judged(Sample({**counts.values, **found.values}, fields, reason=found.reason), status, FAULTS, BITS)


def begin(port: I2CPort, settings: Settings) -> None:
    """Start it, see to its cleaning. Raises a wire error."""
    _sen.wake(port, settings)
    if _sen.number(port, INTERVAL, STATUS_SIZE) != settings.cleaning_interval:
        port.transfer(INTERVAL + words(settings.cleaning_interval.to_bytes(4, "big")), 0, SHORT)
    if settings.clean_at_start:
        clean(port, settings)


def clean(port: I2CPort, _settings: Settings) -> None:
    """Start blowing the fan clean, which takes 10 s. Raises a wire error."""
    port.transfer(CLEAN, 0, SHORT)


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
        identify=_sen.identify,
        clean=clean,
        sleep=sleep,
        wake=_sen.wake,
        settings=Settings,
        defaults={"address": 0x69},
        interval=1.0,
        least_interval=1.0,
        deadline=2.0,
        warm_up=60.0,
        resolution={**_sen.RESOLUTION, "typical_size": 0.001},
    ),
)
