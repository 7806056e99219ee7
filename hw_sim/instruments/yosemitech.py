"""Yosemitech probes (Modbus manuals): little-endian floats, silent where they have no register, wipers, serial numbers."""

import struct
from typing import Any

from hw_sim.instruments.base import Unit
from hw_sim.world import World

WIPING = 11.0
"""s that the wiper runs, from power-on and on command."""


def floats(*numbers: float) -> list[int]:
    """32-bit floats with all four bytes reversed (DCBA), as registers."""
    return list(struct.unpack(f">{2 * len(numbers)}H", struct.pack(f"<{len(numbers)}f", *numbers)))


class Probe(Unit):
    """Blocks that begin at a given register; more registers than there are get no answer."""

    functions = (0x03, 0x10)
    silent_on_unknown = True
    family = "00"
    brush = 0x3100

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._wiping_until = 0.0

    def blocks(self, now: float) -> dict[int, list[int]]:
        """Address → registers from there on."""
        raise NotImplementedError

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """The block of the model, or what all models have: serial number, version, address."""
        unit = int(self.settings.get("unit", 1))
        common = {0x0900: self._serial(), 0x0700: floats(1.7), 0x3000: [unit << 8]}
        registers = (common | self.blocks(now)).get(address)
        return registers[:count] if registers is not None and count <= len(registers) else None

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Wipe now; the wiper's interval."""
        if address == self.brush:
            self._wiping_until = now + WIPING
        return address in (self.brush, self.brush + 0x0100)

    def wiping(self, now: float) -> bool:
        """True while the wiper is before the window."""
        return now < self._wiping_until

    def _serial(self) -> list[int]:
        text = f"\tY{self.family}23060017".encode().ljust(14, b"\0")
        return list(struct.unpack(">7H", text))


class Started(Probe):
    """A probe that measures once register 0x2500 has been read, and keeps its numbers until then."""

    truth: tuple[str, ...] = ()

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._running = False
        self._numbers: tuple[float, ...] = (0.0,) * 3

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """Reading 0x2500 starts, 0x2E00 stops."""
        if address == 0x2500:
            self._running = True
            return [0][:count] if count == 1 else None
        if address == 0x2E00:
            self._running = False
            return [0][:count] if count == 1 else None
        return super().block(address, count, now)

    def blocks(self, now: float) -> dict[int, list[int]]:
        """The values from 0x2600 on; old ones while it rests or wipes."""
        if self._running and not self.wiping(now):
            self._numbers = self.numbers(now)
        return {0x2600: [*floats(*self._numbers), *self.tail()]}

    def numbers(self, now: float) -> tuple[float, ...]:
        """Temperature and what the model measures."""
        raise NotImplementedError

    def tail(self) -> list[int]:
        """What follows the values."""
        return []


class Y504(Started):
    """Dissolved oxygen: temperature, saturation as a fraction, mg/L."""

    family = "01"

    def numbers(self, now: float) -> tuple[float, ...]:
        """°C, 1, mg/L."""
        temperature, oxygen = self.world.value("water_temperature", now), self.world.value("oxygen", now)
        return temperature, oxygen / (14.6 - 0.32 * temperature), oxygen


class Optical(Started):
    """Temperature and one number."""

    quantity = ""
    factor = 1.0

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._numbers = (0.0, 0.0)

    def numbers(self, now: float) -> tuple[float, ...]:
        """°C and the model's number."""
        return self.world.value("water_temperature", now), self.world.value(self.quantity, now) * self.factor


class Y511(Optical):
    """Turbidity in NTU with a wiper, then the error byte; the wiper runs from power-on unless settings say `wiper = false`."""

    family = "29"
    quantity = "turbidity"

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._wiping_until = -1.0 if settings.get("wiper", True) else 0.0

    def blocks(self, now: float) -> dict[int, list[int]]:
        """The first look is when power came."""
        if self._wiping_until < 0:
            self._wiping_until = now + WIPING
        return super().blocks(now)

    def tail(self) -> list[int]:
        """One error byte and a spare one."""
        return [int(self.settings.get("error", 0)) << 8]


class Y513(Optical):
    """Blue-green algae, cells/mL."""

    family = "61"
    quantity = "algae"


class Y514(Optical):
    """Chlorophyll, µg/L."""

    family = "48"
    quantity = "chlorophyll"


class Y516(Optical):
    """Oil in water, ppb."""

    family = "16"
    quantity = "oil"
    factor = 1000.0


class Y550(Optical):
    """COD in mg/L and its error byte; turbidity in a block of its own."""

    family = "47"
    quantity = "cod"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """0x2600 and 0x1200."""
        return super().blocks(now) | {0x1200: floats(self.world.value("turbidity", now))}

    def tail(self) -> list[int]:
        """One error byte and a spare one."""
        return [int(self.settings.get("error", 0)) << 8]


class Y520(Probe):
    """Conductivity in mS/cm. A write of no registers to 0x1C00 starts it; 0.000 for the first 2.3 s."""

    family = "09"

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._started: float | None = None

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Start."""
        if address == 0x1C00 and not values:
            self._started = now
            return True
        return super().write(address, values, now)

    def blocks(self, now: float) -> dict[int, list[int]]:
        """Temperature, conductivity, a spare register."""
        ready = self._started is not None and now - self._started >= 2.3
        conductivity = self.world.value("conductivity", now) / 1000 if ready else 0.0
        return {0x2600: [*floats(self.world.value("water_temperature", now), conductivity), 0]}


class Y532(Probe):
    """pH."""

    family = "43"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """pH, temperature, mV."""
        acid = self.world.value("ph", now)
        return {
            0x2800: floats(acid),
            0x2400: floats(self.world.value("water_temperature", now)),
            0x1200: floats((7 - acid) * 59.16),
        }


class Y533(Probe):
    """Redox potential in mV."""

    family = "44"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """mV, temperature."""
        return {0x1200: floats(self.world.value("orp", now)), 0x2400: floats(self.world.value("water_temperature", now))}


class Y560(Probe):
    """Ammonia nitrogen in mg/L; potential and pH in a block of their own."""

    family = "68"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """mg/L, temperature, (mV, pH)."""
        return {
            0x2800: floats(self.world.value("ammonia_nitrogen", now)),
            0x2400: floats(self.world.value("water_temperature", now)),
            0x2600: floats(84.0, self.world.value("ph", now)),
        }


class Y4000(Probe):
    """The sonde: eight values from 0x2601 on, errors in 0x0800; new values every four seconds."""

    family = "38"
    brush = 0x2F00

    def blocks(self, now: float) -> dict[int, list[int]]:
        """DO mg/L, NTU, mS/cm, pH, °C, mV, chlorophyll µg/L, algae cells/mL."""
        now -= now % 4.0
        value = self.world.value
        numbers = (
            value("oxygen", now), value("turbidity", now), value("conductivity", now) / 1000, value("ph", now),
            value("water_temperature", now), value("orp", now), value("chlorophyll", now), value("algae", now),
        )  # fmt: skip
        return {0x2601: floats(*numbers), 0x0800: [0], 0x1400: self._serial()}
