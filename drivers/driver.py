"""What a driver is: a declaration of pure functions, and the narrow ports they may use.

A driver never holds a bus, a clock or a log. Whoever runs it (`station/worker.py`) gives it a port that already knows
the address and the deadline of this one reading; what the port cannot deliver it says with a `drivers.errors.WireError`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from drivers.frames import Cut
from drivers.sample import Sample

PortKind = Literal["uart", "i2c", "modbus", "gpio", "none"]
Confidence = Literal["certain", "likely", "unverified"]
Environment = Mapping[str, float]
"""Newest usable values of companion quantities (key → number), for devices that want temperature or humidity."""


class StreamPort(Protocol):
    """A serial line to one device that speaks by itself or answers in frames."""

    def receive(self, split: Callable[[bytes], Cut]) -> bytes:
        """The newest whole frame. Raises NoAnswer, Garbled or PortLost when this reading's deadline has passed."""
        ...

    def send(self, data: bytes) -> None:
        """Write `data`, after discarding what was received before. Raises PortLost."""
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


@dataclass(frozen=True, slots=True)
class NoSettings:
    """For drivers that have nothing to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One model of instrument, declared.

    name        the word in `station.toml`, the catalogue, the captures and the simulator
    title, zh   maker and model as people say it, in English and Chinese
    port        what kind of port it hangs on
    quantities  every quantity key it can give
    split       cuts bytes at frame borders
    decode      one whole frame and the settings → `Sample`; raises Garbled or Foreign, never anything else
    read        asks the device, for those that do not speak by themselves (None: listen with `split` and `decode`)
    begin       what must be said to the device once after power-up or after it was lost
    process     makes, from the sampling interval in s, a step with a memory that each sample goes through (gas index)
    settings    frozen dataclass of what the configuration may set; each field's metadata has help, unit, low, high
    defaults    port settings of the data sheet: baud, parity, stopbits, address (I2C) or unit (Modbus)
    interval    s between readings unless configured; least_interval: s, the data sheet's limit
    deadline    s that one reading may take
    warm_up     s after the start during which values are flagged
    companions  quantity keys that `read` wants in its environment
    confidence  how sure the facts in the file are
    """

    name: str
    title: str
    zh: str
    port: PortKind
    quantities: tuple[str, ...]
    split: Callable[[bytes], Cut]
    decode: Callable[[bytes, Any], Sample]
    read: Callable[[Any, Environment, Any], Sample] | None = None
    begin: Callable[[Any, Any], None] | None = None
    process: Callable[[float], Callable[[Sample], Sample]] | None = None
    settings: type = NoSettings
    defaults: Mapping[str, int | str] = field(default_factory=dict)
    interval: float = 1.0
    least_interval: float = 1.0
    deadline: float = 1.0
    warm_up: float = 0.0
    companions: tuple[str, ...] = ()
    confidence: Confidence = "certain"
