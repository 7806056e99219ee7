"""Instruments of stacks: ZhongXing DM601 (dust), UniMAT 120 (flue gas)."""

from hw_sim.instruments.base import Map, float_abcd, placed


class Dm601(Map):
    """0x0000 dust mg/m³ and raw ABCD, 0x0064 state (0 normal), alarm, its code. Assumed: raw is the same.

    settings: `state` (0; 1 maintenance, 2 fault, 3 calibration).
    """

    def registers(self, now: float) -> dict[int, int]:
        """Two blocks; the world's dust is in µg/m³."""
        dust = float_abcd(self.world.value("tsp", now) / 1000)
        state = int(self.settings.get("state", 0))
        return placed(0x0000, dust, dust) | placed(0x0064, [state, int(state == 2), 0])


class Unimat120(Map):
    """0x1000, floats ABCD: SO₂ and NO mg/m³, O₂ %, five more. Assumed: these are 0, O₂ is 6 %, and there are as many mg/m³ of
    both as a tenth of the world's NO₂ in ppb."""

    def registers(self, now: float) -> dict[int, int]:
        """Sixteen registers."""
        gas = float_abcd(self.world.value("no2", now) / 10)
        return placed(0x1000, gas, gas, float_abcd(6.0), [0] * 10)
