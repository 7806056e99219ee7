"""RS-485 wind sensors of the common Chinese kind: speed (Renke RS-FSJT-N01) and direction (RS-FXJT-N01), two devices.

Source: Renke manuals: speed in register 0 × 0.1 m/s; direction as a gear (0 to 7, 16 steps on others) in register 0 and in
degrees in register 1. 4800 8N1, both with address 1 from the factory: change one while it is alone on the line. DFRobot's
SEN0483 and SEN0482 have descriptions of their own; other relatives are told apart by the settings.

What they cannot say: gusts (the interval's maximum tells them), and a direction in still air: the vane stays where it was.
"""

from dataclasses import dataclass, field, replace

from drivers import registers
from drivers.driver import Driver, Environment, ModbusPort, Page
from drivers.errors import Foreign, Garbled
from drivers.registers import scaled
from drivers.sample import Sample


@dataclass(frozen=True, slots=True)
class Settings:
    """Which of the two devices it is, and where its number stands."""

    measure: str = field(default="speed", metadata={"help": "which device it is", "choices": ("speed", "direction")})
    register: int | None = field(
        default=None, metadata={"help": "register, if not 0 (speed) or 1 (direction)", "low": 0, "high": 65535}
    )
    scale: float | None = field(
        default=None, metadata={"help": "m/s or ° for each count, if not 0.1 or 1", "low": 0.001, "high": 100}
    )
    function: int = field(default=3, metadata={"choices": (3, 4)})

    @property
    def place(self) -> int:
        """The register of the number."""
        return self.register if self.register is not None else int(self.measure == "direction")


def measures(settings: Settings) -> tuple[str, ...]:
    """One of the two."""
    return ("wind_direction",) if settings.measure == "direction" else ("wind_speed",)


def decode(reply: bytes, settings: Settings) -> Sample:
    """A whole RTU reply: one register is a speed, two are gear and direction. Raises Garbled or Foreign."""

    def values(function: int, words: tuple[int, ...], raw: bytes) -> Sample:
        if function != settings.function:
            raise Foreign("another function was answered", raw=raw)
        if len(words) not in (1, 2):
            got = f"{2 * len(words)} bytes"
            raise Garbled("wrong number of registers", reason="length", raw=raw, expected="2 or 4 bytes", got=got)
        if len(words) == 2:
            found = _number(words[1], replace(settings, measure="direction"))
            return replace(found, status={"gear": words[0]})
        return _number(words[0], settings)

    return registers.decode_reply(reply, values)


def decode_from(reply: bytes, settings: Settings, address: int, function: int | None) -> Sample:
    """A reply to a question for the registers from `address` on. Raises Garbled or Foreign."""

    def values(got: int, words: tuple[int, ...], raw: bytes) -> Sample:
        if got != (function or settings.function):
            raise Foreign("another function was answered", raw=raw)
        at = settings.place - address
        return _number(words[at], settings) if 0 <= at < len(words) else Sample({})

    return registers.decode_reply(reply, values)


def _number(word: int, settings: Settings) -> Sample:
    key, usual = ("wind_direction", 1.0) if settings.measure == "direction" else ("wind_speed", 0.1)
    if word == registers.FULL_SCALE:
        return Sample({}, {key: "sentinel"}, reason="sentinel")
    return Sample({key: scaled(word, settings.scale or usual)})


def read(port: ModbusPort, _environment: Environment, settings: Settings) -> Sample:
    """One number. Raises a wire error."""
    ask = port.input if settings.function == 4 else port.holding
    return _number(ask(settings.place, 1)[0], settings)


DRIVERS = (
    Driver(
        name="rs485_wind",
        title="RS-485 wind speed or direction sensor (Renke RS-FSJT, RS-FXJT and relatives)",
        zh="RS-485 风速或风向变送器（建大仁科 RS-FSJT、RS-FXJT 及同类）",
        port="modbus",
        page=Page(
            source="Renke manuals of RS-FSJT-N01 and RS-FXJT-N01",
            published=False,
            wiring=(("brown V+", "12V"), ("black V−", "GND"), ("green A", "A"), ("blue B", "B")),
            supply=("10 to 30 V; below 10 V it answers nothing", "10～30 V；低于 10 V 不应答"),
            faults=(
                (
                    "both devices garble each other: both have address 1; connect one alone and change it",
                    "两台同时无法通信：出厂地址都是 1，先单独接一台改地址",
                ),
                ("direction off by a constant: turn the vane's mark to north", "风向恒定偏差：将指北标记对准正北"),
                ("speed 0 in wind: bearing worn or iced", "有风而风速为 0：轴承磨损或结冰"),
            ),
            cannot=("a direction in still air: the vane stays where it was", "静风时风向停在原处，无意义"),
        ),
        quantities=("wind_speed", "wind_direction"),
        measures=measures,
        split=registers.split,
        decode=decode,
        decode_from=decode_from,
        read=read,
        settings=Settings,
        defaults={"baud": 4800, "unit": 1},
        interval=1.0,
        least_interval=0.5,
        deadline=0.5,
        warm_up=2.0,
        resolution={"wind_speed": 0.1, "wind_direction": 1.0},
    ),
)
