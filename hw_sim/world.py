"""What is true outside: a seeded day of a village, its road and its river, the same for the same seed and time.

Each quantity has a smooth daily course with a little noise; on top lie the events of the day: two rush hours, a rain (which
washes the air, lifts level, flow, turbidity and total nitrogen in the river, and lasts there), fireworks in the evening,
loud vehicles at night. `now` is s since the scenario's midnight.
"""

import math
import random
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Course:
    """A daily course: mean, amplitude, hour of the maximum, size of the noise; `low` is the least that can be true.

    rush, rain, river, fireworks: what is added at the height of the event (`river`: what the rain does to the water).
    """

    mean: float
    amplitude: float = 0.0
    peak: float = 12.0
    noise: float = 0.0
    low: float = -math.inf
    rush: float = 0.0
    rain: float = 0.0
    river: float = 0.0
    fireworks: float = 0.0


COURSES: dict[str, Course] = {
    # air
    "temperature": Course(12.0, 6.0, 15.0, 0.05, rain=-3.0),
    "humidity": Course(55.0, 18.0, 5.0, 0.3, 5.0, rain=22.0),
    "pressure": Course(1013.0, 1.5, 10.0, 0.05, rain=-4.0),
    "pm25": Course(35.0, 18.0, 8.0, 1.5, 0.5, rush=12.0, rain=-20.0, fireworks=180.0),
    "tsp": Course(110.0, 40.0, 10.0, 6.0, 2.0, rush=50.0, rain=-60.0, fireworks=260.0),
    "voc_raw": Course(30500.0, 900.0, 4.0, 25.0, 0.0, rush=-400.0, fireworks=-1500.0),
    "nox_raw": Course(15500.0, 300.0, 4.0, 15.0, 0.0, rush=500.0),
    "gas_resistance": Course(140000.0, 30000.0, 15.0, 900.0, 5000.0, fireworks=-90000.0),
    "tvoc": Course(180.0, 60.0, 9.0, 8.0, 0.0, rush=80.0),  # ppb
    "hcho": Course(18.0, 6.0, 15.0, 1.0, 0.0),  # ppb
    "o3": Course(45.0, 30.0, 15.0, 1.0, 0.0, rush=-10.0),  # ppb
    "no2": Course(18.0, 7.0, 20.0, 0.8, 0.0, rush=15.0),  # ppb
    "so2": Course(4.0, 1.5, 10.0, 0.1, 0.0, rush=2.0),  # ppb
    "no": Course(6.0, 3.0, 8.0, 0.3, 0.0, rush=25.0),  # ppb
    "nh3": Course(14.0, 5.0, 14.0, 0.4, 0.0),  # ppb
    "h2s": Course(2.0, 0.8, 5.0, 0.1, 0.0),  # ppb
    "methane": Course(2.1, 0.15, 5.0, 0.01, 1.8),  # ppm
    "nmhc": Course(0.5, 0.2, 9.0, 0.02, 0.0, rush=0.6),  # ppm of carbon
    "co": Course(0.6, 0.2, 20.0, 0.02, 0.0, rush=0.6),  # ppm
    "co2": Course(430.0, 15.0, 5.0, 1.5, 380.0, rush=25.0),  # ppm
    "wind_speed": Course(2.2, 1.4, 15.0, 0.35, 0.0, rain=3.0),
    "wind_direction": Course(200.0, 60.0, 15.0, 9.0),
    "rain": Course(0.0, rain=6.0),  # mm/h
    "dose_rate": Course(0.11, 0.01, 14.0, 0.004, 0.02, rain=0.03),  # µSv/h
    # noise
    "noise": Course(54.0, 8.0, 18.0, 2.5, 25.0, rush=6.0, rain=4.0, fireworks=28.0),
    # water
    "water_temperature": Course(11.0, 1.2, 16.0, 0.02, 0.0, river=-0.5),
    "ph": Course(8.0, 0.25, 16.0, 0.01, 0.0, river=-0.3),
    "oxygen": Course(10.2, 0.8, 16.0, 0.03, 0.0, river=-0.6),
    "turbidity": Course(6.0, 2.0, 7.0, 0.3, 0.1, river=140.0),
    "conductivity": Course(420.0, 15.0, 12.0, 1.0, 1.0, river=-90.0),
    "orp": Course(230.0, 12.0, 12.0, 1.0, river=-30.0),
    "chlorophyll": Course(3.2, 0.6, 14.0, 0.08, 0.0),
    "algae": Course(1200.0, 150.0, 14.0, 20.0, 0.0),
    "oil": Course(0.03, 0.01, 14.0, 0.002, 0.0, river=0.05),
    "cod": Course(14.0, 2.0, 10.0, 0.3, 0.5, river=18.0),
    "codmn": Course(3.1, 0.4, 10.0, 0.05, 0.1, river=4.0),
    "ammonia_nitrogen": Course(0.22, 0.06, 8.0, 0.01, 0.01, river=0.5),
    "total_phosphorus": Course(0.04, 0.01, 8.0, 0.002, 0.005, river=0.12),
    "total_nitrogen": Course(2.4, 0.3, 8.0, 0.04, 0.1, river=3.5),
    "water_level": Course(1.35, 0.02, 6.0, 0.002, 0.0, river=0.8),
    "flow": Course(4.5, 0.2, 6.0, 0.05, 0.0, river=22.0),
    "velocity": Course(0.6, 0.03, 6.0, 0.01, 0.0, river=0.9),
    "residual_chlorine": Course(0.45, 0.08, 4.0, 0.01, 0.0),
    # soil
    "soil_temperature": Course(11.0, 2.5, 17.0, 0.02),
    "soil_moisture": Course(24.0, 0.8, 6.0, 0.05, 2.0, river=14.0),
    "soil_conductivity": Course(310.0, 8.0, 14.0, 1.0, 5.0, river=120.0),
    "soil_ph": Course(6.7, 0.05, 14.0, 0.01),
    # station
    "battery_voltage": Course(12.9, 0.6, 13.0, 0.02, 9.0, rain=-0.3),
    "solar_power": Course(8.0, 22.0, 12.0, 0.4, 0.0, rain=-15.0),
    "load_power": Course(3.6, 0.2, 20.0, 0.05, 0.0),
    "signal": Course(-79.0, 3.0, 20.0, 1.0),
}


class World:
    """The truth at a time; `day` is the length of a day in s."""

    def __init__(self, seed: int, day: float = 86400.0) -> None:
        self._seed = seed
        self._day = day
        self.held: dict[str, float] = {}
        """What somebody has put in the place of the truth: a probe in a buffer, a calibrator on the microphone."""

    def value(self, name: str, now: float) -> float:
        """The true value of `name` at `now`."""
        if name in self.held:
            return self.held[name]
        course = COURSES[name]
        angle = 2 * math.pi * (now / self._day - course.peak / 24)
        value = course.mean + course.amplitude * math.cos(angle) + self._chance(name, now).gauss(0.0, course.noise)
        value += course.rush * self.rush(now) + course.rain * self.rain(now)
        value += course.river * self.swell(now) + course.fireworks * self.fireworks(now)
        value = max(course.low, value)
        return value % 360.0 if name == "wind_direction" else value

    def rush(self, now: float) -> float:
        """0 to 1: the traffic of the rush hours round 07:45 and 18:00."""
        return max(_hill(self._hour(now), 7.75, 1.0), _hill(self._hour(now), 18.0, 1.2))

    def rain(self, now: float) -> float:
        """0 to 1: a rain on about two days of five."""
        start, hours, _burns = self._weather(now)
        return _hill(self._hour(now), start + hours / 2, hours / 2) if hours else 0.0

    def swell(self, now: float) -> float:
        """0 to 1: what the day's rain does to the river, from an hour after it begins, falling over eight hours."""
        start, hours, _burns = self._weather(now)
        since = self._hour(now) - start - 1.0
        if not hours or since <= 0:
            return 0.0
        return since / hours if since < hours else math.exp(-(since - hours) / 3.0)

    def fireworks(self, now: float) -> float:
        """0 to 1: on about one evening of five, between 20:00 and 23:00."""
        return _hill(self._hour(now), 21.2, 1.3) if self._weather(now)[2] else 0.0

    def loud(self, now: float) -> bool:
        """True in a second in which something loud passes the roadside: a horn, a truck at night."""
        share = 0.004 if 6 <= self._hour(now) < 22 else 0.0015
        return random.Random(f"{self._seed} loud {int(now)}").random() < share

    def _weather(self, now: float) -> tuple[float, float, bool]:
        return _day_of(self._seed, int(now // self._day))

    def _chance(self, name: str, now: float) -> random.Random:
        return random.Random(f"{self._seed} {name} {int(now * 2)}")

    def _hour(self, now: float) -> float:
        return (now / self._day * 24.0) % 24.0


@lru_cache(maxsize=16)
def _day_of(seed: int, day: int) -> tuple[float, float, bool]:
    """(hour at which the day's rain begins, its hours, whether there are fireworks); 0 hours: a dry day."""
    burns = random.Random(f"{seed} fireworks day {day}").random() < 0.2
    chance = random.Random(f"{seed} rain day {day}")
    if chance.random() > 0.4:
        return 0.0, 0.0, burns
    return chance.uniform(2.0, 15.0), chance.uniform(1.0, 4.0), burns


def _hill(hour: float, middle: float, half: float) -> float:
    """A smooth hill of height 1 at `middle`, 0 beyond `half` h from it."""
    away = abs(hour - middle) / half if half else 2.0
    return math.cos(away * math.pi / 2) ** 2 if away < 1 else 0.0
