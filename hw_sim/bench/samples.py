"""What one sample costs once it is read: quality tests, correction, statistics, alarms and the interval's row.

The program below runs in a process of its own, on the station's own pipeline, and prints s of CPU.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

CHANNELS = 30
"""At 1 Hz: what a well equipped station has."""

PROGRAM = """
import datetime, json, sys, time
from calibration.certificate import parse as certificate
from drivers.sample import Sample
from gateway.record import compact
from station.alarm.alarms import Alarms
from station.config import parse
from station.pipeline import Pipeline
from station.reading import Reading

seconds, count = int(sys.argv[1]), int(sys.argv[2]) // 2
text = '[station]\\nid="B"\\nname="b"\\n[[bus]]\\nname="i2c"\\nkind="i2c"\\nport="/dev/i2c-1"\\n'
for n in range(count):
    text += f'[[instrument]]\\nname="i{n}"\\ndriver="sht3x"\\nbus="i2c"\\naddress={n + 1}\\nserial="S{n}"\\ninterval=1.0\\n'
    text += f'[alarm.a{n}]\\nkind="threshold"\\nchannel="i{n}.temperature"\\nabove=50\\n'
config = parse(text, "bench")
papers = [certificate(
    f'model="sht3x"\\nserial="S{n}"\\nquantity="temperature"\\ndate=2026-01-01\\nvalid_until=2036-01-01\\nauthor="b"\\n'
    'reference="none"\\n[correction]\\nmethod="linear"\\ngain=1.01\\noffset=-0.2\\n') for n in range(count)]
pipeline = Pipeline(config.instruments, config.limits, papers)
pipeline.choose_certificates(datetime.date(2026, 6, 1))
assert pipeline.channels["i0"]["temperature"].certificate is not None
alarms = Alarms(config.alarms, pipeline.channels)
begin = time.process_time()
for second in range(seconds):
    for n in range(count):
        name = f"i{n}"
        values = {"temperature": 20 + (second * 7 + n) % 13 / 100, "humidity": 50 + (second * 11 + n) % 17 / 100}
        pipeline.take(Reading(name, float(second), Sample(values)))
        alarms.take(name, pipeline.channels[name], float(second), second * 1000, False)
    alarms.tick(float(second))
    if second % 60 == 59:
        compact([row.entries() for row in pipeline.close(60.0, "", 60.0)])
whole = time.process_time() - begin
begin = time.process_time()
sums = [[0, 0.0, 1e9, -1e9] for _ in range(2 * count)]
for second in range(seconds):
    for n, cell in enumerate(sums):
        value = 20 + (second * 7 + n) % 13 / 100
        cell[0] += 1
        cell[1] += value
        if value < cell[2]:
            cell[2] = value
        if value > cell[3]:
            cell[3] = value
print(json.dumps([whole, time.process_time() - begin]))
"""


def figures(quick: bool) -> Iterator[tuple[str, float, float | None, str]]:
    """µs of CPU for a sample, beside a bare mean, minimum and maximum; and the share of a core at 30 channels and 1 Hz."""
    seconds = 600 if quick else 3600
    words = [sys.executable, "-c", PROGRAM, str(seconds), str(CHANNELS)]
    whole, bare = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    samples = seconds * CHANNELS
    limit = "a bare mean, minimum and maximum"
    yield "a sample: quality, correction, statistics, alarms, µs of CPU", whole / samples * 1e6, bare / samples * 1e6, limit
    yield f"{CHANNELS} channels at 1 Hz: % of a core", whole / seconds * 100, bare / seconds * 100, limit
