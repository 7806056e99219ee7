"""Sensirion SPS30 on I2C (pin SEL to GND before power-up): particles by laser scattering, address 0x69, 100 kHz, 5 V supply.

Source: Sensirion SPS30 data sheet, v1.0, sections 4 and 6. Commands are 16-bit words; every data word is followed by a CRC.
Ten values as floats (60 bytes) or as integers (30 bytes). Asleep it must be called twice within 100 ms, the first call is not
acknowledged.

What it cannot say: PM4 and PM10 are extrapolated from smaller sizes, dust and pollen are not seen. Field oddities: all zeros
with right CRCs if it was not started; the last values again while there are no new ones (fan cleaning, 10 s); masses of −0.0
from a defective unit; FF FF FF from a half-dead bus, which the CRC refuses; a status register of zeros without a CRC.
"""

from contextlib import suppress
from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign, Garbled, NoAnswer
from drivers.frames import Cut, expect_length
from drivers.pm import _sps30
from drivers.pm._sps30 import QUANTITIES, Settings
from drivers.sample import Kind, Sample
from drivers.sensirion import payload, pieces, text, words

START = b"\x00\x10" + words(b"\x03\x00")
STOP, READY, READ, CLEAN, INTERVAL = b"\x01\x04", b"\x02\x02", b"\x03\x00", b"\x56\x07", b"\x80\x04"
SLEEP, WAKE, SERIAL, VERSION, STATUS = b"\x10\x01", b"\x11\x03", b"\xd0\x33", b"\xd1\x00", b"\xd2\x06"
QUESTIONS = frozenset({START, STOP, READY, READ, CLEAN, INTERVAL, SLEEP, WAKE, SERIAL, VERSION, STATUS})
SHORT, LONG = 0.005, 0.020  # s, execution times of table 17
VALUES_SIZE, INTEGERS_SIZE, WORD_SIZE, STATUS_SIZE, SERIAL_SIZE = 60, 30, 3, 6, 48
WHOLE = frozenset({INTEGERS_SIZE, WORD_SIZE, STATUS_SIZE, SERIAL_SIZE, len(START)})
TRIES, PAUSE = 8, 0.15  # until the next value, one a second


def split(buffer: bytes) -> Cut:
    """Answers of a known size stay whole, all else is cut into measurements of 60 bytes."""
    return pieces(buffer, VALUES_SIZE, WHOLE)


def decode(frame: bytes, _settings: Any) -> Sample:
    """Ten values; three bytes are a plain word, six the status register, 48 the serial number. Raises Garbled or Foreign."""
    if frame in QUESTIONS:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if len(frame) not in WHOLE:
        expect_length(frame, VALUES_SIZE)
    data = payload(frame)
    match len(frame):
        case 3:
            return Sample({}, status={"word": int.from_bytes(data, "big")}, kind=Kind.ACKNOWLEDGEMENT)
        case 6:
            return Sample({}, status=_sps30.register(int.from_bytes(data, "big")), kind=Kind.IDENTITY)
        case 48:
            return Sample({}, status={"text": text(data)}, kind=Kind.IDENTITY)
    return _sps30.measurement(data)


def read(port: I2CPort, _environment: Environment, settings: Settings) -> Sample:
    """The next values, one set a second; a sensor that has lost its power is started again. Raises a wire error."""
    ready = _number(port, READY, WORD_SIZE) & 1
    for _ in range(TRIES):
        if ready:
            break
        ready = _number(port, READY, WORD_SIZE, PAUSE) & 1
    found = decode(port.transfer(READ, VALUES_SIZE), settings)
    if found.reason == "not_started":
        port.transfer(START, 0, LONG)
        return found
    if not ready:
        found = Sample({}, reason="warm_up")  # the old values once more
    with suppress(NoAnswer, Garbled):  # firmware before 2.2 has no status register; the values have CRCs of their own
        return _sps30.judged(found, _number(port, STATUS, STATUS_SIZE))
    return found


def _number(port: I2CPort, question: bytes, size: int, wait: float = SHORT) -> int:
    return int.from_bytes(payload(port.transfer(question, size, wait)), "big")


def begin(port: I2CPort, settings: Settings) -> None:
    """Wake it, start it, see to its cleaning. Raises a wire error."""
    wake(port, settings)
    if _number(port, INTERVAL, STATUS_SIZE) != settings.cleaning_interval:
        port.transfer(INTERVAL + words(settings.cleaning_interval.to_bytes(4, "big")), 0, LONG)
    if settings.clean_at_start:
        clean(port, settings)


def clean(port: I2CPort, _settings: Settings) -> None:
    """Start blowing the fan clean, which takes 10 s. Raises a wire error."""
    port.transfer(CLEAN, 0, SHORT)


def identify(port: I2CPort, _settings: Settings) -> str:
    """The serial number. Raises a wire error."""
    return text(payload(port.transfer(SERIAL, SERIAL_SIZE, SHORT)))


def wake(port: I2CPort, _settings: Settings) -> None:
    """Leave sleep and measure. Raises a wire error."""
    with suppress(NoAnswer):  # the first call only wakes the bus
        port.transfer(WAKE, 0, SHORT)
    with suppress(NoAnswer):  # firmware before 2.0 knows neither sleep nor waking
        port.transfer(WAKE, 0, SHORT)
    port.transfer(START, 0, LONG)


def sleep(port: I2CPort, _settings: Settings) -> None:
    """Stop fan and laser, then sleep; firmware before 2.0 stays idle instead. Raises a wire error."""
    port.transfer(STOP, 0, LONG)
    with suppress(NoAnswer):
        port.transfer(SLEEP, 0, SHORT)


DRIVERS = (
    Driver(
        name="sps30_i2c",
        title="Sensirion SPS30 particle sensor (I2C)",
        zh="盛思锐 SPS30 颗粒物传感器（I2C）",
        port="i2c",
        page=Page(
            source="Sensirion SPS30 data sheet, v1.0",
            published=True,
            wiring=(("1 VDD", "5V"), ("2 SDA", "SDA"), ("3 SCL", "SCL"), ("4 SEL", "GND"), ("5 GND", "GND")),
            supply=(
                "5 V (4.5 to 5.5), 55 to 80 mA; bus 3.3 V with pull-ups of 10 kΩ, wires under 20 cm, at most 100 kHz",
                "5 V（4.5～5.5），55～80 mA；总线 3.3 V，上拉 10 kΩ，线长小于 20 cm，不超过 100 kHz",
            ),
            faults=(
                (
                    "nobody answers: SEL was not at GND at power-up (then it is on UART: use sps30)",
                    "无应答：上电时 SEL 未接地（此时为 UART，应用 sps30）",
                ),
                ("checksum errors: wires too long, pull-ups missing", "校验错：线过长或缺上拉电阻"),
                ("device fault: fan blocked or laser dead, see the register", "设备故障：风扇堵转或激光失效，见状态寄存器"),
                (
                    "reads lower over months with `sleep = true`: fan dirty; shorten cleaning_interval by the share measured",
                    "间歇工作（sleep = true）数月后读数渐低：风扇积灰；按测量时间占比缩短 cleaning_interval",
                ),
            ),
            cannot=("coarse dust: PM4 and PM10 are extrapolated from smaller sizes", "粗颗粒：PM4、PM10 由小粒径外推"),
        ),
        quantities=QUANTITIES,
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
        warm_up=30.0,
    ),
)
