"""Sensirion SFA30: formaldehyde by an electrochemical cell, with temperature and humidity; I2C 0x5D, SEL tied to GND.

Source: Sensirion's public driver arduino-i2c-sfa3x (generated from its device model, v1.1.0) and README: commands, waits, scales,
pins; libdriver/sfa30 has the same commands, and the supply's limits. The data sheet itself was not read. A
measurement is three signed words, each with its CRC: ppb by 5, % by 100, °C by 200.

What it cannot say: whether its cell has dried out; the maker gives it six years. Field oddities: it measures only after it was
started, and takes the start only while it rests; as public drivers quote the data sheet, formaldehyde is 0 for the first 10 s.
"""

import struct

from drivers.driver import Driver, Environment, I2CPort, NoSettings, Page
from drivers.errors import Foreign
from drivers.frames import Cut, expect_length
from drivers.sample import Kind, Sample
from drivers.sensirion import payload, pieces, text

START, STOP, READ, MARKING = b"\x00\x06", b"\x01\x04", b"\x03\x27", b"\xd0\x60"
QUESTIONS = frozenset({START, STOP, READ, MARKING})
WAIT, STOP_WAIT = 0.005, 0.05  # s until it answers, until it rests
FIRST_WAIT = 0.6  # s until there is something to read; it measures twice a second
READ_SIZE, MARKING_SIZE = 9, 48


def split(buffer: bytes) -> Cut:
    """A device marking stays whole, all else is cut into measurements of nine bytes."""
    return pieces(buffer, READ_SIZE, frozenset({MARKING_SIZE}))


def decode(frame: bytes, _settings: NoSettings) -> Sample:
    """A measurement in ppb, %, °C, or the device marking as an identity. Raises Garbled or Foreign."""
    if frame in QUESTIONS:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if len(frame) == MARKING_SIZE:
        return Sample({}, status={"serial": text(payload(frame))}, kind=Kind.IDENTITY)
    expect_length(frame, READ_SIZE)
    hcho, humidity, temperature = struct.unpack(">3h", payload(frame))
    return Sample({"hcho": hcho / 5, "humidity": humidity / 100, "temperature": temperature / 200})


def read(port: I2CPort, _environment: Environment, settings: NoSettings) -> Sample:
    """The newest measurement. Raises a wire error."""
    return decode(port.transfer(READ, READ_SIZE, WAIT), settings)


def begin(port: I2CPort, _settings: NoSettings) -> None:
    """Stop it, should it measure, and start it. Raises a wire error."""
    port.transfer(STOP, 0, STOP_WAIT)
    port.transfer(START, 0, FIRST_WAIT)


def identify(port: I2CPort, _settings: NoSettings) -> str:
    """The serial number that is printed on it. Raises a wire error."""
    return text(payload(port.transfer(MARKING, MARKING_SIZE, WAIT)))


DRIVERS = (
    Driver(
        name="sfa30",
        title="Sensirion SFA30 formaldehyde sensor",
        zh="盛思锐 SFA30 甲醛传感器",
        port="i2c",
        page=Page(
            source="Sensirion arduino-i2c-sfa3x, device model v1.1.0",
            published=False,
            wiring=(("1 VDD", "5V"), ("2 GND", "GND"), ("3 SDA", "SDA"), ("4 SCL", "SCL"), ("5 SEL", "GND")),
            supply=("3.15 to 5.5 V, 5 mA", "3.15～5.5 V，5 mA"),
            faults=(
                ("no answer: SEL is open, so it speaks UART; tie it to GND", "无应答：SEL 悬空时为串口，应接 GND"),
                ("0 ppb at the start: its first 10 s, which are flagged", "启动时为 0 ppb：前 10 s 无有效读数，数据带标记"),
            ),
            cannot=("whether its cell has dried out: replace it after six years", "不能判断电化学池是否干涸：使用六年应更换"),
        ),
        quantities=("hcho", "humidity", "temperature"),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        defaults={"address": 0x5D},
        interval=1.0,
        least_interval=0.5,
        deadline=0.5,
        warm_up=10.0,
    ),
)
