"""GY-MCU680: a BME680 behind a microcontroller, UART 9600 8N1: temperature, humidity, pressure, gas resistance.

Source: GY-MCU680V1 module description and public captures. 20 bytes about once a second: 5A 5A 3F 0F, temperature × 100 (signed),
relative humidity × 100, pressure in Pa (24 bit), accuracy (4 bit) and IAQ (12 bit), gas resistance in Ω (32 bit), altitude in m
(signed), low byte of the sum of all before; big-endian. IAQ and accuracy come from the maker's closed algorithm and go into the
status; what is measured is given.

What it cannot say: which gas; a concentration. Field oddities: all-zero frames while it starts; it warms itself.
"""

import struct
from typing import Any

from drivers.driver import Driver, Page
from drivers.errors import Garbled
from drivers.frames import Cut, cut, expect_length
from drivers.sample import Sample

HEAD = bytes.fromhex("5a5a3f0f")
SIZE = 20


def _check(frame: bytes) -> None:
    expected = sum(frame[:-1]) & 0xFF
    if expected != frame[-1]:
        raise Garbled("sum", raw=frame, expected=f"0x{expected:02x}", got=f"0x{frame[-1]:02x}")


def split(buffer: bytes) -> Cut:
    """Frames out of a stream."""
    return cut(buffer, HEAD, lambda _buffer: SIZE, _check)


def decode(frame: bytes, _settings: Any) -> Sample:
    """One frame: °C, %, hPa, Ω. Raises Garbled."""
    if not frame.startswith(HEAD):
        reason = "truncated" if HEAD.startswith(frame) else "header"
        raise Garbled("no frame", reason=reason, raw=frame, expected=HEAD.hex(), got=frame[:4].hex())
    expect_length(frame, SIZE)
    _check(frame)
    if not any(frame[4:-1]):
        return Sample({}, reason="warm_up")
    temperature, humidity = struct.unpack_from(">hH", frame, 4)
    index, gas, altitude = struct.unpack_from(">HIh", frame, 11)
    values = {
        "temperature": temperature / 100,
        "humidity": humidity / 100,
        "pressure": int.from_bytes(frame[8:11], "big") / 100,
        "gas_resistance": float(gas),
    }
    return Sample(values, status={"iaq": index & 0x0FFF, "iaq_accuracy": index >> 12, "altitude": altitude})


DRIVERS = (
    Driver(
        name="mcu680",
        title="GY-MCU680 climate and gas module (BME680 on a UART)",
        zh="GY-MCU680 温湿度气压气体模块（串口 BME680）",
        port="uart",
        page=Page(
            source="GY-MCU680V1 module description",
            published=True,
            wiring=(("VCC", "3V3"), ("GND", "GND"), ("CT (TX)", "RXD"), ("DR (RX)", "TXD"), ("PS", "OPEN")),
            supply=("3 to 5 V, 5 mA; signals 3.3 V, straight to the Pi", "3～5 V，5 mA；信号 3.3 V，可直接接树莓派"),
            faults=(
                ("silence: PS tied to ground makes it an I2C device", "无数据：PS 接地则为 I2C 模式"),
                (
                    "temperature a degree or two high, humidity low: it warms itself; give it air",
                    "温度偏高 1～2 度、湿度偏低：自身发热；保证通风",
                ),
                (
                    "gas resistance jumps in the first days: a new sensor burns in for 48 h",
                    "头几天气体电阻波动大：新传感器需老化 48 小时",
                ),
            ),
            cannot=(
                "which gas it is, and a concentration: its index is of a closed algorithm",
                "不能分辨气体、不给浓度：其指数来自厂家未公开算法",
            ),
        ),
        quantities=("temperature", "humidity", "pressure", "gas_resistance"),
        split=split,
        decode=decode,
        defaults={"baud": 9600},
        interval=2.0,
        least_interval=1.0,
        deadline=3.0,
        warm_up=300.0,
        resolution={"temperature": 0.01, "humidity": 0.01, "pressure": 0.01},
        confidence="likely",
    ),
)
