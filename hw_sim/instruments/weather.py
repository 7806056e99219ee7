"""Weather stations on Modbus: Seeed SenseCAP ONE, Renke's ultrasonic box, Ecowitt WN90LP, SONBEST and XY-MD02 transmitters."""

from hw_sim.instruments.base import Map, placed, signed, unsigned
from hw_sim.instruments.rs485_climate import Rs485Rain, Rs485Weather


def thousandths(number: float) -> list[int]:
    """A signed number of 32 bits in thousandths, high word first."""
    whole = round(1000 * number) & 0xFFFFFFFF
    return [whole >> 16, whole & 0xFFFF]


class SenseCapS500(Rs485Rain):
    """Function 04: 0 °C, 2 %, 4 Pa, 8 to 0x0C direction least, most, mean, 0x0E to 0x12 speed least, most, mean.

    settings as the rain gauge's. Assumed: least and most are 0.7 and 1.4 of the mean, of the direction 5° round it.
    """

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Eighteen registers: 6 and 7 are not there."""
        value = self.world.value
        air = [value("temperature", now), value("humidity", now), 100 * value("pressure", now)]
        degrees, speed = value("wind_direction", now), value("wind_speed", now)
        wind = [(degrees - 5) % 360, (degrees + 5) % 360, degrees, 0.7 * speed, 1.4 * speed, speed]
        return placed(0x0000, *map(thousandths, air)) | placed(0x0008, *map(thousandths, wind))


class SenseCapS700(SenseCapS500):
    """The same, and 6 lx, 0x14 rain in mm, 0x16 its s, 0x18 and 0x1A mm/h, 0x1C °C of the heater, 0x1E tilt."""

    def registers(self, now: float) -> dict[int, int]:
        """Thirty-two registers."""
        rain = [int(10 * self.total(now) + 1e-6) / 10, 0.0, 0.0, 0.0, 20.0, float(self.settings.get("tilt", 0))]
        return super().registers(now) | placed(0x0006, thousandths(70000.0)) | placed(0x0014, *map(thousandths, rain))


class SenseCapS1000(SenseCapS700):
    """The same, and 0x30 PM2.5, 0x32 PM10 in µg/m³, 0x40 CO2 in ppm."""

    def registers(self, now: float) -> dict[int, int]:
        """Thirty-eight registers."""
        pm25 = self.world.value("pm25", now)
        dust = placed(0x0030, thousandths(pm25), thousandths(1.25 * pm25))
        return super().registers(now) | dust | placed(0x0040, thousandths(self.world.value("co2", now)))


class Rs485WeatherUltrasonic(Rs485Weather):
    """Renke's ultrasonic box: as the other, wind × 100."""

    def registers(self, now: float) -> dict[int, int]:
        """Fourteen registers."""
        return super().registers(now) | {0x01F4: unsigned(100 * self.world.value("wind_speed", now))}


class Wn90lp(Rs485Rain):
    """0x0165: lx ÷ 10, UV index × 10, °C × 10 + 400, %, wind and gust × 10, degrees, rain × 10, hPa × 10.

    settings as the rain gauge's; `broken` true: its wind measures nothing, 0xFFFF.
    """

    functions = (0x03,)

    def registers(self, now: float) -> dict[int, int]:
        """Nine registers."""
        value = self.world.value
        speed = value("wind_speed", now)
        wind = [unsigned(10 * speed), unsigned(14 * speed), round(value("wind_direction", now)) % 360]
        if self.settings.get("broken"):
            wind = [0xFFFF] * 3
        air = [7000, 35, unsigned(10 * value("temperature", now) + 400), unsigned(value("humidity", now))]
        return placed(0x0165, air, wind, [int(10 * self.total(now) + 1e-6) & 0xFFFF, unsigned(10 * value("pressure", now))])


class SonbestTh(Map):
    """0 temperature × 100 signed, 1 humidity × 100."""

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return {0: signed(100 * self.world.value("temperature", now)), 1: unsigned(100 * self.world.value("humidity", now))}


class XyMd02(Map):
    """Function 04: 1 temperature × 10 signed, 2 humidity × 10."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        return {1: signed(10 * self.world.value("temperature", now)), 2: unsigned(10 * self.world.value("humidity", now))}
