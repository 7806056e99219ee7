"""Water probes of a few registers: Supmea DO7013, Seeed S-pH-01, S-EC-01, S-RJY-01, SiFuMing, YSI ODO RTU."""

from typing import Any

from hw_sim.instruments.base import Map, float_abcd, float_dcba, placed, signed, unsigned
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
