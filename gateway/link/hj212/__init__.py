"""HJ 212 of 2005, 2017 and 2025, the protocol between a station and an environment bureau's platform.

frame.py     bytes ↔ frames: length, CRC, finding the next frame after garbage
message.py   a frame's data segment ↔ header fields and data groups
outbox.py    what is sent: numbers, packets, resending; session.py: one connection, with the platform's requests
memory.py    settings that the platform changed, and how far we have come, over restarts; probation.py: a change is tried first
verdict.py   what is right and wrong with one frame, for people; oddities.py: what is odd in its content
sm4.py       encryption of 2025, the only door to `cryptography`
factors.py   factor codes, units, decimals (`factors.toml` is the table)

uploads.py   stored and live values → data groups: channel, unit, decimals, mark; slots.py: minutes gathered into ten
fold.py      hours and days out of stored intervals; noise_day.py: the noise of a day; archive.py: stored intervals by their time
series.py    stored intervals as uploads; information.py: states and logs
reports.py   alarms, standard-sample checks, replaced instruments
duties.py    what is sent besides records: real-time data, hours, days, history, the clock; activation.py: MN and keys of 2025;
             errands.py: what acquisition does for the platform
preview.py   the frames that would be sent now
link.py      the socket

A password or key that a platform has set stands in plain text in `gateway/NAME.json`, mode 0600, and is shown nowhere.
Everything before duties.py is pure: bytes and the time go in, bytes and events come out.
"""
