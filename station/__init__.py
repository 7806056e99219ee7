"""The station: what runs at each point, composed of drivers, calibration and gateway. One reading, file by file:

worker.py     a thread for each bus reads its instruments; an error becomes a reading without values
pipeline.py   flags and corrects each number, channel by channel
intervals.py  statistics of a channel over an interval
recorder.py   closes intervals on two clocks and stores them; clock.py decides whether UTC may be believed
metrics/      indices, limits, levels, classes by the standards in tables/; functions.py, calculator.py: `station compute`
aggregate.py  hours and days out of stored intervals, periods.py months and years, for `station statistics`
alarms.py     raises and clears alarms; conditions.py finds, alarm_settings.py reads, actions.py switches and fetches
acquire.py    composes these: `station acquire`; attend.py answers request files, live.py writes live.json
timekeeper.py listens to whoever knows the time; httptime.py asks a web server
gaps.py       the gap ledger of this station
deliver.py    composes the gateway: `station gateway`; wake.py is the datagram between the two
config.py     station.toml, checked without opening anything; settings.py, toml_lines.py help it; example.toml passes
explain.py    from an error to what a technician needs; words.py, locale/: in Chinese and English
restarts.py   a service that fails again and again waits; privileged.py: what only root may do, by request file
setup.py      from answers and profiles/ to a station; acceptance.py: the report of it
panel.py      LED, button and the modem's supply at the pole
visit.py      what to bring and by when; replace.py: another instrument in its place; storing.py: an event by a command
keep.py       backup, restore, and on which machine this identity runs; selfwatch.py: the computer's health as readings
scan.py       what is connected; doctor/: what is wrong; pihealth.py: what the computer says of itself
health.py     systemd and the log; places.py: where files lie; events.py: what happened, as records
verdict.py    did every stored record arrive once? cli/: the commands

The only folder that composes; it may import all others, and no third-party library directly but sqlite-utils in cli/log.py.
"""
