"""From values to what they mean: indices, limits, classes, validity. Pure functions; the daemon and `station compute` call them.

tables.py      one file a standard in station/tables, with its dates: a value is judged by the table in force on its own date
statistics.py  rounding half to even from exact decimals, means, percentiles, levels in dB
air.py         AQI, limits of GB 3095, validity of hours to years, ozone over eight hours, warnings
noise.py       levels, percentiles, day and night, limits by zone, weighting
water.py       classes of GB 3838, exceedance, trophic index, load

What is missing is None, in and out. A figure that a standard sets stands in its table, never here. To add a standard or an
edition: a file in station/tables; to add a function: here, and a line in station/compute/calculator.py.
"""
