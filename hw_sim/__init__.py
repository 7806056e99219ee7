"""Simulated hardware: fake instruments on real transports, and a stand-in for the district's platform.

It imports nothing of the station's own code, so that a shared mistake cannot cancel out: each instrument is written anew from its
data sheet. It runs as processes of its own: `python -m hw_sim instruments SCENARIO --dir DIR`, `python -m hw_sim platform …`.

world.py        a seeded truth: weather, river, traffic
instruments/    one device family a file; INSTRUMENTS is the table, keyed by the driver's name
line.py         every fault that a line can have, once
ports/          how the bytes reach the station: ptys, a socket for I2C, a Modbus TCP server
scenario.py     which instruments on which lines, which faults when; scenarios/*.toml
simulation.py   a running scenario
platform/       the district's platform: MQTT broker and consumer
captures/       bytes of real devices, to be replayed

To add an instrument: its file and its line in INSTRUMENTS. To add a fault: its line in `line.py`.
"""
