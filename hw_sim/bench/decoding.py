"""`station decode NAME -`: captures decoded a second, the start of the command included."""

import subprocess
import sys
import time
from collections.abc import Iterator

from hw_sim.bench import Figure

CAPTURES = {
    "pms5003": "424d001c000300040007000400050008031b00f9001b0006000300039a0002a2",
    "y504": "01030c0000a4410000783f00000000f609",
    "bme280": "696d36643200e99802d6d00b231688fff9ff8c3cf8c67017004b780100112e031e4fca008132707649",
}
"""A frame each of a stream, a Modbus probe and a chip's registers."""

WANTED = 10_000.0
"""Captures a second."""


def figures(quick: bool) -> Iterator[Figure]:
    """One for each kind of device."""
    captures = 10_000 if quick else 50_000
    for name, frame in CAPTURES.items():
        command = [sys.executable, "-m", "station", "decode", name, "-"]
        begin = time.monotonic()
        subprocess.run(command, input=f"{frame}\n" * captures, text=True, check=True, stdout=subprocess.DEVNULL)
        rate = captures / (time.monotonic() - begin)
        yield f"decode {name}: captures/s, {captures} at once", rate, WANTED, "wanted"
