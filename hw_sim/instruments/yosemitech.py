"""Yosemitech probes (Modbus manuals): floats with all bytes reversed, only functions 03 and 16, silent where they have nothing.

Times: `warm` s from start to the first value, `stable` s until a value counts, `each` s from one value to the next, and
between these it repeats itself. What it says before `stable` is not published: here the value comes in from 80 % of the truth.

settings: `cold` true: power comes with the first question (without it, a probe that needs no start has run for long);
`weak_supply` true: the current of the starting brush breaks the supply down, and the probe begins anew; `number`: the digits of
its serial number behind the family (23060017).
"""

import math
import struct
from typing import Any

from hw_sim.instruments.base import Unit, float_dcba
from hw_sim.world import World

BRUSH = 10.5
"""s that a brush goes round; the optical window is covered meanwhile and the probe repeats its last value (not published)."""

BRUSH_MINUTES = 30
"""Interval of the brush after power-on (unverified)."""


def floats(*numbers: float) -> list[int]:
    """Floats in this maker's order, as registers."""
    return [register for number in numbers for register in float_dcba(number)]


BOOT = 1.0
"""s without an answer after power-on (not published)."""


class Probe(Unit):
    """Blocks that begin at a given register; more registers than there are get no answer."""

    functions = (0x03, 0x10)
    silent_on_unknown = True
    universal = 0xFF
    family = "00"
    """Third and fourth character of the serial number; "00" where the maker's code is not published."""

    serial = 0x0900
    start = stop = 0x0000
    """Registers that start and stop it when read; 0: it runs from power-on."""

    brush = interval = 0x0000
    """Registers of the brush; 0: it has none."""
    warm, stable, each = 0.5, 5.0, 2.0

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self.empty_counts = tuple(one for one in (self.start, self.stop, self.brush) if one)
        self._since: float | None = None if self.start or settings.get("cold") else -math.inf
        self._powered: float | None = None
        self._brushed = -math.inf
        self._boots_until = -math.inf
        self._minutes = BRUSH_MINUTES
        self._latest: tuple[float, ...] = ()

    def truths(self, now: float) -> tuple[float, ...]:
        """What it would measure at `now`, the temperature first."""
        raise NotImplementedError

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """Address → registers from there on."""
        raise NotImplementedError

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """The block of the model, or what all models have: serial number, version, address."""
        if self._powered is None:
            self._power(now)
        if now < self._boots_until:
            return None
        if self.start and address in (self.start, self.stop):
            if count > 1:
                return None
            self.run(now if address == self.start else None)
            return [0] * count
        common = {self.serial: self._serial(), 0x0700: floats(1.7), 0x3000: [int(self.settings.get("unit", 1)) << 8]}
        if self.interval:
            common[self.interval] = [self._minutes << 8]
        registers = (common | self.blocks(self._values(now))).get(address)
        return registers[:count] if registers is not None and 1 <= count <= len(registers) else None

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Brush now, or how often (minutes, low byte first)."""
        if now < self._boots_until:
            return False
        if self.brush and address == self.brush:
            self._brushed = now
            if self.settings.get("weak_supply"):
                self._break_down(now)
            return not self.settings.get("weak_supply")
        if self.interval and address == self.interval and len(values) == 1:
            self._minutes = values[0] >> 8
            return True
        return False

    def run(self, since: float | None) -> None:
        """Measure from `since` on; None: stop, and keep the last values."""
        if since is None or self._since is None:
            self._since = since

    def _power(self, now: float) -> None:
        self._powered = now
        if self.settings.get("cold"):
            self._brushed = now
            if not self.start:
                self._since = now

    def _break_down(self, now: float) -> None:
        """Power is lost and comes back: nothing is remembered."""
        self._powered, self._boots_until = now, now + BOOT
        self._since = None if self.start else now
        self._minutes, self._latest, self._brushed = BRUSH_MINUTES, (), -math.inf

    def _values(self, now: float) -> tuple[float, ...]:
        """The latest values: one set each `each` s, none while stopped, warming up or brushing."""
        if not self._latest:
            self._latest = (0.0,) * len(self.truths(now))
        if self._since is None or now - self._since < self.warm or self._brushing(now):
            return self._latest
        if math.isinf(self._since):
            self._latest = self.truths(now // self.each * self.each)
            return self._latest
        ran = self.warm + (now - self._since - self.warm) // self.each * self.each
        share = 1.0 - 0.2 * max(0.0, 1.0 - ran / self.stable)
        temperature, *others = self.truths(self._since + ran)
        self._latest = (temperature, *(share * other for other in others))
        return self._latest

    def _brushing(self, now: float) -> bool:
        """True for BRUSH s after a command, and each so many minutes after power-on."""
        if not self.brush or self._powered is None:
            return False
        powered, period = now - self._powered, 60 * self._minutes
        return now - self._brushed < BRUSH or (0 < period <= powered and powered % period < BRUSH)

    def _serial(self) -> list[int]:
        text = f"\tY{self.family}{self.settings.get('number', '23060017')}".encode().ljust(14, b"\0")
        return list(struct.unpack(">7H", text))


class _Started(Probe):
    """One block from 0x2600 on; reading 0x2500 starts it, 0x2E00 stops it."""

    start, stop = 0x2500, 0x2E00
    quantity = ""

    def truths(self, now: float) -> tuple[float, ...]:
        """Temperature in °C and the quantity."""
        return self.world.value("water_temperature", now), self.world.value(self.quantity, now)

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """Both, and the error byte 0 in a fifth register, which may be left out of a question."""
        return {0x2600: [*floats(*values), 0]}


class Y504(_Started):
    """Dissolved oxygen: °C, saturation as a fraction, mg/L."""

    family = "01"
    warm, stable, each = 0.4, 8.0, 1.7

    def truths(self, now: float) -> tuple[float, ...]:
        """The saturation follows from mg/L by a straight line through 14.6 mg/L at 0 °C and 8.2 at 20 °C."""
        temperature, oxygen = self.world.value("water_temperature", now), self.world.value("oxygen", now)
        return temperature, oxygen / (14.6 - 0.32 * temperature), oxygen

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """Six registers."""
        return {0x2600: floats(*values)}


class Y511(_Started):
    """Turbidity with a wiper: °C, NTU 0.1 to 1000, error byte."""

    family = "10"
    quantity = "turbidity"
    brush, interval = 0x3100, 0x3200
    warm, stable, each = 8.0, 40.0, 4.0


class Y513(_Started):
    """Blue-green algae: °C, cells/mL."""

    family = "61"
    quantity = "algae"
    brush, interval = 0x3100, 0x3200
    warm, stable, each = 1.3, 8.0, 2.0


class Y514(Y513):
    """Chlorophyll: °C, µg/L."""

    family = "48"
    quantity = "chlorophyll"


class Y516(Y513):
    """Oil in water: °C, ppb (the world has mg/L)."""

    family = "00"

    def truths(self, now: float) -> tuple[float, ...]:
        """1 mg/L of water is 1000 ppb."""
        return self.world.value("water_temperature", now), 1000 * self.world.value("oil", now)


class Y520(Probe):
    """Conductivity: °C, mS/cm. Started by function 16 at 0x1C00 with no registers; 0.000 for the first 2.3 s."""

    family = "09"
    start, stop = 0x1C00, 0x2E00
    warm, stable, each = 2.3, 10.0, 2.7

    def truths(self, now: float) -> tuple[float, ...]:
        """Temperature and conductivity."""
        return self.world.value("water_temperature", now), self.world.value("conductivity", now) / 1000

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """Five registers; the last one's meaning is not published."""
        return {0x2600: [*floats(*values), 0]}

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """It cannot be started by reading."""
        return None if address == self.start else super().block(address, count, now)

    def write(self, address: int, values: list[int], now: float) -> bool:
        """The start."""
        if address != self.start or values:
            return False
        self.run(now)
        return True


class Y532(Probe):
    """pH 2 to 12; nothing at the manual's 0x2600. The PHG-2091 of BOQU has the same map."""

    family = "43"
    warm, stable, each = 0.5, 4.5, 1.8

    def truths(self, now: float) -> tuple[float, ...]:
        """Temperature and pH."""
        return self.world.value("water_temperature", now), self.world.value("ph", now)

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """pH, temperature, and the glass electrode's mV at 25 °C (59.16 a pH)."""
        temperature, acid = values
        return {0x2800: floats(acid), 0x2400: floats(temperature), 0x1200: floats((7 - acid) * 59.16)}


class Y533(Y532):
    """Redox potential in mV."""

    family = "00"

    def truths(self, now: float) -> tuple[float, ...]:
        """Temperature and potential."""
        return self.world.value("water_temperature", now), self.world.value("orp", now)

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """Potential and temperature."""
        return {0x1200: floats(values[1]), 0x2400: floats(values[0])}


class Y550(_Started):
    """Chemical oxygen demand by ultraviolet light with a wiper: °C, mg/L, error byte; turbidity apart."""

    family = "47"
    brush, interval = 0x3100, 0x3200
    warm, stable, each = 1.0, 2.0, 4.0

    def truths(self, now: float) -> tuple[float, ...]:
        """Temperature, COD from 0.75 to 370 mg/L, turbidity."""
        value = self.world.value
        return value("water_temperature", now), min(370.0, max(0.75, value("cod", now))), value("turbidity", now)

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """Five registers, and two."""
        return {0x2600: [*floats(*values[:2]), 0], 0x1200: floats(values[2])}


class Y560(Probe):
    """Ammonium nitrogen: mg/L, °C, and the electrode's potential with the pH that corrects it."""

    family = "68"
    warm, stable, each = 7.0, 18.0, 1.5

    def truths(self, now: float) -> tuple[float, ...]:
        """Temperature, mg/L, pH."""
        value = self.world.value
        return value("water_temperature", now), value("ammonia_nitrogen", now), value("ph", now)

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """The potential follows the decade of the concentration, 59.16 mV each."""
        temperature, nitrogen, acid = values
        potential = 59.16 * math.log10(nitrogen) if nitrogen > 0 else 0.0
        return {0x2800: floats(nitrogen), 0x2400: floats(temperature), 0x2600: floats(potential, acid)}


class Y4000(Probe):
    """The sonde: eight values from 0x2601 on, errors in 0x0800, its own registers for serial number and brush."""

    family = "38"
    serial = 0x1400
    brush, interval = 0x2F00, 0x0E00
    warm, stable, each = 1.0, 50.0, 4.0

    def truths(self, now: float) -> tuple[float, ...]:
        """°C first, then DO mg/L, NTU, mS/cm, pH, mV, chlorophyll µg/L, algae cells/mL."""
        value = self.world.value
        names = ("water_temperature", "oxygen", "turbidity", "conductivity", "ph", "orp", "chlorophyll", "algae")
        return tuple(value(name, now) / (1000 if name == "conductivity" else 1) for name in names)

    def blocks(self, values: tuple[float, ...]) -> dict[int, list[int]]:
        """DO, NTU, mS/cm, pH, °C, mV, chlorophyll, algae."""
        temperature, oxygen, turbidity, conductivity, acid, *others = values
        return {0x2601: floats(oxygen, turbidity, conductivity, acid, temperature, *others), 0x0800: [0]}
