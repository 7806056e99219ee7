"""Water probes of a few registers: Supmea DO7013, Seeed S-pH-01, S-EC-01, S-RJY-01, SiFuMing, YSI ODO RTU, HuangYu, G8306,
LianCe, PengYue, Hach, Ponsel."""

from typing import Any

from hw_sim.instruments.base import Map, float_abcd, float_cdab, float_dcba, placed, signed, unsigned
from hw_sim.world import World

SATURATION = 92.0
"""% of oxygen that the DO7013 shows; the world knows only mg/L."""


class Do7013(Map):
    """Signed: 0 °C × 10, 1 mg/L × 100, 2 % × 10; 6 and 7 its state. Assumed: 3 to 7 are 0."""

    def registers(self, now: float) -> dict[int, int]:
        """Eight registers."""
        temperature, oxygen = self.world.value("water_temperature", now), self.world.value("oxygen", now)
        return placed(0, [signed(10 * temperature), signed(100 * oxygen), signed(10 * SATURATION)], [0] * 5)


class SPh01(Map):
    """0 °C, 1 pH × 100. Assumed: °C × 100."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0, [signed(100 * self.world.value("water_temperature", now)), unsigned(100 * self.world.value("ph", now))])


class SEc01(Map):
    """0 °C × 100, 2 conductivity, 3 salinity, 4 dissolved solids. Assumed: µS/cm, half of it in mg/L for both, 1 is 0."""

    def registers(self, now: float) -> dict[int, int]:
        """Five registers."""
        conductivity = self.world.value("conductivity", now)
        salts = unsigned(conductivity / 2)
        return placed(0, [signed(100 * self.world.value("water_temperature", now)), 0, unsigned(conductivity), salts, salts])


class SRjy01(Map):
    """0x0100 °C × 10, 0x0101 mg/L × 100; address 55 from the factory."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        temperature, oxygen = self.world.value("water_temperature", now), self.world.value("oxygen", now)
        return placed(0x0100, [signed(10 * temperature), unsigned(100 * oxygen)])


class SiFuMing(Map):
    """One float DCBA at the place of what the probe measures. Assumed: function 03.

    settings: `parameter` oxygen (unless said otherwise), turbidity, cod, ph, ammonia_nitrogen. Raises ValueError for a parameter
    that the family does not have.
    """

    places = {"oxygen": 0x32, "turbidity": 0x36, "cod": 0x42, "ph": 0x4A, "ammonia_nitrogen": 0x52}  # noqa: RUF012

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._parameter = str(settings.get("parameter", "oxygen"))
        if self._parameter not in self.places:
            raise ValueError(f"there is no parameter {self._parameter!r}; known: {', '.join(self.places)}")

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(self.places[self._parameter], float_dcba(self.world.value(self._parameter, now)))


class OdoRtu(Map):
    """Function 04, floats ABCD: 0 %, 2 mg/L, 4 local %, 6 °C; all ones for oxygen if `invalid` is set."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Eight registers."""
        oxygen = placed(0, float_abcd(SATURATION), float_abcd(self.world.value("oxygen", now)), float_abcd(SATURATION))
        if self.settings.get("invalid"):
            oxygen = dict.fromkeys(oxygen, 0xFFFF)
        return oxygen | placed(6, float_abcd(self.world.value("water_temperature", now)))


class HuangYu(Map):
    """0x0000 turbidity × 100, 32 bits, high word first."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return placed(0, list(divmod(round(100 * self.world.value("turbidity", now)), 0x10000)))


class G8306(Map):
    """Function 04, floats CDAB: temperature, pH. Assumed: the other two are 0."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Eight registers."""
        temperature, ph = self.world.value("water_temperature", now), self.world.value("ph", now)
        return placed(0, float_cdab(temperature), float_cdab(ph), [0] * 4)


class LianCe(Map):
    """0 pH × 100, 1 temperature × 10."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        temperature = self.world.value("water_temperature", now)
        return placed(0, [unsigned(100 * self.world.value("ph", now)), signed(10 * temperature)])


class LianCeV8(Map):
    """From 1 on, floats ABCD: pH, temperature."""

    def registers(self, now: float) -> dict[int, int]:
        """Four registers."""
        return placed(1, float_abcd(self.world.value("ph", now)), float_abcd(self.world.value("water_temperature", now)))


class PengYueChlorine(Map):
    """0 residual chlorine mg/L × 1000, 5 pH × 1000. Assumed: the rest is 0."""

    def registers(self, now: float) -> dict[int, int]:
        """Six registers."""
        chlorine, ph = self.world.value("residual_chlorine", now), self.world.value("ph", now)
        return placed(0, [unsigned(1000 * chlorine), 0, 0, 0, 0, unsigned(1000 * ph)])


class Ponsel(Map):
    """It measures when 0x001F is written to 0x0001; 0x0053 floats ABCD: temperature and three more. 0x00A4: 500 ms that it takes.

    `shows`: what the three are in the world, a number where the world has none. Before the first start it shows 0.
    """

    functions = (0x03, 0x10)
    shows: tuple[str | float, ...] = ()

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._began = float("inf")

    def write(self, address: int, values: list[int], now: float) -> bool:
        """Start."""
        if address == 0x0001 and values == [0x001F]:
            self._began = now
        return address == 0x0001

    def registers(self, now: float) -> dict[int, int]:
        """What was measured when it was started last."""
        if now < self._began + 0.5:
            return placed(0x0053, [0] * 8) | {0x00A4: 500}
        courses = ("water_temperature", *self.shows)
        values = [one if isinstance(one, float) else self.world.value(one, self._began) for one in courses]
        return placed(0x0053, *map(float_abcd, values)) | {0x00A4: 500}


class PonselOptod(Ponsel):
    """%, mg/L, ppm."""

    shows = (SATURATION, "oxygen", "oxygen")


class PonselPh(Ponsel):
    """pH, redox mV, pH mV. Assumed: this is −60 mV."""

    shows = ("ph", "orp", -60.0)


class PonselC4e(Ponsel):
    """µS/cm, g/kg, dissolved solids. Assumed: 0.2 and 220 of the latter two."""

    shows = ("conductivity", 0.2, 220.0)


class PonselNtu(Ponsel):
    """NTU, FNU, mg/L. Assumed: as many mg/L."""

    shows = ("turbidity", "turbidity", "turbidity")


class HachUvasSc(Map):
    """Counted from 1: 40001 displayed value ABCD, 40003 unit (0 mg/L), 40004 parameter. Assumed: a SAC 254 that is half of COD.

    settings: `grams` true: it is set to g/L.
    """

    def registers(self, now: float) -> dict[int, int]:
        """Four registers."""
        return placed(0, float_abcd(self.world.value("cod", now) / 2), [int(bool(self.settings.get("grams"))), 0])


class HachNitrataxSc(HachUvasSc):
    """The same; a third of total nitrogen is nitrate."""

    def registers(self, now: float) -> dict[int, int]:
        """Four registers."""
        return placed(0, float_abcd(self.world.value("total_nitrogen", now) / 3), [int(bool(self.settings.get("grams"))), 0])


class HachTssSc(Map):
    """Counted from 1: 40001 turbidity, 40003 EBC, 40005 mg/L, 40007 g/L, 40009 %, ABCD. Assumed: as many mg/L as FNU."""

    def registers(self, now: float) -> dict[int, int]:
        """Ten registers."""
        turbidity = self.world.value("turbidity", now)
        shown = (turbidity, turbidity / 4, turbidity, turbidity / 1000, turbidity / 10000)
        return placed(0, *map(float_abcd, shown))


class Hach3798Sc(Map):
    """Counted from 1: 40001 mS/cm, 40003 Ω cm, 40005 °C, ABCD."""

    def registers(self, now: float) -> dict[int, int]:
        """Six registers."""
        conductivity = self.world.value("conductivity", now)
        temperature = self.world.value("water_temperature", now)
        return placed(0, *map(float_abcd, (conductivity / 1000, 1e6 / conductivity, temperature)))


class HachLdo(Map):
    """Counted from 1: 40001 mg/L × 1000, 40002 °C × 100, 40012 %. Assumed: the rest up to 40014 is 0."""

    def registers(self, now: float) -> dict[int, int]:
        """Fourteen registers."""
        oxygen, temperature = self.world.value("oxygen", now), self.world.value("water_temperature", now)
        return placed(0, [unsigned(1000 * oxygen), signed(100 * temperature)], [0] * 9, [unsigned(SATURATION), 0, 0])
