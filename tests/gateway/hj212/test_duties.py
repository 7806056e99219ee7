"""What a station does besides delivering records, against a scripted host and a real log."""

import json
import time

import pytest

from gateway import requests
from gateway.link.hj212.archive import Archive
from gateway.link.hj212.duties import Duties, slew
from gateway.link.hj212.memory import Memory
from gateway.link.hj212.message import area
from gateway.link.hj212.outbox import Delivered, Now, Voice
from gateway.link.hj212.session import Asked, Session
from gateway.link.hj212.uploads import roster, systems
from gateway.link.settings import Hj212Factor, Hj212Settings
from gateway.log.reader import LogReader
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from tests.gateway.hj212.test_session import MN, SETTINGS, Host

MIDNIGHT = 1_470_009_600_000 + 16 * 3_600_000  # 2016-08-02T00:00 in Beijing
MINUTE, HOUR = 60_000, 3_600_000


class Rig:
    """A session, its duties and a host; `run` lets the host acknowledge until nothing more comes."""

    def __init__(self, folder, chosen, edition=2017, ack=True):
        self.folder = folder
        self.settings = chosen
        self.log = RecordLog.open(folder / "records.db", 10**12)
        self.memory = Memory(SETTINGS | {"minutes": 0, "real_time": chosen.real_time}, folder / "memory.json")
        self.utc = MIDNIGHT
        self.ack = ack
        self.connect(edition)

    def connect(self, edition=2017):
        sent = roster(self.settings)
        voice = Voice(self.memory, edition, self.ack)
        self.session = Session(voice, systems(sent), Duties.able(self.settings), (1, 10))
        archive = Archive(LogReader(self.folder / "records.db"))
        self.duties = Duties(self.session, archive, self.folder / "live.json", sent, self.settings, 60)
        self.host = Host(self.session, lambda _seconds: self.now)
        self.messages = []

    @property
    def now(self):
        return Now(time.monotonic(), self.utc)

    def store(self, start, value, quantity="pm25", unit="µg/m³"):
        row = ChannelRow("i", quantity, unit, value, value, value, value, 60, 60, 1, "", "")
        self.log.append(Record(0, "interval", 60, start, 0, "b", 0, "ntp", None, compact([row])))

    def turn(self):
        """Time, duties and events once; what was sent."""
        self.session.tick(self.now)
        self.duties.tick(self.now)
        for event in self.session.take_events():
            if isinstance(event, Delivered):
                self.duties.delivered(event.key, self.now)
            elif isinstance(event, Asked):
                self.duties.asked(event, self.now)
        found = self.host.read()
        self.messages += found
        return found

    def run(self):
        while found := self.turn() or self.turn() or self.turn():
            for message in found:
                if message.wants_answer:
                    self.host.acknowledge(message)
        return self.messages

    def data(self, cn):
        return [area(message.groups) for message in self.messages if message.command == cn]

    def live(self, **more):
        content = {
            "monotonic": time.monotonic(), "utc": self.utc, "clock": {"trusted": True}, "maintenance": False, "faults": {},
            "channels": [["i", "pm25", 35.0, 35.0, 1, "", 0.0]],
        }  # fmt: skip
        (self.folder / "live.json").write_text(json.dumps(content | more))


def make(folder, **options):
    more = {key: options.pop(key) for key in ("edition", "ack") if key in options}
    return Rig(folder, Hj212Settings(**{"host": "h", "port": 1, "mn": MN, "real_time": 0} | options), **more)


def test_hours_and_days_are_sent_once_when_they_are_over(tmp_path):
    rig = make(tmp_path)
    rig.store(MIDNIGHT, 10.0)
    rig.run()
    for minute in range(1, 25 * 60):
        rig.store(MIDNIGHT + minute * MINUTE, 10.0 if minute < 60 else 20.0)
    rig.utc = MIDNIGHT + HOUR + 19_999
    rig.run()
    assert rig.data("2061") == [], "the last minute may not be stored yet"
    rig.utc = MIDNIGHT + 25 * HOUR + 20_000
    rig.run()
    hours = rig.data("2061")
    assert len(hours) == 25
    assert hours[0] == "DataTime=20160802000000;a34004-Min=10.0,a34004-Avg=10.0,a34004-Max=10.0,a34004-Flag=N"
    assert hours[-1].startswith("DataTime=20160803000000;")
    assert rig.data("2031") == ["DataTime=20160802000000;a34004-Min=10.0,a34004-Avg=19.6,a34004-Max=20.0,a34004-Flag=N"]
    rig.connect()
    rig.run()
    assert rig.data("2061") == rig.data("2031") == [], "what is acknowledged is remembered"


def test_an_hour_that_was_not_acknowledged_is_sent_again(tmp_path):
    rig = make(tmp_path, days=False, edition=2025)
    rig.store(MIDNIGHT, 10.0)
    rig.run()
    rig.utc = MIDNIGHT + HOUR + 30_000
    (first,) = rig.turn()
    assert first.command == "2061" and "RF" not in first.header and "a34004-Flag=D" in area(first.groups), "one minute of sixty"
    rig.utc += 3 * HOUR
    rig.connect(2025)
    (again,) = rig.turn()
    assert again.groups == first.groups and again.header["RF"] == "1"


def test_hours_of_which_nothing_is_stored_are_passed_over(tmp_path):
    rig = make(tmp_path, days=False)
    rig.store(MIDNIGHT, 10.0)
    rig.run()
    rig.store(MIDNIGHT + 50 * HOUR, 20.0)
    rig.utc = MIDNIGHT + 52 * HOUR
    rig.run()
    assert [text[:23] for text in rig.data("2061")] == ["DataTime=20160802000000", "DataTime=20160804020000"]


def request(rig, cn, content, **header):
    number = rig.host.send(cn, content, **header)
    rig.run()
    return [
        (message.command, area(message.groups))
        for message in rig.messages
        if message.number == number or (message.command == cn and message.number != number)
    ]


@pytest.mark.parametrize("ack", [True, False])
def test_history_of_minutes(tmp_path, ack):
    rig = make(tmp_path, hours=False, days=False, ack=ack)
    for minute in range(10):
        rig.store(MIDNIGHT + minute * MINUTE, float(minute))
    rig.utc = MIDNIGHT + 30 * MINUTE
    told = request(rig, "2051", "BeginTime=20160802000200,EndTime=20160802000400")
    assert [cn for cn, _ in told] == ["9011", "2051", "2051", "2051", "9012"]
    assert [text[:36] for cn, text in told if cn == "2051"] == [f"DataTime=20160802000{n}00;a34004-Min={n}" for n in (2, 3, 4)], (
        "both ends belong to it"
    )
    assert told[-1] == ("9012", "ExeRtn=1")


def test_history_of_hours_and_days(tmp_path):
    rig = make(tmp_path, hours=False, days=False)
    for minute in range(0, 120, 2):
        rig.store(MIDNIGHT + minute * MINUTE, 10.0)
    rig.utc = MIDNIGHT + HOUR + 59 * MINUTE
    told = request(rig, "2061", "BeginTime=20160802000000;EndTime=20160802230000")
    assert [text[:23] for cn, text in told if cn == "2061"] == ["DataTime=20160802000000"], "the second hour is not over"
    rig.messages.clear()
    rig.utc = MIDNIGHT + 48 * HOUR
    told = request(rig, "2061", "BeginTime=20160802000000;EndTime=20160802230000")
    assert [text[:23] for cn, text in told if cn == "2061"] == ["DataTime=20160802000000", "DataTime=20160802010000"]
    told = request(rig, "2031", "BeginTime=20160802000000;EndTime=20160802000000")
    assert told[-1] == ("9012", "ExeRtn=1") and len([1 for cn, _ in told if cn == "2031"]) == 1


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ("BeginTime=20150101000000;EndTime=20150102000000", "100"), ("BeginTime=20160802000000", "3"),
        ("BeginTime=20160803000000;EndTime=20160802000000", "3"), ("BeginTime=2016;EndTime=2017", "3"), ("", "3"),
    ],
)  # fmt: skip
def test_history_that_cannot_be_told(tmp_path, content, result):
    rig = make(tmp_path, hours=False, days=False)
    rig.store(MIDNIGHT, 10.0)
    assert request(rig, "2051", content) == [("9011", "QnRtn=1"), ("9012", f"ExeRtn={result}")]


def test_a_second_history_request_ends_the_first(tmp_path):
    rig = make(tmp_path, hours=False, days=False)
    for minute in range(5):
        rig.store(MIDNIGHT + minute * MINUTE, 1.0)
    rig.utc = MIDNIGHT + HOUR
    first = rig.host.send("2051", "BeginTime=20160802000000;EndTime=20160802000400")
    (_answer, data) = (*rig.turn(), *rig.turn())
    assert rig.duties.progress == "2051: 1"
    rig.host.send("2051", "BeginTime=20160802000400;EndTime=20160802000400", "20160802001000999")
    rig.host.acknowledge(data)
    rig.run()
    ends = [(m.number, m.parameters["ExeRtn"]) for m in rig.messages if m.command == "9012"]
    assert ends == [(first, "2"), ("20160802001000999", "1")]


def test_real_time_data_are_fresh_or_not_sent(tmp_path):
    rig = make(tmp_path, real_time=30, hours=False, days=False)
    rig.run()
    assert rig.messages == [], "nobody measures"
    rig.connect()
    rig.live()
    (message,) = rig.turn()
    assert area(message.groups) == "DataTime=20160802000000;a34004-Rtd=35.0,a34004-Flag=N"
    rig.connect()
    rig.live(monotonic=time.monotonic() - 60)
    rig.run()
    assert rig.messages == [], "old values are not sent as new ones"


def test_real_time_data_on_and_off(tmp_path):
    rig = make(tmp_path, real_time=30, hours=False, days=False)
    rig.live()
    rig.host.send("2012")
    rig.session.tick(rig.now)
    rig.duties.asked(rig.session.take_events()[0], rig.now)
    assert rig.duties.deadline() is None
    rig.run()
    assert rig.data("2011") == [] and Memory(SETTINGS, tmp_path / "memory.json").kept["real_time_on"] is False
    rig.host.send("2011")
    rig.run()
    assert len(rig.data("2011")) == 1 and rig.duties.deadline() is not None


def test_equipment_state(tmp_path):
    rig = make(tmp_path, equipment=("i", "fan"), hours=False, days=False)
    rig.live(faults={"fan": "no answer"})
    rig.run()
    assert rig.data("2021") == ["DataTime=20160802000000;SB1-RS=1;SB2-RS=4"]
    rig.host.send("2022")
    rig.run()
    assert rig.memory.kept["state_on"] is False


def test_power_on_is_told_once_a_boot(tmp_path):
    rig = make(tmp_path, hours=False, days=False)
    for boot, count in (("b1", 1), ("b1", 0), ("b2", 1)):
        rig.connect()
        rig.duties.begin(rig.now, boot, MIDNIGHT - HOUR)
        rig.run()
        assert rig.data("2081") == ["DataTime=20160802000000;RestartTime=20160801230000"] * count


def test_the_time_is_asked_for_while_it_is_not_trusted(tmp_path):
    rig = make(tmp_path, ask_clock=True, hours=False, days=False)
    rig.memory.keep("boot", "b")
    rig.live(clock={"trusted": False})
    rig.duties.begin(rig.now, "b", MIDNIGHT)
    assert [message.command for message in rig.turn()] == ["1013"]


def test_setting_the_clock(tmp_path, mocker):
    rig = make(tmp_path, clock="step", hours=False, days=False)
    step = mocker.patch("gateway.link.hj212.duties.time.clock_settime")
    assert request(rig, "1012", "SystemTime=20160802000107")[-1] == ("9012", "ExeRtn=1")
    step.assert_called_once_with(time.CLOCK_REALTIME, MIDNIGHT / 1000 + 67)
    rig.messages.clear()
    step.side_effect = PermissionError("not root")
    assert request(rig, "1012", "SystemTime=20160802000107")[-1] == ("9012", "ExeRtn=2")
    rig.messages.clear()
    assert request(rig, "1012", "SystemTime=soon")[-1] == ("9012", "ExeRtn=3")


def test_setting_the_clock_without_the_right_to(tmp_path, mocker):
    """The service has no capability: it asks the system's own unit by a request file beside live.json."""
    rig = make(tmp_path, clock="step", hours=False, days=False)
    mocker.patch("gateway.link.hj212.duties.time.clock_settime", side_effect=PermissionError(1, "not permitted"))
    folder = rig.duties._live.parent / requests.PRIVILEGED
    folder.mkdir()
    assert request(rig, "1012", "SystemTime=20160802000107")[-1] == ("9012", "ExeRtn=1")
    (asked,) = requests.take(folder)
    assert (asked.action, asked.arguments["how"]) == ("set_clock", "step")
    assert asked.arguments["by"] == MIDNIGHT + 67_000 - rig.utc


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("InfoId=i22001", "DataTime=20160802000000;i22001-Info=0"),
        ("PolId=a34004;InfoId=i12001", "DataTime=20160802000000;PolId=a34004;i12001-Info=2"),
        ("PolId=a34004;InfoId=i12002", "DataTime=20160802000000;PolId=a34004;i12002-Info=1"), ("PolId=w01018;InfoId=i12001", ""),
        ("InfoId=i13004", ""), ("", ""),
    ],
)  # fmt: skip
def test_device_information(tmp_path, content, told):
    rig = make(tmp_path, hours=False, days=False)
    rig.live(faults={"i": "no answer"})
    answers = request(rig, "3020", content)
    assert answers == [("9011", "QnRtn=1"), *([("3020", told)] if told else []), ("9012", f"ExeRtn={1 if told else 100}")]


def test_the_log_is_told(tmp_path):
    rig = make(tmp_path, hours=False, days=False)
    for minute, body in enumerate(({"code": "started", "version": "1"}, {"code": "x", "why": "a && b // c\n"}, {"code": "late"})):
        rig.log.append(Record(0, "event", 0, MIDNIGHT + minute * MINUTE, 0, "b", 0, "ntp", None, compact(body)))
    answers = request(rig, "3020", "InfoId=i21001;BeginTime=20160802000000;EndTime=20160802000100")
    assert [text for cn, text in answers if cn == "3020"] == [
        "DataTime=20160802000000;i21001-Info=//code: started version: 1//",
        "DataTime=20160802000100;i21001-Info=//code: x why: a   b   c //",
    ]  # fmt: skip


def test_run_times_of_equipment(tmp_path):
    rig = make(tmp_path, equipment=("i", "fan"), hours=False, days=False)
    rig.store(MIDNIGHT, 10.0)
    rig.run()
    for minute in range(1, 90):
        rig.store(MIDNIGHT + minute * MINUTE, 10.0)
    rig.store(MIDNIGHT + 24 * HOUR, 10.0)
    rig.utc = MIDNIGHT + 25 * HOUR
    rig.run()
    assert rig.data("2041") == ["DataTime=20160802000000;SB1-RT=1.50;SB2-RT=0.00"]


ANSWERS = {
    **dict.fromkeys(
        ["1000", "1011", "1061", "1062", "1063", "1064", "1072", "2011", "2031", "2051", "2061", "3012", "3020"], "1"
    ),
    **dict.fromkeys(
        ["1012", "2021", "2022", "2041", "3011", "3013", "3014", "3015", "3016", "3017", "3018", "3019", "3021"], "2"
    ),
    **dict.fromkeys(
        ["1001", "1002", "1013", "1014", "2013", "2052", "2062", "2071", "2081", "3022", "3024", "3042", "4711", "9015", "9999"],
        "8",
    ),
}
"""Every command of a platform to a station as it comes: ready, refused (it has no such thing, or may not), unknown in 2017."""


@pytest.mark.parametrize("cn", ANSWERS)
def test_the_answer_to_every_command(tmp_path, cn):
    rig = make(tmp_path, hours=False, days=False)
    rig.live()
    answers = request(rig, cn, "PolId=a34004")
    assert answers[0] == ("9011", f"QnRtn={ANSWERS[cn]}")
    assert len([cn for cn, _text in answers if cn == "9012"]) == (1 if ANSWERS[cn] == "1" and cn != "3012" else 0)


@pytest.mark.parametrize(
    ("cn", "answer"), [("1002", "2"), ("1014", "2"), ("2013", "2"), ("2062", "1"), ("3022", "2"), ("9999", "8")]
)
def test_what_2025_adds_is_known(tmp_path, cn, answer):
    rig = make(tmp_path, hours=False, days=False, edition=2025)
    rig.settings = Hj212Settings(host="h", port=1, mn=MN, edition=2025, real_time=0, hours=False, days=False)
    rig.connect(2025)
    answers = request(rig, cn, "", Flag="9")
    assert answers[0] == ("9011", f"QnRtn={answer}")
    assert request(rig, "9015", "", Flag="9") == [("9013", "")], "a heartbeat is answered"


def test_slewing_the_clock(tmp_path, mocker):
    rig = make(tmp_path, clock="slew", hours=False, days=False)
    slew = mocker.patch("gateway.link.hj212.duties.slew")
    assert request(rig, "1012", "SystemTime=20160801235958")[-1] == ("9012", "ExeRtn=1")
    slew.assert_called_once_with(-2000)


def test_adjtime_gets_whole_microseconds(mocker):
    """-1500 ms are -2 s and 500 000 µs: the second part is never negative."""
    library = mocker.patch("gateway.link.hj212.duties.ctypes.CDLL").return_value
    library.adjtime.return_value = 0
    slew(-1500)
    (value,) = [argument._obj for argument in library.adjtime.call_args.args[:1]]
    assert (value.seconds, value.microseconds) == (-2, 500_000)


def test_serial_numbers(tmp_path):
    rig = make(tmp_path, factor=(Hj212Factor("a34004", "i.pm25", serial="PMS-2291"), Hj212Factor("a34002", "i.pm10")))
    assert request(rig, "3019", "PolId=a34004") == [
        ("9011", "QnRtn=1"), ("3019", "PolId=a34004;a34004-SN=PMS-2291"), ("9012", "ExeRtn=1"),
    ]  # fmt: skip
    rig.messages.clear()
    assert request(rig, "3019", "PolId=a34002")[-1] == ("9012", "ExeRtn=100")


def test_real_time_data_come_more_often_in_an_emergency(tmp_path):
    """HJ 212 allows 30 s at least; who is told none at all gets none."""
    rig = make(tmp_path, real_time=300, hours=False, days=False)
    rig.live()
    rig.run()
    assert rig.duties.deadline() - time.monotonic() > 250
    rig.live(operation=[{"what": "maintenance"}])
    rig.duties._look_at = 0.0
    rig.run()
    assert rig.duties.deadline() - time.monotonic() > 250
    rig.live(operation=[{"what": "emergency", "drill": False}])
    rig.duties._look_at = 0.0
    rig.run()
    assert rig.duties.deadline() - time.monotonic() <= 30
    silent = make(tmp_path / "..", real_time=0)
    silent.run()
    assert silent.duties.deadline() is None
