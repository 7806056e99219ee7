"""Frames: official vectors, the CRC that is not Modbus, and finding the next frame after anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.hj212.frame import Framer, crc, encode, modbus_crc
from tests.gateway.hj212.vectors import A2_PLAIN_1, A2_RAW_1, OFFICIAL_2017, OFFICIAL_2025, PLAIN, SMALL_CRC


def segment(frame):
    return frame[6:].rstrip(b"\r\n")[:-4]


@pytest.mark.parametrize("frame", PLAIN)
def test_published_frames_are_made_byte_by_byte(frame):
    assert encode(segment(frame)) == frame


def test_crc_of_the_reference():
    assert crc(b"123456789") == 0x2F80
    assert crc(segment(OFFICIAL_2025)) == 0x2200 and modbus_crc(segment(OFFICIAL_2025)) == 0xCCF4
    assert modbus_crc(b"123456789") == 0x4B37, "the check value of CRC-16/MODBUS"


def test_only_256_values_exist():
    values = {crc(bytes([a, b, c])) for a in range(0, 256, 5) for b in range(0, 256, 5) for c in range(0, 256, 25)}
    assert {value & 0xFF for value in values} <= {0x00, 0x01, 0x40, 0x41, 0x80, 0x81, 0xC0, 0xC1}


def test_the_length_counts_bytes_of_the_segment_alone():
    text = "QN=1;CP=&&站&&".encode()
    assert encode(text).startswith(b"##%04d" % len(text))
    with pytest.raises(ValueError, match="1024"):
        encode(b"x" * 1025)


def test_ciphertext_is_framed_by_its_length():
    """A data area that contains ##, && and CR LF."""
    nasty = b"QN=1;CP=&&\r\n##0004&&1C80\r\n##&&&&"
    plain = b"QN=1;CP=&&" + b"x" * (len(nasty) - 12) + b"&&"
    wire = encode(nasty, plain)
    framer = Framer(lambda got, told: (got == nasty and told == crc(plain)) or crc(got) == told)
    assert [frame.segment for frame in framer.feed(wire + OFFICIAL_2017)] == [nasty, segment(OFFICIAL_2017)]


def test_a_frame_whose_crc_cannot_be_checked_is_told_as_unsound():
    (frame,) = Framer().feed(A2_RAW_1)
    assert not frame.sound and frame.segment == segment(A2_RAW_1)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff#", b"###", b"##", b"##00", b"##9999", b"##8000QN=1", b"##0500QN=20160801085857223;ST=32", b"\r\n\r\n",
        OFFICIAL_2017[:60], OFFICIAL_2017[6:], b"##abcd", b"GET / HTTP/1.1\r\n\r\n",
    ],
)  # fmt: skip
def test_the_next_frame_is_found_after_garbage(garbage):
    found = Framer().feed(garbage + OFFICIAL_2017 + OFFICIAL_2025)
    assert [frame.segment for frame in found if frame.sound] == [segment(OFFICIAL_2017), segment(OFFICIAL_2025)]


def test_a_wrong_crc_is_told_and_the_next_frame_is_not_lost():
    found = Framer().feed(OFFICIAL_2017.replace(b"1C80", b"1C81") + OFFICIAL_2017)
    assert [frame.sound for frame in found] == [False, True]


def test_a_garbled_length_does_not_swallow_the_frames_behind_it():
    longer = OFFICIAL_2017.replace(b"##0101", b"##0201")
    found = Framer().feed(longer + OFFICIAL_2025 + OFFICIAL_2025)
    assert [frame.segment for frame in found if frame.sound] == [segment(OFFICIAL_2025)] * 2


@pytest.mark.parametrize("frame", [SMALL_CRC, OFFICIAL_2017.rstrip(), OFFICIAL_2017.replace(b"##0101", b"##101")])
def test_oddities_of_the_field(frame):
    """Small letters, no line end, three digits."""
    found = Framer().feed(frame + OFFICIAL_2025)
    assert [one.sound for one in found] == [True, True]


def test_a_segment_longer_than_the_standard_allows_is_taken():
    """Sent in the field; our own are refused before they are made."""
    long = b"QN=1;CP=&&" + b"a34004-Rtd=35;" * 200 + b"&&"
    (frame,) = Framer().feed(b"##%04d%s%04X\r\n" % (len(long), long, crc(long)))
    assert frame.sound and frame.segment == long


def test_nothing_is_kept_of_what_was_garbage():
    framer = Framer()
    for _ in range(1000):
        framer.feed(b"no frame at all " * 100)
    assert framer.garbage == 1_600_000 and len(framer._buffer) <= 1


NOISE = st.sampled_from([*PLAIN, b"##", b"#", b"##0101", b"##0300QN=", b"&&1C80", b"\r\n", A2_PLAIN_1[:100], A2_RAW_1])
STREAM = st.lists(st.one_of(NOISE, st.binary(max_size=30)), max_size=8).map(b"".join)


@given(STREAM, st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_any_split_of_the_stream_gives_the_same_frames(stream, sizes):
    whole = Framer().feed(stream)
    framer, parts, at = Framer(), [], 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        parts += framer.feed(stream[at : at + size])
        at += size
    assert [frame for frame in parts if frame.sound] == [frame for frame in whole if frame.sound]


@given(st.binary(max_size=3000))
def test_no_input_crashes(data):
    framer = Framer()
    framer.feed(data)
    framer.feed(b"#" * 20 + data)
