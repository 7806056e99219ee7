"""The worked example of the guide in `drivers/__init__.py`, run as it stands there."""

import textwrap

import pytest

import drivers
from drivers.catalogue import CATALOGUE
from drivers.errors import Garbled
from station.cli.decode import decode
from station.cli.drivers import page


@pytest.fixture(scope="module")
def driver():
    """What somebody gets who copies the example into a file."""
    text = drivers.__doc__.partition("runs it as it stands here:")[2].partition("\nIts line in the catalogue:")[0]
    module = {"__name__": "drivers.pm.dust1"}
    exec(compile(textwrap.dedent(text), "dust1.py", "exec"), module)
    (made,) = module["DRIVERS"]
    return made


def test_it_decodes_the_capture_that_the_guide_shows(driver):
    shown = drivers.__doc__.partition("Its first capture:")[2]
    answer = decode(driver, shown.partition('hex = "')[2].partition('"')[0])
    assert answer["usable"] and answer["values"] == {"pm25": 35.0} and "pm25 = 35.0" in shown


def test_it_keeps_the_three_verdicts_apart(driver):
    assert decode(driver, "aa 00 00 aa")["reason"] == "warm_up"
    assert decode(driver, "aa 00 23 ce")["reason"] == "checksum"
    with pytest.raises(Garbled):
        driver.decode(b"\xaa", driver.settings())


def test_it_finds_its_frames_after_garbage(driver):
    cut = driver.split(bytes.fromhex("00 aa aa 00 23 cd aa 00"))
    assert cut.frames == (bytes.fromhex("aa 00 23 cd"),) and cut.rest == bytes.fromhex("aa 00")


def test_it_has_a_page_and_a_free_name(driver):
    assert any("none published" in line for line in page(driver)) and driver.name not in CATALOGUE
