"""Sensirion SCD40 and SCD41: carbon dioxide by photoacoustics, with temperature and humidity; I2C 0x62, 2.4 to 5.5 V.

Source: Sensirion SCD4x data sheet, section 3. Commands are 16-bit words; every data word is followed by a CRC. A measurement,
one in five seconds, is three words: ppm; temperature and humidity in 65535ths of 175 °C above -45 °C and of 100 %. The first
CRC printed in the sheet's own example is wrong: 7B belongs to another word, 33 is what its algorithm gives.

What it cannot say: its serial number while it measures; whether its automatic zero is off. Field oddities: while it measures
it takes no other command and does not acknowledge a question for values that are not there yet; 0 ppm is no measurement; the
light of the sun, wind and a supply that is not smooth disturb it.
"""

from contextlib import suppress

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign, WireError
from drivers.frames import Cut, expect_length
from drivers.sample import Kind, Sample
from drivers.sensirion import Site, payload, pieces, word

START, STOP, READY, READ = b"\x21\xb1", b"\x3f\x86", b"\xe4\xb8", b"\xec\x05"
ALTITUDE, SERIAL = b"\x24\x27", b"\x36\x82"
QUESTIONS = frozenset({START, STOP, READY, READ, SERIAL})
WAIT, STOP_WAIT = 0.001, 0.500  # s, execution times
NEW = 0x07FF  # bits of the ready word, all 0: no values
READ_SIZE, WORD_SIZE = 9, 3
TRIES, PAUSE = 8, 0.15  # until the next values, should they be late


def split(buffer: bytes) -> Cut:
    """A word stays whole, all else is cut into measurements of nine bytes."""
    return pieces(buffer, READ_SIZE, frozenset({WORD_SIZE}))


def decode(frame: bytes, _settings: Site) -> Sample:
    """A measurement in ppm, °C, %, or one word. Raises Garbled or Foreign."""
    if frame in QUESTIONS:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if len(frame) == WORD_SIZE:
        return Sample({}, status={"word": word(frame)}, kind=Kind.ACKNOWLEDGEMENT)
    expect_length(frame, READ_SIZE)
    data = payload(frame)
    co2, temperature, humidity = (int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4))
    if not co2:
        return Sample({}, reason="warm_up")
    return Sample({"co2": float(co2), "temperature": -45 + 175 * temperature / 65535, "humidity": 100 * humidity / 65535})


def read(port: I2CPort, _environment: Environment, settings: Site) -> Sample:
    """The newest measurement; one that has lost its power is started again. Raises a wire error."""
    for wait in (WAIT, *(PAUSE,) * TRIES):
        if word(port.transfer(READY, WORD_SIZE, wait)) & NEW:
            return decode(port.transfer(READ, READ_SIZE, WAIT), settings)
    with suppress(WireError):
        payload(port.transfer(SERIAL, READ_SIZE, WAIT))  # only one that is at rest tells it
        begin(port, settings)
        return Sample({}, reason="not_started")
    return Sample({}, reason="warm_up")


def begin(port: I2CPort, settings: Site) -> None:
    """Stop it, should it measure; tell it the altitude, which it forgets with its supply; start it. Raises a wire error."""
    sleep(port, settings)
    port.transfer(ALTITUDE + settings.argument, 0, WAIT)
    wake(port, settings)


def wake(port: I2CPort, _settings: Site) -> None:
    """Measure. Raises a wire error."""
    port.transfer(START, 0, WAIT)


def sleep(port: I2CPort, _settings: Site) -> None:
    """Stop. Raises a wire error."""
    port.transfer(STOP, 0, STOP_WAIT)


DRIVERS = (
    Driver(
        name="scd4x",
        title="Sensirion SCD40, SCD41 carbon dioxide sensor",
        zh="盛思锐 SCD40、SCD41 二氧化碳传感器",
        port="i2c",
        page=Page(
            source="Sensirion SCD4x data sheet",
            published=True,
            wiring=(("VDD", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL")),
            supply=(
                "2.4 to 5.5 V, 15 mA, 205 mA for an instant; signals at the level of its supply, so 3.3 V",
                "2.4～5.5 V，15 mA，瞬时 205 mA；信号电平同供电，故接 3.3 V",
            ),
            faults=(
                (
                    "jumps by tens of ppm: sun, wind or a weak supply; house it, and 10 µF at its pins",
                    "跳动数十 ppm：阳光、风或供电不稳；加防护罩，引脚旁加 10 µF",
                ),
                (
                    "too low in the mountains: set altitude, 100 m make about 1 %",
                    "山区偏低：设置 altitude，每 100 m 约差 1 %",
                ),
                (
                    "drifts over weeks indoors: its automatic zero needs fresh air once a week",
                    "室内数周内漂移：自动校准需每周接触一次新鲜空气",
                ),
            ),
            cannot=(
                "its serial number while it measures; whether its automatic zero is off",
                "测量时不给序列号；不能判断自动校准是否偏移",
            ),
        ),
        quantities=("co2", "temperature", "humidity"),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        sleep=sleep,
        wake=wake,
        settings=Site,
        defaults={"address": 0x62},
        interval=5.0,
        least_interval=5.0,
        deadline=2.0,
        warm_up=60.0,
        resolution={"co2": 1.0},
    ),
)
