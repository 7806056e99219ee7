"""ScioSense ENS160: total volatile organic compounds by four hot plates; I2C 0x53 (0x52 with ADDR low), 3.3 V.

Source: ScioSense ENS160 data sheet. Registers, low byte first, six read at once: status, air quality class 1 to 5, TVOC in
ppb, "equivalent CO2" in ppm, which is reckoned from the same signals and is no carbon dioxide: class and equivalent go into
the status as they were sent. Humidity and temperature of the same station compensate it.

What it cannot say: which gas it is; carbon dioxide. Nothing sums its bytes. Field oddities: a new one warms up for an hour
(status 2), each start for three minutes (status 1); after a dip of its supply it acknowledges and answers zeros, until it is
told to run.
"""

from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign
from drivers.frames import Cut, expect_length
from drivers.sample import Kind, Sample

PART, MODE, COMPENSATION, DATA = b"\x00", b"\x10", b"\x13", b"\x20"
RUN = b"\x02"
ENS160 = 0x0160
DATA_SIZE, PART_SIZE = 6, 2
RUNNING, ERROR = 0x80, 0x40
VALIDITY = {1: "warm_up", 2: "warm_up", 3: "device_fault"}
"""Bits 3 and 2 of the status, but 0: warming up, a new chip's first hour, no valid output."""


def split(buffer: bytes) -> Cut:
    """The part's number stays whole, all else is cut into readings of six bytes."""
    size = PART_SIZE if len(buffer) == PART_SIZE else DATA_SIZE
    whole = len(buffer) - len(buffer) % size
    return Cut(tuple(buffer[at : at + size] for at in range(0, whole, size)), buffer[whole:])


def decode(frame: bytes, _settings: Any) -> Sample:
    """Six registers from 0x20 on, or the part's number. Raises Garbled."""
    if len(frame) == PART_SIZE:
        return Sample({}, status={"part": int.from_bytes(frame, "little")}, kind=Kind.IDENTITY)
    expect_length(frame, DATA_SIZE)
    status, quality, tvoc = frame[0], frame[1] & 7, int.from_bytes(frame[2:4], "little")
    told: dict[str, int | float | str] = {"status": status, "class": quality, "eco2": int.from_bytes(frame[4:6], "little")}
    if status & ERROR:
        return Sample({}, status=told, reason="device_fault")
    if not status & RUNNING:
        return Sample({}, status=told, reason="not_started")
    reason = VALIDITY.get(status >> 2 & 3, "")
    return Sample({}, status={**told, "raw_tvoc": tvoc}, reason=reason) if reason else Sample({"tvoc": float(tvoc)}, status=told)


def compensation(environment: Environment) -> bytes:
    """What is written from register 0x13 on: K × 64 and % × 512; empty where that is not known."""
    if "humidity" not in environment or "temperature" not in environment:
        return b""
    kelvin = min(max(environment["temperature"], -40.0), 85.0) + 273.15
    humidity = min(max(environment["humidity"], 0.0), 100.0)
    return round(64 * kelvin).to_bytes(2, "little") + round(512 * humidity).to_bytes(2, "little")


def read(port: I2CPort, environment: Environment, settings: Any) -> Sample:
    """The newest values; one that does not run is started. Raises a wire error."""
    if known := compensation(environment):
        port.transfer(COMPENSATION + known)
    found = decode(port.transfer(DATA, DATA_SIZE), settings)
    if found.reason == "not_started":
        port.transfer(MODE + RUN)
    return found


def begin(port: I2CPort, settings: Any) -> None:
    """Run, if it is what it should be. Raises a wire error."""
    part = int.from_bytes(port.transfer(PART, PART_SIZE), "little")
    if part != ENS160:
        raise Foreign("this is no ENS160", expected=f"0x{ENS160:04x}", got=f"0x{part:04x}")
    port.transfer(MODE + RUN)


DRIVERS = (
    Driver(
        name="ens160",
        title="ScioSense ENS160 VOC sensor",
        zh="ScioSense ENS160 挥发性有机物传感器",
        port="i2c",
        page=Page(
            source="ScioSense ENS160 data sheet",
            published=True,
            wiring=(
                ("VDD, VIN", "3V3"),
                ("GND", "GND"),
                ("SDA", "SDA"),
                ("SCL", "SCL"),
                ("CS", "3V3"),
                ("ADDR", "3V3"),
                ("INT", "OPEN"),
            ),
            supply=(
                "a board with regulator: 3.3 V, 32 mA, 79 mA at the start. ADDR low: address 0x52; CS low: no I2C at all",
                "带稳压的模块：3.3 V，32 mA，启动时 79 mA。ADDR 接低：地址 0x52；CS 接低则不走 I2C",
            ),
            faults=(
                (
                    "warm_up for an hour: a new chip does so once; without 24 h of supply it does so again",
                    "warm_up 持续一小时：新芯片初次如此；若未连续通电 24 小时，下次仍会如此",
                ),
                (
                    "not_started again and again: its supply dips when the heaters start; a stronger one, or a capacitor",
                    "反复 not_started：加热启动时供电跌落，应加强供电或加电容",
                ),
                (
                    "ten times too high when it shares a board with an AHT21: that warms it; use another SHT on the station",
                    "与 AHT21 同板时严重偏高：互相加热，温湿度改用站上的 SHT",
                ),
            ),
            cannot=(
                "which gas it is; carbon dioxide (its equivalent is reckoned from the same signals)",
                "不能分辨气体；不测二氧化碳（其当量由同一信号推算）",
            ),
        ),
        quantities=("tvoc",),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        defaults={"address": 0x53},
        interval=1.0,
        least_interval=1.0,
        deadline=0.5,
        warm_up=180.0,
        companions=("humidity", "temperature"),
        resolution={"tvoc": 1.0},
    ),
)
