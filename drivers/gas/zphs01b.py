"""Winsen ZPHS01B: seven sensors on one board (particles, CO2, VOC, climate, formaldehyde, CO, O3, NO2), UART 9600 8N1, 5 V.

Source: public readers of the module, FJriiWan/zph, ZPHS01B.ino. It is asked with FF 01 86 and answers 26 bytes: FF 86; PM1,
PM2.5, PM10 in µg/m³; CO2 in ppm; a grade of VOC from 0 to 3 (one byte); (temperature + 43.5 °C) × 10; humidity in %;
formaldehyde in µg/m³; CO in 0.1 ppm; O3 and NO2 in 0.01 ppm; two spare bytes; what makes the sum of those behind FF 0. Words
are high byte first. Gases are published as µg/m³ (CO mg/m³, formaldehyde ppb) at 25 °C and sea level.

What it cannot say: a concentration of VOC (its grade is in the status), and which of its parts is missing or worn. Field
oddities: older sheets take 50.0 °C off instead of 43.5; O3 and NO2 step by 10 ppb, which is coarse outside; it warms itself.
"""

import struct
from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut, expect_length, expect_zero_sum
from drivers.quantity import HCHO_MOLAR_MASS, gas, ppb
from drivers.sample import Sample

ANSWER, OURS = b"\xff\x86", b"\xff\x01"
HEADS = (ANSWER, OURS)
SIZE, QUESTION_SIZE = 26, 9
ASK = bytes.fromhex("ff0186000000000079")


@dataclass(frozen=True, slots=True)
class Settings:
    """The lot's zero of temperature."""

    temperature_zero: int = field(
        default=435, metadata={"help": "what stands for 0 °C: 435, or 500 on older modules", "choices": (435, 500)}
    )


def _length(buffer: bytes) -> int:
    return SIZE if buffer.startswith(ANSWER) else QUESTION_SIZE


def _check(frame: bytes) -> None:
    expect_zero_sum(frame, 1)


def split(buffer: bytes) -> Cut:
    """Answers and our own question (to be known as such) out of a stream."""
    return cut(buffer, HEADS, _length, _check)


def decode(frame: bytes, settings: Settings) -> Sample:
    """One answer. Raises Garbled, or Foreign for our own question."""
    if not frame.startswith(HEADS):
        reason = "truncated" if ANSWER.startswith(frame) else "header"
        raise Garbled("no frame", reason=reason, raw=frame, expected=ANSWER.hex(), got=frame[:2].hex())
    expect_length(frame, _length(frame))
    _check(frame)
    if frame.startswith(OURS):
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if not any(frame[2:-1]):
        return Sample({}, reason="warm_up")
    pm1, pm25, pm10, co2, grade, temperature, humidity, hcho, co, o3, no2 = struct.unpack_from(">4HB6H", frame, 2)
    values = {
        "pm1": float(pm1),
        "pm25": float(pm25),
        "pm10": float(pm10),
        "co2": float(co2),
        "temperature": (temperature - settings.temperature_zero) / 10,
        "humidity": float(humidity),
        "hcho": ppb(hcho, HCHO_MOLAR_MASS),
        "co": gas("co", 100.0 * co),
        "o3": gas("o3", 10.0 * o3),
        "no2": gas("no2", 10.0 * no2),
    }
    return Sample(values, status={"voc_grade": grade})


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """Ask once. Raises a wire error."""
    port.send(ASK)
    return decode(port.receive(split), settings)


DRIVERS = (
    Driver(
        name="zphs01b",
        title="Winsen ZPHS01B seven-in-one air module",
        zh="炜盛 ZPHS01B 七合一空气模块",
        port="uart",
        page=Page(
            source="public readers of the module: FJriiWan/zph, ZPHS01B.ino",
            published=False,
            wiring=(("1 GND", "GND"), ("2 VIN", "5V"), ("3 RXD", "TXD"), ("4 TXD", "RXD")),
            supply=("5 V, 500 mA; signals 3.3 V, straight to the Pi", "5 V，500 mA；信号 3.3 V，可直接接树莓派"),
            faults=(
                (
                    "temperature 6.5 °C too low or too high: an older or newer lot, set temperature_zero",
                    "温度恰偏 6.5 ℃：批次不同，设置 temperature_zero",
                ),
                ("all zero: it starts, or the supply is too weak for the fan", "全为 0：正在启动，或供电不足以驱动风扇"),
                (
                    "o3 and no2 jump by 10 ppb: that is their step; not for the air outside",
                    "o3、no2 以 10 ppb 跳变：即其分辨力，不适合室外环境",
                ),
            ),
            cannot=(
                "a concentration of VOC (a grade only), and which of its parts is missing or worn",
                "不给 VOC 浓度（仅等级），也不报哪一部件缺失或老化",
            ),
        ),
        quantities=("pm1", "pm25", "pm10", "co2", "temperature", "humidity", "hcho", "co", "o3", "no2"),
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"baud": 9600},
        interval=5.0,
        least_interval=2.0,
        deadline=1.5,
        warm_up=180.0,
        resolution={"pm1": 1.0, "pm25": 1.0, "pm10": 1.0, "co2": 1.0, "temperature": 0.1, "humidity": 1.0},
        confidence="likely",
    ),
)
