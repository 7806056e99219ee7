"""Sensirion SEN66: particles, humidity, temperature, VOC and NOx indices, carbon dioxide; I2C 0x6B, 3.3 V.

Source: Sensirion SEN6x data sheet. Commands are 16-bit words; every data word is followed by a CRC. A word that the sensor
cannot give is 0xFFFF (unsigned) or 0x7FFF (signed), so it is judged field by field, together with the status register.

What it cannot say: a VOC or NOx concentration (its indices are relative: 100 and 1 are the air of the last day); PM4 and PM10
are extrapolated. Field oddities: carbon dioxide is unknown for the first six seconds, NOx for the first ten; stopping it
(sleep) makes the indices learn anew; the CO2 part calibrates itself on the freshest air of the week; its relatives SEN62,
SEN63C, SEN65, SEN68 want other commands.
"""

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign
from drivers.frames import Cut, expect_length
from drivers.pm import _sen
from drivers.pm._sen import NAME, NUMBERS, PARTICLES, READY, SERIAL, SHORT, START, STATUS, STATUS_SIZE, STOP
from drivers.sample import Sample
from drivers.sensirion import Site, payload, pieces

READ, COUNTS, ALTITUDE = b"\x03\x00", b"\x03\x16", b"\x67\x36"
QUESTIONS = frozenset({START, STOP, READY, READ, COUNTS, NAME, SERIAL, STATUS})
STOP_WAIT = 1.4  # s, execution time
READ_SIZE, COUNTS_SIZE = 27, 15
WHOLE = frozenset({COUNTS_SIZE, _sen.WORD_SIZE, STATUS_SIZE, _sen.TEXT_SIZE})
REST = ("humidity", "temperature", "voc_index", "nox_index", "co2")

BITS = {"fan_speed": 1 << 21, "co2": 1 << 12 | 1 << 9, "pm": 1 << 11, "gas": 1 << 7, "rht": 1 << 6, "fan": 1 << 4}
FAULTS = {
    **dict.fromkeys(PARTICLES + NUMBERS, BITS["fan_speed"] | BITS["pm"] | BITS["fan"]),
    "humidity": BITS["rht"],
    "temperature": BITS["rht"],
    "voc_index": BITS["gas"],
    "nox_index": BITS["gas"],
    "co2": BITS["co2"],
}
"""Quantity → the bits of the status register that speak against it."""


def split(buffer: bytes) -> Cut:
    """Answers of a known size stay whole, all else is cut into measurements of 27 bytes."""
    return pieces(buffer, READ_SIZE, WHOLE)


def decode(frame: bytes, _settings: Site) -> Sample:
    """27 bytes: masses, climate, indices, CO2; 15 bytes: counts; else what it tells of itself. Raises Garbled, Foreign."""
    if frame in QUESTIONS:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if len(frame) not in WHOLE:
        expect_length(frame, READ_SIZE)
    data = payload(frame)
    if len(frame) not in (READ_SIZE, COUNTS_SIZE):
        return _sen.told(data, BITS)
    return _sen.measurement(data, NUMBERS if len(frame) == COUNTS_SIZE else PARTICLES + REST)


def read(port: I2CPort, _environment: Environment, settings: Site) -> Sample:
    """The next values, one set a second; a sensor that has lost its power is started again. Raises a wire error."""
    if not _sen.ready(port):
        _start(port, settings)
        return Sample({}, reason="not_started")
    found = decode(port.transfer(READ, READ_SIZE, SHORT), settings)
    counts = decode(port.transfer(COUNTS, COUNTS_SIZE, SHORT), settings)
    status = _sen.number(port, STATUS, STATUS_SIZE)
    both = Sample({**counts.values, **found.values}, {**counts.fields, **found.fields}, reason=found.reason)
    return _sen.judged(both, status, FAULTS, BITS)


def _start(port: I2CPort, settings: Site) -> None:
    """Start one at rest; the altitude is forgotten with the supply."""
    if settings.altitude:
        port.transfer(ALTITUDE + settings.argument, 0, SHORT)
    _sen.wake(port, settings)


def begin(port: I2CPort, settings: Site) -> None:
    """Start it, should it not measure already; an altitude it takes only at rest. Raises a wire error."""
    if settings.altitude:
        sleep(port, settings)
    elif _sen.ready(port):
        return
    _start(port, settings)


def sleep(port: I2CPort, _settings: Site) -> None:
    """Stop fan, laser and gas sensors: the indices learn anew afterwards. Raises a wire error."""
    port.transfer(STOP, 0, STOP_WAIT)


DRIVERS = (
    Driver(
        name="sen66",
        title="Sensirion SEN66 particle, CO2 and gas node",
        zh="盛思锐 SEN66 颗粒物、二氧化碳与气体模组",
        port="i2c",
        page=Page(
            source="Sensirion SEN6x data sheet",
            published=True,
            wiring=(
                ("1 VDD", "3V3"),
                ("2 GND", "GND"),
                ("3 SDA", "SDA"),
                ("4 SCL", "SCL"),
                ("5 GND", "GND"),
                ("6 VDD", "3V3"),
            ),
            supply=(
                "3.3 V (3.15 to 3.45; not 5 V as a SEN5x), 350 mA at the start; bus with pull-ups of 10 kΩ, at most 100 kHz",
                "3.3 V（3.15～3.45；不可像 SEN5x 接 5 V），启动时 350 mA；总线 3.3 V，上拉 10 kΩ，不超过 100 kHz",
            ),
            faults=(
                ("checksum errors: bus faster than 100 kHz, wires too long", "校验错：总线高于 100 kHz 或线过长"),
                (
                    "restarts while it starts: the supply drops below 3.15 V; give it a regulator of its own",
                    "启动时反复重启：供电跌破 3.15 V，应单独稳压供电",
                ),
                (
                    "co2 drifts up over weeks: it calibrates itself on fresh air, which it must see once a week",
                    "co2 数周内渐高：自动校准需每周接触一次新鲜空气",
                ),
                (
                    "particles missing, the rest good: fan or laser failed, see the register",
                    "仅颗粒物缺失：风扇或激光失效，见状态寄存器",
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
        sleep=sleep,
        wake=_sen.wake,
        settings=Site,
        defaults={"address": 0x6B},
        interval=1.0,
        least_interval=1.0,
        deadline=2.0,
        warm_up=60.0,
        resolution={**_sen.RESOLUTION, "co2": 1.0},
    ),
)
