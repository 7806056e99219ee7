"""Published frames: every decoder says of real bytes what their source says, and refuses the broken ones for the right reason."""

import math
import tomllib
from pathlib import Path

import pytest

from drivers.catalogue import CATALOGUE, find
from drivers.quantity import quantities
from station.cli.decode import decode, question, settings_of

CAPTURES = Path(__file__).parents[1] / "captures"
FRAMES = [
    pytest.param(content["driver"], frame, id=f"{content['driver']}-{number}")
    for path in sorted(CAPTURES.glob("*.toml"))
    for content in [tomllib.loads(path.read_text("utf-8"))]
    for number, frame in enumerate(content["frame"])
]


@pytest.mark.parametrize(("name", "frame"), FRAMES)
def test_published_frame(name, frame):
    driver = find(name)
    ask = question(driver, settings_of(driver, frame.get("set", [])), frame.get("register"), frame.get("function"))
    answer = decode(driver, frame["hex"], ask)
    assert frame["source"]
    if frame["kind"] == "invalid":
        assert not answer["valid"] and answer["reason"] == frame["reason"]
        assert answer["values"] == {} and answer["error"]
        return
    assert answer["valid"] and answer["kind"] == frame["kind"]
    if frame["kind"] != "data":
        assert not answer["usable"] and answer["values"] == {}
        return
    assert answer["reason"] == frame.get("reason", "")
    for key, value in frame["values"].items():
        assert answer["values"][key] == pytest.approx(value, rel=1e-5), key
    if not frame["values"]:
        assert answer["values"] == {} and not answer["usable"]
    for key, value in frame.get("status", {}).items():
        assert answer["status"][key] == value
    assert frame.get("fields", {}).items() <= answer.get("fields", {}).items()
    assert answer.get("taken", "") == frame.get("taken", answer.get("taken", ""))


@pytest.mark.parametrize("name", CATALOGUE)
def test_declares_only_registered_quantities(name):
    driver = find(name)
    assert set(driver.quantities) <= set(quantities())
    assert driver.quantities or name == "modbus_map", "only what nobody has described yet measures nothing"
    assert math.isfinite(driver.warm_up) and driver.interval >= driver.least_interval


def test_old_oxygen_firmware_is_missing_and_not_zero():
    frame = "01 03 0c 00 00 a4 41 00 00 78 3f 00 00 00 00 f6 09"
    answer = decode(find("y504"), frame)
    assert "dissolved_oxygen" not in answer["values"] and answer["fields"] == {"dissolved_oxygen": "sentinel"}


def test_the_last_good_of_several_frames_counts():
    first, second = "010302027 8b906".replace(" ", ""), "01030202 0d"
    body = bytes.fromhex(second.replace(" ", ""))
    from drivers.checksum import crc16

    second = (body + crc16(body).to_bytes(2, "little")).hex()
    answer = decode(find("rs485_noise"), first + "ffff" + second)
    assert answer["values"] == {"laeq": pytest.approx(52.5)} and answer["frames"] == 2


def test_the_factory_scale_is_a_setting():
    driver = find("pms5003")
    frame = bytes.fromhex("424d001c0003000400070004000500080 31b00f9001b0006000300039a0002a2".replace(" ", ""))
    assert driver.decode(frame, driver.settings()).values["pm25"] == 5.0
    assert driver.decode(frame, driver.settings(scale="factory")).values["pm25"] == 4.0


def test_an_all_zero_frame_is_warm_up_and_not_clean_air():
    answer = decode(find("pms5003"), "424d001c" + "00" * 26 + "00ab")
    assert answer["valid"] and not answer["usable"] and answer["reason"] == "warm_up" and answer["values"] == {}
