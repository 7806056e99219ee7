"""Alarms: what is watched, when it counts, what is stored of it and what is done about it.

settings.py    `[alarm.NAME]` of the configuration
conditions.py  when an alarm counts: one class a kind
alarms.py      raises, keeps the second-by-second trace, clears; each step is a record
actions.py     a line is switched, a camera's picture fetched
"""
