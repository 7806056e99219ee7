"""Bosch BME280 (BST-BME280-DS002) and BME680 (BST-BME680-DS001) as registers, measuring once in forced mode.

The raw numbers are found by turning round the sheets' formulas in floating point; the coefficients are those of two real chips
(H4 and H5 of the first changed, so that each nibble of them counts).
settings of the BME280: `chip` 0x58 makes it the BMP280 that is often sold instead. Of the BME680: `heater_broken` true.
"""

from collections.abc import Callable
from typing import Any

from hw_sim.instruments.base import Chip, not_acknowledged
from hw_sim.world import World

BME280_LOW = bytes.fromhex("686ee8643200538fabd5d00ba3223500f9ffac260ad8bd10004b")  # 0x88 to 0xA1
BME280_HIGH = bytes.fromhex("6c01001a0a031e")  # 0xE1 to 0xE7
BME680_LOW = bytes.fromhex("00b2660310438a5bd75800e4128aff1a1e000003fdd9f21e00")  # 0x89 to 0xA1
BME680_HIGH = bytes.fromhex("3fdd2c002d14789c5366afe8e2120000")  # 0xE1 to 0xF0
BME680_HEATER = bytes.fromhex("32aa164a13")  # 0x00 to 0x04


def solve(formula: Callable[[int], float], wanted: float, bits: int) -> int:
    """The raw number of `bits` whose value by `formula`, which only rises or only falls, is nearest below `wanted`."""
    low, high = 0, (1 << bits) - 1
    rising = formula(high) > formula(low)
    while high - low > 1:
        middle = (low + high) // 2
        if (formula(middle) <= wanted) == rising:
            low = middle
        else:
            high = middle
    return low


def number(data: bytes, at: int, size: int = 2, signed: bool = True) -> int:
    """A coefficient, low byte first."""
    return int.from_bytes(data[at : at + size], "little", signed=signed)


class Registers(Chip):
    """A table of 256 registers: one byte written is the place to read from, more are pairs of place and value."""

    address_of_id = 0xD0
    chip_id = 0

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self.table = bytearray(256)
        self.table[self.address_of_id] = int(settings.get("chip", self.chip_id))
        self.done_at = 0.0
        self._at = 0

    def lay(self, start: int, data: bytes) -> None:
        """Put bytes into the table."""
        self.table[start : start + len(data)] = data

    def write(self, data: bytes, now: float) -> None:
        """A place, or pairs."""
        if len(data) == 1:
            self._at = data[0]
            return
        if len(data) % 2:
            raise not_acknowledged()
        for place, value in zip(data[::2], data[1::2], strict=True):
            self.table[place] = value
            self.told(place, value, now)

    def told(self, place: int, value: int, now: float) -> None:
        """A register was written."""

    def settle(self, now: float) -> None:
        """Finish what has ended by now."""

    def read(self, size: int, now: float) -> bytes:
        """The registers from the place on."""
        self.settle(now)
        return bytes(self.table[self._at : self._at + size])


class Bme280(Registers):
    """Humidity is measured only if 0xF2 was written before 0xF4; status 0xF3 bit 3 while it measures."""

    chip_id = 0x60

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self.lay(0x88, BME280_LOW)
        self.lay(0xE1, BME280_HIGH)
        self.lay(0xF7, bytes((0x80, 0, 0, 0x80, 0, 0, 0x80, 0)))
        self._humid = False

    def told(self, place: int, value: int, now: float) -> None:
        """Writing 0xF4 with mode 1 or 2 starts a measurement, and makes what stands in 0xF2 count."""
        if place == 0xF4:
            self._humid = bool(self.table[0xF2] & 7)
            if value & 3 in (1, 2):
                self.table[0xF3] |= 8
                self.done_at = now + 0.0093

    def settle(self, now: float) -> None:
        """The measurement is there."""
        if not self.table[0xF3] & 8 or now < self.done_at:
            return
        self.table[0xF3] &= ~8 & 0xFF
        control = self.table[0xF4]
        celsius, hectopascals = self.world.value("temperature", now), self.world.value("pressure", now)
        raw_t = solve(self.celsius, celsius, 20)
        fine = 5120 * self.celsius(raw_t)
        raw_p = solve(lambda raw: self.pascals(raw, fine), 100 * hectopascals, 20)
        percent = min(100.0, max(0.0, self.world.value("humidity", now)))
        raw_h = solve(lambda raw: self.percent(raw, fine), percent, 16)
        p = raw_p if control >> 2 & 7 else 0x80000
        t = raw_t if control >> 5 else 0x80000
        h = raw_h if self._humid else 0x8000
        self.lay(0xF7, (p << 4).to_bytes(3, "big") + (t << 4).to_bytes(3, "big") + h.to_bytes(2, "big"))

    @staticmethod
    def celsius(raw: int) -> float:
        """Appendix 8.1 of the sheet."""
        t1, t2, t3 = number(BME280_LOW, 0, signed=False), number(BME280_LOW, 2), number(BME280_LOW, 4)
        return ((raw / 16384.0 - t1 / 1024.0) * t2 + (raw / 131072.0 - t1 / 8192.0) ** 2 * t3) / 5120.0

    @staticmethod
    def pascals(raw: int, fine: float) -> float:
        """Appendix 8.1 of the sheet."""
        p1 = number(BME280_LOW, 6, signed=False)
        p2, p3, p4, p5, p6, p7, p8, p9 = (number(BME280_LOW, at) for at in range(8, 24, 2))
        var1 = fine / 2.0 - 64000.0
        var2 = var1 * var1 * p6 / 32768.0 + var1 * p5 * 2.0
        var2 = var2 / 4.0 + p4 * 65536.0
        var1 = (p3 * var1 * var1 / 524288.0 + p2 * var1) / 524288.0
        p = (1048576.0 - raw - var2 / 4096.0) * 6250.0 / ((1.0 + var1 / 32768.0) * p1)
        return p + (p9 * p * p / 2147483648.0 + p * p8 / 32768.0 + p7) / 16.0

    @staticmethod
    def percent(raw: int, fine: float) -> float:
        """Appendix 8.1 of the sheet."""
        h1, h2, h3 = BME280_LOW[25], number(BME280_HIGH, 0), BME280_HIGH[2]
        h4 = BME280_HIGH[3] * 16 + BME280_HIGH[4] % 16  # both are positive here
        h5 = BME280_HIGH[5] * 16 + BME280_HIGH[4] // 16
        h6 = number(BME280_HIGH, 6, 1)
        h = fine - 76800.0
        h = (raw - (h4 * 64.0 + h5 / 16384.0 * h)) * (h2 / 65536.0 * (1.0 + h6 / 67108864.0 * h * (1.0 + h3 / 67108864.0 * h)))
        return h * (1.0 - h1 * h / 524288.0)


class Bme680(Registers):
    """Measures when mode 1 is written to 0x74; gas only if 0x71 says so, its heater stable if it was hot for long enough."""

    chip_id = 0x61
    heater = 0.0
    """°C to which the heater was set last."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self.lay(0x89, BME680_LOW)
        self.lay(0xE1, BME680_HIGH)
        self.lay(0x00, BME680_HEATER)
        self.lay(0x1D, bytes((0, 0, 0x80, 0, 0, 0x80, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0)))

    def told(self, place: int, value: int, now: float) -> None:
        """A measurement begins."""
        if place == 0x74 and value & 3 == 1:
            self.table[0x1D] = 0x20
            self.done_at = now + 0.010 + (self._heating() if self.table[0x71] & 0x10 else 0.0)

    def _heating(self) -> float:
        """s that gas_wait_0 says: six bits of ms, times 1, 4, 16 or 64."""
        return (self.table[0x64] & 0x3F) * (1, 4, 16, 64)[self.table[0x64] >> 6] / 1000.0

    def _hot(self, ambient: float) -> float:
        """°C that res_heat_0 means (section 3.3.5, floating point, turned round)."""
        gh1, gh2, gh3 = number(BME680_HIGH, 12, 1), number(BME680_HIGH, 10), number(BME680_HIGH, 13, 1)
        wide, value = BME680_HEATER[2] >> 4 & 3, number(BME680_HEATER, 0, 1)
        resistance = (self.table[0x5A] / 3.4 + 25.0) * (1.0 + value * 0.002) * (4.0 + wide) / 4.0
        return ((resistance - gh3 / 1024.0 * ambient) / (gh1 / 16.0 + 49.0) - 1.0) / (gh2 / 32768.0 * 0.0005 + 0.00235)

    def settle(self, now: float) -> None:
        """The measurement is there."""
        if self.table[0x1D] != 0x20 or now < self.done_at:
            return
        celsius = self.world.value("temperature", now)
        raw_t = solve(self.celsius, celsius, 20)
        fine = 5120 * self.celsius(raw_t)
        raw_p = solve(lambda raw: self.pascals(raw, fine), 100 * self.world.value("pressure", now), 20)
        raw_h = solve(lambda raw: self.percent(raw, fine), min(100.0, max(0.0, self.world.value("humidity", now))), 16)
        self.heater = self._hot(celsius)
        stable = 150 < self.heater < 420 and self._heating() >= 0.03 and not self.settings.get("heater_broken")
        gas = self._gas(self.world.value("gas_resistance", now)) | 0x20 | stable << 4 if self.table[0x71] & 0x10 else 0
        measured = b"".join((raw << 4).to_bytes(3, "big") for raw in (raw_p, raw_t)) + raw_h.to_bytes(2, "big")
        self.lay(0x1F, measured)
        self.lay(0x2A, gas.to_bytes(2, "big"))
        self.table[0x1D] = 0x80

    @staticmethod
    def _gas(ohms: float) -> int:
        """ADC and range of a resistance (section 3.4.1, floating point); table 16 of the sheet for the ranges."""
        const1 = (1, 1, 1, 1, 1, 0.99, 1, 0.992, 1, 1, 0.998, 0.995, 1, 0.99, 1, 1)
        const2 = (8e6, 4e6, 2e6, 1e6, 499500.4995, 248262.1648, 125000, 63004.03226, 31281.28128, 15625, 7812.5, 3906.25)
        error = BME680_HEATER[4] >> 4
        for step, per in enumerate(const2):
            var1 = (1340.0 + 5.0 * error) * const1[step]
            adc = round((var1 * per / ohms - var1) + 512.0)
            if 0 <= adc < 1024:
                return adc << 6 | step
        return 0

    @staticmethod
    def celsius(raw: int) -> float:
        """Section 3.3.1, floating point."""
        t1, t2, t3 = number(BME680_HIGH, 8, signed=False), number(BME680_LOW, 1), number(BME680_LOW, 3, 1)
        return ((raw / 16384.0 - t1 / 1024.0) * t2 + (raw / 131072.0 - t1 / 8192.0) ** 2 * t3 * 16.0) / 5120.0

    @staticmethod
    def pascals(raw: int, fine: float) -> float:
        """Section 3.3.2, floating point."""
        low = BME680_LOW
        p1, p2, p3 = number(low, 5, signed=False), number(low, 7), number(low, 9, 1)
        p4, p5, p8, p9 = (number(low, at) for at in (11, 13, 19, 21))
        p7, p6, p10 = number(low, 15, 1), number(low, 16, 1), low[23]
        var1 = fine / 2.0 - 64000.0
        var2 = var1 * var1 * p6 / 131072.0 + var1 * p5 * 2.0
        var2 = var2 / 4.0 + p4 * 65536.0
        var1 = (p3 * var1 * var1 / 16384.0 + p2 * var1) / 524288.0
        p = (1048576.0 - raw - var2 / 4096.0) * 6250.0 / ((1.0 + var1 / 32768.0) * p1)
        return p + (p9 * p * p / 2147483648.0 + p * p8 / 32768.0 + (p / 256.0) ** 3 * p10 / 131072.0 + p7 * 128.0) / 16.0

    @staticmethod
    def percent(raw: int, fine: float) -> float:
        """Section 3.3.3, floating point."""
        high = BME680_HIGH
        h1, h2 = high[2] * 16 + high[1] % 16, high[0] * 16 + high[1] // 16
        h3, h4, h5, h6, h7 = (number(high, at, 1) for at in range(3, 8))
        celsius = fine / 5120.0
        var1 = raw - (h1 * 16.0 + h3 / 2.0 * celsius)
        var2 = var1 * (h2 / 262144.0 * (1.0 + h4 / 16384.0 * celsius + h5 / 1048576.0 * celsius * celsius))
        return var2 + (h6 / 16384.0 + h7 / 2097152.0 * celsius) * var2 * var2
