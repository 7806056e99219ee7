"""Pulses on a GPIO pin: a tipping-bucket rain gauge, a flow meter with reed contact, a meter's S0 output, a Geiger counter.

Source: RPi.GPIO, falling edges of one input with its pull-up, bounces of `debounce` ms counted once; what one pulse means is
on the label (rain gauges: 0.2 or 0.5 mm a tip; Geiger tubes: counts a minute of one µSv/h). The answer is text: pulses and
seconds since the last reading, "3 1.000".

What it cannot say: water that lies in the bucket and did not tip it; pulses while the station was off. The first reading after
a start only begins to count. Field oddity: cobwebs and leaves hold the bucket; a dry summer looks the same.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, GpioPort, Page
from drivers.errors import Garbled
from drivers.frames import Cut
from drivers.sample import Sample


@dataclass(frozen=True, slots=True)
class Settings:
    """What a pulse means."""

    quantity: str = field(
        default="rain", metadata={"help": "what is counted", "choices": ("rain", "flow", "load_power", "dose_rate")}
    )
    per_pulse: float = field(
        default=0.2, metadata={"help": "mm (rain), m³ (flow) or Wh (load_power) for each pulse", "low": 1e-9, "high": 1e6}
    )
    sensitivity: float = field(
        default=0.0,
        metadata={"help": "dose_rate: counts a minute of one µSv/h, on the sheet of the tube", "low": 0.0, "high": 1e6},
    )
    debounce: int = field(
        default=60, metadata={"help": "bounces within this time count once", "unit": "ms", "low": 1, "high": 1000}
    )


def measures(settings: Settings) -> tuple[str, ...]:
    """One of the four. Raises ValueError."""
    if settings.quantity == "dose_rate" and not settings.sensitivity:
        raise ValueError("dose_rate needs sensitivity: the counts a minute of one µSv/h, on the sheet of the tube")
    return (settings.quantity,)


def split(buffer: bytes) -> Cut:
    """A line an answer."""
    lines = tuple(line for line in buffer.split(b"\n") if line)
    return Cut(lines, b"")


def decode(frame: bytes, settings: Settings) -> Sample:
    """Pulses and seconds as text. Raises Garbled."""
    parts = frame.split()
    if len(parts) != 2 or not parts[0].isdigit() or len(parts[0]) > 12:
        raise Garbled("no count", reason="header", raw=frame, expected="pulses and seconds", got=repr(frame[:20]))
    whole, point, rest = parts[1].partition(b".")
    if not whole.isdigit() or (point and not rest.isdigit()) or len(parts[1]) > 12:
        raise Garbled("no time", reason="header", raw=frame, expected="pulses and seconds", got=repr(frame[:20]))
    return _count(int(parts[0]), float(parts[1]), settings)


def _count(pulses: int, seconds: float, settings: Settings) -> Sample:
    """Rain in mm since the last reading; flow and power as means since then. Without a last reading nothing is known yet."""
    status = {"pulses": pulses, "seconds": round(seconds, 3)}
    if not seconds:
        return Sample({}, {settings.quantity: "not_started"}, status, "not_started")
    if settings.quantity == "dose_rate":
        if not settings.sensitivity:
            return Sample({}, {"dose_rate": "out_of_calibration"}, status, "out_of_calibration")
        return Sample({"dose_rate": pulses * 60 / seconds / settings.sensitivity}, status=status)
    amount = pulses * settings.per_pulse
    if settings.quantity == "load_power":
        amount = amount * 3600 / seconds
    elif settings.quantity == "flow":
        amount = amount / seconds
    return Sample({settings.quantity: amount}, status=status)


def read(port: GpioPort, _environment: Environment, settings: Settings) -> Sample:
    """What was counted since the last reading. Raises PortLost."""
    return _count(*port.pulses(settings.debounce), settings)


DRIVERS = (
    Driver(
        name="pulse",
        title="pulses on a GPIO pin (tipping-bucket rain gauge, flow meter, S0 electricity meter, Geiger counter)",
        zh="GPIO 脉冲（翻斗雨量筒、脉冲流量计、电表 S0 输出、盖革计数器）",
        port="gpio",
        page=Page(
            source="RPi.GPIO; the label of the gauge says what one pulse means",
            published=False,
            wiring=(("contact 1", "GPIO"), ("contact 2", "GND")),
            supply=(
                "none: a reed contact; S0 outputs: + to the pin; a Geiger board's pulse of 5 V through a divider",
                "无源干簧触点；S0 输出：正端接引脚；盖革板 5 V 脉冲须经分压",
            ),
            faults=(
                (
                    "no rain in rain: bucket held by leaves or cobwebs, wrong pin (BCM number)",
                    "下雨无数据：翻斗被树叶、蛛网卡住，或引脚编号有误（BCM）",
                ),
                (
                    "double the rain: debounce too short, or 0.2 and 0.5 mm confused",
                    "雨量偏大一倍：debounce 太短，或 0.2 与 0.5 mm 弄混",
                ),
                (
                    "dose rate scatters: chance; take interval = 60 and debounce = 1, 20 counts are 20 ± 4.5",
                    "剂量率波动：统计涨落；设 interval = 60、debounce = 1，20 次计数即 20 ± 4.5",
                ),
            ),
            cannot=(
                "water that has not tipped the bucket yet, and pulses while the station was off",
                "未翻斗的水量，以及停机期间的脉冲",
            ),
        ),
        quantities=("rain", "flow", "load_power", "dose_rate"),
        measures=measures,
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        interval=1.0,
        least_interval=0.5,
        deadline=0.2,
    ),
)
