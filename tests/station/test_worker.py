"""The edge where exceptions end: every reading that is due is made, with values or with its reason."""

import queue
import time
from dataclasses import replace

from drivers.errors import NoAnswer, PortLost
from drivers.sample import Sample
from station.worker import LOST_POWER_AFTER, Extra, Worker
from tests.station.test_pipeline import CONFIG

CLIMATE = CONFIG.instruments[0]


class Bus:
    """A bus whose device gives what the test wants next."""

    def __init__(self):
        self.closed = False

    def port(self, _address, _deadline):
        return self

    def last_bytes(self):
        return b"\x01"

    def close(self):
        self.closed = True


def make(outcomes, warm_up=0.0, begin=None):
    """A worker whose device gives `outcomes` one after another; its readings come in the queue."""
    readings = queue.Queue()
    left = list(outcomes)

    def read(_port, _environment, _settings):
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    model = replace(CLIMATE.model, read=read, warm_up=warm_up, begin=begin)
    instrument = replace(CLIMATE, model=model, interval=0.01)
    bus = Bus()
    return Worker("i2c", bus, [instrument], readings.put, dict, time.monotonic), readings, bus


GOOD = Sample({"temperature": 20.0, "humidity": 50.0})


def test_errors_and_bugs_become_readings_with_their_reason():
    worker, readings, bus = make([NoAnswer(), ZeroDivisionError("a bug"), GOOD])
    worker.start()
    first, second, third = (readings.get(timeout=5) for _ in range(3))
    assert first.sample is None and first.reason == "timeout"
    assert second.sample is None and second.reason == "device_fault" and "internal error" in str(second.error)
    assert third.sample is GOOD and third.reason == "" and third.moment > first.moment
    worker.stop()
    worker.join(5)
    assert bus.closed


def test_a_device_is_begun_once_and_again_after_its_port_was_lost():
    begun = []
    worker, readings, _bus = make([GOOD, GOOD, PortLost(), GOOD], begin=lambda port, settings: begun.append(1))
    worker.start()
    for _ in range(4):
        readings.get(timeout=5)
    worker.stop()
    worker.join(5)
    assert len(begun) == 2


def test_warm_up_counts_from_the_first_answer_and_again_after_the_port_was_lost():
    worker, readings, _bus = make([GOOD, GOOD, PortLost(), GOOD], warm_up=3600.0)
    worker.start()
    assert [readings.get(timeout=5).warm for _ in range(2)] == [False, False]
    worker.stop()
    worker.join(5)
    assert LOST_POWER_AFTER > 0


def test_somebody_asks_in_between():
    worker, readings, _bus = make([GOOD])
    answers = queue.Queue()
    worker.start()
    worker.ask(Extra("climate", lambda reading, raw: answers.put((reading, raw))))
    reading, raw = answers.get(timeout=5)
    assert reading.sample is GOOD and raw == b"\x01" and readings.get(timeout=5)
    worker.stop()
    worker.join(5)
