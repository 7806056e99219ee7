"""Winsen ZE25-O3 and its relatives ZE12A, ZE07: one toxic gas by an electrochemical cell, UART 9600 8N1, 3.3 V logic.

Source: public readers of these modules: lukas-kurka/winsen-sensors-lib (ZE25), radhoo/uradmonitor_smoggie, drv_ze03.h (codes
of the gases). By itself it says once a second FF, gas, unit (03 ppm, 04 ppb), decimals, value and full scale, high byte first,
and the byte that makes the sum of those behind FF 0. The frame names its gas: one that was not configured is refused. What it
answers when asked names none, and readers differ on where the share stands in it: so it is told to speak by itself. Published
is the share at 25 °C and sea level as µg/m³ (carbon monoxide mg/m³).

What it cannot say: its state, and a drift below zero, which the module holds at 0. Field oddities: a ZE25-O3 resolves 10 ppb
in 10 ppm: an alarm for leaks, not a monitor of the air outside; NO2 reads as ozone and ozone as NO2; a new cell settles for a
day.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.gas._winsen import ANSWER, PPB, PPM, Frames, choose
from drivers.quantity import gas
from drivers.sample import Sample

GASES = {0x2A: "o3", 0x2C: "no2", 0x04: "co", 0x2B: "so2", 0x02: "nh3", 0x03: "h2s"}
FRAMES = Frames(*GASES)
UNITS = {PPM: 1000.0, PPB: 1.0}  # ppb
MOST_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """Which gas it is."""

    quantity: str = field(default="o3", metadata={"help": "the gas on the label of the module", "choices": tuple(GASES.values())})


def measures(settings: Settings) -> tuple[str, ...]:
    """The gas."""
    return (settings.quantity,)


def decode(frame: bytes, settings: Settings) -> Sample:
    """One gas. Raises Garbled, or Foreign for another gas or our own command."""
    FRAMES.expect(frame)
    if frame[1] == ANSWER:
        raise Garbled("an answer names no gas", reason="header", raw=frame, expected="the gas", got=frame[:2].hex())
    unit, decimals = frame[2:4]
    if unit not in UNITS or decimals > MOST_DECIMALS:
        raise Garbled("no unit of these modules", reason="header", raw=frame, expected="03 or 04, 00 to 03", got=frame[2:4].hex())
    key = GASES[frame[1]]
    if key != settings.quantity:
        raise Foreign("a module for another gas", raw=frame, expected=settings.quantity, got=key)
    number, full = int.from_bytes(frame[4:6], "big"), int.from_bytes(frame[6:8], "big")
    share = number * UNITS[unit] / 10**decimals
    status: dict[str, int | float | str] = {"ppb": round(share, 3), "full_scale": full}
    if number >= full:
        return Sample({}, {key: "saturated"}, status, "saturated")
    return Sample({key: gas(key, share)}, status=status)


def begin(port: StreamPort, _settings: Settings) -> None:
    """Let it speak by itself. Raises PortLost."""
    choose(port, "active")


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """The newest measurement. Raises a wire error."""
    return decode(FRAMES.receive(port, "active"), settings)


DRIVERS = (
    Driver(
        name="ze25",
        title="Winsen ZE25-O3, ZE12A, ZE07 gas module (O3, NO2, CO, SO2, NH3, H2S)",
        zh="炜盛 ZE25-O3、ZE12A、ZE07 气体模块（臭氧、二氧化氮、一氧化碳、二氧化硫、氨、硫化氢）",
        port="uart",
        page=Page(
            source="lukas-kurka/winsen-sensors-lib (ZE25); radhoo/uradmonitor_smoggie, drv_ze03.h (codes of the gases)",
            published=False,
            wiring=(("VIN", "5V"), ("GND", "GND"), ("TXD", "RXD"), ("RXD", "TXD"), ("DAC", "OPEN")),
            supply=(
                "3.7 to 5.5 V; signals 3.3 V, straight to the Pi. The order of pins differs: read the names on the board",
                "3.7～5.5 V；信号 3.3 V，可直接接树莓派。各型号引脚次序不同，以板上标注为准",
            ),
            faults=(
                (
                    "foreign: the module measures another gas than quantity says; read its label",
                    "foreign：模块测的不是 quantity 所设气体，看标签",
                ),
                (
                    "always 0 outside: a ZE25-O3 resolves 10 ppb, and holds a drift below zero at 0",
                    "室外恒为 0：ZE25-O3 分辨力 10 ppb，且负漂被截为 0",
                ),
                (
                    "too high beside traffic: ozone cells see NO2, NO2 cells see ozone",
                    "路边偏高：臭氧传感器受二氧化氮干扰，反之亦然",
                ),
                (
                    "drifts for the first day: a new cell, or one that was without supply for long, settles for 24 to 48 h",
                    "首日漂移：新传感器或长期断电后需稳定 24～48 小时",
                ),
            ),
            cannot=("its state, and a drift below zero", "不报告自身状态，也不给出负漂"),
        ),
        quantities=tuple(GASES.values()),
        measures=measures,
        split=FRAMES.split,
        decode=decode,
        read=read,
        begin=begin,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=1.0,
        deadline=2.5,
        warm_up=180.0,
        confidence="likely",
    ),
)
