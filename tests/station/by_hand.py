"""What a month comes to, written straight from the standards with plain Python: it shares nothing with the product.

Sources, as the project's reference of the standards has them: GB 3095-2026 (limits, validity), HJ 633-2026 (index), GB/T 8170
(rounding half to even), GB 3096-2008 and HJ 906-2017 (noise), GB 3838-2002 and the evaluation rules of 2011 (water classes).
A truth is channel → {UTC ms: value or None} at ten-minute steps, as tests/station/month_rig.py writes it down.
"""

import math
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

HOUR, STEP = 3_600_000, 600_000

INDEX = [0, 50, 100, 150, 200, 300, 400, 500]
PM25 = [0, 35, 60, 115, 150, 250, 350, 500]
PM10 = [0, 50, 120, 250, 350, 420, 500, 600]


def rounded(value, digits):
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def average(values):
    return math.fsum(values) / len(values)


def energy(levels):
    return 10 * math.log10(average([10 ** (level / 10) for level in levels]))


def acid(values):
    """pH of the mean concentration of hydrogen ions."""
    return -math.log10(average([10**-value for value in values]))


def hour(series, begin, mean=average, least=45):
    """The mean of an hour with at least 45 valid minutes (75 %), else None."""
    found = [series.get(begin + n * STEP) for n in range(6)]
    good = [value for value in found if value is not None]
    return mean(good) if 10 * len(good) >= least else None


def hours(series, midnight, mean=average):
    return [hour(series, midnight + n * HOUR, mean) for n in range(24)]


def day(series, midnight, mean=average):
    """The mean of at least 20 valid hours."""
    found = [value for value in hours(series, midnight, mean) if value is not None]
    return mean(found) if len(found) >= 20 else None


def index(breakpoints, value):
    """IAQI: the concentration as a whole number, a straight line between the breakpoints, rounded up."""
    whole = rounded(value, 0)
    for low, high, below, above in zip(breakpoints, breakpoints[1:], INDEX, INDEX[1:], strict=False):
        if whole <= high:
            exact = below + Decimal(above - below) * (whole - low) / (high - low)
            return int(exact.to_integral_value(ROUND_CEILING))
    return 500


def level(aqi):
    return 1 + sum(aqi > bound for bound in (50, 100, 150, 200, 300))


def noise_day(level_series, wind, rain, midnight):
    """Ld from 06 to 22 and Ln from 22 to 06 of the next day, of hours without the minutes of rain or of wind above 5 m/s."""
    quiet = {
        moment: value
        for moment, value in level_series.items()
        if (wind.get(moment) or 0.0) <= 5.0 and (rain.get(moment) or 0.0) <= 0.0
    }
    every = [hour(quiet, midnight + n * HOUR, energy) for n in range(30)]
    daytime = [value for value in every[6:22] if value is not None]
    night = [value for value in every[22:30] if value is not None]
    ld = energy(daytime) if len(daytime) >= 12 else None
    ln = energy(night) if len(night) >= 6 else None
    if ld is None or ln is None:
        return ld, ln, None
    return ld, ln, 10 * math.log10((16 * 10 ** (ld / 10) + 8 * 10 ** ((ln + 10) / 10)) / 24)


LIMITS = {  # GB 3838-2002, a river: classes I to V
    "ammonia_nitrogen": [0.15, 0.5, 1.0, 1.5, 2.0],
    "codmn": [2, 4, 6, 10, 15],
    "total_phosphorus": [0.02, 0.1, 0.2, 0.3, 0.4],
}
OXYGEN = [7.5, 6, 5, 3, 2]
DIGITS = {"ph": 0, "dissolved_oxygen": 1, "codmn": 1, "ammonia_nitrogen": 2, "total_phosphorus": 3}


def parameter_class(name, value):
    """1 to 5, 6 if worse, of one mean as it is rounded for evaluation."""
    number = rounded(value, DIGITS[name])
    if name == "ph":
        return 1 if 6 <= number <= 9 else 6
    if name == "dissolved_oxygen":
        return next((at + 1 for at, bound in enumerate(OXYGEN) if number >= Decimal(str(bound))), 6)
    return next((at + 1 for at, bound in enumerate(LIMITS[name]) if number <= Decimal(str(bound))), 6)


def results(series, begin, end):
    """An analyser's results, which all weigh the same."""
    found = [value for moment, value in series.items() if begin <= moment < end and value is not None]
    return average(found) if found else None


def load(content, flow, midnight):
    """kg in a day: the mean over at least 20 hours of mg/L · m³/s · 86.4; a result stands until the next one."""
    of_hour = [results(content, midnight + n * HOUR, midnight + (n + 1) * HOUR) for n in range(24)]
    current = next((value for value in of_hour if value is not None), None)
    hourly = []
    for value, water in zip(of_hour, hours(flow, midnight), strict=True):
        current = current if value is None else value
        if current is not None and water is not None:
            hourly.append(current * water * 86.4)
    return average(hourly) if len(hourly) >= 20 else None


def slope(values):
    """Sen's: the median of the slopes between every two days."""
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    every = sorted((v - u) / (b - a) for n, (a, u) in enumerate(known) for b, v in known[n + 1 :])
    middle = len(every) // 2
    return every[middle] if len(every) % 2 else (every[middle - 1] + every[middle]) / 2
