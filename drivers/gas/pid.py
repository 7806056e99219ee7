"""Photoionisation heads with a voltage output (Alphasense PID-AH2, ION Science MiniPID 2) behind an ADS1115: VOC in ppb.

Source: Alphasense PID-AH2 technical specification; ION Science MiniPID 2 manual; ADS1115 data sheet, SBAS444D. ppm as
isobutylene = (V - V of clean air) / sensitivity, times the response factor of the gas. Clean air's voltage (40 to 60 mV) and
sensitivity (20 mV/ppm and more) belong to each head: without them from its calibration there is no value. One frame is the
converter's configuration and result, two words.

What it cannot say: which compound it is. Field oddities: a lamp that does not burn gives less than clean air, which is a fault
and no clean air; humidity and dirt quench the signal; it wants clean air and twenty minutes after each start.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Foreign
from drivers.frames import Cut, chunks
from drivers.gas import _ads1115
from drivers.sample import Sample


@dataclass(frozen=True, slots=True)
class Settings:
    """What the head's calibration says, and how it is wired."""

    zero: float = field(
        default=0.0, metadata={"help": "voltage in clean air, of the calibration", "unit": "mV", "low": 0, "high": 3000}
    )
    sensitivity: float = field(
        default=0.0,
        metadata={"help": "mV for each ppm of isobutylene, of the calibration", "unit": "mV/ppm", "low": 0, "high": 1000},
    )
    response: float = field(
        default=1.0, metadata={"help": "response factor of the gas; 1: as isobutylene", "low": 0.01, "high": 100}
    )
    top: float = field(
        default=50.0, metadata={"help": "end of the head's range, as isobutylene", "unit": "ppm", "low": 0.1, "high": 20000}
    )
    lamp_out: float = field(
        default=20.0, metadata={"help": "below this voltage the lamp counts as dead", "unit": "mV", "low": 0, "high": 3000}
    )
    channel: int = field(default=0, metadata={"help": "input of the ADS1115", "low": 0, "high": 3})
    full_scale: float = field(
        default=4.096, metadata={"help": "range of the ADS1115", "unit": "V", "choices": _ads1115.FULL_SCALES}
    )


def measures(settings: Settings) -> tuple[str, ...]:
    """TVOC. Raises ValueError without the head's calibration."""
    if not settings.zero or not settings.sensitivity:
        raise ValueError("zero and sensitivity of this head must be set; they stand on its calibration")
    if settings.lamp_out >= settings.zero:
        raise ValueError("lamp_out must be less than zero, the voltage in clean air")
    return ("tvoc",)


def split(buffer: bytes) -> Cut:
    """Pairs of words."""
    return chunks(_ads1115.SIZE)(buffer)


def decode(frame: bytes, settings: Settings) -> Sample:
    """TVOC in ppb; raw number and voltage in the status. Raises Garbled or Foreign."""
    found = _ads1115.decode(frame)
    if found is None:
        return _without("not_started", {})
    status: dict[str, int | float | str] = {"channel": found.channel, "raw": found.raw, "volts": round(found.volts, 6)}
    if found.channel != settings.channel:
        wanted = str(settings.channel)
        raise Foreign("another input was measured", raw=frame, expected=wanted, got=str(found.channel))
    if found.saturated:
        return _without("saturated", status)
    if not settings.sensitivity:
        return _without("out_of_calibration", status)
    millivolts = 1000 * found.volts
    ppm = (millivolts - settings.zero) / settings.sensitivity
    if millivolts < settings.lamp_out:
        return _without("device_fault", status)
    if ppm > settings.top:
        return _without("saturated", status)
    return Sample({"tvoc": 1000 * ppm * settings.response}, status=status)


def _without(reason: str, status: dict[str, int | float | str]) -> Sample:
    return Sample({}, {"tvoc": reason}, status, reason)


def read(port: I2CPort, _environment: Environment, settings: Settings) -> Sample:
    """Measure once. Raises a wire error."""
    return decode(_ads1115.read(port, [settings.channel], settings.full_scale), settings)


DRIVERS = (
    Driver(
        name="pid",
        title="PID head behind an ADS1115 (Alphasense PID-AH2, ION Science MiniPID 2)",
        zh="PID 光离子探头（经 ADS1115，Alphasense PID-AH2、ION MiniPID 2）",
        port="i2c",
        page=Page(
            source="Alphasense PID-AH2 specification; ION Science MiniPID 2 manual; TI ADS1115 data sheet, SBAS444D",
            published=False,
            wiring=(
                ("ADS1115 VDD", "3V3"),
                ("ADS1115 GND", "GND"),
                ("ADS1115 SDA", "SDA"),
                ("ADS1115 SCL", "SCL"),
                ("ADS1115 ADDR", "GND"),
                ("PID OUT: A0", "ADC"),
                ("PID V+ (3.3 V regulator)", "5V"),
                ("PID 0 V", "GND"),
            ),
            supply=(
                "head: clean 3.2 to 5 V, 30 mA, from a regulator of its own; its output must stay below the ADS1115's supply",
                "探头：3.2～5 V 低噪声独立稳压，30 mA；其输出不得高于 ADS1115 供电",
            ),
            faults=(
                (
                    "device_fault: below the voltage of clean air, the lamp does not burn; clean or replace it",
                    "device_fault：低于洁净空气电压，紫外灯未点亮，应清洁或更换",
                ),
                (
                    "slowly rising over weeks: dirt on the lamp's window; clean it, calibrate with clean air and isobutylene",
                    "数周内缓慢升高：灯窗污染，清洁后用零气与异丁烯重新校准",
                ),
                ("falls when it gets damp: water quenches the signal", "潮湿时读数下降：水汽猝灭"),
                (
                    "saturated: beyond the head's range or the ADS1115's; see top and full_scale",
                    "saturated：超出探头或 ADS1115 量程，见 top、full_scale",
                ),
            ),
            cannot=("which compound it is", "不能分辨具体化合物"),
        ),
        quantities=("tvoc",),
        measures=measures,
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"address": 0x48},
        interval=1.0,
        least_interval=0.1,
        deadline=0.5,
        warm_up=1200.0,
        confidence="likely",
    ),
)
