"""What a driver is: a declaration of pure functions, and the narrow ports they may use.

A driver never holds a bus, a clock or a log. Whoever runs it (`station/worker.py`) gives it a port that already knows
the address and the deadline of this one reading; what the port cannot deliver it says with a `drivers.errors.WireError`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from drivers.frames import Cut
from drivers.sample import Sample

PortKind = Literal["uart", "i2c", "modbus", "gpio", "program", "hid"]
"""What a device hangs on. The station has no bus of kind `hid`: such a device can only be decoded."""

Confidence = Literal["certain", "likely", "unverified"]
Environment = Mapping[str, float]
"""Newest usable values of companion quantities (key → number), for devices that want temperature or humidity."""

Text = tuple[str, str]
"""The same sentence in English and in Chinese."""

Terminal = Literal["5V", "3V3", "12V", "GND", "RXD", "TXD", "SDA", "SCL", "A", "B", "GPIO", "USB", "ADC", "OPEN"]
"""Where a wire goes: a pin of the Pi's header, an RS-485 adapter, a supply, a USB port, a converter's input; OPEN: left open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a technician reads in `station drivers NAME`, beside what is declared anyway.

    source     data sheet or register list, with its revision
    published  True if `tests/captures/NAME.toml` holds data frames from a data sheet or a public capture
    wiring     (pin or wire of the device, where it goes), pin by pin
    supply     supply voltage and current, level of the signals
    faults     what usually goes wrong, and what to do
    cannot     what the device cannot say
    """

    source: str
    published: bool
    wiring: tuple[tuple[str, Terminal], ...]
    supply: Text
    faults: tuple[Text, ...]
    cannot: Text


class StreamPort(Protocol):
    """A serial line to one device that speaks by itself or answers in frames."""

    def receive(self, split: Callable[[bytes], Cut]) -> bytes:
        """The newest whole frame. Raises NoAnswer, Garbled or PortLost when this reading's deadline has passed."""
        ...

    def send(self, data: bytes) -> None:
        """Write `data`, after discarding what was received before. Raises PortLost."""
        ...

    def pause(self, seconds: float) -> None:
        """Give the device `seconds` to do what it was told; not counted against this reading's deadline."""
        ...


class I2CPort(Protocol):
    """One address on an I2C bus."""

    def transfer(self, write: bytes, read: int = 0, wait: float = 0.0) -> bytes:
        """Write, pause `wait` seconds, read `read` bytes; with `wait` 0 as one transaction (repeated start).

        Raises NoAnswer (address not acknowledged) or PortLost (no such bus, bus held low).
        """
        ...


class ModbusPort(Protocol):
    """One unit on a Modbus line or server. Registers are unsigned 16-bit words, addresses zero-based as on the wire."""

    def holding(self, address: int, count: int) -> tuple[int, ...]:
        """Function 03. Raises any wire error; what is returned is checked to be the answer to this very question."""
        ...

    def input(self, address: int, count: int) -> tuple[int, ...]:
        """Function 04, as `holding`."""
        ...

    def write(self, address: int, values: Sequence[int]) -> None:
        """Function 16; `values` may be empty (some probes start that way)."""
        ...

    def pause(self, seconds: float) -> None:
        """Give the device `seconds` to do what it was told."""
        ...


class GpioPort(Protocol):
    """One pin."""

    def level(self) -> bool:
        """True if it is high. Raises PortLost."""
        ...

    def pulses(self, debounce: int) -> tuple[int, float]:
        """(falling edges, s) since this was last asked, (0, 0.0) the first time; `debounce` in ms. Raises PortLost."""
        ...


class ProgramPort(Protocol):
    """A program of this computer that knows the device."""

    def run(self, *words: str) -> bytes:
        """Its answer to these words. Raises NoAnswer if it hangs, PortLost if it cannot be run or says that it cannot."""
        ...


class Step(Protocol):
    """A step with a memory that each sample of one instrument goes through (gas index)."""

    def __call__(self, found: Sample) -> Sample:
        """The sample with what only the memory can say."""
        ...

    def memory(self) -> Sequence[float]:
        """What a restart within ten minutes may begin with; empty if there is nothing worth keeping."""
        ...


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Another `read` for the first readings of a run: as many as fit into `limit` s, none if not one does.

    Begun at most once in a run, but for a supply that the station itself took away: a device that more of it would damage
    is safe.
    """

    limit: float
    read: Callable[[Any, Environment, Any], Sample]


@dataclass(frozen=True, slots=True)
class NoSettings:
    """For drivers that have nothing to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One model of instrument, declared.

    name        the word in `station.toml`, the catalogue, the captures and the simulator
    title, zh   maker and model as people say it, in English and Chinese
    port        what kind of port it hangs on
    page        what a technician wants to know of it
    quantities  every quantity key it can give
    measures    the keys that it gives with these settings, if not always all; raises ValueError (one English sentence)
                for settings that contradict each other
    split       cuts bytes at frame borders
    decode      one whole frame and the settings → `Sample`; raises Garbled or Foreign, never anything else
    decode_from Modbus only: a reply to a question for the registers from `address` on with `function` (None: any)
    read        asks the device, for those that do not speak by themselves (None: listen with `split` and `decode`)
    conditioning  how it is read first after power-up, for those that want it
    begin       what must be said to the device once after power-up or after it was lost
    identify    asks for serial number or model, as text; "" if it does not say; called after `begin`
    sleep, wake put the device to rest between readings, and back `warm_up` s before the next (both or neither)
    clean       starts cleaning (a fan, a wiper), which the device ends by itself
    process     from the sampling interval in s and the memory of an earlier run (empty: none) → a `Step`
    settings    frozen dataclass of what the configuration may set; each field's metadata has help, unit, low, high
    defaults    port settings of the data sheet: baud, parity, stopbits, address (I2C) or unit (Modbus)
    interval    s between readings unless configured; least_interval: s, the data sheet's limit
    deadline    s that one reading may take
    warm_up     s after the start during which values are flagged
    resolution  quantity key → smallest step of the device, for the flat-line test
    companions  quantity keys that `read` wants in its environment
    confidence  how sure the facts in the file are
    """

    name: str
    title: str
    zh: str
    port: PortKind
    page: Page
    quantities: tuple[str, ...]
    measures: Callable[[Any], tuple[str, ...]] | None = None
    split: Callable[[bytes], Cut]
    decode: Callable[[bytes, Any], Sample]
    decode_from: Callable[[bytes, Any, int, int | None], Sample] | None = None
    read: Callable[[Any, Environment, Any], Sample] | None = None
    conditioning: Conditioning | None = None
    begin: Callable[[Any, Any], None] | None = None
    identify: Callable[[Any, Any], str] | None = None
    sleep: Callable[[Any, Any], None] | None = None
    wake: Callable[[Any, Any], None] | None = None
    clean: Callable[[Any, Any], None] | None = None
    process: Callable[[float, Sequence[float]], Step] | None = None
    settings: type = NoSettings
    defaults: Mapping[str, int | str] = field(default_factory=dict)
    interval: float = 1.0
    least_interval: float = 1.0
    deadline: float = 1.0
    warm_up: float = 0.0
    resolution: Mapping[str, float] = field(default_factory=dict)
    companions: tuple[str, ...] = ()
    confidence: Confidence = "certain"
