"""Checksums, byte orders and the words that everything shares."""

import pytest

from drivers.checksum import crc8, crc16, sum16
from drivers.errors import Foreign, Garbled, NoAnswer, PortLost
from drivers.quantity import HCHO_MOLAR_MASS, micrograms, ppb, quantities
from drivers.registers import number
from drivers.sample import REASONS


@pytest.mark.parametrize(("data", "crc"), [("beef", 0x92), ("0000", 0x81), ("ffff", 0xAC), ("8000", 0xA2), ("6666", 0x93)])
def test_crc8_of_the_sensirion_sheets(data, crc):
    assert crc8(bytes.fromhex(data)) == crc


def test_crc16_of_the_modbus_specification():
    assert crc16(bytes.fromhex("010300000001")).to_bytes(2, "little") == bytes.fromhex("840a")
    assert crc16(bytes.fromhex("010325000000")).to_bytes(2, "little") == bytes.fromhex("4ec6")


def test_sum16_of_a_plantower_command():
    assert sum16(bytes.fromhex("424de10001")) == 0x0171


@pytest.mark.parametrize(
    ("order", "registers"),
    [("ABCD", [0x41A4, 0x0000]), ("CDAB", [0x0000, 0x41A4]), ("DCBA", [0x0000, 0xA441]), ("BADC", [0xA441, 0x0000])],
)
def test_the_four_byte_orders_of_20_5(order, registers):
    assert number(registers, 0, "f32", order) == 20.5


def test_signed_words():
    assert number([0xFFF6], 0, "s16", "ABCD") == -10
    assert number([0xFFFF, 0xFFF6], 0, "s32", "ABCD") == -10


def test_an_error_carries_only_its_own_reasons():
    assert Garbled("x", reason="length").reason == "length"
    assert NoAnswer().reason == "timeout" and PortLost().reason == "port" and Foreign().reason == "foreign"
    with pytest.raises(ValueError):
        NoAnswer(reason="checksum")
    assert {reason for kind in (Garbled, NoAnswer, PortLost, Foreign) for reason in kind.reasons} <= REASONS


def test_every_quantity_is_named_in_both_languages():
    for quantity in quantities().values():
        assert quantity.en and quantity.zh and quantity.unit
    assert quantities()["pm25"].text(12.34) == "12.3 µg/m³" and quantities()["ph"].text(None) == "—"


def test_formaldehyde_at_25_degrees():
    """Molar volume 24.465 L at 298.15 K and 1013.25 hPa (US EPA and HJ units), 30.026 g/mol: 1 ppb is 1.2273 µg/m³."""
    assert micrograms(1.0, HCHO_MOLAR_MASS) == pytest.approx(1.2273, rel=1e-4)
    assert ppb(80.0, HCHO_MOLAR_MASS) == pytest.approx(80 * 24.465 / 30.026, rel=1e-4)
    assert ppb(micrograms(17.0, HCHO_MOLAR_MASS), HCHO_MOLAR_MASS) == pytest.approx(17.0)
    assert micrograms(1.0, 47.998) == pytest.approx(1.962, rel=1e-3), "ozone"
