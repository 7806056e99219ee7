"""Calibration and quality control: from what an instrument said to what the station stands for.

What lives here: certificates (who calibrated what, when, with which result), the corrections they name, and the tests that flag a
doubtful value. All of it is pure: values, dates and times come in as arguments; no bus, no clock, no log. A raw value is never
replaced: the corrected one stands beside it, with the id of its certificate.

certificate.py  one signed TOML file a calibration; its id is a hash of its content
methods.py      the methods that a certificate can name: coefficients, companions, arithmetic
correct.py      published corrections and lines; physics.py: probes, gases, growth with humidity
limits.py       thresholds of the quality tests; their defaults are data in quality.toml
quality.py      the QARTOD tests, on arrays and one value at a time; watch.py: all of them for one channel as its values arrive
colocation.py   CSV of instruments side by side, as means of equal periods; fit.py: a correction from it
evaluate.py     sensor against reference and units against each other
guide.py        calibrations in the field: when a reading is stable, what the standards make of an instrument
targets.py      what all that is judged by: a TOML file a standard, each table with its source and how sure it is

May import of ours only `drivers.quantity` and `drivers.sample`. To add a correction: its line in `METHODS`, and a worked example
from its source in the tests.
"""
