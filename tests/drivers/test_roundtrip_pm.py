"""Particle sensors and their twins over the real transports: a pty, an I2C socket."""

from contextlib import contextmanager

import pytest

from drivers.bus.i2c import I2CBus
from drivers.bus.uart import Line, Uart
from drivers.catalogue import find
from drivers.errors import Garbled, NoAnswer
from hw_sim.scenario import build
from hw_sim.simulation import Simulation


@contextmanager
def station(tmp_path, name, **settings):
    """The simulation, and a function that gives the port for one reading."""
    driver = find(name)
    address, baud = int(driver.defaults.get("address", 1)), int(driver.defaults.get("baud", 9600))
    placed = {"model": name, "address": address, **settings}
    table = {"name": "x", "kind": driver.port, "baud": baud, "instrument": [placed]}
    with Simulation(build({"line": [table]}), tmp_path) as simulation:
        port = simulation.ports["x"]
        bus = Uart(Line(port, baud)) if driver.port == "uart" else I2CBus(port)
        try:
            yield simulation, lambda seconds=2.0: bus.port(address, seconds)
        finally:
            bus.close()


def read(driver, port, settings=None):
    settings = settings or driver.settings()
    if driver.read is not None:
        return driver.read(port, {}, settings)
    return driver.decode(port.receive(driver.split), settings)


TWINS = {
    "pms5003": {"period": 0.2},
    "pms5003t": {"period": 0.2},
    "pms5003st": {"period": 0.2},
    "pms3003": {"period": 0.2},
    "pmsa003i": {},
    "sds011": {},
    "sds198": {},
    "sps30": {},
    "sps30_i2c": {},
    "sen5x": {},
    "hpma115s0": {},
    "hpma115c0": {},
    "pm1003": {},
    "pm1006": {},
    "pm2005": {},
    "pm2012": {},
    "zh03b": {},
    "mhz19": {},
    "mcu680": {},
}
"""Driver → settings of its twin; `world.py` says what is true: PM2.5 about 30 to 60 µg/m³ at nine, 5 to 20 °C."""

END_MARK = {"sds011": "header", "sds198": "header", "sps30": "truncated"}
"""The fault bends a reply's last byte: of these it is no checksum, but the mark of the end."""


@pytest.mark.parametrize("name", TWINS)
def test_twin_and_driver_agree(tmp_path, name):
    driver = find(name)
    with station(tmp_path, name, **TWINS[name]) as (_simulation, port):
        if driver.begin is not None:
            driver.begin(port(), driver.settings())
        sample = read(driver, port())
    assert sample.usable and set(sample.values) | set(sample.fields) == set(driver.quantities)
    truth = {"pm25": (5, 120), "pm10": (5, 150), "temperature": (-5, 30), "humidity": (5, 100), "hcho": (5, 35), "tsp": (20, 300)}
    for key, (low, high) in truth.items():
        if key in sample.values:
            assert low < sample.values[key] < high, key
    sizes = [sample.values[key] for key in driver.quantities if key.startswith("pn")]
    assert sizes == sorted(sizes, reverse="pnc25" not in driver.quantities), "cumulative"


@pytest.mark.parametrize("name", TWINS)
def test_a_wrong_checksum_is_never_a_value(tmp_path, name):
    driver = find(name)
    with station(tmp_path, name, **TWINS[name]) as (simulation, port):
        if driver.begin is not None:
            driver.begin(port(), driver.settings())
        assert read(driver, port()).usable
        simulation.fault("x", "wrong_checksum")
        with pytest.raises(Garbled) as caught:
            for _ in range(3):  # a good frame may have been on its way
                read(driver, port(1.6))
        assert caught.value.reason == END_MARK.get(name, "checksum")
        simulation.fault("x", "clear")
        assert read(driver, port(4.0)).usable


@pytest.mark.parametrize("name", ["pms5003", "pms5003t", "pms5003st"])
def test_a_passive_plantower_is_silent_until_asked(tmp_path, name):
    driver = find(name)
    asked = driver.settings(mode="passive")
    with station(tmp_path, name, period=0.2) as (_simulation, port):
        driver.begin(port(), asked)
        assert read(driver, port(), asked).usable
        with pytest.raises(NoAnswer):
            read(driver, port(0.5), driver.settings(mode="active"))
        driver.begin(port(), driver.settings())
        assert read(driver, port()).usable, "active again"


@pytest.mark.parametrize("mode", ["active", "passive"])
def test_a_plantower_rests_and_comes_back_in_its_mode(tmp_path, mode):
    driver = find("pms5003")
    settings = driver.settings(mode=mode)
    with station(tmp_path, "pms5003", period=0.2, zeros=0.7) as (simulation, port):
        driver.begin(port(), settings)
        driver.sleep(port(), settings)
        with pytest.raises((NoAnswer, Garbled)):  # the acknowledgement alone is no measurement
            read(driver, port(0.5), settings)
        driver.wake(port(), settings)
        sample = read(driver, port(), settings)
        assert not sample.usable and sample.reason == "warm_up", "the first frames after a start are all zero"
        while sample.reason == "warm_up":
            sample = read(driver, port(), settings)
        assert sample.usable
        heard = simulation.stats()["x"]["pms5003"]
        if mode == "passive":
            with pytest.raises(NoAnswer):
                port(0.5).receive(driver.split)
            assert simulation.stats()["x"]["pms5003"] == heard


def test_a_brown_out_is_warm_up_and_not_clean_air(tmp_path):
    driver = find("pms5003")
    with station(tmp_path, "pms5003", period=0.2, zeros=0.5, brown_out=1.0) as (_simulation, port):
        seen = [read(driver, port()).reason for _ in range(12)]
    assert seen[0] == "warm_up" and "" in seen and "warm_up" in seen[seen.index("") :]


def test_a_wrong_sum_over_i2c_is_read_once_more(tmp_path):
    driver = find("pmsa003i")
    with station(tmp_path, "pmsa003i", bad_sums=1) as (_simulation, port):
        assert read(driver, port()).usable
    with station(tmp_path, "pmsa003i", bad_sums=2) as (_simulation, port), pytest.raises(Garbled):
        read(driver, port())


def test_an_sds011_left_in_query_mode_and_with_a_period_is_set_right(tmp_path):
    driver = find("sds011")
    with station(tmp_path, "sds011", mode="query", period=5) as (_simulation, port):
        with pytest.raises(NoAnswer):
            read(driver, port(1.5))
        driver.begin(port(), driver.settings())
        assert [read(driver, port()).usable for _ in range(2)] == [True, True]
        assert driver.identify(port(), driver.settings()) == "a160 2015-07-10"


def test_an_sds011_is_asked_and_rests(tmp_path):
    driver = find("sds011")
    settings = driver.settings(mode="query")
    with station(tmp_path, "sds011", zeros=0.5) as (_simulation, port):
        driver.begin(port(), settings)
        assert read(driver, port(), settings).reason in ("warm_up", "")
        driver.sleep(port(), settings)
        with pytest.raises((NoAnswer, Garbled)):
            read(driver, port(0.5), settings)
        driver.wake(port(), settings)
        assert read(driver, port(), settings).reason == "warm_up"
        while not (sample := read(driver, port(), settings)).usable:
            assert sample.reason == "warm_up"


def test_a_one_way_sds011_still_speaks(tmp_path):
    """The twin of an SDS198 hears nothing; an SDS011 without its RX wire neither."""
    driver = find("sds011")
    with station(tmp_path, "sds198") as (_simulation, port):
        driver.begin(port(0.3), driver.settings())
        with pytest.raises(Garbled) as caught:
            read(driver, port(1.5))
        assert caught.value.reason == "header", "and it is another model"


@pytest.mark.parametrize("name", ["sps30", "sps30_i2c"])
def test_an_sps30_starts_rests_and_tells_its_serial_number(tmp_path, name):
    driver = find(name)
    settings = driver.settings()
    with station(tmp_path, name) as (_simulation, port):
        assert read(driver, port()).reason == "not_started"
        driver.begin(port(), settings)
        assert read(driver, port(4.0)).usable
        assert driver.identify(port(), settings) == "8CCABCFAE3201F49"
        driver.begin(port(), settings)
        assert read(driver, port(4.0)).usable, "begun twice: state 43 is no error"
        driver.sleep(port(), settings)
        with pytest.raises(NoAnswer):
            read(driver, port(0.3))
        driver.wake(port(), settings)
        assert read(driver, port(4.0)).usable


@pytest.mark.parametrize("name", ["sps30", "sps30_i2c"])
def test_an_sps30_that_lost_its_power_is_started_again(tmp_path, name):
    driver = find(name)
    with station(tmp_path, name, brown_out=2.5) as (_simulation, port):
        driver.begin(port(), driver.settings())
        seen = [read(driver, port(4.0)).reason for _ in range(4)]
    assert seen[0] == "" and "not_started" in seen and seen[-1] == ""


def test_an_sps30_is_given_its_cleaning_interval_and_is_cleaned_at_the_start(tmp_path):
    driver = find("sps30")
    with station(tmp_path, "sps30", interval=604800) as (_simulation, port):
        driver.begin(port(), driver.settings(cleaning_interval=60480))
        asking = port()
        asking.send(bytes.fromhex("7e008001007d5e7e"))
        assert driver.decode(asking.receive(driver.split), driver.settings()).status["interval"] == 60480
        assert read(driver, port(4.0)).usable
        driver.begin(port(), driver.settings(clean_at_start=True))
        assert read(driver, port(4.0)).reason == "warm_up", "no new value for ten seconds"


@pytest.mark.parametrize("name", ["sps30", "sps30_i2c"])
@pytest.mark.parametrize("part", ["fan", "laser", "fan_speed"])
def test_an_sps30_without_fan_or_laser_gives_no_value(tmp_path, part, name):
    driver = find(name)
    with station(tmp_path, name, fault=part) as (_simulation, port):
        driver.begin(port(), driver.settings())
        sample = read(driver, port(4.0))
    assert (sample.reason, sample.values, sample.status[part]) == ("device_fault", {}, 1)


def test_an_sps30_on_i2c_is_cleaned_and_old_values_are_not_said_again(tmp_path):
    driver = find("sps30_i2c")
    with station(tmp_path, "sps30_i2c") as (_simulation, port):
        driver.begin(port(), driver.settings(cleaning_interval=60480))
        interval = driver.decode(port().transfer(b"\x80\x04", 6, 0.005), driver.settings()).status["register"]
        assert interval == 60480, "the same shape as the status register: two words"
        assert read(driver, port()).usable
        driver.clean(port(), driver.settings())
        sample = read(driver, port())
        assert (sample.values, sample.reason) == ({}, "warm_up"), "the fan is cleaned for ten seconds"


@pytest.mark.parametrize(
    ("settings", "given", "unknown"),
    [
        ({"type": "SEN50"}, {"pm25", "pnc10"}, set()),
        ({"type": "SEN54"}, {"pm25", "humidity", "temperature", "voc_index"}, set()),
        ({"type": "SEN55"}, {"pm25", "humidity", "temperature", "voc_index"}, {"nox_index"}),  # in the first ten seconds
        ({"fault": "rht"}, {"pm25", "voc_index"}, {"humidity", "temperature", "nox_index"}),
        ({"fault": "fan_speed"}, {"humidity", "voc_index"}, {"pm25", "pnc10", "nox_index"}),
    ],
)
def test_a_sen5x_is_judged_field_by_field(tmp_path, settings, given, unknown):
    driver = find("sen5x")
    with station(tmp_path, "sen5x", **settings) as (_simulation, port):
        driver.begin(port(), driver.settings())
        sample = read(driver, port())
        name = driver.identify(port(), driver.settings())
    assert name == f"{settings.get('type', 'SEN55')} 5D2E8F1A03B7C496"
    assert sample.usable and given <= set(sample.values) and unknown <= set(sample.fields)
    expected = "device_fault" if settings.get("fault") == "fan_speed" else "sentinel"
    assert sample.fields.get("pm25", expected) == expected
    absent = set(driver.quantities) - set(sample.values) - set(sample.fields)
    lacks = {"SEN50": {"humidity", "temperature", "voc_index", "nox_index"}, "SEN54": {"nox_index"}}
    assert absent == lacks.get(settings.get("type"), set()), "what a model never gives is absent, not missing"


def test_a_sen5x_starts_rests_and_survives_a_brown_out(tmp_path):
    driver = find("sen5x")
    settings = driver.settings(cleaning_interval=60480)
    with station(tmp_path, "sen5x", brown_out=5.0) as (_simulation, port):
        assert read(driver, port()).reason == "not_started", "and it is started by that"
        assert read(driver, port()).usable
        driver.sleep(port(), settings)
        driver.wake(port(), settings)
        driver.begin(port(), settings)
        seen = [read(driver, port()).reason for _ in range(5)]
        assert "not_started" in seen and seen[0] == seen[-1] == ""
        interval = driver.decode(port().transfer(b"\x80\x04", 6, 0.020), settings).status["register"]
        assert interval == 60480


def test_a_sen5x_that_is_cleaned_keeps_its_other_values(tmp_path):
    driver = find("sen5x")
    with station(tmp_path, "sen5x") as (_simulation, port):
        driver.begin(port(), driver.settings(clean_at_start=True))
        sample = read(driver, port())
    assert sample.usable and sample.fields["pm25"] == "maintenance" and "temperature" in sample.values
