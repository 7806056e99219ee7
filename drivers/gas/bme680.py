"""Bosch BME680 and BME688: gas resistance, air temperature, humidity and pressure, I2C 0x76 or 0x77, 1.71 to 3.6 V.

Source: Bosch Sensortec BME680 data sheet, BST-BME680-DS001, sections 3.3 to 3.6 (heater, compensation in whole numbers) and 5
(registers); BME688 data sheet, BST-BME688-DS000, for its other gas conversion. One frame is four blocks of registers one after
the other, coefficients first, as with the BME280: 0x89 to 0xA1 (25 bytes), 0xE1 to 0xF0 (16; 0xF0 is 0 for a 680, 1 for a 688),
0x00 to 0x04 (5), and the measurement, 0x1D to 0x2D (17). They are read whole each time, so every frame can be decoded by
itself. The chip knows no checksum: a frame is sound if its coefficients can be a chip's.

What it cannot say: which gas it is, a concentration, an air quality index (those come from the maker's closed library only).
Field oddities: the resistance counts only once the heater was stable; it drifts for five minutes after a start and for two
days when new; its own heat makes the temperature 1 to 2 °C too high.
"""

from dataclasses import dataclass, field
from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign, Garbled, NotReady
from drivers.frames import Cut, chunks, expect_length
from drivers.sample import Sample

BLOCKS = ((0x89, 25), (0xE1, 16), (0x00, 5), (0x1D, 17))
SIZE = sum(size for _start, size in BLOCKS)
COEFFICIENTS = 46  # bytes of the first three
CHIP_ID, BME680 = 0xD0, 0x61
NEW_DATA, BUSY = 0x80, 0x60
GAS_VALID, HEATER_STABLE = 0x20, 0x10
SKIPPED, SKIPPED_HUMIDITY = 0x80000, 0x8000
OVERSAMPLING = bytes((0x72, 0x01, 0x75, 0x00))  # humidity × 1, no filter
FORCE = bytes((0x74, 0x25))  # temperature and pressure × 1, once
RES_HEAT_0, GAS_WAIT_0, CTRL_GAS_1 = 0x5A, 0x64, 0x71
RUN_GAS = (0x10, 0x20)  # by variant
MEASURE = 0.012  # s for temperature, pressure and humidity, each × 1, beside the heater's time
TRIES = 5

SCALE = (
    *(2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2126008810, 2147483647, 2130303777),
    *(2147483647, 2147483647, 2143188679, 2136746228, 2147483647, 2126008810, 2147483647, 2147483647),
)
OHMS = (
    *(4096000000, 2048000000, 1024000000, 512000000, 255744255, 127110228, 64000000, 32258064),
    *(16016016, 8000000, 4000000, 2000000, 1000000, 500000, 250000, 125000),
)
"""The two tables of section 3.4.1, by gas range."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The heater of the gas pixel."""

    heater_temperature: int = field(
        default=320, metadata={"help": "temperature of the gas pixel's heater", "unit": "°C", "low": 200, "high": 400}
    )
    heater_time: int = field(default=150, metadata={"help": "how long it heats", "unit": "ms", "low": 30, "high": 600})


class Coefficients:
    """What the factory has measured, as the sheet names it (table 12 and after). Raises Garbled if it cannot be."""

    def __init__(self, data: bytes) -> None:
        first, second, other = data[:25], data[25:41], data[41:46]
        self.t1, self.t2, self.t3 = unsigned(second[8:10]), signed(first[1:3]), signed(first[3:4])
        self.p1, self.p2, self.p3 = unsigned(first[5:7]), signed(first[7:9]), signed(first[9:10])
        self.p4, self.p5, self.p6 = signed(first[11:13]), signed(first[13:15]), signed(first[16:17])
        self.p7, self.p8, self.p9, self.p10 = signed(first[15:16]), signed(first[19:21]), signed(first[21:23]), first[23]
        self.h1, self.h2 = second[2] << 4 | second[1] & 0x0F, second[0] << 4 | second[1] >> 4
        self.h3, self.h4, self.h5 = (signed(second[at : at + 1]) for at in (3, 4, 5))
        self.h6, self.h7 = second[6], signed(second[7:8])
        self.gh1, self.gh2, self.gh3 = signed(second[12:13]), signed(second[10:12]), signed(second[13:14])
        self.variant = second[15]
        self.heat_value, self.heat_range = signed(other[:1]), other[2] >> 4 & 3
        self.switching_error = signed(other[4:]) >> 4
        if self.t1 in (0, 0xFFFF) or self.p1 in (0, 0xFFFF):
            raise Garbled("no coefficients of a BME680", reason="header", raw=data, expected="T1, P1", got=first[:8].hex())


def unsigned(data: bytes) -> int:
    """Low byte first."""
    return int.from_bytes(data, "little")


def signed(data: bytes) -> int:
    """Low byte first, two's complement."""
    return int.from_bytes(data, "little", signed=True)


def quotient(number: int, by: int) -> int:
    """The whole part of number / by, towards zero, as the sheet's language divides; `by` is not 0."""
    found = abs(number) // abs(by)
    return found if (number < 0) == (by < 0) else -found


def fine_temperature(raw: int, c: Coefficients) -> int:
    """The temperature in 1/5120 °C, which the other formulas need (section 3.3.1)."""
    first = (raw >> 3) - (c.t1 << 1)
    return ((first * c.t2) >> 11) + (((((first >> 1) * (first >> 1)) >> 12) * (c.t3 << 4)) >> 14)


def pressure(raw: int, t_fine: int, c: Coefficients) -> int | None:
    """Pa (section 3.3.2; the sheet's guard against 32 bits is not needed here); None where it would divide by zero."""
    a = (t_fine >> 1) - 64000
    b = (((((a >> 2) * (a >> 2)) >> 11) * c.p6) >> 2) + ((a * c.p5) << 1)
    b = (b >> 2) + (c.p4 << 16)
    a = (((((a >> 2) * (a >> 2)) >> 13) * (c.p3 << 5)) >> 3) + ((c.p2 * a) >> 1)
    a = ((32768 + (a >> 18)) * c.p1) >> 15
    if a == 0:
        return None
    value = quotient((1048576 - raw - (b >> 12)) * 6250, a)
    a = (c.p9 * (((value >> 3) * (value >> 3)) >> 13)) >> 12
    b = ((value >> 2) * c.p8) >> 13
    third = ((value >> 8) * (value >> 8) * (value >> 8) * c.p10) >> 17
    return value + ((a + b + third + (c.p7 << 7)) >> 4)


def humidity(raw: int, t_fine: int, c: Coefficients) -> int:
    """1/1000 % (section 3.3.3), held to 0 to 100 % as the sheet does."""
    t = (t_fine * 5 + 128) >> 8
    a = raw - c.h1 * 16 - (quotient(t * c.h3, 100) >> 1)
    b = (c.h2 * (quotient(t * c.h4, 100) + quotient((t * quotient(t * c.h5, 100)) >> 6, 100) + 16384)) >> 10
    product = a * b
    bend = ((c.h6 << 7) + quotient(t * c.h7, 100)) >> 4
    second = (bend * (((product >> 14) * (product >> 14)) >> 10)) >> 1
    return min(max((((product + second) >> 10) * 1000) >> 12, 0), 100000)


def gas_resistance(adc: int, step: int, c: Coefficients) -> int:
    """Ω of a BME680 (section 3.4.1) or a BME688; `step` is the gas range."""
    if c.variant:
        return quotient(10000 * (262144 >> step), 4096 + 3 * (adc - 512)) * 100
    a = ((1340 + 5 * c.switching_error) * SCALE[step]) >> 16
    b = (adc << 15) - 16777216 + a
    return quotient(((OHMS[step] * a) >> 9) + (b >> 1), b) if b > 0 else 0


def split(buffer: bytes) -> Cut:
    """Whole sets of the four blocks."""
    return chunks(SIZE)(buffer)


def decode(frame: bytes, _settings: Any) -> Sample:
    """The four blocks: Ω, °C, % and hPa. Raises Garbled."""
    expect_length(frame, SIZE)
    c = Coefficients(frame[:COEFFICIENTS])
    field0 = frame[COEFFICIENTS:]
    raw_pressure, raw_temperature = (int.from_bytes(field0[at : at + 3], "big") >> 4 for at in (2, 5))
    raw_humidity = int.from_bytes(field0[8:10], "big")
    gas = int.from_bytes(field0[15:17] if c.variant else field0[13:15], "big")
    status: dict[str, int | float | str] = {
        "raw_t": raw_temperature,
        "raw_p": raw_pressure,
        "raw_h": raw_humidity,
        "raw_gas": gas >> 6,
        "gas_range": gas & 15,
        "gas_valid": int(bool(gas & GAS_VALID)),
        "heater_stable": int(bool(gas & HEATER_STABLE)),
        "variant": c.variant,
    }
    if not field0[0] & NEW_DATA or raw_temperature == SKIPPED:
        return Sample({}, status=status, reason="not_started")
    t_fine = fine_temperature(raw_temperature, c)
    values = {"temperature": ((t_fine * 5 + 128) >> 8) / 100}
    fields: dict[str, str] = {}
    pascals = None if raw_pressure == SKIPPED else pressure(raw_pressure, t_fine, c)
    if pascals is None:
        fields["pressure"] = "sentinel"
    else:
        values["pressure"] = pascals / 100
    if raw_humidity == SKIPPED_HUMIDITY:
        fields["humidity"] = "sentinel"
    else:
        values["humidity"] = humidity(raw_humidity, t_fine, c) / 1000
    ohms = gas_resistance(gas >> 6, gas & 15, c)
    if not gas & GAS_VALID:
        fields["gas_resistance"] = "not_started"
    elif not gas & HEATER_STABLE:
        fields["gas_resistance"] = "warm_up"
    elif ohms <= 0:
        fields["gas_resistance"] = "device_fault"
    else:
        values["gas_resistance"] = float(ohms)
    return Sample(values, fields, status)


def heater_step(target: int, ambient: float, c: Coefficients) -> int:
    """What is written to res_heat_0 for `target` °C at `ambient` °C (section 3.3.5)."""
    a = quotient(round(ambient) * c.gh3, 1000) * 256
    b = (c.gh1 + 784) * quotient(quotient((c.gh2 + 154009) * target * 5, 100) + 3276800, 10)
    heated = quotient(a + quotient(b, 2), c.heat_range + 4)
    times100 = (quotient(heated, 131 * c.heat_value + 65536) - 250) * 34
    return min(max(quotient(times100 + 50, 100), 0), 255)


def heater_wait(milliseconds: int) -> int:
    """What is written to gas_wait_0: 6 bits, and how often they are taken four times (section 5.3.3.3)."""
    factor = 0
    while milliseconds > 0x3F:
        milliseconds //= 4
        factor += 1
    return factor << 6 | milliseconds


def read(port: I2CPort, environment: Environment, settings: Settings) -> Sample:
    """Heat and measure once. Raises a wire error."""
    factory = b"".join(port.transfer(bytes((start,)), size) for start, size in BLOCKS[:3])
    c = Coefficients(factory)
    heat = heater_step(settings.heater_temperature, environment.get("temperature", 25.0), c)
    heater = bytes((RES_HEAT_0, heat, GAS_WAIT_0, heater_wait(settings.heater_time), CTRL_GAS_1, RUN_GAS[bool(c.variant)]))
    port.transfer(OVERSAMPLING + heater)
    port.transfer(FORCE, 0, MEASURE + settings.heater_time / 1000)
    start, size = BLOCKS[3]
    for _ in range(TRIES):
        measured = port.transfer(bytes((start,)), size, 0.002)
        if measured[0] & NEW_DATA and not measured[0] & BUSY:
            return decode(factory + measured, settings)
    raise NotReady("still measuring", reason="warm_up")


def begin(port: I2CPort, _settings: Any) -> None:
    """Ask which chip it is. Raises Foreign if it is none of these, and any wire error."""
    found = port.transfer(bytes((CHIP_ID,)), 1)[0]
    if found != BME680:
        raise Foreign("another chip", raw=bytes((found,)), expected=f"0x{BME680:02x}", got=f"0x{found:02x}")


DRIVERS = (
    Driver(
        name="bme680",
        title="Bosch BME680 gas, temperature, humidity and pressure sensor (also BME688)",
        zh="博世 BME680 气体温湿度气压传感器（BME688 同）",
        port="i2c",
        page=Page(
            source="Bosch BME680 data sheet, BST-BME680-DS001",
            published=True,
            wiring=(("VIN", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL"), ("CSB", "3V3"), ("SDO", "GND")),
            supply=(
                "1.71 to 3.6 V, 12 mA while it heats; SDO to ground: address 0x76, to 3.3 V: 0x77. CSB high chooses I2C",
                "1.71～3.6 V，加热时 12 mA；SDO 接地时地址 0x76，接 3.3 V 时 0x77。CSB 接高选择 I2C",
            ),
            faults=(
                (
                    "gas_resistance at warm_up: the heater did not reach its temperature; lengthen heater_time",
                    "gas_resistance 一直为 warm_up：加热未达设定温度，应加大 heater_time",
                ),
                (
                    "gas_resistance drifts: new chips need 48 h, each start five minutes; compare with itself, not between chips",
                    "gas_resistance 漂移：新片需老化 48 h，每次启动需 5 min；只可与自身比较，不可两片相比",
                ),
                (
                    "1 to 2 °C too warm: its own heater; read it less often, or use another sensor for temperature",
                    "偏高 1～2 °C：自身加热所致，可降低读取频率或另用温度传感器",
                ),
            ),
            cannot=(
                "which gas it is, a concentration or an air quality index; its numbers carry no checksum. To decode: "
                "registers 0x89-0xA1, 0xE1-0xF0, 0x00-0x04 and 0x1D-0x2D one after the other, 63 bytes",
                "不能分辨气体种类，不能给出浓度或空气质量指数；其数据不带校验。解码时依次给出寄存器 "
                "0x89-0xA1、0xE1-0xF0、0x00-0x04、0x1D-0x2D，共 63 字节",
            ),
        ),
        quantities=("gas_resistance", "temperature", "humidity", "pressure"),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        settings=Settings,
        defaults={"address": 0x76},
        interval=10.0,
        least_interval=3.0,
        deadline=1.0,
        warm_up=300.0,
        resolution={"temperature": 0.01},
        companions=("temperature",),
    ),
)
