"""HJ 212 of 2005, 2017 and 2025, the protocol between a station and an environment bureau's platform.

frame.py     bytes ↔ frames: length, CRC, finding the next frame after garbage
message.py   a frame's data segment ↔ header fields and data groups
outbox.py    what is sent: numbers, packets, resending; session.py: one connection, with the platform's requests
memory.py    settings that the platform changed, and how far we have come, over restarts
verdict.py   what is right and wrong with one frame, for people
sm4.py       encryption of 2025, the only door to `cryptography`
factors.py   factor codes, units, decimals (`factors.toml` is the table)

Everything up to here is pure: bytes and the time go in, bytes and events come out.
"""
