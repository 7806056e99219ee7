"""A sum that the device keeps becomes what it grew since the last reading."""

import pytest

from drivers.catalogue import find
from drivers.checksum import crc16


def shown(tenths):
    driver = find("rs485_rain")
    body = bytes((1, 3, 2)) + tenths.to_bytes(2, "big")
    return driver.decode(body + crc16(body).to_bytes(2, "little"), driver.settings())


def test_the_first_reading_only_begins_to_count():
    step = find("rs485_rain").process(10.0, ())
    first = step(shown(124))
    assert first.reason == "not_started" and first.values == {} and first.fields == {"rain": "not_started"}
    grown = step(shown(127))
    assert grown.values == {"rain": pytest.approx(0.3)} and grown.usable and grown.fields == {}
    assert step(shown(127)).values == {"rain": 0.0}


def test_a_sum_that_fell_was_cleared_and_holds_what_came_since():
    step = find("rs485_rain").process(10.0, ())
    step(shown(124))
    assert step(shown(2)).values == {"rain": pytest.approx(0.2)}


def test_a_fault_in_between_loses_nothing():
    step = find("rs485_rain").process(10.0, ())
    step(shown(124))
    assert step(shown(0xFFFF)).reason == "sentinel"
    assert step(shown(130)).values == {"rain": pytest.approx(0.6)}


def test_a_short_stop_loses_nothing():
    before = find("rs485_rain").process(10.0, ())
    assert before.memory() == ()
    before(shown(124))
    after = find("rs485_rain").process(10.0, before.memory())
    assert after(shown(126)).values == {"rain": pytest.approx(0.2)}


def test_the_other_elements_of_a_box_do_not_wait():
    driver = find("rs485_weather")
    body = bytes.fromhex("01031c 0016 0002 0004 00bb 0292 ff9b 021f 0023 002c 03f5 0001 1170 02bc 007c")
    found = driver.process(2.0, ())(driver.decode(body + crc16(body).to_bytes(2, "little"), driver.settings()))
    assert found.usable and found.values["temperature"] == -10.1 and found.fields == {"rain": "not_started"}
