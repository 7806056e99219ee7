"""`make bench`: what the station costs, each figure beside its limit measured in the same run.

Figures of this machine at this moment: compare the ratios. Everything stays on loopback and ends by itself. A topic is a file
with `figures(quick)`, which yields a `Figure` each, and its line in `__main__.py`; `python -m hw_sim.bench delivery` measures
one topic alone.

rig.py         a station's processes in a folder, and what they use
services.py    start-up and memory of each service
buses.py       one reading on each kind of bus
instruments.py 1, 10 and 50 Modbus TCP instruments, read, stored and delivered each second
line.py        one 9600 baud line with as many meters as fit
samples.py     quality tests, calibration and statistics of a sample
decoding.py    captures through `station decode`
delivery.py    a week's backlog, drained
live.py        what is live while a month's backlog drains
hj212.py       frames made and read; the same backlog over HJ 212 and over MQTT
profiles.py    a station of each profile, a day; only if named (`make bench ARGS=profiles`): ten minutes
store.py       bytes on the card, days of outage in a gigabyte, memory with a backlog
"""

Figure = tuple[str, float, float | None, str]
"""What, ours, the limit measured beside it (None: there is none), what that limit is."""
