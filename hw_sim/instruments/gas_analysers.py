"""Gas transmitters and analysers on Modbus. The world's gases are in ppb, methane in ppm; a mole of air takes 24.465 L."""

import struct
from collections.abc import Callable

from hw_sim.instruments.base import Map, float_abcd, float_cdab, placed, unsigned

MOLE = 24.465
"""L, at 25 °C and 1013 hPa."""


def float_badc(number: float) -> list[int]:
    """A 32-bit float, high word first, the bytes of each word swapped."""
    return list(struct.unpack("<2H", struct.pack(">f", number)))


class RaeGuard(Map):
    """0x0008 VOC in whole ppm, 32 bits, high word first. settings: `ppm`, else the world's."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        ppm = round(float(self.settings.get("ppm", self.world.value("tvoc", now) / 1000)))
        return placed(0x0008, [ppm >> 16, ppm & 0xFFFF])


class Te5900(Map):
    """0 state, 1 running, 10 to 15 time, 22 total, 23 and 26 states, 25 methane, 28 the rest, hundredths of ppm.

    settings: `state`, `methane_state`, `rest_state` (0; 8 is not fitted). Assumed: the rest is 0.
    """

    def registers(self, now: float) -> dict[int, int]:
        """Twenty-nine registers; the day is always the same."""
        methane, rest = self.world.value("methane", now), self.world.value("nmhc", now)
        second = int(now) % 86400
        shown = {
            0: int(self.settings.get("state", 0)),
            1: 1,
            22: unsigned(100 * (methane + rest)),
            23: int(self.settings.get("methane_state", 0)),
            25: unsigned(100 * methane),
            26: int(self.settings.get("rest_state", 0)),
            28: unsigned(100 * rest),
        }
        time = placed(10, [2026, 5, 4, second // 3600, second // 60 % 60, second % 60])
        return dict.fromkeys(range(29), 0) | time | shown


class Rs485Methane(Map):
    """0 unit, 1 concentration, 2 and 3 alarms, 4 full scale, 5 state, 6 converter, 7 °C × 10 + 500, 8 gas, 9 % × 10.

    settings: `lel` % (0), `unit_code` (0x20, %LEL), `gas` (11, methane), `state` (1, measures).
    """

    def registers(self, now: float) -> dict[int, int]:
        """Ten registers; unit and gas stand in the high byte."""
        state = int(self.settings.get("state", 1))
        first = [int(self.settings.get("unit_code", 0x20)) << 8, unsigned(float(self.settings.get("lel", 0))), 20, 50, 100]
        air = unsigned(10 * self.world.value("temperature", now) + 500)
        humidity = unsigned(10 * self.world.value("humidity", now))
        return placed(0, first, [state, 512, air, int(self.settings.get("gas", 11)) << 8, humidity])


class Thermo450i(Map):
    """Floats CDAB in mg/m³: 0 NO, 2 NO2, 4 NH3, 6 NOx as NO2, 8 SO2, 10 H2S, then zeros."""

    def registers(self, now: float) -> dict[int, int]:
        """Twenty-four registers."""
        no, no2, nh3, so2, h2s = (
            self.world.value(gas, now) * mass / MOLE / 1000
            for gas, mass in (("no", 30.006), ("no2", 46.006), ("nh3", 17.031), ("so2", 64.066), ("h2s", 34.081))
        )
        floats = [no, no2, nh3, no * 46.006 / 30.006 + no2, so2, h2s, *[0.0] * 6]
        return placed(0, *map(float_cdab, floats))


class Floats(Map):
    """Floats in ppb at fixed registers; a subclass says which."""

    order: Callable[[float], list[int]] = staticmethod(float_cdab)
    size = 0
    at: dict[int, str] = {}  # noqa: RUF012
    factor = 1.0

    def registers(self, now: float) -> dict[int, int]:
        """`size` registers from 0 on; what is not named is 0."""
        table = dict.fromkeys(range(self.size), 0)
        for register, gas in self.at.items():
            number = self.world.value("no", now) + self.world.value("no2", now) if gas == "nox" else self.world.value(gas, now)
            table |= placed(register, self.order(self.factor * number))
        return table


class Thermo42i(Floats):
    """0 NO, 2 NO2, 4 NOx, CDAB."""

    size, at = 6, {0: "no", 2: "no2", 4: "nox"}


class Thermo43i(Floats):
    """0 SO2, CDAB."""

    size, at = 2, {0: "so2"}


class Thermo49i(Floats):
    """0 O3, CDAB."""

    size, at = 2, {0: "o3"}


class Thermo49iq(Map):
    """2100 O3 CDAB in ppb; 1463 to 1469 alarms. settings: `alarm`, the register of one that is on."""

    def registers(self, now: float) -> dict[int, int]:
        """Nine registers."""
        alarms = dict.fromkeys(range(1463, 1470), 0)
        if "alarm" in self.settings:
            alarms[int(self.settings["alarm"])] = 1
        return alarms | placed(2100, float_cdab(self.world.value("o3", now)))


class TeledyneT400(Floats):
    """Function 04, ABCD: 18 O3 of range 1, 20 of range 2; the rest is 0."""

    functions = (0x04,)
    order = staticmethod(float_abcd)
    size, at = 60, {18: "o3", 20: "o3"}


class TeledyneT101(Floats):
    """Function 04, ABCD: 34 and 36 SO2, 38 and 40 H2S; the rest is 0."""

    functions = (0x04,)
    order = staticmethod(float_abcd)
    size, at = 60, {34: "so2", 36: "so2", 38: "h2s", 40: "h2s"}


class TeledyneN500(Floats):
    """Function 04, ABCD: 12 NO2, 56 NO, 76 NOx; the rest is 0."""

    functions = (0x04,)
    order = staticmethod(float_abcd)
    size, at = 80, {12: "no2", 56: "no", 76: "nox"}


class Saimosen(Floats):
    """Floats whose bytes are swapped in each word; 0x03EE calibration. settings: `calibration` 0 none, 1 zero, 2 span (0)."""

    order = staticmethod(float_badc)

    def registers(self, now: float) -> dict[int, int]:
        """The floats and the state."""
        return super().registers(now) | {0x03EE: int(self.settings.get("calibration", 0))}


class Sms8400(Saimosen):
    """0 O3."""

    size, at = 40, {0: "o3"}


class Sms8300(Saimosen):
    """0 NO, 2 NO2, 4 NOx."""

    size, at = 54, {0: "no", 2: "no2", 4: "nox"}


class Sms8200(Saimosen):
    """30 SO2."""

    size, at = 32, {30: "so2"}


class Sms8500(Saimosen):
    """0 CO in ppm."""

    size, at = 56, {0: "co"}


class UniMat120(Map):
    """0x1000 SO2, 0x1002 NO in mg/m³, 0x1004 O2 in %, ABCD. settings: `so2` (88.5), `no` (91.5), `oxygen` (12.5)."""

    def registers(self, now: float) -> dict[int, int]:
        """Sixteen registers; the last ten are 0."""
        gases = [float(self.settings.get(name, usual)) for name, usual in (("so2", 88.5), ("no", 91.5), ("oxygen", 12.5))]
        return placed(0x1000, *map(float_abcd, gases), [0] * 10)
