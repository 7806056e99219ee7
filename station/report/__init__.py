"""The report of a month: every figure as data, for `station report` to write as a page, a table and JSON.

month.py     reads the month once, day by day, and puts the report together; memory does not grow with the month
sections.py  air, noise, water and the other metrics out of the days' figures
happened.py  alarms, works on the station, calibrations, samples and the rest out of the events
basis.py     what it rests on: the card, instruments, certificates, editions of the standards
rows.py      the same figures as rows of a table

A day's figures are those that the station told its platforms (`station/summary`), made anew from the stored intervals; of a day
whose intervals were given up they are what was told. What is missing stays missing; a day that is not over says so.
"""
