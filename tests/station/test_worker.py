"""The edge where exceptions end: every reading that is due is made, with values or with its reason."""

import queue
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from drivers.errors import Garbled, NoAnswer, NotReady, PortLost
from drivers.sample import Sample
from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from station.buses import open_bus, open_supply
from station.config import parse
from station.device import I2C_RETRIES, LONGEST_REST, LOST_POWER_AFTER, Device, shortest
from station.worker import LOST_AFTER, Extra, Worker
from tests.station.test_pipeline import CONFIG
from tests.system.rig import wait_for

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

    model = replace(CLIMATE.model, port="modbus", read=read, warm_up=warm_up, begin=begin)
    instrument = replace(CLIMATE, model=model, interval=0.01)
    bus = Bus()
    return Worker("i2c", bus, [instrument], readings.put, dict, time.monotonic), readings, bus


GOOD = Sample({"temperature": 20.0, "humidity": 50.0})


@pytest.mark.parametrize("error", [None, NoAnswer()])
def test_cleaning_is_done_besides_the_grid(error):
    worker, readings, _bus = make([GOOD])
    device = worker._devices[CLIMATE.name]
    cleaned = queue.Queue()

    def clean(_port, _settings):
        if error:
            raise error

    device.model = replace(device.model, clean=clean)
    worker.ask(Extra(CLIMATE.name, lambda reading, _raw: cleaned.put(reading), clean=True))
    worker.start()
    done = cleaned.get(timeout=10)
    worker.stop()
    worker.join(10)
    assert done.error is error and not (done.sample and done.sample.values)
    assert all(reading.sample is GOOD for reading in list(readings.queue)), "a cleaning is no reading"


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


def test_a_chip_that_does_not_acknowledge_is_asked_again_within_the_reading_and_counted():
    outcomes = [NoAnswer(), Garbled(), GOOD]

    def read(_port, _environment, _settings):
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    device = Device(replace(CLIMATE, model=replace(CLIMATE.model, read=read)))
    assert device.read(Bus(), {}, 1.0) is GOOD and device.retries == I2C_RETRIES == 2
    outcomes[:] = [NoAnswer()] * 3
    with pytest.raises(NoAnswer):
        device.read(Bus(), {}, 1.0)
    assert not outcomes, "bounded"


def test_a_device_says_who_it_is_and_one_that_does_not_is_read_all_the_same():
    def identify(_port, _settings):
        raise NoAnswer()

    model = replace(CLIMATE.model, port="modbus", read=lambda *_: GOOD)
    named = Device(replace(CLIMATE, model=replace(model, identify=lambda *_: "Y4323060017")))
    silent = Device(replace(CLIMATE, model=replace(model, identify=identify)))
    assert named.read(Bus(), {}, 1.0) is GOOD and named.identity == "Y4323060017"
    assert silent.read(Bus(), {}, 1.0) is GOOD and silent.identity == ""


def test_the_pauses_of_a_dead_device_grow_up_to_a_limit():
    device = Device(replace(CLIMATE, interval=1.0))
    rests = []
    for now in range(12):
        device.failed(NoAnswer(), float(now))
        rests.append(device.probe_at - now)
    assert rests[0] <= 0.0 and rests[1:5] == [1.0, 2.0, 4.0, 8.0] and rests[-1] == LONGEST_REST
    device.failed(NotReady(), 100.0)
    assert not device.dead, "it answers, if only that it cannot yet"


def test_an_instrument_that_sleeps_is_woken_warms_up_is_read_and_put_to_rest():
    said = []
    model = replace(
        CLIMATE.model,
        port="modbus",
        read=lambda *_: said.append("read") or GOOD,
        wake=lambda *_: said.append("wake"),
        sleep=lambda *_: said.append("sleep"),
        warm_up=0.05,
        least_interval=0.02,
    )
    instrument = replace(CLIMATE, model=model, interval=0.2, sleep=True, burst=2)
    readings = queue.Queue()
    worker = Worker("i2c", Bus(), [instrument], readings.put, dict, time.monotonic)
    worker.start()
    taken = [readings.get(timeout=5) for _ in range(4)]
    worker.stop()
    worker.join(5)
    assert said[:8] == ["wake", "read", "read", "sleep"] * 2
    assert all(one.warm for one in taken) and taken[2].moment - taken[0].moment == pytest.approx(0.2, abs=0.1)


LINE = """
[station]
id = "T"
name = "T"
[[bus]]
name = "rs485"
kind = "modbus"
port = "PORT"
[[instrument]]
name = "noise"
driver = "rs485_noise"
bus = "rs485"
baud = 9600
interval = 0.5
[[instrument]]
name = "gone"
driver = "y504"
bus = "rs485"
address = 9
"""


def test_a_dead_device_does_not_change_the_cadence_of_the_others(tmp_path):
    instruments = [{"model": "rs485_noise", "address": 1}]
    scenario = build({"line": [{"name": "rs485", "kind": "modbus_rtu", "baud": 9600, "instrument": instruments}]})
    with Simulation(scenario, tmp_path) as simulation:
        config = parse(LINE.replace("PORT", simulation.ports["rs485"]), "x")
        noise, gone = config.instruments
        gone = replace(gone, interval=0.3, model=replace(gone.model, deadline=0.3))
        readings = queue.Queue()
        worker = Worker("rs485", open_bus(config.buses[0], [noise, gone]), [noise, gone], readings.put, dict, time.monotonic)
        worker.start()
        until = time.monotonic() + 8
        taken = []
        while time.monotonic() < until:
            taken.append(readings.get(timeout=5))
        worker.stop()
        worker.join(5)
    dead = [one.moment for one in taken if one.instrument == "gone" and one.reason == "timeout"]
    heard = [one.moment for one in taken if one.instrument == "noise" and one.reason == "" and one.moment > dead[2]]
    gaps = [later - earlier for earlier, later in pairwise(heard)]
    assert len(heard) >= 8 and max(gaps) < 0.65, gaps
    assert len(dead) >= 12, "its missing readings are made at its own cadence all the same"


POWERED = """
[station]
id = "T"
name = "T"
[[bus]]
name = "i2c"
kind = "i2c"
port = "{i2c}"
power = 5
power_port = "{gpio}"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
"""


def test_a_bus_that_hangs_for_good_gets_its_power_cycled_as_the_last_step(tmp_path):
    lines = [
        {"name": "i2c", "kind": "i2c", "instrument": [{"model": "sht3x", "address": 0x44}]},
        {"name": "gpio", "kind": "gpio", "instrument": [{"model": "power_switch", "address": 5, "cuts": "i2c"}]},
    ]
    with Simulation(build({"line": lines}), tmp_path) as simulation:
        config = parse(POWERED.format(**simulation.ports), "x")
        bus, climate = config.buses[0], replace(config.instruments[0], interval=0.05)
        readings = queue.Queue()
        worker = Worker("i2c", open_bus(bus, [climate]), [climate], readings.put, dict, time.monotonic, supply=open_supply(bus))
        worker.start()
        assert readings.get(timeout=5).sample is not None
        simulation.fault("i2c", "stuck_bus")
        reasons = [readings.get(timeout=5).reason for _ in range(30)]
        worker.stop()
        worker.join(10)
    failed = [reason for reason in reasons if reason]
    assert set(failed) == {"port"} and LOST_AFTER <= len(failed) < 30 and reasons[-1] == "", reasons
    assert worker.power_cycles == 1, "counted, and not done again at once"


def test_an_instrument_may_be_read_more_often_for_a_while():
    worker, readings, _bus = make([GOOD])
    device = worker._devices["climate"]
    device.instrument = replace(device.instrument, interval=3600.0)
    worker.start()
    readings.get(timeout=10)
    worker.hasten("climate", 0.01, 3600.0)
    moments = [readings.get(timeout=10).moment for _ in range(20)]
    worker.stop()
    worker.join(10)
    assert moments[-1] - moments[0] < 60, "at once, not in an hour"
    now = time.monotonic()
    assert (device.pace(now), device.pace(now + 3700)) == (0.01, 3600.0)


@pytest.mark.parametrize(
    ("settings", "period"),
    [
        ({}, 1.0),
        ({"emergency_interval": 5.0}, 5.0),
        ({"emergency_interval": 600.0}, 60.0),
        ({"least": 5.0}, 5.0),
        ({"least": 0.1}, 1.0),
        ({"least": 0.1, "emergency_interval": 0.2}, 0.2),
        ({"sleep": True, "burst": 3, "warm_up": 30.0, "least": 2.0}, 36.0),
        ({"process": True}, 60.0),
    ],
)
def test_in_an_emergency_as_often_as_the_device_permits(settings, period):
    """Never faster than its driver's least interval, at most each second unless configured, never rarer than usual."""
    given = dict(settings)
    facts = {"least_interval": given.pop("least", 1.0), "warm_up": given.pop("warm_up", 0.0)}
    model = replace(CLIMATE.model, process=given.pop("process", None), **facts)
    assert shortest(replace(CLIMATE, model=model, interval=60.0, **given)) == period


def test_dense_readings_begin_at_once_and_end(tmp_path):
    worker, readings, _bus = make([GOOD])
    device = next(iter(worker._devices.values()))
    device.instrument = replace(device.instrument, interval=3600.0, emergency_interval=0.01)
    worker.start()
    readings.get(timeout=30)
    worker.densify(True)
    for _ in range(5):
        readings.get(timeout=30)
    worker.densify(False)
    wait_for("the usual pace", lambda: not device.dense)
    worker.stop()
    worker.join(30.0)
    assert device.pace(0.0) == 3600.0
