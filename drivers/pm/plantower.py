"""Plantower PMS5003 (also PMS7003, PMSA003), PMS5003T, PMS5003ST, PMS3003, PMSA003I: particles by laser scattering.

Source: Plantower PMS5003 series data manual, v2.3, appendix I (transport protocol); PMS5003T, PMS5003ST, PMS3003 and PMSA003I
data manuals. UART 9600 8N1 (PMSA003I: I2C 0x12, at most 100 kHz), 5 V supply, 3.3 V logic. Beside the masses: PMS5003 six
counts of particles larger than 0.3 … 10 µm in 0.1 L; PMS5003T four counts, temperature, humidity; PMS5003ST six counts,
formaldehyde in µg/m³ (given here as ppb at 298.15 K and 1013.25 hPa), temperature, humidity; PMS3003 no counts.

What it cannot say: which model it is; a PMS5003T sends the same header and length as a PMS5003. Field oddities: above 80 %
relative humidity it reads too high; the first frames after power-up may be all zero, version included, which is not clean
air; the sum of a clean-air frame may end in 0x42, the first byte of the next header; some units send one more frame after
the command to sleep; about one I2C read in thirty comes with a wrong sum, so it is repeated once.
"""

from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page, Terminal, Text
from drivers.errors import Garbled
from drivers.pm._plantower import Layout, ListenSettings, Settings, begin, sleep, wake
from drivers.sample import Sample

PMS5003 = Layout(words=13, counts=6, version=12)
PMS5003T = Layout(words=13, counts=4, climate=10, version=12)
PMS5003ST = Layout(words=17, counts=6, hcho=12, climate=13, version=16)
PMS3003 = Layout(words=9, counts=0)
FRAME_SIZE = 32  # of a PMSA003I

WIRING: tuple[tuple[str, Terminal], ...] = (
    ("1 VCC", "5V"),
    ("2 GND", "GND"),
    ("3 SET", "OPEN"),
    ("4 RXD", "TXD"),
    ("5 TXD", "RXD"),
    ("6 RESET", "OPEN"),
    ("7 NC", "OPEN"),
    ("8 NC", "OPEN"),
)
SUPPLY: Text = (
    "5 V (4.5 to 5.5), 100 mA for the fan; signals 3.3 V, straight to the Pi",
    "5 V（4.5～5.5），风扇约 100 mA；信号 3.3 V，可直接接树莓派",
)
SILENT: Text = ("silence: SET pulled low puts it to sleep; RX and TX swapped", "无数据：SET 为低则休眠；或 RX、TX 接反")
BLOCKED: Text = ("values stay at 0: fan blocked by insects or dust", "数值恒为 0：风扇被虫或灰堵塞")
FOG: Text = ("too high in fog (above 80 % humidity): correct with humidity", "雾天（湿度高于 80 %）偏高：用湿度修正")
WORN: Text = (
    "after three years of running without a pause the laser is worn: use `sleep = true`",
    "连续运行约三年激光老化：可设 sleep = true 间歇工作",
)
WARM: Text = (
    "temperature some degrees high, humidity low: it measures inside its own warm housing",
    "温度偏高数度、湿度偏低：测的是自身发热的壳内空气",
)


def read_i2c(port: I2CPort, _environment: Environment, settings: Any) -> Sample:
    """One frame over I2C, once more if its sum is wrong. Raises a wire error."""
    try:
        return PMS5003.decode(port.transfer(b"", FRAME_SIZE), settings)
    except Garbled:
        return PMS5003.decode(port.transfer(b"", FRAME_SIZE), settings)


DRIVERS = (
    Driver(
        name="pms5003",
        title="Plantower PMS5003 particle sensor (also PMS7003, PMSA003)",
        zh="攀藤 PMS5003 颗粒物传感器（PMS7003、PMSA003 同）",
        port="uart",
        page=Page(
            source="Plantower PMS5003 series data manual, v2.3",
            published=True,
            wiring=WIRING,
            supply=SUPPLY,
            faults=(SILENT, BLOCKED, FOG, WORN),
            cannot=("which model it is: a PMS5003T sends frames that look the same", "不能自报型号：PMS5003T 的帧外观相同"),
        ),
        quantities=PMS5003.quantities,
        split=PMS5003.split,
        decode=PMS5003.decode,
        read=PMS5003.read,
        begin=begin,
        sleep=sleep,
        wake=wake,
        settings=Settings,
        defaults={"baud": 9600},
        interval=2.5,  # in steady air it speaks every 2.3 s
        least_interval=1.0,
        deadline=4.0,
        warm_up=30.0,
        resolution={"pm1": 1.0, "pm25": 1.0, "pm10": 1.0, "pm25_cf1": 1.0, "pm25_atm": 1.0},
    ),
    Driver(
        name="pms5003t",
        title="Plantower PMS5003T particle, temperature and humidity sensor",
        zh="攀藤 PMS5003T 颗粒物温湿度传感器",
        port="uart",
        page=Page(
            source="Plantower PMS5003T data manual, v2.3",
            published=True,
            wiring=WIRING,
            supply=SUPPLY,
            faults=(SILENT, BLOCKED, FOG, WARM, WORN),
            cannot=("which model it is: a PMS5003 sends frames that look the same", "不能自报型号：PMS5003 的帧外观相同"),
        ),
        quantities=PMS5003T.quantities,
        split=PMS5003T.split,
        decode=PMS5003T.decode,
        read=PMS5003T.read,
        begin=begin,
        sleep=sleep,
        wake=wake,
        settings=Settings,
        defaults={"baud": 9600},
        interval=2.5,
        least_interval=1.0,
        deadline=4.0,
        warm_up=30.0,
        resolution={"pm1": 1.0, "pm25": 1.0, "pm10": 1.0, "temperature": 0.1, "humidity": 0.1},
    ),
    Driver(
        name="pms5003st",
        title="Plantower PMS5003ST particle, formaldehyde, temperature and humidity sensor",
        zh="攀藤 PMS5003ST 颗粒物甲醛温湿度传感器",
        port="uart",
        page=Page(
            source="Plantower PMS5003ST data manual, v2.3",
            published=True,
            wiring=WIRING,
            supply=SUPPLY,
            faults=(
                SILENT,
                BLOCKED,
                FOG,
                WARM,
                (
                    "formaldehyde drifts, and alcohol reads as formaldehyde: trust it for changes only",
                    "甲醛有漂移，酒精会被读作甲醛：仅看变化",
                ),
            ),
            cannot=(
                "formaldehyde apart from other gases that its cell sees; its scale is taken from one public decoder",
                "不能区分甲醛与其他可反应气体；甲醛标度仅见于一份公开解码程序",
            ),
        ),
        quantities=PMS5003ST.quantities,
        split=PMS5003ST.split,
        decode=PMS5003ST.decode,
        read=PMS5003ST.read,
        begin=begin,
        sleep=sleep,
        wake=wake,
        settings=Settings,
        defaults={"baud": 9600},
        interval=2.5,
        least_interval=1.0,
        deadline=4.0,
        warm_up=30.0,
        resolution={"pm1": 1.0, "pm25": 1.0, "pm10": 1.0, "hcho": 0.8148, "temperature": 0.1, "humidity": 0.1},
        confidence="likely",
    ),
    Driver(
        name="pms3003",
        title="Plantower PMS3003 particle sensor",
        zh="攀藤 PMS3003 颗粒物传感器",
        port="uart",
        page=Page(
            source="Plantower PMS3003 data manual",
            published=True,
            wiring=WIRING,
            supply=SUPPLY,
            faults=(SILENT, BLOCKED, FOG),
            cannot=(
                "particle counts; it takes no commands, so it cannot be asked nor put to rest over the line",
                "无颗粒计数；不接受命令，不能问答，也不能通过串口休眠",
            ),
        ),
        quantities=PMS3003.quantities,
        split=PMS3003.split,
        decode=PMS3003.decode,
        settings=ListenSettings,
        defaults={"baud": 9600},
        interval=2.5,
        least_interval=1.0,
        deadline=4.0,
        warm_up=30.0,
        resolution={"pm1": 1.0, "pm25": 1.0, "pm10": 1.0, "pm25_cf1": 1.0, "pm25_atm": 1.0},
    ),
    Driver(
        name="pmsa003i",
        title="Plantower PMSA003I particle sensor (I2C)",
        zh="攀藤 PMSA003I 颗粒物传感器（I2C）",
        port="i2c",
        page=Page(
            source="Plantower PMSA003I data manual, v2.6",
            published=True,
            wiring=(("VCC", "5V"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL"), ("SET", "OPEN"), ("RESET", "OPEN")),
            supply=(
                "5 V (4.5 to 5.5), 100 mA for the fan; signals 3.3 V, bus at most 100 kHz",
                "5 V（4.5～5.5），风扇约 100 mA；信号 3.3 V，总线不超过 100 kHz",
            ),
            faults=(
                (
                    "a wrong sum now and then is normal and repeated; often: wires too long or bus faster than 100 kHz",
                    "偶有校验错属正常，会自动重读；频繁则线过长或总线高于 100 kHz",
                ),
                BLOCKED,
                FOG,
            ),
            cannot=(
                "be put to rest over the bus (pull SET low for that); which model it is",
                "不能通过总线休眠（须拉低 SET）；不能自报型号",
            ),
        ),
        quantities=PMS5003.quantities,
        split=PMS5003.split,
        decode=PMS5003.decode,
        read=read_i2c,
        settings=ListenSettings,
        defaults={"address": 0x12},
        interval=2.5,
        least_interval=1.0,
        deadline=1.0,
        warm_up=30.0,
        resolution={"pm1": 1.0, "pm25": 1.0, "pm10": 1.0, "pm25_cf1": 1.0, "pm25_atm": 1.0},
    ),
)
