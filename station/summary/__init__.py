"""What the stored intervals add up to: hours, days, months, and what a station owes when each is over.

aggregate.py  hours and days by the validity rules of the tables; rows.py finds an interval's rows by channel
periods.py    months and years out of days
settings.py   `[metric.NAME]` of the configuration; owed.py computes them, keeper.py stores them hour after hour
export.py     the same for other programs: CSV and GeoJSON
"""
