"""A dry contact on a GPIO pin: whether a pump, a fan, a disinfection runs; or whether a door is open.

Source: RPi.GPIO, level of one input with its pull-up; a relay's contact between the pin and ground. Closed is low, and means
`running` 1 unless `closed = "off"`. The answer is one character, 0 (low) or 1 (high).

What it cannot say: whether the pump moves water; hours of operation come from the interval's mean. Field oddity: a long
cable picks up noise: use shielded wire, or an optocoupler.
"""

from dataclasses import dataclass, field
from typing import Any

from drivers.driver import Driver, Environment, GpioPort, Page
from drivers.errors import Garbled
from drivers.frames import Cut, chunks, expect_length
from drivers.sample import Sample


@dataclass(frozen=True, slots=True)
class Settings:
    """What a closed contact means, and what it is."""

    closed: str = field(default="on", metadata={"help": "what a closed contact (low level) means", "choices": ("on", "off")})
    quantity: str = field(default="running", metadata={"help": "what it tells", "choices": ("running", "door")})


def measures(settings: Settings) -> tuple[str, ...]:
    """One of the two."""
    return (settings.quantity,)


def split(buffer: bytes) -> Cut:
    """Each character is an answer."""
    return chunks(1)(buffer)


def decode(frame: bytes, settings: Settings) -> Sample:
    """One character, 0 or 1, as `running` 0 or 1. Raises Garbled."""
    expect_length(frame, 1)
    if frame not in (b"0", b"1"):
        raise Garbled("no level", reason="header", raw=frame, expected="0 or 1", got=repr(frame))
    return _state(frame == b"1", settings)


def _state(high: bool, settings: Settings) -> Sample:
    on = high != (settings.closed == "on")
    return Sample({settings.quantity: float(on)}, status={"level": int(high)})


def read(port: GpioPort, _environment: Environment, settings: Any) -> Sample:
    """The level now. Raises PortLost."""
    return _state(port.level(), settings)


DRIVERS = (
    Driver(
        name="contact",
        title="dry contact on a GPIO pin (pump, fan, disinfection, door)",
        zh="GPIO 干接点（水泵、风机、消毒、箱门）",
        port="gpio",
        page=Page(
            source="RPi.GPIO; a relay's contact between pin and ground",
            published=False,
            wiring=(("contact 1", "GPIO"), ("contact 2", "GND")),
            supply=("none: a dry contact; never put a voltage on the pin", "无源干接点；引脚上不得加电压"),
            faults=(
                (
                    "always the same: contact carries a voltage, wrong pin number (BCM, not the header's)",
                    "状态不变：触点带电，或引脚编号有误（用 BCM 编号，不是排针号）",
                ),
                ("flickers: long unshielded cable; use an optocoupler", "抖动：长线未屏蔽，加光耦"),
            ),
            cannot=("whether the pump moves water", "不能判断水泵是否真的出水"),
        ),
        quantities=("running", "door"),
        measures=measures,
        split=split,
        decode=decode,
        read=read,
        settings=Settings,
        interval=1.0,
        least_interval=0.1,
        deadline=0.2,
    ),
)
