"""4 to 20 mA loops behind a Modbus current input (Waveshare Modbus RTU Analog Input 8CH and others that count µA).

Source: Waveshare's page of the module: function 04, registers 0 to 7, one for each channel, µA while the channel's mode
(holding register 0x1000 + channel) is 3. NAMUR NE 43 for what a current means: 3.8 to 20.5 mA measure; below 3.6 mA the wire
is broken, above 21 mA the transmitter reports a fault; between lies a range that is exceeded.

What it cannot say: which transmitter hangs on a loop, and its range: both are settings, `loops = ["1 water_level 0 10"]`
(channel, quantity, value at 4 mA, value at 20 mA). Field oddity: a module left in voltage mode answers numbers that look
like currents.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from drivers import registers
from drivers.driver import Driver, Environment, ModbusPort, Page
from drivers.errors import Foreign, Garbled
from drivers.quantity import quantities
from drivers.sample import Sample

CHANNELS = 8
MODES = 0x1000  # holding registers: 3 is 4 to 20 mA in µA
CURRENT = 3
BROKEN, LOW, HIGH, FAULT = 3600, 3800, 20500, 21000  # µA, NAMUR NE 43


@dataclass(frozen=True, slots=True)
class Settings:
    """What hangs on the channels."""

    loops: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": '"channel quantity value-at-4-mA value-at-20-mA", for example "1 water_level 0 10"',
            "example": ("1 water_level 0 10",),
        },
    )


class Loop(NamedTuple):
    """One transmitter: channel 1 to 8, quantity key, values at 4 and 20 mA in the registry's unit."""

    channel: int
    quantity: str
    low: float
    high: float


def loops(settings: Settings) -> Iterator[Loop]:
    """The transmitters. Raises ValueError for a text that is none."""
    for text in settings.loops:
        parts = text.split()
        try:
            found = Loop(int(parts[0]), parts[1], float(parts[2]), float(parts[3]))
        except (IndexError, ValueError):
            raise ValueError(f'{text!r} is no loop; write "channel quantity value-at-4-mA value-at-20-mA"') from None
        if not 1 <= found.channel <= CHANNELS or found.quantity not in quantities() or found.low == found.high or len(parts) != 4:
            raise ValueError(
                f"{text!r} is no loop: channels are 1 to {CHANNELS}, the quantity must be known, the range not empty"
            )
        yield found


def measures(settings: Settings) -> tuple[str, ...]:
    """The quantities of the loops. Raises ValueError."""
    found = tuple(loop.quantity for loop in loops(settings))
    if not found or len(set(found)) < len(found):
        raise ValueError('loops = ["1 water_level 0 10"] must name at least one transmitter, and each quantity once')
    return found


def _sample(currents: dict[int, int], settings: Settings) -> Sample:
    """`currents`: channel → µA."""
    values: dict[str, float] = {}
    fields: dict[str, str] = {}
    for loop in loops(settings):
        if loop.channel not in currents:
            continue
        current = currents[loop.channel]
        if current < BROKEN or current > FAULT:
            fields[loop.quantity] = "device_fault"
        elif current < LOW or current > HIGH:
            fields[loop.quantity] = "saturated"
        else:
            values[loop.quantity] = loop.low + (current - 4000) / 16000 * (loop.high - loop.low)
    status: dict[str, int | float | str] = {f"channel {channel} µA": current for channel, current in currents.items()}
    return Sample(values, fields, status, next(iter(fields.values())) if fields and not values else "")


def decode(reply: bytes, settings: Settings) -> Sample:
    """A whole RTU reply to a question for all eight channels. Raises Garbled or Foreign."""
    return _decode(reply, settings, 0, CHANNELS)


def decode_from(reply: bytes, settings: Settings, address: int, function: int | None) -> Sample:
    """A reply to a question for the channels from register `address` on. Raises Garbled or Foreign."""
    if function not in (None, 4):
        return registers.decode_reply(reply, lambda *_: Sample({}))
    return _decode(reply, settings, address, None)


def _decode(reply: bytes, settings: Settings, address: int, count: int | None) -> Sample:
    def values(function: int, words: tuple[int, ...], raw: bytes) -> Sample:
        if function != 4:
            raise Foreign("another function was answered", raw=raw, expected="0x04", got=f"0x{function:02x}")
        if count is not None and len(words) != count:
            sizes = {"expected": f"{2 * count} bytes", "got": f"{2 * len(words)} bytes"}
            raise Garbled("wrong number of registers", reason="length", raw=raw, **sizes)
        return _sample({address + at + 1: word for at, word in enumerate(words) if address + at < CHANNELS}, settings)

    return registers.decode_reply(reply, values)


def begin(port: ModbusPort, _settings: Settings) -> None:
    """Put every channel into the mode that counts µA. Raises a wire error."""
    if port.holding(MODES, CHANNELS) != (CURRENT,) * CHANNELS:
        port.write(MODES, (CURRENT,) * CHANNELS)


def read(port: ModbusPort, _environment: Environment, settings: Settings) -> Sample:
    """All channels in one question. Raises a wire error."""
    return _sample(dict(enumerate(port.input(0, CHANNELS), 1)), settings)


DRIVERS = (
    Driver(
        name="current_loop",
        title="4 to 20 mA loops behind a Modbus input module (Waveshare 8CH)",
        zh="4～20 mA 电流环（微雪 8 路 Modbus 模拟量采集模块）",
        port="modbus",
        page=Page(
            source="Waveshare Modbus RTU Analog Input 8CH; NAMUR NE 43",
            published=False,
            wiring=(("VIN", "12V"), ("GND", "GND"), ("A+", "A"), ("B-", "B"), ("AI1 … AI8", "OPEN")),
            supply=(
                "7 to 36 V; a two-wire transmitter needs 24 V of its own in the loop",
                "7～36 V；两线制变送器回路需另供 24 V",
            ),
            faults=(
                ("device_fault under 3.6 mA: loop open, transmitter without 24 V", "低于 3.6 mA：回路断线或变送器无 24 V"),
                ("device_fault above 21 mA: the transmitter reports a fault, or a short", "高于 21 mA：变送器报故障或短路"),
                (
                    "value off by a factor: range at 4 and 20 mA differs from the transmitter's label",
                    "数值成倍偏差：loops 中量程与变送器铭牌不符",
                ),
            ),
            cannot=("which transmitter hangs on a loop, and its range", "不知道回路上接的是什么变送器及其量程"),
        ),
        quantities=tuple(quantities()),
        measures=measures,
        split=registers.split,
        decode=decode,
        decode_from=decode_from,
        read=read,
        begin=begin,
        settings=Settings,
        defaults={"baud": 9600, "unit": 1},
        interval=1.0,
        least_interval=0.2,
        deadline=0.5,
        warm_up=2.0,
        confidence="likely",
    ),
)
