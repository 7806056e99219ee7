"""What a description of a Modbus device may not say, and what its own register for each choice means."""

import pytest

from drivers.catalogue import described, find
from drivers.description import BadDescription, Time
from drivers.errors import Faulted
from drivers.modbus_map import time_text

HEAD = 'title = "T"\nzh = "T"\nsource = "the sheet"\n'
PH = '[[read]]\naddress = 0\ncount = 2\n{more}\n[[value]]\nquantity = "result"\nregister = 0\n{more}\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + 'choices = ["ph"]\n' + PH.format(more='of = "cod"'), "read: of = 'cod' is none of choices"),
        (HEAD + 'choices = ["ph", "cod"]\n' + PH.format(more='of = "ph"'), "value: there is none of 'cod'"),
        (HEAD + 'choices = ["ph"]\n' + PH.format(more="") + "from_above = true\n", "is neither a distance"),
        (HEAD + 'choices = ["ph"]\n' + PH.format(more="") + "growth = true\n", "nor a sum"),
    ],
)
def test_a_contradiction_is_told(text, told):
    with pytest.raises(BadDescription) as caught:
        described("x", text)
    assert told in str(caught.value)


class Asked:
    """A port that notes what it is asked for."""

    def __init__(self):
        self.places = []

    def holding(self, address, count):
        self.places.append(address)
        return (0, 0xE840)  # 7.25 with its bytes reversed


@pytest.mark.parametrize(("quantity", "register"), [("ph", 0x4A), ("dissolved_oxygen", 0x32), ("turbidity", 0x36)])
def test_only_the_register_of_the_choice_is_read(quantity, register):
    driver, port = find("sifuming"), Asked()
    assert driver.read(port, {}, driver.settings(quantity=quantity)).values == {quantity: 7.25}
    assert port.places == [register]


class Refusing:
    """A port whose device has no registers from `end` on."""

    def __init__(self, words, end=0xFFFF):
        self.words, self.end = words, end

    def holding(self, address, count):
        if address >= self.end:
            raise Faulted("exception", raw=b"")
        return tuple(self.words.get(address + i, 0) for i in range(count))

    input = holding

    def pause(self, seconds):
        pass


TROLL = {5450: 0x4138, 5453: 1, 5454: 1, 5513: 0x43D2, 5516: 65, 5517: 10}
"""11.5 °C, 420 µS/cm."""


def test_a_sensor_that_is_not_there_speaks_only_against_itself():
    driver = find("aqua_troll_600")
    sample = driver.read(Refusing(TROLL, 5514), {}, driver.settings())
    assert sample.values == {"water_temperature": 11.5, "conductivity": 420.0} and not sample.reason
    assert sample.fields["dissolved_oxygen"] == sample.fields["chlorophyll"] == "device_fault"
    nothing = driver.read(Refusing(TROLL, 0), {}, driver.settings())
    assert nothing.reason == "device_fault" and not nothing.values


def test_a_read_that_is_not_optional_fails():
    driver = find("aqua_troll_400")
    with pytest.raises(Faulted):
        driver.read(Refusing({}, 1537), {}, driver.settings())


def test_a_hub_is_asked_for_the_configured_sensor():
    driver = find("iq_sensor_net")
    third = {16: 0x0302, 19: 0x0011, 20: 0x40E8, 22: 0x4138}
    sample = driver.read(Refusing(third), {}, driver.settings(quantity="ph", sensor=3))
    assert sample.values == {"ph": 7.25, "water_temperature": 11.5} and sample.status["number"] == 3


def test_a_hub_names_what_its_sensors_may_measure():
    with pytest.raises(BadDescription, match="block: name in choices"):
        described("x", HEAD + "block = 8\n" + PH.format(more="").replace("result", "ph"))


def test_time_in_bcd_words():
    """0x31 is the 31st; the same in binary would be the 49th."""
    assert time_text(Time(register=0, format="bcd_words"), (0x17, 0x05, 0x31, 0x10, 0x24, 0x00)) == "2017-05-31T10:24:00"
    assert time_text(Time(register=0, format="bcd_words"), (0x17, 0x05, 0x3A, 0x10, 0x24, 0x00)) == ""
    assert time_text(Time(register=0, format="bcd_words"), (0x0117, 0x05, 0x31, 0x10, 0x24, 0x00)) == ""
