"""HJ 212: frames made and read per second beside JSON of the same values; CPU for each confirmed record beside the MQTT link."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from hw_sim.bench import Figure
from hw_sim.bench.delivery import drained, stored
from hw_sim.bench.rig import SCHEMA, folder
from hw_sim.platform import process

CODEC = """
import json, time
from gateway.link.hj212.frame import Framer, encode
from gateway.link.hj212.message import compose, parse
header = {"QN": "20260801084000000", "ST": "22", "CN": "2051", "PW": "123456", "MN": "010000A8900016F000169DC0", "Flag": "5"}
groups = [(("DataTime", "20260801084000"),)]
values = (("Min", "30.1"), ("Avg", "35.25"), ("Max", "40.7"), ("Flag", "N"))
groups += [tuple((f"a{n:05}-{suffix}", value) for suffix, value in values) for n in range(10)]
frame, text = encode(compose(header, groups)), json.dumps([header, groups])
def per_second(do):
    end, count = time.process_time() + 1.0, 0
    while time.process_time() < end:
        for _ in range(100):
            do()
        count += 100
    return count
assert [parse(one.segment).groups for one in Framer().feed(frame)] == [tuple(groups)]
print(json.dumps([
    per_second(lambda: encode(compose(header, groups))), per_second(lambda: json.dumps([header, groups])),
    per_second(lambda: [parse(one.segment) for one in Framer().feed(frame)]), per_second(lambda: json.loads(text)),
]))
"""

QUANTITIES = (
    "pm1", "pm25", "pm10", "tsp", "temperature", "humidity", "pressure", "wind_speed", "tvoc", "co2", "o3", "no2", "so2", "co",
    "laeq", "la5", "la10", "la50", "la90", "la95",
)  # fmt: skip

HJ212 = """
[[destination]]
name = "platform"
link = "hj212"
host = "127.0.0.1"
port = {port}
mn = "010000A8900016F000169DC0"
real_time = 0
hours = false
days = false
window = {window}
"""


def figures(quick: bool) -> Iterator[Figure]:
    """Codec first, then a backlog over both links."""
    made, made_json, read, read_json = codec()
    yield "HJ 212: frames of 10 factors made per CPU s", made, made_json, "json.dumps"
    yield "HJ 212: frames of 10 factors read per CPU s", read, read_json, "json.loads"
    yield from links(300 if quick else 3000)


def codec() -> list[float]:
    """Frames made, JSON texts made, frames read, JSON texts read per CPU second."""
    done = subprocess.run([sys.executable, "-c", CODEC], capture_output=True, text=True, check=True)
    counts: list[float] = json.loads(done.stdout)
    return counts


def links(records: int) -> Iterator[Figure]:
    """A backlog of minutes of 20 channels over MQTT with receipts, and over HJ 212 with 9014."""
    body = json.dumps([["i", key, "1", 6.512, 6.1, 7.204, 6.512, 60, 60, 1, "", ""] for key in QUANTITIES])
    with folder() as where, ExitStack() as stack:
        (where / "platform").mkdir()
        platform = stack.enter_context(process.platform(where / "platform", SCHEMA))
        mqtt = drained(where, body, records, platform.ready["port"], "", stored(platform))
    for window in (1, 8):
        with folder() as where, ExitStack() as stack:
            host = stack.enter_context(process.hj212_host(where / "host.log"))
            found = drained(where, body, records, 0, HJ212.format(port=host.ready["port"], window=window), stored(host))
        tag = f"HJ 212, window {window}, {records} minutes of 20 channels"
        yield f"{tag}: records/s", found[0], mqtt[0], "MQTT with receipts"
        yield f"{tag}: CPU µs per confirmed record", found[1], mqtt[1], "MQTT with receipts"
