"""Calibration and quality control: from what an instrument said to what the station stands for.

What lives here: certificates (who calibrated what, when, with which result), the corrections they name, and the tests
that flag a doubtful value. All of it is pure: values, dates and times come in as arguments; no bus, no clock, no log.
A raw value is never replaced: the corrected one stands beside it, with the id of its certificate.

certificate.py  one signed-off TOML file a calibration; its id is a hash of its content
physics.py      what probes obey: oxygen, conductivity, pH slope, growth of particles, photoionisation
correct.py      the arithmetic of a correction
quality.py      range and stuck tests; the default limits are data in quality.toml

May import of ours only `drivers.quantity` and `drivers.sample`. To add a correction: a method name in `certificate.py`,
its arithmetic in `correct.py`, a worked example from its source in the tests.
"""
