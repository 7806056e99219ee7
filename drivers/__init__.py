"""Drivers: what the bytes of an instrument say. How to add one in twenty minutes:

1. Family file `drivers/<kind>/<family>.py` (copy `pm/plantower.py` for a stream, `climate/sht3x.py` for I2C,
   `water/yosemitech.py` for a Modbus register table). Its docstring names devices, data sheet, revision, what it cannot say,
   field oddities. Then constants as in the sheet, `split` and `decode` (pure: no clock, log or clamping), `read` if the device
   must be asked, and the declaration in `DRIVERS`.
2. One line in `catalogue.py`: name → module.
3. Published frames in `tests/captures/<name>.toml`, each with its source, the broken ones too. The tests find the file by
   themselves: values, property tests, faults.
4. A twin in `hw_sim/instruments/`, written from the sheet and not from your decoder, with its line in `INSTRUMENTS`.
5. `make test`. The house rules tell what is missing.

quantities.toml, quantity.py  every quantity and its unit: the only place that knows units
sample.py, errors.py          what one frame says; what can go wrong on a wire
driver.py                     what a driver declares, and the ports that it may use
frames.py, registers.py       cutting streams into frames; Modbus registers as numbers; checksum.py
bus/                          the ports themselves, one door to each library

A family imports the vocabulary above and nothing else of ours, and no library that does I/O. Three verdicts are kept apart: is
the frame sound (else an error), is the value usable (else a reason), is it plausible (not decided here).
"""
