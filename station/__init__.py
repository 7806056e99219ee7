"""The station: what runs at each point, composed of drivers, calibration and gateway. One reading, file by file:

worker.py     a thread for each bus reads its instruments; an error becomes a reading without values
pipeline.py   flags and corrects each number, channel by channel
intervals.py  statistics of a channel over an interval
recorder.py   closes intervals on two clocks and stores them; clock.py decides whether UTC may be believed
alarm/        raises and clears alarms
summary/      hours, days and months out of stored intervals, and the metrics that a station owes
report/       a month as data, for the page, the table and the JSON of `station report`
metrics/      indices, limits, levels, classes by the standards in tables/; compute/: the same for `station compute`
acquire.py    composes these: `station acquire`; attend.py answers request files, live.py writes live.json
operation.py  maintenance and emergencies, which people switch on and which end by themselves
timekeeper.py listens to whoever knows the time; httptime.py asks a web server
gaps.py       the gap ledger of this station; chain.py: each hour's digest goes into the next
deliver.py    composes the gateway: `station gateway`; wake.py is the datagram between the two
config.py     station.toml, checked without opening anything; settings.py, toml_lines.py help it; example.toml passes
remote/       settings changed from afar: checked, tried, kept or taken back
explain.py    from an error to what a technician needs; words.py, locale/: in Chinese and English
places.py     where files lie; events.py: what happened, as records
host/         the computer below: systemd, its health, its pins, what only root may do
upkeep/       what people do: set up, scan, replace, back up, visit; profiles/ are whole stations to begin with
doctor/       what is wrong
trial/        days and months on simulated clocks, card and network, and the judgement of what arrived
cli/          the commands

The only folder that composes; it may import all others, and no third-party library directly but sqlite-utils in cli/log.py.
"""

VERSION = "0.1.0"
"""Of this software; the package and the bundle take it from here."""
