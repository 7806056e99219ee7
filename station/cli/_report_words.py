"""The report's words for what records tell in single words: reasons, causes, events, levels, classes, kinds."""

from collections.abc import Mapping
from types import MappingProxyType

from station.words import N_

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "range": N_("out of range"),
        "spike": N_("spike"),
        "rate": N_("changed too fast"),
        "stuck": N_("stuck"),
        "warm_up": N_("warming up"),
        "not_started": N_("not started"),
        "sentinel": N_("the device says: no value"),
        "no_fix": N_("no position"),
        "device_fault": N_("fault of the device"),
        "low_supply": N_("supply too low"),
        "foreign": N_("another device answered"),
        "echo": N_("echo"),
        "port": N_("port lost"),
        "timeout": N_("no answer"),
        "header": N_("no frame of this device"),
        "truncated": N_("cut off"),
        "checksum": N_("checksum"),
        "out_of_calibration": N_("no valid certificate"),
        "maintenance": N_("maintenance"),
        "calibration": N_("being calibrated"),
        "manual": N_("entered by hand"),
        "drill": N_("drill"),
        "under_voltage": N_("under-voltage"),
        "condensation": N_("condensation"),
        "clock": N_("clock doubtful"),
        "length": N_("wrong length"),
        "gap": N_("too few readings"),
        "climatology": N_("unusual for the season"),
        "attenuated": N_("hardly moves"),
        "inconsistent": N_("contradicts another channel"),
        "saturated": N_("saturated"),
        "wrong_speed": N_("wrong speed of the line"),
        "swapped": N_("another instrument hangs there"),
        "weather": N_("rain or wind"),
    }
)
"""Why values do not count, as `drivers.sample.REASONS` and `station.summary.aggregate` name it."""

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "started": N_("measuring began"),
        "stopped": N_("measuring ended in order"),
        "set_up": N_("the station was set up"),
        "restored": N_("a backup was restored"),
        "other_machine": N_("the card runs in another machine"),
        "clock_stepped": N_("the clock was stepped"),
        "clock_trusted": N_("the time became believable"),
        "log_replaced": N_("a damaged file was set aside"),
        "log_salvaged": N_("records were salvaged"),
        "wal_missing": N_("the last records may be lost"),
        "wal_damaged": N_("the last records were damaged"),
        "evicted": N_("records were given up for want of space"),
        "readings_dropped": N_("readings were dropped"),
        "identified": N_("an instrument told who it is"),
        "power_cycled": N_("the sensors' supply was switched off and on"),
        "modem_cycled": N_("the modem's supply was switched off and on"),
        "stuck": N_("an instrument is stuck"),
        "still_stuck": N_("an instrument is stuck after its restart"),
        "certified": N_("certificates were read anew"),
        "calibrated": N_("a calibration ended"),
        "replaced": N_("an instrument was exchanged"),
        "settings": N_("settings from afar"),
        "bad_request": N_("a request could not be understood"),
    }
)
"""Codes of events (`station/events.py`)."""

LEVELS: Mapping[int, str] = MappingProxyType(
    {
        1: N_("excellent"),
        2: N_("good"),
        3: N_("light pollution"),
        4: N_("moderate pollution"),
        5: N_("heavy pollution"),
        6: N_("severe pollution"),
    }
)
"""Of the AQI."""

CLASSES: Mapping[int, str] = MappingProxyType({1: "I", 2: "II", 3: "III", 4: "IV", 5: "V", 6: N_("worse than V")})
"""Of surface water."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "threshold": N_("threshold"),
        "rate": N_("change"),
        "class": N_("water class"),
        "jump": N_("jump"),
        "noise": N_("noise"),
        "baseline": N_("above its baseline"),
        "table": N_("table of limits"),
    }
)
"""Of alarms."""

FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "baseline": N_("baseline"),
        "total": N_("total"),
        "battery": N_("days that a full battery lasts"),
        "mean": N_("mean"),
        "difference": N_("difference"),
    }
)
"""Of the other metrics."""

TRENDS: Mapping[str | None, str] = MappingProxyType(
    {
        "rising": N_("rising"),
        "falling": N_("falling"),
        "none": N_("no trend that could not be chance"),
        None: N_("too few days for a trend"),
    }
)

STATES: Mapping[str, str] = MappingProxyType(
    {
        "nothing": N_("nothing stored"),
        "told": N_("the records are gone; figures as they were told"),
        "not_over": N_("not over"),
        "before": N_("before the first record"),
    }
)
"""Of days."""

WORKS: Mapping[str, str] = MappingProxyType({"maintenance": N_("maintenance"), "emergency": N_("emergency")})
"""What people switch on and off."""

STANDARDS: Mapping[str, str] = MappingProxyType({"gb3096": "GB 3096", "gb12523": "GB 12523", "gb12348": "GB 12348"})
"""Names of the noise standards."""

TARGETS: Mapping[str, str] = MappingProxyType(
    {"pm25_annual": N_("PM2.5 of a year, µg/m³, at most"), "good_days": N_("good days of a year, %, at least")}
)
"""What a district wants."""
