"""What goes over the wire: the schema, receipts, requests; junk never raises."""

import json
from importlib.resources import files

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import requests
from gateway.link.link import Confirmed, Refused
from gateway.link.mqtt import receipt
from gateway.payload import payload
from gateway.record import ChannelRow, Record, compact

CHECK = fastjsonschema.compile(json.loads(files("gateway").joinpath("payload.schema.json").read_text("utf-8")))
ROW = ChannelRow("pm", "pm25", "µg/m³", 12.3, 11.0, 14.0, 13.1, 60, 60, 1, "", "3f2a9c01d4e7")
MISSING = ChannelRow("pm", "pm10", "µg/m³", None, None, None, None, 0, 60, 9, "timeout", "")


def record(body, kind="interval", start=1_793_500_000_000):
    return Record(7, kind, 60 if kind == "interval" else 0, start, 0, "boot", 1, "ntp", None, body)


def test_an_interval_and_an_event_fit_the_schema():
    content = CHECK(json.loads(payload("MY-1", record(compact([ROW.entries(), MISSING.entries()])), replay=False)))
    assert (
        content["body"][0] == list(ROW.entries())
        and content["sequence"] == 7
        and content["time"] == {"source": "ntp", "error": None}
    )
    CHECK(json.loads(payload("MY-1", record('{"code":"started"}', "event"), replay=True)))


@pytest.mark.parametrize(
    "body",
    ['[["pm","pm25"]]', '[["pm","pm25","x",1,1,1,1,1,1,5,"",""]]', '{"no":"code"}', '[["","pm25","x",1,1,1,1,1,1,1,"",""]]'],
)
def test_the_schema_refuses_what_is_not_a_record(body):
    with pytest.raises(fastjsonschema.JsonSchemaException):
        CHECK(json.loads(payload("MY-1", record(body), replay=False)))


def test_a_record_without_time_cannot_be_sent():
    with pytest.raises(ValueError):
        payload("MY-1", record("[]", start=None), replay=False)


def test_only_replay_differs_between_two_sendings():
    first, second = (json.loads(payload("MY-1", record(compact([ROW.entries()])), replay=flag)) for flag in (False, True))
    assert first.pop("replay") is False and second.pop("replay") is True and first == second


def test_no_number_that_is_none():
    with pytest.raises(ValueError):
        compact([float("nan")])


def test_a_receipt():
    text = b'{"ranges": [[1, 5], [9, 9]], "refused": [[7, "schema"]]}'
    assert receipt(text) == [Confirmed(1, 5), Confirmed(9, 9), Refused(7, "schema")]
    assert receipt(b'{"ranges": [[5, 1], [true, 3], [-1, 4], ["1", 2], [1, 99999999999999999]]}') == []


@given(st.one_of(st.binary(max_size=80), st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda s: st.lists(s) | st.dictionaries(st.sampled_from(["ranges", "refused", "x"]), s), max_leaves=10).map(lambda v: json.dumps(v).encode())))  # fmt: skip  # noqa: E501
def test_junk_is_no_receipt(data):
    assert all(isinstance(event, Confirmed | Refused) for event in receipt(data))


@given(st.text(max_size=60))
def test_junk_is_no_request(text):
    with pytest.raises(requests.BadRequest):
        requests.parse(text)
    json.loads(requests.refusal(text, "x"))


def test_a_request_and_its_answer(tmp_path):
    asked = requests.make("read", "cli:pi", {"instrument": "pm"})
    requests.put(tmp_path, asked)
    (tmp_path / "x.request.json").write_text("junk")
    taken = requests.take(tmp_path)
    assert asked in taken and sum(isinstance(one, requests.BadRequest) for one in taken) == 1
    assert requests.take(tmp_path) == [] and requests.take_answer(tmp_path, asked) is None
    requests.answer(tmp_path, asked, {"ok": True})
    assert requests.wait_for_answer(tmp_path, asked, 1.0) == {"ok": True}
    assert list(tmp_path.iterdir()) == []


def test_a_platform_cannot_pretend_to_be_somebody_else():
    text = '{"id": "1", "action": "read", "who": "cli:root", "arguments": {}}'
    assert requests.parse(text, who="platform:district").who == "platform:district"
    with pytest.raises(requests.BadRequest):
        requests.parse('{"id": "../../etc", "action": "read", "who": "x"}')


def test_a_drill_is_marked_or_there_is_no_mark():
    CHECK(
        json.loads(
            payload("MY-1", record('{"code":"raised","alarm":"a","kind":"threshold","drill":true}', "alarm"), replay=False)
        )
    )
    with pytest.raises(fastjsonschema.JsonSchemaException):
        CHECK(json.loads(payload("MY-1", record('{"code":"raised","alarm":"a","drill":"perhaps"}', "alarm"), replay=False)))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_command_with_a_number_that_is_none_is_refused(number):
    """It would go into a record, which is strict JSON."""
    with pytest.raises(requests.BadRequest):
        requests.parse(f'{{"id":"1","action":"emergency","who":"x","arguments":{{"seconds":{number}}}}}')
