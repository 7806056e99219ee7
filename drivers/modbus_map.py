"""From the description of a Modbus device (`drivers/description.py`) to its driver.

A whole reply without its question is decoded as the main read (the first `[[read]]`); with the address and function of the
question, every quantity is decoded that lies wholly in the registers that came.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, cast

from drivers import registers
from drivers.description import RESULT, Description, Said, Time
from drivers.driver import Driver, Environment, ModbusPort, Page, Terminal, Text
from drivers.errors import Faulted, Foreign, Garbled, NoAnswer
from drivers.growth import Growth, total_of
from drivers.quantity import quantities
from drivers.registers import Order, number, scaled, size_of
from drivers.sample import Sample

_ORDERS = ("", *registers.ORDERS)


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between units that are sold under one name."""

    order: str = field(
        default="", metadata={"help": "byte order of 32-bit numbers, if not the described one", "choices": _ORDERS}
    )
    function: int = field(default=0, metadata={"help": "function of all reads, if not the described one", "choices": (0, 3, 4)})


@dataclass(frozen=True, slots=True)
class AnalyserSettings(Settings):
    """The same, and what the analyser measures."""

    quantity: str = field(default="", metadata={"help": "what it measures", "choices": ("", *quantities())})


@dataclass(frozen=True, slots=True)
class HubSettings(AnalyserSettings):
    """The same, and which of the sensors that hang on the hub."""

    sensor: int = field(default=1, metadata={"help": "number of the sensor on the hub", "low": 1, "high": 100})


@dataclass(frozen=True, slots=True)
class LevelSettings(Settings):
    """The same, and where a sensor hangs that looks down on the water."""

    height: float = field(
        default=0.0,
        metadata={"help": "the sensor's face above the level's zero; 0: levels are counted from it down", "unit": "m", "low": 0},
    )


class Span(NamedTuple):
    """Registers that came: with which function, from which address on."""

    function: int
    address: int
    words: tuple[int, ...]


def driver(name: str, made: Description) -> Driver:
    """The driver of a description."""
    device = _Device(made)
    keys = tuple(key for key in made.quantities if key != RESULT)
    sums = tuple(value.quantity for value in made.value if value.growth)
    return Driver(
        name=name,
        title=made.title,
        zh=made.zh,
        port="modbus",
        page=_page(made),
        quantities=device.choices + keys,
        measures=device.measures,
        split=registers.split,
        decode=device.decode,
        decode_from=device.decode_from,
        read=device.read,
        begin=device.begin if made.begin else None,
        identify=device.identify if made.identity else None,
        process=partial(Growth, sums) if sums else None,
        settings=device.settings,
        defaults={"baud": made.baud, "parity": made.parity, "stopbits": made.stopbits, "unit": made.unit},
        interval=made.interval,
        least_interval=made.least_interval,
        deadline=made.deadline,
        warm_up=made.warm_up,
        resolution=_resolution(made),
        confidence=made.confidence,
    )


def _page(made: Description) -> Page:
    sheet = made.page
    return Page(
        source=made.source,
        published=sheet.published,
        wiring=tuple((pin, cast(Terminal, goes)) for pin, goes in sheet.wiring),
        supply=cast(Text, sheet.supply),
        faults=cast(tuple[Text, ...], sheet.faults),
        cannot=cast(Text, sheet.cannot),
    )


def _resolution(made: Description) -> Mapping[str, float]:
    """Of whole numbers one count; of floats it is not known."""
    return {v.quantity: abs(v.scale / v.divide) for v in made.value if v.format != "f32" and v.quantity != RESULT}


class _Device:
    """A description at work; nothing in it changes."""

    def __init__(self, made: Description) -> None:
        self._made = made
        self._value_reasons = [{float_of(key): word for key, word in value.reasons.items()} for value in made.value]
        self._status_reasons = [{float_of(key): word for key, word in one.reasons.items()} for one in made.status]
        self.choices = made.choices if RESULT in made.quantities else ()
        looks_down = any(value.from_above for value in made.value)
        chosen = HubSettings if made.block else AnalyserSettings
        self.settings = chosen if self.choices else LevelSettings if looks_down else Settings

    def measures(self, settings: Any) -> tuple[str, ...]:
        """The quantities with these settings. Raises ValueError while an analyser is not told what it measures."""
        if self.choices and settings.quantity not in self.choices:
            raise ValueError(f'quantity = "…" must say what this analyser measures: {", ".join(self.choices)}')
        return tuple(self._key(key, settings) for key in self._made.quantities)

    def decode(self, reply: bytes, settings: Any) -> Sample:
        """A reply to the main read. Raises Garbled or Foreign."""
        main = next(one for one in self._made.read if self._applies(one.of, settings))
        wanted = settings.function or main.function

        def values(function: int, words: tuple[int, ...], raw: bytes) -> Sample:
            if function != wanted:
                raise Foreign("another function was answered", raw=raw, expected=f"0x{wanted:02x}", got=f"0x{function:02x}")
            if len(words) not in (main.count, *main.also):
                size, got = f"{2 * main.count} bytes", f"{2 * len(words)} bytes"
                raise Garbled("wrong number of registers", reason="length", raw=raw, expected=size, got=got)
            return self._sample([Span(function, main.address, words)], settings)

        return registers.decode_reply(reply, values)

    def decode_from(self, reply: bytes, settings: Any, address: int, function: int | None) -> Sample:
        """A reply to a question for the registers from `address` on. Raises Garbled or Foreign."""

        def values(got: int, words: tuple[int, ...], raw: bytes) -> Sample:
            if function is not None and got != function:
                raise Foreign("another function was answered", raw=raw, expected=f"0x{function:02x}", got=f"0x{got:02x}")
            return self._sample([Span(got, address - self._shift(settings), words)], settings)

        return registers.decode_reply(reply, values)

    def begin(self, port: ModbusPort, _settings: Any) -> None:
        """What is said once. Raises a wire error."""
        _say(port, self._made.begin)

    def identify(self, port: ModbusPort, _settings: Any) -> str:
        """The serial number as the device writes it. Raises a wire error."""
        place = self._made.identity
        assert place is not None
        words = (port.input if place.function == 4 else port.holding)(place.address, place.count)
        text = b"".join(word.to_bytes(2, "big") for word in words)
        return "".join(chr(byte) for byte in text if 0x21 <= byte <= 0x7E)

    def read(self, port: ModbusPort, _environment: Environment, settings: Any) -> Sample:
        """Every read of the description. Raises a wire error."""
        _say(port, self._made.before)
        spans = []
        for one in self._made.read:
            if not self._applies(one.of, settings):
                continue
            ask = port.input if (settings.function or one.function) == 4 else port.holding
            try:
                words = ask(one.address + self._shift(settings), one.count)
            except Faulted:
                if not one.optional:
                    raise
            else:
                spans.append(Span(settings.function or one.function, one.address, words))
        sample = self._sample(spans, settings)
        refused = {key: "device_fault" for key in self.measures(settings) if key not in {**sample.values, **sample.fields}}
        reason = sample.reason or ("" if sample.values else next(iter(refused.values()), ""))
        return replace(sample, fields={**sample.fields, **refused}, reason=reason)

    def _shift(self, settings: Any) -> int:
        """How far behind the first sensor's registers those of the configured one stand."""
        return self._made.block * (settings.sensor - 1) if self._made.block else 0

    def _applies(self, of: str, settings: Any) -> bool:
        """True if what is only `of` one choice is of the configuration's; "" is of all."""
        return not of or of == self._key(RESULT, settings)

    def _key(self, quantity: str, settings: Any) -> str:
        return (settings.quantity or self.choices[0]) if quantity == RESULT else quantity

    def _sample(self, spans: list[Span], settings: Any) -> Sample:
        """Everything that lies wholly in the registers that came."""
        status, against, whole = self._judge(spans, settings)
        values: dict[str, float] = {}
        fields: dict[str, str] = {}
        for value, reasons in zip(self._made.value, self._value_reasons, strict=True):
            raw = self._number(spans, value.register, value.format, value.order, settings)
            if raw is None or not self._applies(value.of, settings):
                continue
            key = self._key(value.quantity, settings)
            reason = reasons.get(raw, "") if math.isfinite(raw) else "sentinel"
            reason = reason or against.get(value.quantity, "")
            if reason or whole:
                fields[key] = reason or whole
                if math.isfinite(raw):
                    status[key] = raw
                continue
            amount = scaled(raw, value.scale) / value.divide + value.offset
            if value.from_above:
                status["distance"], amount = amount, settings.height - amount
            if value.growth:
                fields[key], status[total_of(key)] = "not_started", amount
            else:
                values[key] = amount
        self._doubt_zeros(values, fields)
        taken = self._taken(spans, status, settings)
        reason = whole or (next(iter(fields.values())) if fields and not values else "")
        return Sample(values, fields, status, reason, taken=taken)

    def _judge(self, spans: list[Span], settings: Any) -> tuple[dict[str, Any], dict[str, str], str]:
        """(status, what speaks against which value, what speaks against all of it)."""
        status: dict[str, Any] = {}
        against: dict[str, str] = {}
        whole = ""
        for one, reasons in zip(self._made.status, self._status_reasons, strict=True):
            raw = self._number(spans, one.register, one.format, one.order, settings)
            if raw is None:
                continue
            shown: float = (raw & one.mask) >> one.shift if isinstance(raw, int) else raw
            status[one.name] = shown if math.isfinite(shown) else str(shown)
            reason = _first_bit(one.bits, shown) if isinstance(shown, int) else ""
            reason = reason or reasons.get(float(shown), one.otherwise)
            if reason and one.of:
                against |= dict.fromkeys(one.of, reason)
            elif reason:
                whole = whole or reason
        return status, against, whole

    def _number(self, spans: list[Span], register: int, kind: registers.Format, order: Order | None, settings: Any) -> Any:
        """The number that stands at `register`, None if it did not come."""
        for function, address, words in spans:
            at = register - address
            if at >= 0 and at + size_of(kind) <= len(words) and self._declares(function, register, settings):
                return number(words, at, kind, settings.order or order or self._made.order)
        return None

    def _declares(self, function: int, register: int, settings: Any) -> bool:
        """True if the description has `register` among those of this function."""
        return any(
            (settings.function or one.function) == function and one.address <= register < one.address + one.count
            for one in self._made.read
        )

    def _doubt_zeros(self, values: dict[str, float], fields: dict[str, str]) -> None:
        """Take out a 0 that is believed only beside another 0."""
        for value in self._made.value:
            if value.zero_needs and values.get(value.quantity) == 0 and values.get(value.zero_needs, 0) != 0:
                del values[value.quantity]
                fields[value.quantity] = "sentinel"

    def _taken(self, spans: list[Span], status: dict[str, Any], settings: Any) -> str:
        """The sample's own time; what is no time is told in the status and not used."""
        place = self._made.time
        if place is None:
            return ""
        for function, address, words in spans:
            at = place.register - address
            if at >= 0 and at + place.size <= len(words) and self._declares(function, place.register, settings):
                text = time_text(place, words[at : at + place.size])
                status["sample_time"] = text or "invalid"
                return text
        return ""


def float_of(key: str) -> float:
    """A number as descriptions write it: 4, 0x10, 3.5."""
    return float(key) if "." in key else float(int(key, 0))


def _first_bit(bits: Mapping[str, str], number: int) -> str:
    return next((word for bit, word in bits.items() if number >> int(bit, 0) & 1), "")


def _say(port: ModbusPort, steps: tuple[Said, ...]) -> None:
    """Say each step; no answer to an optional one, or a refusal of it, is no failure."""
    for step in steps:
        try:
            if step.write is not None:
                port.write(step.write, step.values)
            elif step.read is not None:
                (port.input if step.function == 4 else port.holding)(step.read, step.count)
        except (NoAnswer, Garbled, Faulted):
            if not step.optional:
                raise
        if step.wait:
            port.pause(step.wait)


def time_text(place: Time, words: tuple[int, ...]) -> str:
    """ "YYYY-MM-DDTHH:MM:SS", or "" for what is no time."""
    parts = list(words)
    if place.format != "words":
        octets = parts if place.format == "bcd_words" else [byte for word in words for byte in word.to_bytes(2, "big")]
        parts = [10 * (byte >> 4) + (byte & 15) if byte >> 4 < 10 and byte & 15 < 10 else 255 for byte in octets]
    year, month, day, hour, minute, second = parts
    year += 2000 if year < 100 else 0
    days = (31, 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not (2000 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= days[month - 1]):
        return ""
    if hour > 23 or minute > 59 or second > 59:
        return ""
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


@dataclass(frozen=True, slots=True)
class MapSettings(Settings):
    """Which description is the device's."""

    map: str = field(default="", metadata={"help": "TOML file that describes the device"})


def _undescribed(reply: bytes, _settings: Any) -> Sample:
    """The registers as they are, for somebody who is about to describe a device. Raises Garbled or Foreign."""

    def values(_function: int, words: tuple[int, ...], _raw: bytes) -> Sample:
        status: dict[str, int | float | str] = {f"register {at}": word for at, word in enumerate(words)}
        for at in range(len(words) - 1):
            for order in registers.ORDERS:
                found = number(words, at, "f32", order)
                if math.isfinite(found) and 1e-6 < abs(found) < 1e9:
                    status[f"registers {at}-{at + 1} as float {order}"] = found
        return Sample({}, status=status)

    return registers.decode_reply(reply, values)


def _no_map(_settings: Any) -> tuple[str, ...]:
    raise ValueError('map = "…" must name the TOML file that describes the device')


DRIVERS = (
    Driver(
        name="modbus_map",
        title="any Modbus device, described in a TOML file",
        zh="任意 Modbus 设备，用 TOML 文件描述",
        port="modbus",
        page=Page(
            source="drivers/description.py says what a description holds",
            published=True,
            wiring=(("A (485+)", "A"), ("B (485−)", "B")),
            supply=("see the label of the device", "以设备铭牌为准"),
            faults=(
                (
                    "numbers are nonsense: try the other byte orders (ABCD, CDAB, DCBA, BADC)",
                    "数值荒谬：换其他字节序（ABCD、CDAB、DCBA、BADC）",
                ),
                (
                    "exception 2: manuals often count registers from 1, the wire counts from 0",
                    "异常码 2：说明书常从 1 计寄存器，总线从 0 计",
                ),
            ),
            cannot=("anything until it is described", "描述之前什么也不知道"),
        ),
        quantities=(),
        measures=_no_map,
        split=registers.split,
        decode=_undescribed,
        settings=MapSettings,
        defaults={"baud": 9600, "unit": 1},
        confidence="unverified",
    ),
)
