"""Simulated instruments and a simulated platform: how to use them, and how to add one.

    python -m hw_sim instruments village-and-river --dir /tmp/hardware

starts the instruments of a scenario (a file of hw_sim/scenarios/, or a path). When they are ready it prints one JSON line:
`{"ready": true, "ports": {"pm": "/tmp/hardware/pm", "i2c": "unix:/tmp/hardware/i2c.sock", "sonde": "tcp://127.0.0.1:40123"}}`.
A station opens these addresses as it opens real ones; nothing in it knows that they are simulated. Then JSON lines on standard
input are obeyed, each with one JSON line as answer:

    {"do": "fault", "line": "pm", "kind": "wrong_checksum", "times": 3}
    {"do": "fault", "line": "rs485", "instrument": "y532", "kind": "late", "for": 10, "delay": 2.5}
    {"do": "fault", "line": "pm", "kind": "unplug", "for": 5}
    {"do": "level", "line": "pins", "pin": 17, "high": true}
    {"do": "stats"}

It ends with the end of its input, SIGTERM or SIGINT, and removes its sockets and links. A test has the same without a process:

    with Simulation("village-and-river", folder) as simulation:
        simulation.fault("pm", "silence", seconds=3)

Where is what: `world.py` the truth over time, the same for a seed · `instruments/` one file a device, bytes in, bytes out,
without ports and clocks · `ports/` the wires: paced pty, Modbus RTU and TCP, I2C and GPIO behind a unix socket · `line.py` every
fault once · `loop.py` the one thread · `scenario.py` reads and checks · `simulation.py` puts it together · `control.py` the
process · `platform/` the other end: broker, consumer.

To add an instrument: a file in `instruments/` with a class below Stream, Unit or Chip (`instruments/base.py`), its settings as a
frozen dataclass, one line in the table INSTRUMENTS. Write it from the data sheet alone: hw_sim imports nothing of the five other
folders, so a mistake of a driver cannot cancel out against the same mistake here.
"""
