"""RS-485 noise transmitters of the common Chinese kind (Renke RS-ZS and its many relatives): one level in dB(A).

Source: Renke RS-ZS noise transmitter manual: function 03, register 0, level × 0.1 dB(A), 30 to 120 dB, 4800 8N1 from the
factory. Relatives differ in register, scale and speed: these are settings (section 5.1 of the sensor reference: JXCT and BGT
maps are unverified). The response time is 0.5 s (fast); one reading a second is meant.

What it cannot say: percentiles, peaks, C weighting. LAeq of an interval is the energy mean of these levels.
"""

from dataclasses import dataclass, field

from drivers import registers
from drivers.driver import Driver, Environment, ModbusPort, Page
from drivers.errors import Foreign, Garbled
from drivers.registers import scaled
from drivers.sample import Sample


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the level stands."""

    register: int = field(default=0, metadata={"help": "register of the level", "low": 0, "high": 65535})
    scale: float = field(default=0.1, metadata={"help": "dB for each count", "unit": "dB", "low": 0.001, "high": 10})
    function: int = field(default=3, metadata={"choices": (3, 4)})


def decode(reply: bytes, settings: Settings) -> Sample:
    """A whole RTU reply: the level in dB(A). Raises Garbled or Foreign."""

    def values(got: int, words: tuple[int, ...], raw: bytes) -> Sample:
        if got != settings.function:
            raise Foreign("another function was answered", raw=raw)
        if len(words) != 1:
            got_bytes = f"{2 * len(words)} bytes"
            raise Garbled("wrong number of registers", reason="length", raw=raw, expected="2 bytes", got=got_bytes)
        return _level(words[0], settings)

    return registers.decode_reply(reply, values)


def decode_from(reply: bytes, settings: Settings, address: int, function: int | None) -> Sample:
    """A reply to a question for the registers from `address` on. Raises Garbled or Foreign."""

    def values(got: int, words: tuple[int, ...], raw: bytes) -> Sample:
        if got != (function or settings.function):
            raise Foreign("another function was answered", raw=raw)
        at = settings.register - address
        return _level(words[at], settings) if 0 <= at < len(words) else Sample({})

    return registers.decode_reply(reply, values)


def _level(word: int, settings: Settings) -> Sample:
    if word == registers.FULL_SCALE:
        return Sample({}, {"laeq": "sentinel"}, reason="sentinel")
    return Sample({"laeq": scaled(word, settings.scale)})


def read(port: ModbusPort, _environment: Environment, settings: Settings) -> Sample:
    """One level. Raises a wire error."""
    ask = port.input if settings.function == 4 else port.holding
    return _level(ask(settings.register, 1)[0], settings)


DRIVERS = (
    Driver(
        name="rs485_noise",
        title="RS-485 noise transmitter (Renke RS-ZS and relatives)",
        zh="RS-485 噪声变送器（建大仁科 RS-ZS 及同类）",
        port="modbus",
        page=Page(
            source="Renke RS-ZS noise transmitter manual",
            published=False,
            wiring=(("brown V+", "12V"), ("black V−", "GND"), ("yellow A", "A"), ("blue B", "B")),
            supply=("10 to 30 V, 0.4 W", "10～30 V，0.4 W"),
            faults=(
                (
                    "no answer: most speak 4800 from the factory, boards 9600; unit 255 is answered by all",
                    "无应答：整机出厂多为 4800，板载多为 9600；地址 255 均应答",
                ),
                ("never under 30 dB: its floor", "不低于 30 dB：量程下限"),
                ("wind noise: mount it with its foam ball, 1 m from walls", "风噪：装防风球，距墙 1 m"),
            ),
            cannot=(
                "percentiles of its own, peaks, C weighting; it is no class 1 meter",
                "不给出百分声级、峰值、C 计权；不是 1 级声级计",
            ),
        ),
        quantities=("laeq",),
        split=registers.split,
        decode=decode,
        decode_from=decode_from,
        read=read,
        settings=Settings,
        defaults={"baud": 4800, "unit": 1},
        interval=1.0,
        least_interval=0.5,
        deadline=0.5,
        warm_up=5.0,
        resolution={"laeq": 0.1},
    ),
)
