"""What a description of a Modbus device may not say, and what its own register for each choice means."""

import pytest

from drivers.catalogue import described, find
from drivers.description import BadDescription

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
