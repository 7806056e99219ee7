"""SPEC Sensors DGS (968 series) and DGS2 (970 series): one gas by a printed cell, and the climate; UART 9600 8N1, 3.3 V.

Source: SPEC Sensors, Digital Gas Sensor developer kit manual 968-045, 2017; DGS2 970 series data sheet. A carriage return asks
for one line of whole numbers: serial number, ppb, °C, %, three raw readings, then days, hours, minutes, seconds of running; a
DGS2 leaves the time out and gives hundredths of °C and %. Published is the share at 25 °C and sea level as µg/m³ (carbon
monoxide mg/m³).

What it cannot say: which gas it is (the number on its back does). Nothing sums its line. Field oddities: it needs an hour
after it was switched on; below zero is drift, and kept; any letter may set something: Z its zero, S its span, so only returns
are sent.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import lines
from drivers.quantity import gas
from drivers.sample import Sample

QUESTION = b"\r"
SPLIT = lines(128)
GASES = ("no2", "o3", "co", "so2", "h2s")
SCALES = {11: 1.0, 7: 100.0}
"""Numbers in a line → parts of a °C and of a %: DGS, DGS2."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which gas it is."""

    gas: str = field(
        default="no2",
        metadata={"help": "the gas on the label: no2, o3, co, so2 or h2s", "choices": GASES, "example": "no2"},
    )


def measures(settings: Settings) -> tuple[str, ...]:
    """The gas and the climate."""
    return (settings.gas, "temperature", "humidity")


def _number(word: bytes, frame: bytes) -> int:
    if not word.removeprefix(b"-").isdigit() or len(word) > 12:
        raise Garbled("no number", reason="header", raw=frame, expected="whole numbers", got=repr(word[:12]))
    return int(word)


def decode(frame: bytes, settings: Settings) -> Sample:
    """One line. Raises Garbled, or Foreign for our own question."""
    if frame == QUESTION:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    words = [word.strip() for word in frame.strip().split(b",")]
    if len(words) not in SCALES:
        raise Garbled("no line of a DGS", reason="truncated", raw=frame, expected="11 or 7 numbers", got=str(len(words)))
    share, temperature, humidity, *_raw = (_number(word, frame) for word in words[1:])
    _number(words[0], frame)
    scale = SCALES[len(words)]
    values = {settings.gas: gas(settings.gas, share), "temperature": temperature / scale, "humidity": humidity / scale}
    return Sample(values, status={"serial": words[0].decode("ascii"), "ppb": share})


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """Ask once. Raises a wire error."""
    port.send(QUESTION)
    return decode(port.receive(SPLIT), settings)


def identify(port: StreamPort, settings: Settings) -> str:
    """The serial number, which tells the gas. Raises a wire error."""
    return str(read(port, {}, settings).status["serial"])


DRIVERS = (
    Driver(
        name="spec_dgs",
        title="SPEC Sensors DGS, DGS2 digital gas sensor (NO2, O3, CO, SO2, H2S)",
        zh="SPEC Sensors DGS、DGS2 数字气体传感器（二氧化氮、臭氧、一氧化碳、二氧化硫、硫化氢）",
        port="uart",
        page=Page(
            source="SPEC Sensors DGS developer kit manual 968-045, 2017; DGS2 970 series data sheet",
            published=False,
            wiring=(("8 V+", "3V3"), ("6 GND", "GND"), ("2 RXD", "TXD"), ("3 TXD", "RXD")),
            supply=("3.0 to 3.6 V, 12 mA; never 5 V, neither supply nor signals", "3.0～3.6 V，12 mA；供电与信号均不可接 5 V"),
            faults=(
                (
                    "large or negative in the first hour: it settles; after a long rest for a day",
                    "首小时数值过大或为负：正在稳定；久置后需一天",
                ),
                (
                    "o3 and no2 follow each other: ozone cells see NO2 too; take one of each and correct",
                    "o3 与 no2 同涨同落：臭氧传感器受二氧化氮干扰，应各装一只并修正",
                ),
                (
                    "no answer to the first question: it slept, and the first character wakes it",
                    "首次提问无应答：处于休眠，首字符仅唤醒",
                ),
            ),
            cannot=("which gas it is: the label tells", "不能自报气体种类，以标签为准"),
        ),
        quantities=(*GASES, "temperature", "humidity"),
        measures=measures,
        split=SPLIT,
        decode=decode,
        read=read,
        identify=identify,
        settings=Settings,
        defaults={"baud": 9600},
        interval=5.0,
        least_interval=2.0,
        deadline=2.0,
        warm_up=3600.0,
        confidence="likely",
    ),
)
