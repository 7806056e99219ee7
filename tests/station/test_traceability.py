"""One delivered value, followed back: payload → row → certificate → raw samples; and its index → edition of the standard."""

import datetime
import json

import pytest

from calibration.certificate import parse as certificate
from drivers.sample import Sample
from gateway.payload import payload
from gateway.record import ChannelRow, Record, compact
from station.compute import calculator
from station.config import parse
from station.pipeline import Pipeline
from station.reading import Reading

CONFIG = """
[station]
id = "T-1"
name = "T"
[[bus]]
name = "pm"
kind = "uart"
port = "/dev/serial0"
[[instrument]]
name = "pm"
driver = "pms5003"
bus = "pm"
serial = "PMS-2291"
"""
PAPER = """
model = "pms5003"
serial = "PMS-2291"
quantity = "pm25"
date = 2026-01-01
valid_until = 2026-12-31
author = "Wang Li"
reference = "beta attenuation monitor"
[correction]
method = "linear"
gain = 0.8
offset = 1.5
"""
RAW = [70.0, 72.0, 74.0, 76.0]


def test_every_number_can_be_followed_back() -> None:
    day = datetime.date(2026, 3, 1)
    paper = certificate(PAPER)
    pipeline = Pipeline(parse(CONFIG, "x").instruments, {}, [paper])
    pipeline.choose_certificates(day)
    for second, raw in enumerate(RAW):
        pipeline.take(Reading("pm", float(second), Sample({"pm25": raw})))
    body = compact([row.entries() for row in pipeline.close(4.0)])
    start = round(datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC).timestamp() * 1000)
    sent = payload("T-1", Record(7, "interval", 60, start, 0, "b", 0, "ntp", None, body), replay=False)

    delivered = json.loads(sent)
    row = next(one for one in (ChannelRow(*entries) for entries in delivered["body"]) if one.quantity == "pm25")
    assert row.raw == sum(RAW) / len(RAW), "the raw samples' mean is beside it"
    assert row.certificate == paper.mark, "and names who calibrated it: the id is a hash of the paper"
    assert certificate(PAPER).id == paper.id and certificate(PAPER.replace("0.8", "0.9")).id != paper.id
    assert row.value == pytest.approx(certificate(PAPER).apply(row.raw)), "with which anybody computes it again"
    asked = {"pollutant": "pm25", "period": "1h", "concentration": row.value, "date": str(day)}
    assert calculator.call("iaqi", asked) == {"iaqi": 100, "rounded": 60}
    assert calculator.sources("iaqi", asked)[0].text.startswith("HJ 633-2026"), "by the table in force on its own date"
    assert calculator.sources("iaqi", asked | {"date": "2026-02-28"})[0].text.startswith("HJ 633-2012")
