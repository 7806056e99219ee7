"""Alarms, checks and replaced instruments as uploads, and what the platform wants done to an instrument."""

import json

import pytest

from gateway.link.hj212.fold import fold
from gateway.link.hj212.memory import Memory
from gateway.link.hj212.message import area
from gateway.link.hj212.outbox import Dead, Unsendable, Upload
from gateway.link.hj212.reports import reports
from gateway.link.hj212.uploads import roster
from gateway.link.settings import Hj212Factor, Hj212Settings
from gateway.record import ChannelRow, Record, compact
from hw_sim.platform.hj212_wire import packet, read
from tests.gateway.hj212.test_duties import HOUR, MIDNIGHT, make, request
from tests.gateway.hj212.test_session import DATA, MN, SETTINGS, at
from tests.gateway.hj212.test_session import make as make_session

FACTORS = (Hj212Factor("a34004", "pm.pm25", serial="old"), Hj212Factor("w01001", "sonde.ph"), Hj212Factor("a34002", "pm.pm10"))


def chosen(**options):
    return Hj212Settings(host="h", port=1, mn=MN, factor=FACTORS, **options)


def record(which="event", /, **facts):
    return Record(7, which, 0, MIDNIGHT, 0, "b", 0, "ntp", None, compact(facts))


def told(one, **options):
    settings = chosen(**options)
    return [(upload.cn, upload.st, area(upload.groups)) for upload in reports(one, roster(settings), settings)]


ALARM = {"code": "raised", "alarm": "dust", "kind": "threshold", "channel": "pm.pm25", "value": 180.4, "bound": 150.0}


def test_an_alarm_is_a_line_of_the_log():
    (one,) = told(record("alarm", **ALARM, series={"pm.pm25": [[0, 180.4, 180.4, 1]] * 500}))
    text = "code: raised alarm: dust kind: threshold channel: pm.pm25 value: 180.4 bound: 150.0"
    assert one == ("3020", "22", f"DataTime=20160802000000;i21001-Info=//{text}//")
    header = f"QN=20160801080000000;ST=22;CN=3020;PW=123456;MN={MN};Flag=5;CP=&&"
    assert read(packet(f"{header}{one[2]}&&"), 2017).problems == [], "a strict host takes it"


def test_changed_settings_are_a_line_of_the_log_where_alarms_are():
    facts = {"code": "settings", "phase": "kept", "id": "7", "hash": "ab" * 32, "changes": [["a.b", "x" * 900, None]]}
    ((cn, st, text),) = told(record(**facts))
    assert (cn, st) == ("3020", "22") and "phase: kept" in text and "ab" * 32 in text and len(text.encode()) < 950
    assert told(record(**facts), alarms="none") == []


@pytest.mark.parametrize(("code", "word"), [("raised", "1"), ("cleared", "0")])
def test_an_alarm_as_the_event_of_2005(code, word):
    """Form of a published frame: AlarmTime=20040506010101;101-Ala=1.1,AlarmType=1."""
    assert told(record("alarm", **ALARM | {"code": code}), alarms="2072") == [
        ("2072", "22", f"AlarmTime=20160802000000;a34004-Ala=180.4,AlarmType={word}")
    ]


@pytest.mark.parametrize("facts", [{"channel": ""}, {"channel": 3.5}, {"channel": None}, {"value": None}, {"channel": "x.y"}])
def test_an_alarm_in_another_form_is_no_accident(facts):
    assert len(told(record("alarm", **ALARM | facts))) == 1
    assert told(record("alarm", **ALARM | facts), alarms="2072") == [] == told(record("alarm", **ALARM | facts), alarms="none")


def test_what_comes_later_of_an_alarm_is_not_sent():
    assert all(told(record("alarm", code=code, alarm="dust")) == [] for code in ("series", "snapshot", "output_failed"))


CHECK = {"code": "calibrated", "procedure": "ph", "instrument": "sonde", "quantity": "ph", "certificate": "3f2a9c01d4e7"}
CHECK |= {"points": [[4.0, 4.01, 25.0], [7.0, 7.04, 25.0]]}


def test_standard_sample_checks():
    """2025: SampleRd, StandardValue, ResultType. Surface water: Check, StandardValue, Flag. 2017 has no 2062."""
    assert told(record(**CHECK)) == []
    (one,) = told(record(**CHECK), edition=2025)
    assert one == ("2062", "21", "DataTime=20160802000000;w01001-SampleRd=7.04,w01001-StandardValue=7.00,w01001-ResultType=1")
    (one,) = told(record(**CHECK | {"refused": ["slope"]}), surface_water=True)
    assert one == ("2062", "21", "DataTime=20160802000000;w01001-Check=7.04,w01001-StandardValue=7.00,w01001-Flag=D")
    others = ({"code": "certified", "certificates": []}, CHECK | {"points": []}, CHECK | {"points": [[None, 7.0]]})
    for facts in (*others, CHECK | {"instrument": "pm", "quantity": "pm25"}, CHECK | {"quantity": ""}):
        assert told(record(**facts), edition=2025) == []


def test_a_replaced_instrument_is_told_where_serial_numbers_are():
    facts = {"code": "identified", "instrument": "pm", "identity": "PMS-2292", "before": "PMS-2291"}
    assert told(record(**facts)) == [("3019", "22", "PolId=a34004;a34004-SN=PMS-2292")]
    assert told(record(**facts | {"before": ""})) == [] == told(record(**facts | {"instrument": "sonde"}))


def test_history_of_checks(tmp_path):
    rig = make(tmp_path, edition=2025, hours=False, days=False, factor=FACTORS)
    rig.settings = chosen(edition=2025, hours=False, days=False, real_time=0)
    rig.connect(2025)
    for hour in range(3):
        rig.log.append(Record(0, "event", 0, MIDNIGHT + hour * HOUR, 0, "b", 0, "ntp", None, compact(CHECK)))
    rig.utc = MIDNIGHT + 4 * HOUR
    answers = request(rig, "2062", "BeginTime=20160802010000;EndTime=20160802020000", Flag="9")
    assert [text[:23] for cn, text in answers if cn == "2062"] == ["DataTime=20160802010000", "DataTime=20160802020000"]
    assert answers[-1] == ("9012", "ExeRtn=1")


def test_what_the_platform_does_not_know_does_not_cost_the_connection():
    session, host = make_session(Memory(SETTINGS))
    session.upload(Upload("alarm", "22", "3020", DATA, vital=False), at(0), urgent=True)
    session.upload(Upload("minute", "22", "2051", DATA), at(0))
    alarm, minute = host.read()
    host.acknowledge(minute)
    for turn in range(1, 6):
        session.tick(at(5 * turn))
    events = session.take_events()
    assert [event.key for event in events] == ["minute", "alarm"] and isinstance(events[1], Unsendable)
    assert "9014" in events[1].reason and not any(isinstance(event, Dead) for event in events) and alarm.command == "3020"


def errand(rig, cn, code):
    """The answers so far, and the command for acquisition."""
    answers = request(rig, cn, f"PolId={code}")
    commands = [json.loads(text) for text in rig.duties.errands.commands]
    rig.duties.errands.commands.clear()
    return answers, commands


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"ok": True}, "1"), ({"ok": False, "reason": "timeout"}, "4"), ({"ok": False, "reason": "device_fault"}, "6"),
        ({"ok": False, "error": "acquisition does not answer"}, "2"), ({"ok": True, "taken": "2016-08-02T00:00:00"}, "3"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("cn", "action"), [("3012", "read"), ("3013", "clean")])
def test_acquisition_does_what_the_platform_wants(tmp_path, cn, action, answer, result):
    rig = make(tmp_path, hours=False, days=False)
    rig.live(cleanable=["i"])
    answers, (command,) = errand(rig, cn, "a34004")
    assert answers == [("9011", "QnRtn=1")] and (command["action"], command["arguments"]) == (action, {"instrument": "i"})
    rig.duties.answered(json.dumps({"id": "another", "ok": True}), rig.now)
    rig.duties.answered(json.dumps({"id": command["id"]} | answer), rig.now)
    rig.run()
    assert area(rig.messages[-1].groups) == f"ExeRtn={result}"


@pytest.mark.parametrize(("cn", "code"), [("3012", "a34002"), ("3012", ""), ("3013", "a34004"), ("3013", "a34002")])
def test_what_no_instrument_can_do_is_refused(tmp_path, cn, code):
    rig = make(tmp_path, hours=False, days=False)
    rig.live(cleanable=[])
    answers, commands = errand(rig, cn, code)
    assert answers == [("9011", "QnRtn=2")] and commands == []


def test_single_noise_measurements(tmp_path):
    """2052 of 2025: 20 minutes each, noise alone, DataTime is the start."""
    rig = make(tmp_path, edition=2025, hours=False, days=False, noise_minutes=20)
    for minute in range(45):
        rows = [
            ChannelRow("n", "laeq", "dB", 55.0, 50.0, 60.0, 55.0, 60, 60, 1, "", ""),
            ChannelRow("n", "lafmax", "dB", 58.0, 50.0, 61.0, 58.0, 60, 60, 1, "", ""),
            ChannelRow("i", "pm25", "µg/m³", 1.0, 1.0, 1.0, 1.0, 60, 60, 1, "", ""),
        ]
        rig.log.append(Record(0, "interval", 60, MIDNIGHT + minute * 60_000, 0, "b", 0, "ntp", None, compact(rows)))
        if minute == 0:
            rig.run()
    rig.utc = MIDNIGHT + HOUR
    rig.run()
    sent = rig.data("2052")
    assert [text[:23] for text in sent][:2] == ["DataTime=20160802000000", "DataTime=20160802002000"]
    assert "Leq-Data=55.0" in sent[0] and "LMx-Data=61.0" in sent[0] and "a34004" not in sent[0]


def test_an_hour_that_the_station_stored_itself_goes_before_a_folded_one(tmp_path):
    rig = make(tmp_path, days=False)
    for minute in range(60):
        rig.store(MIDNIGHT + minute * 60_000, 10.0)
        if minute == 0:
            rig.run()
    row = ChannelRow("i", "pm25", "µg/m³", 12.5, 1.0, 20.0, 12.5, 60, 60, 1, "", "")
    rig.log.append(Record(0, "interval", 3600, MIDNIGHT, 0, "b", 0, "ntp", None, compact([row])))
    rig.utc = MIDNIGHT + HOUR + 30_000
    rig.run()
    assert rig.data("2061") == ["DataTime=20160802000000;a34004-Min=1.0,a34004-Avg=12.5,a34004-Max=20.0,a34004-Flag=N"]


def traffic(seconds):
    """Levels of a road by the second: cars that pass, a quieter second half; no chance in it."""
    for second in range(seconds):
        distance = abs(second % 47 - 23) / 6
        yield 48.0 + 25.0 / (1 + distance**2) + (second * 7919 % 101) / 25 - 6.0 * (second > seconds / 2)


def test_percentile_levels_of_an_hour_follow_from_those_of_its_minutes():
    """Within 0.7 dB of the levels of the 3600 seconds themselves, which are sorted here."""
    levels = list(traffic(3600))
    exact = sorted(levels, reverse=True)
    parts = []
    for minute in range(60):
        second = sorted(levels[minute * 60 : minute * 60 + 60], reverse=True)
        found = {"laeq": 55.0} | {f"la{n}": second[round(0.6 * n)] for n in (5, 10, 50, 90, 95)}
        parts.append([ChannelRow("n", key, "dB", v, second[-1], second[0], v, 60, 60, 1, "", "") for key, v in found.items()])
    hour = {row.quantity: row.value for row in fold(parts, 60)}
    for n in (5, 10, 50, 90, 95):
        assert hour[f"la{n}"] == pytest.approx(exact[36 * n], abs=0.7)
    assert hour["la95"] <= hour["la90"] <= hour["la50"] <= hour["la10"] <= hour["la5"]
    lone = [[row for row in part if row.quantity != "la95"] for part in parts]
    assert {row.quantity for row in fold(lone, 60)} == {"laeq"}, "nothing follows from a part of the levels"


SAMPLE = {"code": "sample", "channel": "sonde.ph", "value": 8.04, "unit": "1", "taken": "2026-11-24T09:30"}
SAMPLE |= {"by": "Wang Li", "laboratory": "EMC", "method": "HJ 1147-2020", "note": "", "mark": "S"}


def test_a_laboratory_value_is_a_line_of_the_log_or_has_mark_s_of_2017():
    """Table 9 of 2017: S, a value entered by hand; the list of 2025 that was seen has no S, so there it stays a line."""
    (line,) = told(record(**SAMPLE))
    assert line[0] == "3020" and "laboratory: EMC" in line[2] and "mark: S" in line[2]
    (one,) = told(record(**SAMPLE), samples="2011")
    fields = "w01001-Rtd=8.04,w01001-Flag=S,w01001-SampleTime=20261124093000"
    assert one == ("2011", "21", f"DataTime=20261124093000;{fields}")
    header = f"QN=20160801080000000;ST=21;CN=2011;PW=123456;MN={MN};Flag=5;CP=&&"
    assert read(packet(f"{header}{one[2]}&&"), 2017).problems == []
    assert told(record(**SAMPLE), samples="2011", edition=2025)[0][0] == "3020"
    assert told(record(**SAMPLE), samples="none") == []


def test_maintenance_and_emergencies_are_lines_of_the_log():
    asked = {"code": "requested", "who": "cli:pi", "result": "on"}
    for action in ("maintenance", "emergency"):
        (line,) = told(record(**asked, action=action, arguments={"on": True, "by": "Wang Li"}))
        assert line[0] == "3020" and f"action: {action}" in line[2] and "Wang Li" in line[2]
        assert told(record(**asked, action=action, arguments={}), alarms="none") == []
    assert told(record(**asked, action="read", arguments={})) == []


def test_an_alarm_of_a_drill_says_so_or_is_no_event_of_2005():
    """2072 has no field for it."""
    for way in ("log", "2072"):
        (line,) = told(record("alarm", **ALARM, drill=True), alarms=way)
        assert line[0] == "3020" and "drill: True" in line[2]
