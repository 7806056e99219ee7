"""Data segments: what is sent is strict, what is read is taken as far as it can be understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.hj212.message import FATAL, area, compose, flag_of, parse, printed, split, unprinted
from tests.gateway.hj212.vectors import A2_CIPHER_2, A2_PLAIN_1, OFFICIAL_2017, WITHOUT_QN_AND_FLAG, as_printed


def segment(frame):
    return frame[6:].rstrip(b"\r\n")[:-4]


HEAD = "QN=20160801085857223;ST=22;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"


def codes(message):
    return [finding.code for finding in message.findings]


def read(text):
    return parse(text.encode())


def test_the_official_frame():
    message = parse(segment(OFFICIAL_2017))
    assert dict(message.header) == {
        "QN": "20160801085857223", "ST": "32", "CN": "1062", "PW": "100000", "MN": "010000A8900016F000169DC0", "Flag": "5",
    }  # fmt: skip
    assert message.groups == ((("RtdInterval", "30"),),)
    assert message.edition == 2017 and message.wants_answer and not message.findings


def test_groups_and_fields():
    message = parse(segment(A2_PLAIN_1))
    assert message.edition == 2025 and len(message.groups) == 4
    assert message.groups[1][3] == ("a01011-Flag", "N")
    assert compose(message.header, message.groups) == segment(A2_PLAIN_1)


@pytest.mark.parametrize(
    ("flag", "edition", "ack"),
    [(0, 2005, 0), (1, 2005, 1), (4, 2017, 0), (5, 2017, 1), (7, 2017, 1), (8, 2025, 0), (9, 2025, 1), (10, 2025, 0)],
)
def test_flag(flag, edition, ack):
    message = read(HEAD.replace("Flag=5", f"Flag={flag}") + "CP=&&&&")
    assert message.edition == edition and message.wants_answer == bool(ack)
    assert flag_of(edition, ack=bool(ack), split=bool(flag & 2)) == flag


def test_a_frame_of_2005_without_number_and_flag():
    message = parse(segment(WITHOUT_QN_AND_FLAG))
    assert message.edition == 2005 and message.parameters["060-Rtd"] == "1.803"
    assert not set(codes(message)) & FATAL


FIELD = {
    "MN before PW": ("QN=20160801085857223;ST=22;CN=2011;MN=010000A8900016F000169DC0;PW=123456;Flag=5;", "a-Rtd=1", "order"),
    "PNO before PNUM": (HEAD.replace("Flag=5", "Flag=7") + "PNO=1;PNUM=2;", "a-Rtd=1", "order"),
    "split bit without numbers": (HEAD.replace("Flag=5", "Flag=7"), "a-Rtd=1", "split_without_numbers"),
    "trailing ;": (HEAD, "DataTime=20160801085857;a-Rtd=1;", "trailing"),
    "LA-td": (HEAD, "LA-td=50.1", "odd_suffix"),
    "no name": (HEAD, "=50.1", "odd_suffix"),
    "no factor": (HEAD, "-Rtd=50.1", "odd_suffix"),
    "LA-Rtd-Rtd": (HEAD, "LA-Rtd-Rtd=50.1", "odd_suffix"),
    "bare Flag": (HEAD, "a-Rtd=1,Flag=N", "bare_flag"),
    "Flag before Rtd": (HEAD, "a-Flag=N,a-Rtd=1", "flag_first"),
    "QN without ms": (HEAD.replace("57223;", "57;"), "a-Rtd=1", "odd_number"),
    "QN in Unix time": (HEAD.replace("20160801085857223", "1470013137"), "a-Rtd=1", "odd_number"),
    "no QN": (HEAD.replace("QN=20160801085857223;", ""), "a-Rtd=1", "absent_item"),
    "no Flag": (HEAD.replace("Flag=5;", ""), "a-Rtd=1", "absent_item"),
    "a vendor's item": (HEAD + "Ver=3;", "a-Rtd=1", "unknown_item"),
}


@pytest.mark.parametrize("name", FIELD)
def test_field_oddities_are_survived_and_told(name):
    head, content, code = FIELD[name]
    message = read(f"{head}CP=&&{content}&&")
    assert code in codes(message) and not set(codes(message)) & FATAL
    assert message.groups and message.command == "2011"


def test_vendor_field_names_are_kept():
    assert read(HEAD + "CP=&&lng-Rtd=116.1&&").parameters == {"lng-Rtd": "116.1"}


def test_requests_separate_by_comma_or_semicolon():
    for mark in ";,":
        message = read(f"{HEAD}CP=&&BeginTime=20160801000000{mark} EndTime=20160802000000&&")
        assert message.parameters == {"BeginTime": "20160801000000", "EndTime": "20160802000000"}


def test_log_text_between_slashes_is_one_value():
    message = read(HEAD + "CP=&&DataTime=20160801085857;i11001-Info=//lamp on; checked, well=yes//;PolId=w01018&&")
    assert message.parameters["i11001-Info"] == "//lamp on; checked, well=yes//" and message.parameters["PolId"] == "w01018"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_area"), (HEAD, "no_area"), (HEAD + "CP=", "no_opening"), (HEAD + "CP=&&a-Rtd=1", "no_closing"),
        (HEAD + "CP=a-Rtd=1&&", "no_opening"), (HEAD + "CP=&&", "no_closing"),
        (HEAD.replace("CN=2011;", "") + "CP=&&&&", "missing_item"), (HEAD.replace("CN=2011", "CN=20") + "CP=&&&&", "bad_command"),
        (HEAD.replace("Flag=5", "Flag=99") + "CP=&&&&", "bad_flag"), (HEAD.replace("Flag=5", "Flag=x") + "CP=&&&&", "bad_flag"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_fatal(text, code):
    assert code in codes(read(text)) and code in FATAL


def test_printed_ciphertext_and_back():
    area_bytes = A2_CIPHER_2 + b"g=N"
    assert printed(area_bytes) == as_printed(A2_CIPHER_2) + b"g=N"
    assert unprinted(printed(area_bytes)) == area_bytes
    assert printed(b"short") == b"short"


def test_splitting_between_groups_repeats_the_time():
    groups = [(("DataTime", "20160801084000"),), *((((f"a{n:05}-Avg", "1.5"), (f"a{n:05}-Flag", "N"))) for n in range(40))]
    parts = split(groups, 300)
    assert len(parts) > 2 and all(len(area(part)) <= 300 and part[0] == groups[0] for part in parts)
    assert [group for part in parts for group in part[1:]] == groups[1:]


def test_what_fits_is_not_split():
    groups = [(("DataTime", "20160801084000"),), (("LA-Rtd", "50.1"),)]
    assert split(groups, len(area(groups))) == [groups] and split([], 10) == [[]]


NAMES = st.text("abcLAw0123456789", min_size=1, max_size=8)
VALUES = st.text("0123456789.-NDT", max_size=8)
GROUPS = st.lists(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=4).map(tuple), max_size=6)


@given(GROUPS, st.integers(60, 900))
def test_what_is_composed_is_read_back(groups, room):
    header = {"QN": "20160801085857223", "ST": "22", "CN": "2051", "PW": "123456", "MN": "M", "Flag": "5"}
    message = parse(compose(header, groups))
    assert message.groups == tuple(groups) and dict(message.header) == header
    pieces = split(groups, room)
    first = [] if not groups or groups[0][0][0] != "DataTime" else [groups[0]]
    assert first + [group for piece in pieces for group in piece[len(first) :]] == groups


@given(st.binary(max_size=500))
def test_no_input_crashes(data):
    parse(data)
    parse(b"CP=&&" + data + b"&&")
    parse(b"QN=1;ST=22;CN=2011;Flag=" + data + b";CP=&&&&")
