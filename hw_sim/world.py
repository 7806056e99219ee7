"""What is true outside: smooth daily courses with a little noise, the same for the same seed and time."""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Course:
    """A daily course: mean, amplitude, hour of the maximum, size of the noise."""

    mean: float
    amplitude: float
    peak: float
    noise: float


COURSES: dict[str, Course] = {
    "temperature": Course(12.0, 6.0, 15.0, 0.05),
    "humidity": Course(55.0, 18.0, 5.0, 0.3),
    "pm25": Course(35.0, 18.0, 8.0, 1.5),
    "voc_raw": Course(30500.0, 900.0, 4.0, 25.0),
    "noise": Course(54.0, 8.0, 18.0, 2.5),
    "water_temperature": Course(11.0, 1.2, 16.0, 0.02),
    "ph": Course(8.0, 0.25, 16.0, 0.01),
    "oxygen": Course(10.2, 0.8, 16.0, 0.03),
    "turbidity": Course(6.0, 2.0, 7.0, 0.3),
    "conductivity": Course(420.0, 15.0, 12.0, 1.0),
    "orp": Course(230.0, 12.0, 12.0, 1.0),
    "chlorophyll": Course(3.2, 0.6, 14.0, 0.08),
    "algae": Course(1200.0, 150.0, 14.0, 20.0),
}


class World:
    """The truth at a time; `day` is the length of a day in s."""

    def __init__(self, seed: int, day: float = 86400.0) -> None:
        self._seed = seed
        self._day = day

    def value(self, name: str, now: float) -> float:
        """The true value of `name` at `now` s after the scenario's midnight."""
        course = COURSES[name]
        angle = 2 * math.pi * (now / self._day - course.peak / 24)
        noise = random.Random(f"{self._seed} {name} {int(now * 2)}").gauss(0.0, course.noise)
        return course.mean + course.amplitude * math.cos(angle) + noise
