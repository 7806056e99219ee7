"""Alphasense four-electrode cells for ozone and nitrogen dioxide (A4 and B4 series) on their ISB, behind an ADS1115.

Source: Alphasense application note AAN 803 (temperature compensation); ADS1115 data sheet, SBAS444D. Each cell gives two
voltages, of the working (WE) and the auxiliary electrode (AE). From both their electronic zeros are taken, then the auxiliary
one, times a factor of the temperature, from the working one (equations and factors: alphasense4.toml); what is left, divided
by the sensitivity on the cell's label, is ppb. An OX cell sees NO2 as well: the NO2 cell's share is taken off first. One frame
is four times the converter's configuration and result, eight words, inputs 0 to 3.

What it cannot say: an absolute value without a reference beside it, or anything without the air's temperature: then only the
voltages are given. Field oddities: two hours after a break of power, minutes after a change of temperature or humidity;
negative numbers are true ones.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Garbled
from drivers.frames import Cut, chunks, expect_length
from drivers.gas import _ads1115
from drivers.quantity import NO2_MOLAR_MASS, O3_MOLAR_MASS, micrograms
from drivers.sample import Sample

CHANNELS = 4
SIZE = CHANNELS * _ads1115.SIZE
LOWEST, STEP, POINTS = -30.0, 10.0, 9
"""°C of the first factor, between two, and how many there are."""

MOLAR_MASSES = {"no2": NO2_MOLAR_MASS, "o3": O3_MOLAR_MASS}
GASES = tuple(MOLAR_MASSES)
"""In the order in which they must be computed."""


@cache
def tables() -> Mapping[str, Mapping[str, Any]]:
    """Model → gas, equation, factors."""
    return tomllib.loads(Path(__file__).with_name("alphasense4.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: which, where, and what stands on its label."""

    model: str = field(metadata={"help": "model of the cell", "choices": tuple(tables())})
    we: int = field(metadata={"help": "input of its working electrode", "low": 0, "high": 3})
    ae: int = field(metadata={"help": "input of its auxiliary electrode", "low": 0, "high": 3})
    we_electronic: float = field(metadata={"help": "electronic zero of WE, on the label", "unit": "mV", "low": 0, "high": 2000})
    ae_electronic: float = field(metadata={"help": "electronic zero of AE, on the label", "unit": "mV", "low": 0, "high": 2000})
    we_zero: float = field(
        default=0.0, metadata={"help": "sensor zero of WE, on the label", "unit": "mV", "low": -500, "high": 500}
    )
    ae_zero: float = field(
        default=0.0, metadata={"help": "sensor zero of AE, on the label", "unit": "mV", "low": -500, "high": 500}
    )
    sensitivity: float = field(metadata={"help": "sensitivity, on the label", "unit": "mV/ppb", "low": 0.001, "high": 10})
    no2_sensitivity: float = field(
        default=0.0, metadata={"help": "OX cells: sensitivity to NO2, on the label", "unit": "mV/ppb", "low": 0, "high": 10}
    )
    factors: tuple[float, ...] = field(default=(), metadata={"help": "its own nine factors, -30 to 50 °C; absent: of the model"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The cells."""

    cell: tuple[Cell, ...] = field(
        default=(), metadata={"help": "[[instrument.cell]] with model, we, ae, we_electronic, ae_electronic, sensitivity"}
    )
    full_scale: float = field(
        default=4.096, metadata={"help": "range of the ADS1115", "unit": "V", "choices": _ads1115.FULL_SCALES}
    )


def _by_gas(settings: Settings) -> Iterator[tuple[str, Cell]]:
    """The cells, NO2 first."""
    for gas in GASES:
        yield from ((gas, cell) for cell in settings.cell if tables()[cell.model]["gas"] == gas)


def measures(settings: Settings) -> tuple[str, ...]:
    """The gases of the cells. Raises ValueError."""
    gases = tuple(gas for gas, _cell in _by_gas(settings))
    inputs = [number for cell in settings.cell for number in (cell.we, cell.ae)]
    if not gases:
        raise ValueError("at least one [[instrument.cell]] must say what hangs on the ADS1115")
    if len(set(gases)) < len(gases) or len(set(inputs)) < len(inputs):
        raise ValueError("each gas and each input of the ADS1115 may be named once")
    if any(cell.factors and len(cell.factors) != POINTS for cell in settings.cell):
        raise ValueError("factors are nine numbers, for -30, -20 … 50 °C")
    if "o3" in gases and ("no2" not in gases or not all(cell.no2_sensitivity for gas, cell in _by_gas(settings) if gas == "o3")):
        raise ValueError("an OX cell sees NO2 too: it needs an NO2 cell beside it, and no2_sensitivity")
    return gases


def split(buffer: bytes) -> Cut:
    """Sets of four measurements."""
    return chunks(SIZE)(buffer)


def factor(cell: Cell, temperature: float) -> float | None:
    """The factor at `temperature` in °C; None outside the table."""
    factors = cell.factors or tables()[cell.model]["factors"]
    at = (temperature - LOWEST) / STEP
    if not 0 <= at <= len(factors) - 1:
        return None
    below = min(int(at), len(factors) - 2)
    return float(factors[below] + (factors[below + 1] - factors[below]) * (at - below))


def corrected(cell: Cell, we: float, ae: float, by: float) -> float:
    """WEc in mV from both electrodes' mV and the factor."""
    if tables()[cell.model]["equation"] == 3:
        return we - cell.we_electronic - (cell.we_zero - cell.ae_zero) - by * (ae - cell.ae_electronic)
    return we - cell.we_electronic - by * (ae - cell.ae_electronic)


def sample(frame: bytes, settings: Settings, temperature: float | None) -> Sample:
    """Four measurements at `temperature` in °C, None if it is not known. Raises Garbled or Foreign."""
    expect_length(frame, SIZE)
    pieces = [_ads1115.decode(frame[at : at + _ads1115.SIZE]) for at in range(0, SIZE, _ads1115.SIZE)]
    inputs = {piece.channel: piece for piece in pieces if piece is not None}
    if None in pieces:
        return Sample({}, reason="not_started")
    if len(inputs) != CHANNELS:
        raise Garbled("an input is there twice", reason="header", raw=frame, expected="0 to 3", got=str(sorted(inputs)))
    status: dict[str, int | float | str] = {}
    for number, piece in sorted(inputs.items()):
        status |= {f"raw_{number}": piece.raw, f"mv_{number}": round(1000 * piece.volts, 4)}
    if temperature is not None:
        status["temperature"] = round(temperature, 2)
    shares: dict[str, float] = {}
    fields: dict[str, str] = {}
    for gas, cell in _by_gas(settings):
        we, ae = inputs[cell.we], inputs[cell.ae]
        status |= {f"{gas}_we_mv": round(1000 * we.volts, 4), f"{gas}_ae_mv": round(1000 * ae.volts, 4)}
        by = None if temperature is None else factor(cell, temperature)
        if we.saturated or ae.saturated:
            fields[gas] = "saturated"
        elif by is None:
            fields[gas] = "gap" if temperature is None else "range"
        elif gas == "o3" and "no2" not in shares:
            fields[gas] = fields.get("no2", "gap")
        else:
            millivolts = corrected(cell, 1000 * we.volts, 1000 * ae.volts, by)
            other = shares["no2"] * cell.no2_sensitivity if gas == "o3" else 0.0
            shares[gas] = (millivolts - other) / cell.sensitivity
            status[f"{gas}_ppb"] = round(shares[gas], 3)
    values = {gas: micrograms(share, MOLAR_MASSES[gas]) for gas, share in shares.items()}
    unknown = "" if settings.cell else "out_of_calibration"
    return Sample(values, fields, status, "" if values else unknown or next(iter(fields.values())))


def decode(frame: bytes, settings: Settings) -> Sample:
    """Four measurements; without the temperature the voltages only, in the status. Raises Garbled or Foreign."""
    return sample(frame, settings, None)


def read(port: I2CPort, environment: Environment, settings: Settings) -> Sample:
    """Measure all inputs once. Raises a wire error."""
    return sample(_ads1115.read(port, range(CHANNELS), settings.full_scale), settings, environment.get("temperature"))


DRIVERS = (
    Driver(
        name="alphasense4",
        title="Alphasense four-electrode cells for O3 and NO2 behind an ADS1115 (A4, B4 series)",
        zh="Alphasense 四电极 O3、NO2 传感器（经 ADS1115，A4、B4 系列）",
        port="i2c",
        page=Page(
            source="Alphasense AAN 803; TI ADS1115 data sheet, SBAS444D; factors: drivers/gas/alphasense4.toml",
            published=False,
            wiring=(
                ("ADS1115 VDD", "3V3"),
                ("ADS1115 GND", "GND"),
                ("ADS1115 SDA", "SDA"),
                ("ADS1115 SCL", "SCL"),
                ("ADS1115 ADDR", "GND"),
                ("ISB +", "5V"),
                ("ISB −", "GND"),
                ("ISB NO2 OP1 (WE): A0", "ADC"),
                ("ISB NO2 OP2 (AE): A1", "ADC"),
                ("ISB OX OP1 (WE): A2", "ADC"),
                ("ISB OX OP2 (AE): A3", "ADC"),
            ),
            supply=(
                "ISB: 3.5 to 6.4 V, low noise, 1 mA each; its outputs must stay below the ADS1115's supply, as in ambient air",
                "ISB：3.5～6.4 V 低噪声，各 1 mA；其输出不得高于 ADS1115 供电（环境空气中不会）",
            ),
            faults=(
                (
                    "only voltages, no value: the station has no good air temperature; add an SHT3x near the cells",
                    "只有电压、无数值：本站没有可用气温，应在传感器旁加装 SHT3x",
                ),
                (
                    "swings for minutes: temperature or humidity changed fast; shelter from sun and rain",
                    "数分钟内大幅波动：温湿度骤变所致，应遮阳避雨",
                ),
                (
                    "far off for hours: power was interrupted (two hours to settle), or zeros and sensitivity are another cell's",
                    "数小时内严重偏离：曾断电（需 2 h 稳定），或零点、灵敏度填成别的传感器",
                ),
                (
                    "negative: zeros drift by some ppb a month; compare with a reference and certify",
                    "为负值：零点每月漂移数 ppb，应与参比仪器比对并签发校准证书",
                ),
            ),
            cannot=(
                "an absolute value without a reference; its factors are unverified, the sheet of your own cells counts",
                "无参比仪器时不能给出绝对值；温度系数未经证实，以所购传感器随附资料为准",
            ),
        ),
        quantities=("o3", "no2"),
        measures=measures,
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"address": 0x48},
        interval=1.0,
        least_interval=0.2,
        deadline=0.5,
        warm_up=7200.0,
        companions=("temperature",),
        confidence="unverified",
    ),
)
