"""MightyOhm Geiger counter: a line a second, UART 9600 8N1, 3.3 V logic.

Source: MightyOhm, Geiger Counter firmware 1.00, its description of the serial output: "CPS, 1, CPM, 21, uSv/hr, 0.11, SLOW".
Counts in the last second; counts a minute and from them the dose rate, as a mean of 60 s (SLOW), of 5 s (FAST, above 1000 a
minute) or of one (INST, above 255 a second).

What it cannot say: which radiation. Its dose rate holds for one tube (SBM-20: 0.0057 µSv/h for each count a minute); another
is set in its firmware. Nothing sums its line. Field oddities: the first minute fills the mean, so values rise; counts of
chance scatter by their square root: 20 a minute are 20 ± 4.5.
"""

import re
from typing import Any

from drivers.driver import Driver, Page
from drivers.errors import Garbled
from drivers.frames import lines
from drivers.sample import Sample

SPLIT = lines(64)
LINE = re.compile(rb"CPS, ([0-9]{1,6}), CPM, ([0-9]{1,8}), uSv/hr, ([0-9]{1,6}\.[0-9]{1,4}), (SLOW|FAST|INST)")


def decode(frame: bytes, _settings: Any) -> Sample:
    """One line: dose rate in µSv/h; the counts are in the status. Raises Garbled."""
    found = LINE.fullmatch(frame.strip())
    if found is None:
        reason = "header" if not frame.startswith(b"CPS, ") else "truncated"
        raise Garbled("no line of this counter", reason=reason, raw=frame, expected="CPS, …, SLOW", got=repr(frame[:24]))
    cps, cpm, rate, mode = found.groups()
    return Sample({"dose_rate": float(rate)}, status={"cps": int(cps), "cpm": int(cpm), "mode": mode.decode("ascii")})


DRIVERS = (
    Driver(
        name="mightyohm",
        title="MightyOhm Geiger counter (serial line)",
        zh="MightyOhm 盖革计数器（串口）",
        port="uart",
        page=Page(
            source="MightyOhm Geiger Counter, firmware 1.00",
            published=True,
            wiring=(("J7-5 VCC", "3V3"), ("J7-1 GND", "GND"), ("J7-4 TXD", "RXD"), ("J7-3 PULSE", "OPEN")),
            supply=(
                "two AAA cells or 3 V, 2 mA; signals at its supply. The tube carries 400 V: keep the box shut",
                "两节七号电池或 3 V，2 mA；信号电平同供电。计数管带 400 V 高压，勿开盒",
            ),
            faults=(
                ("0 for long: no high voltage, or the tube is in the wrong way round", "长期为 0：无高压，或计数管极性接反"),
                (
                    "dose rate off by a factor: another tube than SBM-20 without its own factor in the firmware",
                    "剂量率成倍偏差：非 SBM-20 管而固件未改换算系数",
                ),
                ("rises for the first minute: the mean fills", "首分钟逐渐升高：平均窗口尚未填满"),
            ),
            cannot=("which radiation it is", "不能分辨射线种类"),
        ),
        quantities=("dose_rate",),
        split=SPLIT,
        decode=decode,
        defaults={"baud": 9600},
        interval=60.0,
        least_interval=1.0,
        deadline=2.5,
        warm_up=60.0,
        resolution={"dose_rate": 0.01},
    ),
)
