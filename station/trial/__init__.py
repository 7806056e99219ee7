"""Trials: a station's days or months in minutes, on simulated clocks, card and network, and the judgement of what arrived.

chaos.py     `station sim chaos`: months in one process; weather.py draws its faults from a seed
rough.py     `station sim chaos --real`: the real processes, killed at any instant; journal.py is their own account
simday.py    `station sim day`: one day of a profile; shortcut.py is its bus without wires
twin.py      the product's own services in one process; card.py and carriage.py are its computer and its network
oracle.py    every stored record is owed once, with equal content
verdict.py   the same of a real platform over MQTT; verdict_hj212.py over HJ 212
"""
