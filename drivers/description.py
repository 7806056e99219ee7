"""A Modbus device described in TOML: what stands where, and what must be said to it. No bytes here, only the description.

    title, zh, source, confidence         maker and model in English and Chinese; the register list; certain, likely, unverified
    baud, parity, stopbits, unit          port settings of the sheet (9600, "N", 1, 1)
    order                                 byte order of 32-bit numbers: ABCD, CDAB, DCBA or BADC
    interval, least_interval, deadline, warm_up    s
    [[begin]] [[before]]                  steps said once after power-up, and before each reading:
        write = ADDRESS, values = […]     function 16; or
        read = ADDRESS, count = N         a read that is a command to this device
        wait = s, optional = true         pause after it; no answer to it is no failure
    [[read]] address, count, function     one question each; the first is the main read; `also`: other counts
                                          that hosts ask for, known when a reply comes without its question;
                                          `of`: only where the configuration's `quantity` is that one of `choices`;
                                          `optional`: refused (an exception) by a device without that sensor, which says
                                          nothing against the other reads
    [[value]] quantity, register          a number: format f32 u16 s16 u32 s32, order, scale, divide, offset,
        reasons = { "0" = "not_started" } raw numbers that are no measurement, and why
        zero_needs = "quantity"           a 0 is believed only while that quantity is 0 too
        of = "cod"                        as with [[read]]: a family of probes, each with its own register
        from_above = true                 a distance down to the water: the level is the setting `height` less it
        growth = true                     the device keeps a sum (rain): the value is what it grew since the last reading
    [[status]] name, register             format, mask, shift; what it says against the values:
        reasons, bits, otherwise          by number, by bit, and for numbers not listed; of = […] names the values (default all)
    [time] register, format               the sample's own time: "words", "bcd_words" (six registers each) or "bcd" (three)
    [identity] address, count             text: the serial number; function
    choices = [quantities]                what `result` may be; the first is assumed by `station decode` alone
    block = N                             a hub: N registers for each sensor that hangs on it; the setting `sensor` says which
    [page] supply, cannot, faults, wiring, published    texts as [English, Chinese]

Addresses are zero-based as on the wire; a value that lies in no [[read]] is a mistake. `quantity = "result"` is what the
configuration's `quantity` says: an analyser that is sold for COD, ammonia nitrogen and others with one register list.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from drivers.driver import Confidence, Terminal, Text
from drivers.quantity import quantities
from drivers.registers import Format, Order, size_of
from drivers.sample import REASONS

RESULT = "result"

RS485: tuple[tuple[str, Terminal], ...] = (("V+", "12V"), ("V−", "GND"), ("A (485+)", "A"), ("B (485−)", "B"))
FAULTS: tuple[Text, ...] = (
    ("no answer: A and B swapped, another unit address or speed", "无应答：A、B 接反，或地址、波特率不符"),
    ("answers come and go: no common ground, or two devices with one address", "时有时无：未共地，或两台设备地址相同"),
)


class BadDescription(ValueError):
    """A description cannot be used; `problems` holds one `where: what` each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One step that is said to the device: a write (function 16) or a read that is a command."""

    write: int | None = None
    values: tuple[int, ...] = ()
    read: int | None = None
    count: int = 1
    function: Literal[3, 4] = 3
    wait: float = 0.0
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Registers that are read in one question."""

    address: int
    count: int
    function: Literal[3, 4] = 3
    also: tuple[int, ...] = ()
    of: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One quantity: where it stands, and how the raw number becomes the registry's unit: raw × scale ÷ divide + offset."""

    quantity: str
    register: int
    format: Format = "f32"
    order: Order | None = None
    scale: float = 1.0
    divide: float = 1.0
    offset: float = 0.0
    reasons: Mapping[str, str] = field(default_factory=dict)
    zero_needs: str = ""
    of: str = ""
    from_above: bool = False
    growth: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One number that is no quantity: it goes into the sample's status, and may speak against values."""

    name: str
    register: int
    format: Format = "u16"
    order: Order | None = None
    mask: int = 0xFFFFFFFF
    shift: int = 0
    reasons: Mapping[str, str] = field(default_factory=dict)
    bits: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """The device's own time of its result."""

    register: int
    format: Literal["words", "bcd_words", "bcd"] = "words"

    @property
    def size(self) -> int:
        """Registers that it takes."""
        return 3 if self.format == "bcd" else 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Registers that hold a serial number as text."""

    address: int
    count: int
    function: Literal[3, 4] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The `[page]` of a description."""

    supply: tuple[str, ...] = ("10 to 30 V, see the label", "10～30 V，以铭牌为准")
    cannot: tuple[str, ...] = ("whether it is clean or in the water", "不能判断自身是否清洁、是否在水中")
    faults: tuple[tuple[str, ...], ...] = FAULTS
    wiring: tuple[tuple[str, ...], ...] = RS485
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A whole device."""

    title: str
    zh: str
    source: str
    confidence: Confidence = "likely"
    baud: int = 9600
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    unit: int = 1
    order: Order = "ABCD"
    interval: float = 2.0
    least_interval: float = 1.0
    deadline: float = 1.0
    warm_up: float = 0.0
    begin: tuple[Said, ...] = ()
    before: tuple[Said, ...] = ()
    read: tuple[Read, ...]
    value: tuple[Value, ...]
    status: tuple[Status, ...] = ()
    time: Time | None = None
    identity: Identity | None = None
    choices: tuple[str, ...] = ()
    block: int = 0
    page: Sheet = field(default_factory=Sheet)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The keys of the values, in order; `RESULT` among them for an analyser."""
        return tuple(dict.fromkeys(value.quantity for value in self.value))


def describe(table: Mapping[str, Any]) -> Description:
    """The description in a TOML table. Raises BadDescription with everything that is wrong."""
    problems: list[str] = []
    made: Description | None = _fill(Description, table, "", problems)
    if made is not None:
        _cross_check(made, problems)
    if problems or made is None:
        raise BadDescription(problems)
    return made


def _fill(kind: type, table: Any, where: str, problems: list[str]) -> Any:
    """An instance of the dataclass `kind`, or None after saying what is wrong."""
    if not isinstance(table, Mapping):
        problems.append(f"{where or 'the file'}: this must be a table")
        return None
    hints = get_type_hints(kind)
    known = {one.name: one for one in fields(kind)}
    before = len(problems)
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            meant = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
            problems.append(f"{where}{key}: unknown key{meant}")
    values = {
        name: _value(table[name], hints[name], f"{where}{name}", problems)
        if name in table
        else _absent(one, f"{where}{name}", problems)
        for name, one in known.items()
    }
    return kind(**values) if len(problems) == before else None


def _absent(one: Field[Any], where: str, problems: list[str]) -> Any:
    if one.default is not MISSING:
        return one.default
    if one.default_factory is not MISSING:
        return one.default_factory()
    problems.append(f"{where}: is missing")
    return None


def _value(value: Any, hint: Any, where: str, problems: list[str]) -> Any:
    """`value` as its annotation wants it."""
    if hint in _PLAIN:
        wanted, takes = _PLAIN[hint]
        if not takes(value):
            problems.append(f"{where}: is {value!r}, expected {wanted}")
            return None
        return float(value) if hint is float else value
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if value not in arguments:
            problems.append(f"{where}: is {value!r}, expected one of {', '.join(map(str, arguments))}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            problems.append(f"{where}: must be a list")
            return ()
        return tuple(_value(one, arguments[0], f"{where}[{i}].", problems) for i, one in enumerate(value))
    if origin is Mapping:
        return _words(value, where, problems)
    if arguments:  # something | None
        return _value(value, arguments[0], where, problems)
    return _fill(hint, value, where if where.endswith(".") else f"{where}.", problems)


def _words(value: Any, where: str, problems: list[str]) -> Mapping[str, str]:
    """A table number → reason word."""
    if not isinstance(value, Mapping):
        problems.append(f"{where}: must be a table of numbers and reasons")
        return {}
    for key, word in value.items():
        try:
            float(key) if "." in key else int(key, 0)
        except ValueError:
            problems.append(f"{where}: {key!r} is no number")
        _reason(word, f"{where}.{key}", problems)
    return dict(value)


def _reason(word: Any, where: str, problems: list[str]) -> None:
    if word and word not in REASONS:
        problems.append(f"{where}: {word!r} is no reason; known: {', '.join(sorted(REASONS))}")


_PLAIN: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    int: ("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0),
    float: ("a number", lambda v: isinstance(v, int | float) and not isinstance(v, bool)),
    str: ("text", lambda v: isinstance(v, str) and bool(v)),
    bool: ("true or false", lambda v: isinstance(v, bool)),
}


def _cross_check(made: Description, problems: list[str]) -> None:
    """What no single key can tell."""
    for index, read in enumerate(made.read):
        if not 1 <= read.count <= 125 or read.address + read.count > 0x10000:
            problems.append(f"read[{index}].count: {read.count} registers from {read.address:#06x} cannot be read at once")
    if not made.read or not made.value:
        problems.append("read, value: at least one of each is needed")
    for index, value in enumerate(made.value):
        where = f"value[{index}]"
        if value.quantity != RESULT and value.quantity not in quantities():
            near = difflib.get_close_matches(value.quantity, quantities(), 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(f"{where}.quantity: there is no quantity {value.quantity!r}{meant}")
        if not value.scale or not value.divide:
            problems.append(f"{where}: scale and divide may not be 0")
        if value.zero_needs and value.zero_needs not in made.quantities:
            problems.append(f"{where}.zero_needs: the device has no value {value.zero_needs!r}")
        _covered(made, value.register, size_of(value.format), where, problems)
    for index, status in enumerate(made.status):
        where = f"status[{index}]"
        _covered(made, status.register, size_of(status.format), where, problems)
        _reason(status.otherwise, f"{where}.otherwise", problems)
        problems += [f"{where}.of: the device has no value {key!r}" for key in status.of if key not in made.quantities]
    problems += [f"choices: there is no quantity {key!r}" for key in made.choices if key not in quantities()]
    for kind, only in (("read", [read.of for read in made.read]), ("value", [value.of for value in made.value])):
        problems += [f"{kind}: of = {choice!r} is none of choices" for choice in only if choice and choice not in made.choices]
        problems += [f"{kind}: there is none of {choice!r}" for choice in made.choices if not {"", choice} & set(only)]
    if bool(made.choices) != (RESULT in made.quantities):
        problems.append(f"choices: name what {RESULT!r} may be, and use it")
    if made.block and not made.choices:
        problems.append("block: name in choices what a sensor of the hub may measure")
    if any(value.quantity == RESULT and (value.from_above or value.growth) for value in made.value):
        problems.append(f"value: {RESULT!r} is neither a distance nor a sum; from_above and growth do not go with it")
    if made.time:
        _covered(made, made.time.register, made.time.size, "time", problems)
    for step in (*made.begin, *made.before):
        if (step.write is None) == (step.read is None):
            problems.append("begin, before: each step has either write or read")


def _covered(made: Description, register: int, size: int, where: str, problems: list[str]) -> None:
    if not any(read.address <= register and register + size <= read.address + read.count for read in made.read):
        problems.append(f"{where}.register: {register:#06x} ({size} registers) lies in no [[read]]")
