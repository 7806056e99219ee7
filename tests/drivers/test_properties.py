"""No byte string makes a decoder crash or invent; a good frame is found in any pieces, after any garbage."""

import math
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.catalogue import CATALOGUE, find
from drivers.errors import WireError
from drivers.sample import REASONS

CAPTURES = Path(__file__).parents[1] / "captures"


UNCOVERED = {
    "sds011": {1},  # the sum begins behind the head, so C0 (a measurement) and C5 (a reply) can be taken for each other
    "sds198": {1},  # the same
}
"""Driver → positions of its frames that no checksum covers, each with the reason."""


def good_frames(name):
    frames = tomllib.loads((CAPTURES / f"{name}.toml").read_text("utf-8"))["frame"]
    return [bytes.fromhex(frame["hex"].replace(" ", "")) for frame in frames if frame["kind"] != "invalid"]


def check(driver, data):
    try:
        sample = driver.decode(data, driver.settings())
    except WireError as error:
        assert error.reason in REASONS
        return
    assert all(math.isfinite(value) for value in sample.values.values())
    assert set(sample.values) | set(sample.fields) <= {*driver.quantities, "date"}
    assert not set(sample.values) & set(sample.fields)
    assert set(sample.fields.values()) | {sample.reason} <= REASONS | {""}


@pytest.mark.parametrize("name", CATALOGUE)
@given(data=st.binary(max_size=80))
def test_any_bytes(name, data):
    driver = find(name)
    check(driver, data)
    for frame in driver.split(data).frames:
        check(driver, frame)


NO_CHECKSUM = {
    "alphasense4": "words of a converter, only its configuration can be checked",
    "ascii_line": "a line of text",
    "bme280": "registers of the chip, only that the coefficients can be a chip's is checked",
    "bme680": "the same",
    "dt8852": "tokens and decimal digits, only their form can be checked",
    "ens160": "registers of the chip, only that it runs can be checked",
    "gm1356": "a level and flags",
    "mightyohm": "a line of text",
    "spec_dgs": "a line of text",
    "contact": "a level is one character",
    "ds3231": "registers of the chip, only their form can be checked",
    "ezo": "a status byte and text",
    "ezo_uart": "text",
    "ina219": "two words of the chip",
    "maxbotix": "four digits",
    "mmcli": "text of a program",
    "modem": "text of an AT port",
    "nmea": "of two sentences the sound one is heard",
    "pid": "words of a converter, only its configuration can be checked",
    "pulse": "counts are made here, not sent over a wire",
    "yiwen_flow": "text",
}
"""Devices whose bytes carry nothing by which a changed one could be told, and why."""


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - set(NO_CHECKSUM)))
@given(data=st.data())
def test_one_changed_byte_is_never_another_value(name, data):
    driver = find(name)
    frame = bytearray(data.draw(st.sampled_from(good_frames(name))))
    at = data.draw(st.integers(0, len(frame) - 1).filter(lambda at: at not in UNCOVERED.get(name, ())))
    frame[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WireError):
        driver.decode(bytes(frame), driver.settings())


@pytest.mark.parametrize(("name", "size"), [("pms5003", 32), ("pms5003st", 40), ("pms3003", 24), ("sds011", 10), ("ze08", 9)])
@settings(max_examples=200)
@given(data=st.data(), garbage=st.binary(max_size=40))
def test_stream_in_any_pieces_after_any_garbage(name, size, data, garbage):
    driver = find(name)
    frames = [f for f in good_frames(name) if len(f) == size]
    stream = garbage + b"".join(frames)
    found, tail = [], b""
    while stream:
        count = data.draw(st.integers(1, len(stream)))
        cut = driver.split(tail + stream[:count])
        found += cut.frames
        tail, stream = cut.rest, stream[count:]
        assert len(tail) <= 64
    assert found[-(len(frames) - 1) :] == frames[1:]
    assert frames[0] in found or garbage


STREAMS = [name for name in CATALOGUE if find(name).port == "uart"]


def bare(data):
    """Without blanks and ends of lines, which text may lose."""
    return b"".join(data.split())


@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=60)
@given(data=st.data(), garbage=st.binary(max_size=40))
def test_every_stream_is_in_step_again_within_one_good_frame(name, data, garbage):
    split = find(name).split
    ended = [frame + end for frame in good_frames(name) for end in (b"", b"\r\n")]
    whole = [frame for frame in ended if list(map(bare, split(frame).frames)) == [bare(frame)]]
    first, second = (data.draw(st.sampled_from(whole)) for _ in range(2))
    longest = max(whole, key=len)  # a false head may ask for as much before it is known to be false
    stream, found, tail = garbage + first + second + longest, [], b""
    while stream:
        count = data.draw(st.integers(1, len(stream)))
        cut = split(tail + stream[:count])
        found += cut.frames
        tail, stream = cut.rest, stream[count:]
    assert bare(b"".join(found)).endswith(bare(second + longest))


@settings(max_examples=200)
@given(data=st.data(), garbage=st.binary(max_size=40))
def test_stuffed_frames_in_any_pieces_after_any_garbage(data, garbage):
    """An SPS30's frames have no length of their own: a flag in the garbage may cost the first, never the second."""
    driver = find("sps30")
    frames = [f for f in good_frames("sps30") if f.count(0x7E) == 2]
    stream = garbage + b"".join(frames)
    found, tail = [], b""
    while stream:
        count = data.draw(st.integers(1, len(stream)))
        cut = driver.split(tail + stream[:count])
        found += cut.frames
        tail, stream = cut.rest, stream[count:]
        assert len(tail) <= 100
    assert found[-(len(frames) - 1) :] == frames[1:]


@pytest.mark.parametrize("name", ["pms5003", "pms5003st", "sds011", "sds198", "sps30", "ze08"])
@given(data=st.binary(max_size=300))
def test_every_byte_is_in_a_frame_skipped_or_kept(name, data):
    cut = find(name).split(data)
    assert sum(map(len, cut.frames)) + cut.skipped + len(cut.rest) == len(data)
