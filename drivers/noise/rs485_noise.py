"""RS-485 noise transmitters of the common Chinese kind (Renke RS-ZS and its many relatives): one level in dB(A).

Source: Renke RS-ZS noise transmitter manual: function 03, register 0, level × 0.1 dB(A), 30 to 120 dB, 4800 8N1 from the
factory. Relatives differ in register, scale and speed: these are settings (section 5.1 of the sensor reference: JXCT and BGT
maps are unverified). The response time is 0.5 s (fast); one reading a second is meant.

What it cannot say: percentiles, peaks, C weighting. LAeq of an interval is the energy mean of these levels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers import registers
from drivers.driver import Driver, Environment, ModbusPort, Page
from drivers.registers import Block, Field
from drivers.sample import Sample


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the level stands."""

    register: int = field(default=0, metadata={"help": "register of the level", "low": 0, "high": 65535})
    scale: float = field(default=0.1, metadata={"help": "dB for each count", "unit": "dB", "low": 0.001, "high": 10})
    function: int = field(default=3, metadata={"choices": (3, 4)})


def _block(settings: Settings) -> Block:
    return Block(settings.register, 1, (Field("laeq", 0, "u16", settings.scale),), settings.function)


def decode(reply: bytes, settings: Settings) -> Sample:
    """A whole RTU reply; the level in dB(A). Raises Garbled or Foreign."""
    block = _block(settings)

    def values(words: Sequence[int]) -> Sample:
        return registers.sample(block, words)

    return registers.decode_reply(reply, block, values)


def read(port: ModbusPort, _environment: Environment, settings: Settings) -> Sample:
    """Ask once. Raises a wire error."""
    ask = port.holding if settings.function == 3 else port.input
    return registers.sample(_block(settings), ask(settings.register, 1))


_PAGE = Page(
    source="Renke RS-ZS noise transmitter manual",
    published=False,
    wiring=(("V+", "12V"), ("V-", "GND"), ("A", "A"), ("B", "B")),
    supply=("10 to 30 V", "10～30 V"),
    faults=(("no answer: A and B swapped", "无应答：A、B 接反"),),
    cannot=("see above", "见上"),
)


DRIVERS = (
    Driver(
        name="rs485_noise",
        title="RS-485 noise transmitter (Renke RS-ZS and relatives)",
        zh="RS-485 噪声变送器（建大仁科 RS-ZS 等）",
        port="modbus",
        page=_PAGE,
        quantities=("laeq",),
        split=registers.split,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"baud": 4800, "unit": 1},
        interval=1.0,
        least_interval=0.5,
        deadline=0.5,
        warm_up=5.0,
    ),
)
