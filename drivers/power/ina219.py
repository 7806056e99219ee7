"""Texas Instruments INA219: voltage and current of the station's battery, I2C 0x40 to 0x4F, 3 to 5.5 V.

Source: INA219 data sheet, SBOS448G: register 0x01 shunt voltage, signed, 10 µV; register 0x02 bus voltage in bits 15 to 3, 4
mV, bit 1 conversion ready, bit 0 overflow of the calculation. After power-up it measures continuously in the 32 V, ±320 mV
range: nothing needs to be written; current and power are computed here from the shunt. One frame is the two words, shunt
first.

What it cannot say: the battery's charge. Field oddity: breakout boards carry a shunt of 0.1 Ω, UPS boards of 0.01 Ω: see the
settings.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.frames import Cut, chunks, expect_length
from drivers.sample import Sample

SIZE = 4
SHUNT, BUS = b"\x01", b"\x02"
OVERFLOW = 0x0001
SHUNT_STEP, BUS_STEP = 1e-5, 0.004  # V
FULL = 32000  # ±320 mV


@dataclass(frozen=True, slots=True)
class Settings:
    """The board's shunt."""

    shunt: float = field(default=0.1, metadata={"help": "resistance of the shunt", "unit": "Ω", "low": 0.0001, "high": 10})


def split(buffer: bytes) -> Cut:
    """Pairs of words."""
    return chunks(SIZE)(buffer)


def decode(frame: bytes, settings: Settings) -> Sample:
    """Shunt and bus word: V and W; the current in A in the status. Raises Garbled."""
    expect_length(frame, SIZE)
    shunt = int.from_bytes(frame[:2], "big", signed=True)
    word = int.from_bytes(frame[2:], "big")
    volts = (word >> 3) * BUS_STEP
    status: dict[str, int | float | str] = {"shunt_mv": shunt / 100, "overflow": word & OVERFLOW}
    if frame == b"\xff" * SIZE:
        return Sample({}, dict.fromkeys(("battery_voltage", "load_power"), "sentinel"), status, "sentinel")
    if abs(shunt) >= FULL:
        return Sample({"battery_voltage": volts}, {"load_power": "saturated"}, status)
    amperes = shunt * SHUNT_STEP / settings.shunt
    return Sample({"battery_voltage": volts, "load_power": volts * amperes}, status=status | {"current": round(amperes, 6)})


def read(port: I2CPort, _environment: Environment, settings: Settings) -> Sample:
    """Both words. Raises a wire error."""
    return decode(port.transfer(SHUNT, 2) + port.transfer(BUS, 2), settings)


DRIVERS = (
    Driver(
        name="ina219",
        title="Texas Instruments INA219 voltage and current sensor",
        zh="德州仪器 INA219 电压电流传感器",
        port="i2c",
        page=Page(
            source="Texas Instruments INA219 data sheet, SBOS448G",
            published=False,
            wiring=(("VCC", "3V3"), ("GND", "GND"), ("SDA", "SDA"), ("SCL", "SCL"), ("VIN+", "12V"), ("VIN−", "OPEN")),
            supply=(
                "3 to 5.5 V, 1 mA; VIN+ to the battery, VIN− to the load, at most 26 V",
                "3～5.5 V，1 mA；VIN+ 接电池，VIN− 接负载，不超过 26 V",
            ),
            faults=(
                ("power ten times too small or large: the board's shunt is not 0.1 Ω", "功率差十倍：板上采样电阻不是 0.1 Ω"),
                (
                    "power negative: VIN+ and VIN− swapped, or the battery is being charged",
                    "功率为负：VIN+、VIN− 接反，或正在充电",
                ),
            ),
            cannot=("the battery's charge", "不能给出电池剩余电量"),
        ),
        quantities=("battery_voltage", "load_power"),
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"address": 0x40},
        interval=5.0,
        least_interval=0.1,
        deadline=0.5,
        resolution={"battery_voltage": 0.004},
    ),
)
