"""`station hj212`: frames in words, and the JSON that other programs read."""

import importlib.util
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.hj212.verdict import judge
from hw_sim.platform.hj212_wire import check_sum
from station import words
from station.cli import _hj212_words, hj212
from station.cli.main import main
from tests.gateway.hj212 import vectors

FRAME = vectors.OFFICIAL_2017.decode().rstrip()
KEY = "30303030303030303030303030303030"


def explain(capsys, *arguments):
    code = main(["hj212", "explain", "--json", *arguments])
    (answer,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == (0 if answer["valid"] else 1)
    return answer


def piped(data, *arguments):
    command = [sys.executable, "-m", "station", "hj212", "explain", "-", "--json", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_each_frame_of_the_command_line_is_judged(capsys):
    assert main(["hj212", "explain", "--json", FRAME, FRAME.replace("1C80", "1C81")]) == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["valid"] for one in answers] == [True, False] and answers[0]["problems"] == []


def test_the_official_frame(capsys):
    assert explain(capsys, FRAME) == {
        "valid": True,
        "crc_ok": True,
        "length_ok": True,
        "crc_expected": "1C80",
        "edition": 2017,
        "encrypted": False,
        "header": {
            "QN": "20160801085857223", "ST": "32", "CN": "1062", "PW": "100000", "MN": "010000A8900016F000169DC0", "Flag": "5",
        },
        "data": [{"RtdInterval": "30"}],
        "problems": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "valid", "crc_ok", "length_ok", "said"),
    [
        (("1C80", "1C81"), False, False, True, "right is 1C80"),
        (("1C80", "801C"), False, False, True, "swapped"),
        (("1C80", "1c80"), True, True, True, "small letters"),
        (("##0101", "##0100"), False, True, False, "says 100"),
        (("##0101", "##0102"), False, True, False, "only 101"),
        (("##0101", "##101"), True, True, True, "3 digits"),
        (("##0101", "##01x1"), False, True, False, "four digits of length"),
        (("&&1C80", "1C80"), False, False, False, "at the end of the data area"),
        (("CP=&&", "CP="), False, False, False, "behind CP="),
        (("1C80", ""), False, False, True, "no CRC"),
        (("1C80", "1CZ0"), False, False, True, "'1CZ0'"),
        (("##", "12:00 received ##"), True, True, True, "before ##"),
        (("1C80", "1C80 and more"), True, True, True, "behind the frame"),
        (("1C80", "1C80\\r\\n"), True, True, True, ""),
        (("RtdInterval=30", "RtdInterval=3"), False, False, False, "right is"),
        (("##0101", "##00101"), True, True, True, "5 digits"),
        (("##0101", "0101"), False, True, True, "no ##"),
        (("##0101", "#0101"), False, True, True, "no ##"),
        (("##0101", "##0101 "), False, False, False, "says 101"),
    ],
)
def test_what_is_wrong_is_named(change, valid, crc_ok, length_ok, said, capsys):
    answer = explain(capsys, FRAME.replace(*change, 1))
    assert (answer["valid"], answer["crc_ok"], answer["length_ok"]) == (valid, crc_ok, length_ok)
    assert said in "; ".join(answer["problems"])
    if answer["crc_ok"]:
        assert answer["crc_expected"] == "1C80"


ODD = {
    "spaces around": ("CP=&&DataTime=20240601085857; a34004-Rtd=35&&", {}),
    "'35ug/m3', which is no plain number": ("CP=&&DataTime=20240601085857;a34004-Rtd=35ug/m3&&", {}),
    "'NaN', which is no plain number": ("CP=&&DataTime=20240601085857;a34004-Rtd=NaN&&", {}),
    "'20241301085857', which is no time": ("CP=&&DataTime=20241301085857&&", {}),
    "'X', which is no known mark": ("CP=&&DataTime=20240601085857;a34004-Rtd=1,a34004-Flag=X&&", {}),
    "no DataTime": ("CP=&&a34004-Rtd=1&&", {}),
    "a34004-Rtd stands there more than once": ("CP=&&DataTime=20240601085857;a34004-Rtd=1;a34004-Rtd=2&&", {}),
    "MN stands there twice": ("CP=&&&&", {"MN": "M;MN=N"}),
    "in no edition": ("CP=&&&&", {"CN": "7777"}),
    "not six letters": ("CP=&&&&", {"PW": "12345678"}),
    "25 characters; 24": ("CP=&&&&", {"MN": "A" * 25}),
    "RF belongs to": ("CP=&&&&", {"RF": "1"}),
    "970 characters; 950": ("CP=&&" + "a" * 962 + "=&&", {"PW": "1", "MN": "M"}),
    "read as GBK": ("CP=&&DataTime=20240601085857;i11001-Info=//设备故障//&&", {}),
}


@pytest.mark.parametrize("said", ODD)
def test_oddities_of_the_content_are_named_and_survived(said):
    """Values with units, no numbers, wrong dates, text in GBK: what a receiver takes, a person wants to know."""
    content, changes = ODD[said]
    header = {"QN": "20240601085857223", "ST": "22", "CN": "2011", "PW": "123456", "MN": "M", "Flag": "5"} | changes
    text = "".join(f"{name}={value};" for name, value in header.items()) + content
    segment = text.encode("gb18030")
    told = hj212.answer(judge(b"##%04d%s%04X" % (len(segment), segment, check_sum(segment))))
    assert told["valid"] and told["crc_ok"] and not told["encrypted"]
    assert said in "; ".join(told["problems"])


def test_modbus_is_named(capsys):
    """The reference's number for the official frame of 2025."""
    frame = vectors.OFFICIAL_2025.decode().rstrip()
    answer = explain(capsys, frame.replace("&&2200", "&&CCF4"))
    assert not answer["crc_ok"] and answer["crc_expected"] == "2200" and "Modbus" in answer["problems"][0]
    answer = explain(capsys, frame.replace("&&2200", "&&F4CC"))
    assert "Modbus" in answer["problems"][0] and "swapped" in answer["problems"][0]


@pytest.mark.parametrize("text", ["", "garbage", "##", "##0000", "0101QN=1", "##0101QN=20160801085857223;ST=32"])
def test_what_is_no_frame(text, capsys):
    answer = explain(capsys, text)
    assert (not answer["valid"] and not answer["length_ok"]) or text == "##0000"
    assert answer["problems"] and answer["data"] == [] and answer["edition"] is None, "what is cut off says no edition"


def test_a_split_packet_of_2025(capsys):
    text = "QN=20240520210700000;ST=31;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=11;PNUM=2;PNO=1;RF=1;CP=&&DataTime=1&&"
    answer = explain(capsys, f"##{len(text):04}{text}0000")
    answer = explain(capsys, f"##{len(text):04}{text}{answer['crc_expected']}")
    assert answer["valid"] and answer["edition"] == 2025
    assert (answer["header"]["PNUM"], answer["header"]["PNO"], answer["header"]["RF"]) == ("2", "1", "1")


@pytest.mark.parametrize("frame", [vectors.A2_RAW_1, vectors.A2_RAW_2, vectors.A2_PRINTED_1, vectors.A2_PRINTED_2])
def test_encrypted_frames_without_their_key(frame):
    code, (answer,) = piped(frame)
    assert code == 0 and answer["encrypted"] and answer["crc_ok"] is None and answer["crc_expected"] is None
    assert answer["length_ok"] and answer["header"]["CN"] == "2051" and answer["edition"] == 2025 and answer["data"] == []


@pytest.mark.parametrize("frame", [vectors.A2_RAW_1, vectors.A2_RAW_2, vectors.A2_PRINTED_1, vectors.A2_PRINTED_2])
def test_encrypted_frames_with_their_key(frame):
    if importlib.util.find_spec("cryptography") is None:
        pytest.skip("the extra sm4 is not installed")
    code, (answer,) = piped(frame, "--key", KEY)
    assert code == 0 and answer["encrypted"] and answer["crc_ok"] is True
    assert answer["data"][0] == {"DataTime": "20240520210600"} and answer["data"][-1]["a01014-Flag"] == "N"
    code, (answer,) = piped(frame, "--key", "x" * 16)
    assert answer["crc_ok"] is not True


def test_a_length_that_counts_the_printed_ciphertext():
    """Some public code sends the printed form and counts it as it stands there."""
    segment = vectors.A2_PRINTED_1[6:-6]
    told = hj212.answer(judge(b"##%04d%s2200" % (len(segment), segment)))
    assert told["valid"] and told["length_ok"] and told["encrypted"] and "printed ciphertext" in "; ".join(told["problems"])


def test_a_frame_a_line():
    lines = [
        vectors.OFFICIAL_2017,
        b"garbage\n",
        b"\n",
        vectors.A2_RAW_1,
        vectors.OFFICIAL_2025,
        b"##0101" + bytes([0xFF]) * 20 + b"\n",
    ]
    code, answers = piped(b"".join([*lines, vectors.OFFICIAL_2017.rstrip()]))
    assert code == 1 and [answer["valid"] for answer in answers] == [True, False, False, True, True, False, True]


def test_in_words(capsys):
    text = "QN=20160801085857223;ST=22;CN=2011;PW=1;MN=M;Flag=5;CP=&&DataTime=20160801085857;a34004-Rtd=35,a34004-Flag=B&&"
    assert main(["--lang", "zh", "hj212", "explain", f"##{len(text):04}{text}0000"]) == 1
    told = capsys.readouterr().out
    assert "细微颗粒物" in told and "ng/m³" in told and "CRC" in told and "✗" in told


def test_captured_traffic_hides_what_is_secret():
    text = "QN=20240601085857223;ST=22;CN=1072;PW=654321;MN=M;Flag=5;CP=&&NewPW=abc123&&"
    segment = text.encode()
    shown = "\n".join(hj212.tell(judge(b"##%04d%s%04X" % (len(segment), segment, check_sum(segment))), hj212.SECRETS))
    assert shown.count("******") == 2 and "654321" not in shown and "abc123" not in shown


def test_a_bad_key_is_one_message(capsys):
    assert main(["hj212", "explain", FRAME, "--key", "short"]) == 2
    assert "16" in capsys.readouterr().err


def test_every_word_of_the_codec_has_its_sentence():
    words.use("zh")
    from gateway.link.hj212.message import FATAL

    assert set(_hj212_words.FINDINGS) >= FATAL
    assert all(words._(text) != text for text in _hj212_words.FINDINGS.values())


PIECES = st.sampled_from(
    [
        b"##", b"0101", b"QN=20160801085857223;", b"ST=22;", b"CN=2011;", b"PW=1;", b"MN=M;", b"Flag=7;", b"PNUM=1;PNO=2;",
        b"CP=&&", b"&&",
        b"&&1C80", b"{0xE4,0x3E}", b"a-Rtd=1,", b";", b"=", b"//", b"\xff\x00", b"\r\n", b"\\r\\n", b"RF=2;", b"1c80",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=14).map(b"".join))
def test_whatever_is_pasted_gets_an_answer(raw):
    for verdict in (judge(raw), judge(raw, lambda content: content)):
        told = hj212.answer(verdict)
        assert json.loads(json.dumps(told, allow_nan=False))["valid"] is verdict.valid
        assert "\n".join(hj212.tell(verdict)) and (verdict.valid or told["problems"])
