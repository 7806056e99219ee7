"""YSI EXO: what it says depends on what is plugged in. Registers as two public drivers have them; floats with swapped words."""

import math
import struct

from drivers.catalogue import find


class Adapter:
    """The adapter with a list of (number, state, value)."""

    def __init__(self, *plugged):
        numbers, states, values = zip(*plugged, strict=True) if plugged else ((), (), ())
        self.found = {128 + i: 0 for i in range(32)}
        self.found |= {128 + i: number for i, number in enumerate(numbers)} | {256 + i: state for i, state in enumerate(states)}
        for i, value in enumerate(values):
            high, low = struct.unpack(">2H", struct.pack(">f", value))
            self.found |= {384 + 2 * i: low, 385 + 2 * i: high}

    def holding(self, address, count):
        return tuple(self.found[address + i] for i in range(count))


def read(*plugged):
    driver = find("exo")
    return driver.read(Adapter(*plugged), {}, driver.settings())


def test_values_follow_the_list_and_not_their_place():
    one = read((1, 0, 11.5), (18, 0, 7.25), (212, 0, 10.25))
    other = read((212, 0, 10.25), (1, 0, 11.5), (18, 0, 7.25))
    assert one.values == other.values == {"water_temperature": 11.5, "ph": 7.25, "dissolved_oxygen": 10.25}


def test_the_first_of_two_that_are_one_quantity_and_its_unit():
    sample = read((6, 0, 0.5), (7, 0, 500.5), (223, 0, 6.5), (37, 0, 7.5))
    assert sample.values == {"conductivity": 500.0, "turbidity": 6.5}
    assert sample.status == {"parameter 7": 500.5, "parameter 37": 7.5}


def test_what_is_no_quantity_is_shown():
    assert read((22, 0, 1.25), (1, 0, 11.5)).status == {"parameter 22": 1.25}


def test_a_sensor_that_is_not_available():
    sample = read((1, 0, 11.5), (18, 2, 0.0), (212, 1, 0.0), (12, 0, math.nan))
    assert sample.values == {"water_temperature": 11.5} and not sample.reason
    assert sample.fields == {"ph": "device_fault", "dissolved_oxygen": "not_started", "salinity": "sentinel"}
    assert read((18, 2, 0.0)).reason == "device_fault"


def test_an_adapter_without_a_list():
    sample = read()
    assert sample.reason == "not_started" and not sample.values


def test_a_list_without_an_end():
    assert len(read(*[(22, 0, 1.0)] * 32).status) == 1
