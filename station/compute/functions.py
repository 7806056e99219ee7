"""What `station compute` offers: each function with its formula in words and where that comes from.

They are the daemon's own functions; `calculator.py` calls them by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from calibration import correct, evaluate, physics, quality
from drivers.quantity import molar_volume
from station.metrics import air, noise, statistics, water
from station.metrics.tables import Citation
from station.words import N_


@dataclass(frozen=True, slots=True)
class Entry:
    """A function, its formula in words, and its sources: a section of a table ("hj633/breakpoints"), a table of
    calibration/targets.toml ("targets/two_channels"), or a text with its confidence."""

    function: Callable[..., Any]
    formula: str
    sources: tuple[str | Citation, ...]


def _entry(function: Callable[..., Any], formula: str, *sources: str | Citation) -> Entry:
    return Entry(function, formula, sources)


IEC = Citation("IEC 61672-1", "certain")
LEVELS = Citation("GB 3096-2008; HJ 640-2012", "certain")
QARTOD = Citation("IOC/IOOS QARTOD", "certain")
EPA = Citation("EPA/600/R-20/280", "certain")
PID = Citation("RAE TN-106", "certain")
GASES = Citation("ideal gas, R: CODATA 2018", "certain")
PAPERS = Citation(
    "AMT 14, 4617 (us_2021); AirNow (us_smoke); AMT 15, 3315 (growth_nilson); AMT 11, 709 (kappa_kohler)", "certain"
)


def qc(test: str, **arguments: Any) -> dict[str, list[int]]:
    """The flags of one quality test."""
    return {"flags": [int(flag) for flag in TESTS[test](**arguments)]}


TESTS: Mapping[str, Callable[..., Any]] = {
    "gross_range": quality.gross_range,
    "spike": quality.spike,
    "rate": quality.rate,
    "flat_line": quality.flat_line,
    "attenuated": quality.attenuated,
    "climatology": quality.climatology,
    "gap": quality.gap,
    "not_above": quality.not_above,
    "in_step": quality.in_step,
    "combine": quality.combine,
}
"""What `qc` can do."""

FUNCTIONS: Mapping[str, Entry] = {
    "iaqi": _entry(
        air.iaqi,
        N_("round the concentration half to even, interpolate between breakpoints, round the index up"),
        "hj633/breakpoints",
        "hj633/decimals",
    ),
    "aqi": _entry(
        air.aqi,
        N_("the largest individual index; incomplete, it is published only above 100; primary: those with the largest, above 50"),
        "hj633/breakpoints",
        "hj633/report",
        "hj633/categories",
    ),
    "aqi_category": _entry(air.aqi_category, N_("level, name and colour by the range that holds the AQI"), "hj633/categories"),
    "limit": _entry(air.limit, N_("the highest concentration in force on the date"), "gb3095/limits"),
    "compliant": _entry(
        air.compliant,
        N_("the value, rounded half to even as it is reported, is not above the limit"),
        "gb3095/limits",
        "gb3095/decimals",
    ),
    "to_reference_state": _entry(
        air.to_reference_state,
        N_("gas: c × (T / 298.15 K) × (101.325 kPa / P); particles: as measured"),
        Citation("GB 3095-2026", "certain"),
    ),
    "round": _entry(statistics.round_text, N_("half to even from the exact decimal, once"), Citation("GB/T 8170", "certain")),
    "hour_valid": _entry(air.hour_valid, N_("enough valid minutes"), "gb3095/validity"),
    "day_valid": _entry(air.day_valid, N_("enough valid hourly means"), "gb3095/validity"),
    "month_valid": _entry(air.month_valid, N_("enough valid daily means, fewer in February"), "gb3095/validity"),
    "year_valid": _entry(air.year_valid, N_("enough valid daily means, and every month valid"), "gb3095/validity"),
    "hour_mean": _entry(air.hour_mean, N_("arithmetic mean of the valid minutes, if there are enough"), "gb3095/validity"),
    "day_mean": _entry(air.day_mean, N_("arithmetic mean of the valid hourly means, if there are enough"), "gb3095/validity"),
    "mda8": _entry(
        air.mda8,
        N_("largest of the 8 h means that end from 08:00 to 24:00; with too few of them only if it exceeds the limit"),
        "hj663/mda8",
        "gb3095/validity",
        "gb3095/limits",
    ),
    "percentile": _entry(
        statistics.percentile, N_("sorted ascending, rank 1 + (n - 1) p / 100, linear between ranks"), "hj663/percentile"
    ),
    "heavy_pollution_warning": _entry(
        air.heavy_pollution_warning, N_("days in a row whose forecast AQI is above a step"), "beijing-warning/warnings"
    ),
    "correct_pm25": _entry(correct.correct_pm25, N_("the published formula of the model; not fitted to this site"), PAPERS),
    "channels_agree": _entry(
        correct.channels_agree, N_("not both: far apart in µg/m³, and far apart for their mean"), "targets/two_channels"
    ),
    "evaluate": _entry(
        evaluate.evaluate,
        N_("least squares of the sensor on the reference over the pairs; NRMSE against the mean reference"),
        EPA,
    ),
    "precision": _entry(
        evaluate.precision, N_("SD = √(Σ (x - mean of the period)² / (NM - 1)); CV = 100 SD / overall mean"), EPA
    ),
    "meets_epa_pm25": _entry(evaluate.meets_epa_pm25, N_("every figure within its target"), "targets/epa_pm25"),
    "leq": _entry(noise.leq, N_("10 lg of the mean of 10^(L/10), weighted by durations"), LEVELS),
    "level_sum": _entry(noise.level_sum, N_("10 lg of the sum of 10^(L/10)"), LEVELS),
    "level_percentiles": _entry(
        noise.level_percentiles, N_("LN: exceeded N % of the time; rank 1 + (n - 1) p, linear between ranks"), LEVELS
    ),
    "day_night": _entry(
        noise.day_night,
        N_("energy means of day time, night and day; Ldn with 10 dB on the night; enough valid hours"),
        "gb3096/hours",
        "hj906/validity",
    ),
    "ldn": _entry(noise.ldn, N_("10 lg((16 × 10^(Ld/10) + 8 × 10^((Ln + 10)/10)) / 24)"), "gb3096/hours"),
    "background_correct": _entry(
        noise.background_correct, N_("less the tabled correction for the difference in whole dB"), "hj706/background"
    ),
    "noise_limit": _entry(noise.noise_limit, N_("limits of the zone by day and by night"), "gb3096/limits"),
    "noise_compliant": _entry(
        noise.noise_compliant, N_("the level, rounded to 0.1 dB, is not above the limit"), "gb3096/limits", "gb3096/decimals"
    ),
    "a_weighting": _entry(noise.a_weighting, N_("four poles, normalised to 0 dB at 1 kHz"), IEC),
    "c_weighting": _entry(noise.c_weighting, N_("two poles, normalised to 0 dB at 1 kHz"), IEC),
    "do_saturation": _entry(
        physics.do_saturation, N_("Benson and Krause with salinity and pressure"), Citation("APHA 4500-O, USGS", "certain")
    ),
    "do_percent": _entry(physics.do_percent, N_("100 × measured / saturation"), Citation("APHA 4500-O, USGS", "certain")),
    "water_class": _entry(
        water.water_class,
        N_("the worst class among the parameters that take part, each rounded as for evaluation"),
        "gb3838/limits",
        "water-evaluation/left_out",
        "water-evaluation/decimals",
    ),
    "exceedance": _entry(water.exceedance, N_("(C - S) / S; not defined for pH and oxygen"), "gb3838/limits"),
    "mean_ph": _entry(water.mean_ph, N_("-lg of the mean of 10^-pH"), Citation("practice of water monitoring", "likely")),
    "tli": _entry(water.tli, N_("Σ weight × 10 (a + b ln x), weight r² / Σ r²"), "tli/index", "tli/states"),
    "ec25": _entry(physics.ec25, N_("EC / (1 + α (t - 25))"), Citation("APHA, USGS", "certain")),
    "ph_slope": _entry(physics.ph_slope, N_("ln 10 × R T / F"), Citation("Nernst; CODATA 2018", "certain")),
    "ph_calibration": _entry(
        correct.ph_calibration,
        N_("line through the buffers; its slope in % of Nernst's; its value at pH 7"),
        Citation("Nernst", "certain"),
    ),
    "jump": _entry(water.jump, N_("so many times the result before, or its reciprocal"), "water-evaluation/jump"),
    "load_kg_per_day": _entry(water.load_kg_per_day, N_("C × Q × 86.4"), Citation("by definition", "certain")),
    "recovery": _entry(water.recovery, N_("100 × (spiked - sample) / added"), Citation("by definition", "certain")),
    "molar_volume": _entry(molar_volume, N_("R T / P"), GASES),
    "ppb_to_ugm3": _entry(physics.ppb_to_ugm3, N_("ppb × M / molar volume"), GASES),
    "pid": _entry(physics.pid, N_("reading × response factor; with a molar mass in µg/m³ at 25 °C and 101.325 kPa"), PID, GASES),
    "mixture_cf": _entry(physics.mixture_cf, N_("1 / Σ (x / CF)"), PID),
    "qc": _entry(qc, N_("flags 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing; precedence 4 > 3 > 1 > 2 > 9"), QARTOD),
}
"""Every function by its name, in the order of the list."""
