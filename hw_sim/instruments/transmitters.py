"""Modbus transmitters and controllers of many makers, each from its register list: climate, wind, level, flow, loops, power."""

import struct
from typing import Any

from hw_sim.instruments.base import Unit
from hw_sim.world import World


def big(number: float) -> list[int]:
    """A float as two registers, high word first."""
    high, low = struct.unpack(">HH", struct.pack(">f", number))
    return [high, low]


def swapped(number: float) -> list[int]:
    """A float as two registers, low word first."""
    return big(number)[::-1]


class Table(Unit):
    """Registers by address; every question must lie wholly in them, else exception 2."""

    def table(self, now: float) -> dict[int, int]:
        """Address → register."""
        raise NotImplementedError

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """So many registers from the table."""
        table = self.table(now)
        wanted = range(address, address + count)
        return [table[at] & 0xFFFF for at in wanted] if all(at in table for at in wanted) else None


def laid(start: int, words: list[int]) -> dict[int, int]:
    """Registers from `start` on."""
    return dict(enumerate(words, start))


class Rs485Climate(Table):
    """Renke RS-WS: humidity × 10, temperature × 10 (two's complement)."""

    functions = (0x03, 0x06)

    def table(self, now: float) -> dict[int, int]:
        """Two values; address and baud code."""
        humidity = min(99.9, self.world.value("humidity", now))
        return {0: round(10 * humidity), 1: round(10 * self.world.value("temperature", now)), 0x07D0: 1, 0x07D1: 1}


class Rs485Wind(Table):
    """Renke RS-FSJT (settings measure = "speed") or RS-FXJT ("direction"): two devices of one family."""

    functions = (0x03, 0x06)

    def table(self, now: float) -> dict[int, int]:
        """Speed × 10; or the gear of eight and degrees."""
        if self.settings.get("measure", "speed") == "speed":
            return {0: round(10 * self.world.value("wind_speed", now))}
        degrees = round(self.world.value("wind_direction", now)) % 360
        return {0: round(degrees / 45) % 8, 1: degrees}


class Fmr20(Table):
    """Endress+Hauser FMR20: eight floats from 5000 on; level, distance and echo are 0 for 10 s after power-on."""

    functions = (0x03,)

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._powered: float | None = None

    def table(self, now: float) -> dict[int, int]:
        """Level m, distance m, echo dB, temperature °C, quality, diagnosis, latitude, longitude."""
        if self._powered is None:
            self._powered = now - float(self.settings.get("running", 0.0))
        level = self.world.value("water_level", now)
        ready = now - self._powered >= 10.0
        head = (level, 8.0 - level, 11.6, 16.0, 0.0) if ready else (0.0, 0.0, 0.0, 20.0, 3.0)
        return laid(5000, [word for number in (*head, 0.0, 0.0, 0.0) for word in big(number)])


class PressureLevel(Table):
    """Address, baud code, unit, decimals, value, zero, full scale: registers 0 to 6."""

    functions = (0x03, 0x06)

    def table(self, now: float) -> dict[int, int]:
        """Level in mm."""
        level = round(1000 * self.world.value("water_level", now))
        return laid(0, [int(self.settings.get("unit", 1)), 3, 1, int(self.settings.get("decimals", 3)), level, 0, 10000])


class Tuf2000(Table):
    """TUF-2000M: numbers from 1; flow m³/h in 1-2, velocity m/s in 5-6, net total m³ in 9-10, quality in 92."""

    functions = (0x03, 0x06, 0x10)

    def table(self, now: float) -> dict[int, int]:
        """What stands at register n of the sheet has address n - 1."""
        flow = 3600 * self.world.value("flow", now) / 100  # a pipe, not the river
        total = 12345 + int(now)
        words = laid(0, [*swapped(flow), 0, 0, *swapped(flow / 252), 0, 0, total & 0xFFFF, total >> 16])
        return words | {91: int(self.settings.get("quality", 87))}


class Fuf2000(Table):
    """FUF2000: function 04, flow in m³/h as a float in 6-7."""

    functions = (0x04,)

    def table(self, now: float) -> dict[int, int]:
        """One float."""
        return laid(6, big(3600 * self.world.value("flow", now) / 100))


class CurrentLoop(Table):
    """Waveshare 8-channel input: function 04 gives µA while the channel's mode is 3, else mV."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._modes = [0] * 8

    def answer(self, pdu: bytes, now: float) -> bytes | None:
        """Function 03 reads the modes, 04 the inputs."""
        self._asked = pdu[0]
        return super().answer(pdu, now)

    def table(self, now: float) -> dict[int, int]:
        """Channel 1 follows the water level (0 to 10 m), the others rest at 4 mA."""
        if self._asked == 0x03:
            return laid(0x1000, self._modes)
        current = round(4000 + 1600 * self.world.value("water_level", now))
        currents = [int(self.settings.get("current", current)), *[4000] * 7]
        return laid(0, [value if mode == 3 else value // 4 for value, mode in zip(currents, self._modes, strict=True)])

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Modes."""
        if not (address >= 0x1000 and address + len(values) <= 0x1008):
            return False
        self._modes[address - 0x1000 : address - 0x1000 + len(values)] = values
        return True


class Epever(Table):
    """EPEver B-Series: function 04, hundredths, long numbers with the low word first; function 03 the clock."""

    functions = (0x03, 0x04)

    def table(self, now: float) -> dict[int, int]:
        """0x3100 to 0x3113, 0x311A, 0x311B, 0x3200 to 0x3202."""
        sun = max(0.0, self.world.value("solar_power", now))
        battery, load = self.world.value("battery_voltage", now), self.world.value("load_power", now)
        volts = 18.4 if sun > 0.5 else 0.6

        def cents(number: float, long: bool = False) -> list[int]:
            whole = round(100 * number)
            return [whole & 0xFFFF, whole >> 16] if long else [whole]

        words = cents(volts) + cents(sun / volts) + cents(sun, long=True) + cents(battery) + cents(sun / battery)
        words += cents(sun, long=True) + [0] * 4 + cents(battery) + cents(load / battery) + cents(load, long=True)
        words += cents(21.5) + cents(self.world.value("temperature", now)) + cents(24.0) + [0]
        charge = min(100, max(0, round((battery - 11.5) / 1.6 * 100)))
        return laid(0x3100, words) | {0x311A: charge, 0x311B: 2150} | laid(0x3200, [0, 1, 1])


class Dtsu666(Table):
    """Chint DTSU666: floats, high word first; total active power in tenths of a watt, imported energy in kWh."""

    functions = (0x03, 0x10)

    def table(self, now: float) -> dict[int, int]:
        """0x2012 and 0x101E."""
        power = 450.0 + 10 * self.world.value("load_power", now)
        return laid(0x2012, big(10 * power)) | laid(0x101E, big(1530.25 + now * power / 3.6e6))
