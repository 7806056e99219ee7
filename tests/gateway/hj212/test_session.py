"""The session against a scripted platform: acknowledgement, resending, every command and every refusal."""

import pytest

from gateway.link.hj212.frame import Framer, encode
from gateway.link.hj212.memory import Memory
from gateway.link.hj212.message import compose, parse
from gateway.link.hj212.outbox import Dead, Delivered, Now, Unsendable, Upload, Voice
from gateway.link.hj212.session import Asked, Changed, Session, Turned

UTC = 1_470_009_600_000  # 2016-08-01T00:00:00Z, 08:00:00 in Beijing
MN = "010000A8900016F000169DC0"
SETTINGS = {"mn": MN, "password": "123456", "over_time": 5, "re_count": 3, "real_time": 30, "minutes": 10}
DATA = [(("DataTime", "20160801080000"),), (("a34004-Avg", "35.0"), ("a34004-Flag", "N"))]


def at(seconds):
    return Now(1000.0 + seconds, UTC + round(seconds * 1000))


class Host:
    """A platform that sends what the test says and reads what comes."""

    def __init__(self, session, now=at):
        self.session = session
        self.now = now
        self.framer = Framer()
        self.count = 0

    def read(self):
        frames = self.framer.feed(self.session.outbox.take())
        assert all(frame.sound for frame in frames)
        return [parse(frame.segment) for frame in frames]

    def send(self, cn, content="", number=None, seconds=0.0, **header):
        self.count += 1
        number = number or f"20160801080000{self.count:03}"
        values = {"QN": number, "ST": "22", "CN": cn, "PW": "123456", "MN": MN, "Flag": "5"} | header
        segment = compose(values, [])[:-2] + content.encode() + b"&&"
        self.session.receive(encode(segment), self.now(seconds))
        return number

    def acknowledge(self, message, cn="9014", seconds=0.0):
        self.send(cn, "", message.number, seconds, ST="91", Flag="4")


@pytest.fixture
def memory(tmp_path):
    return Memory(SETTINGS, tmp_path / "memory.json")


def make(memory, *able, edition=2017, **options):
    voice = Voice(memory, edition, ack=options.pop("ack", True))
    session = Session(voice, ("22", "23"), frozenset(able), (1, 10), **options)
    return session, Host(session)


def upload(key, resent=False, groups=DATA):
    return Upload(key, "22", "2051", groups, resent)


def test_an_upload_is_delivered_by_9014(memory):
    session, host = make(memory)
    session.upload(upload("a"), at(0))
    (message,) = host.read()
    assert message.command == "2051" and message.header["Flag"] == "5" and message.groups == tuple(DATA)
    assert message.number == "20160801080000000"
    assert session.take_events() == []
    host.acknowledge(message)
    assert session.take_events() == [Delivered("a")]
    host.acknowledge(message)
    assert session.take_events() == [], "a second acknowledgement means nothing"


@pytest.mark.parametrize("header", [{"ST": "22", "Flag": "5"}, {"ST": "91", "Flag": "4", "PW": "000000"}])
def test_an_acknowledgement_is_known_by_its_number_alone(memory, header):
    session, host = make(memory)
    session.upload(upload("a"), at(0))
    host.send("9014", "", host.read()[0].number, **header)
    assert session.take_events() == [Delivered("a")]


def test_what_is_not_answered_is_sent_again_the_very_same(memory):
    session, _host = make(memory)
    session.upload(upload("a"), at(0))
    first = session.outbox.take()
    assert session.deadline() == at(5).monotonic
    session.tick(at(4.9))
    assert session.outbox.take() == b""
    for resend in range(1, 4):
        session.tick(at(5 * resend))
        assert session.outbox.take() == first
    session.tick(at(20))
    (dead,) = session.take_events()
    assert isinstance(dead, Dead) and "2051" in dead.reason and "4 times" in dead.reason
    assert session.outbox.resent == 3


def test_a_late_acknowledgement_counts(memory):
    session, host = make(memory)
    session.upload(upload("a"), at(0))
    (message,) = host.read()
    session.tick(at(5))
    host.acknowledge(message, seconds=6)
    session.tick(at(100))
    assert session.take_events() == [Delivered("a")] and session.deadline() is None


def test_a_long_upload_goes_in_packets_each_acknowledged(memory):
    groups = [DATA[0], *(((f"a{n:05}-Avg", "12.345"), (f"a{n:05}-Flag", "N")) for n in range(60))]
    session, host = make(memory)
    session.upload(upload("long", groups=groups), at(0))
    seen, numbers = [], set()
    for part in range(1, 5):
        found = host.read()
        if not found:
            break
        (message,) = found
        assert (message.header["PNO"], message.header["Flag"]) == (str(part), "7")
        assert message.groups[0] == DATA[0] and not message.findings
        seen += message.groups[1:]
        numbers.add(message.number)
        host.acknowledge(message)
    assert tuple(groups[1:]) == tuple(seen) and len(numbers) == int(message.header["PNUM"]) >= 3
    assert session.take_events() == [Delivered("long")]


def test_a_group_that_fits_into_no_packet(memory):
    session, _host = make(memory)
    session.upload(upload("huge", groups=[(("i11001-Info", "x" * 2000),)]), at(0))
    (event,) = session.take_events()
    assert isinstance(event, Unsendable) and event.key == "huge"


def test_live_goes_before_the_backlog_and_the_window_holds(memory):
    session, host = make(memory, edition=2025)
    for key in ("old 1", "old 2"):
        session.upload(upload(key, resent=True), at(0))
    session.upload(upload("live"), at(0))
    order = []
    while found := host.read():
        (message,) = found
        order.append((message.header.get("RF"), message.header["Flag"]))
        host.acknowledge(message)
    assert order == [("1", "9"), (None, "9"), ("1", "9")]
    assert [event.key for event in session.take_events()] == ["old 1", "live", "old 2"]


def test_2017_has_no_mark_for_the_backlog(memory):
    session, host = make(memory)
    session.upload(upload("old", resent=True), at(0))
    assert "RF" not in host.read()[0].header


def test_without_acknowledgement_written_is_delivered(memory):
    session, host = make(memory, ack=False)
    session.upload(upload("a"), at(0))
    session.upload(upload("b"), at(0))
    assert [message.header["Flag"] for message in host.read()] == ["4", "4"]
    assert session.take_events() == [Delivered("a"), Delivered("b")] and session.deadline() is None


def test_numbers_are_unique_even_when_the_clock_goes_back(memory):
    session, _host = make(memory)
    numbers = [session.outbox.number(at(-n)) for n in range(50)]
    assert len(set(numbers)) == 50 and numbers == sorted(numbers)


def reads(host):
    return [(message.command, dict(message.parameters)) for message in host.read()]


@pytest.mark.parametrize(
    ("cn", "content", "name", "value"),
    [
        ("1000", "OverTime=9;ReCount=2", "over_time", 9),
        ("1000", "OverTime=9,ReCount=2", "re_count", 2),
        ("1062", "RtdInterval=60", "real_time", 60),
        ("1064", "MinInterval=1", "minutes", 1),
        ("1072", "NewPW=654321", "password", "654321"),
    ],
)
def test_settings_are_changed_and_persist(memory, cn, content, name, value, tmp_path):
    session, host = make(memory)
    number = host.send(cn, content)
    answers = host.read()
    assert [(m.command, m.parameters) for m in answers] == [("9011", {"QnRtn": "1"}), ("9012", {"ExeRtn": "1"})]
    assert all(m.number == number and m.header["ST"] == "91" and m.header["Flag"] == "4" for m in answers)
    assert all(m.header["PW"] == "123456" for m in answers), "the answer carries the password of the request"
    assert memory[name] == value and Memory(SETTINGS, tmp_path / "memory.json")[name] == value
    assert Memory(SETTINGS | {name: 77}, tmp_path / "memory.json")[name] == 77, "a newer configuration counts more"
    changed = [event for event in session.take_events() if isinstance(event, Changed)]
    assert name in [event.name for event in changed] and "654321" not in str(changed)


@pytest.mark.parametrize(
    ("cn", "content"),
    [
        ("1000", "OverTime=0;ReCount=3"), ("1000", "OverTime=5"), ("1000", "OverTime=100;ReCount=3"), ("1000", ""),
        ("1062", "RtdInterval=29"), ("1062", "RtdInterval=3601"), ("1062", "RtdInterval=x"), ("1064", "MinInterval=7"),
        ("1064", "MinInterval=30"), ("1072", "NewPW=12345"), ("1072", "NewPW=12345;"), ("1072", "NewPW=12-456"),
        ("1011", "PolId=w01018"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_told(memory, cn, content):
    """MinInterval 30 is allowed, but this station cannot send it."""
    _session, host = make(memory)
    host.send(cn, content)
    assert reads(host) == [("9011", {"QnRtn": "1"}), ("9012", {"ExeRtn": "3"})] and memory.changed == {}


def test_a_setting_that_cannot_be_kept_is_a_failure(memory, tmp_path):
    _session, host = make(memory)
    (tmp_path / "memory.part").mkdir()
    host.send("1062", "RtdInterval=60")
    assert reads(host) == [("9011", {"QnRtn": "1"}), ("9012", {"ExeRtn": "2"})]


@pytest.mark.parametrize(
    ("cn", "told"), [("1011", ("SystemTime", "20160801080000")), ("1061", ("RtdInterval", "30")), ("1063", ("MinInterval", "10"))]
)
def test_settings_are_told(memory, cn, told):
    _session, host = make(memory)
    number = host.send(cn)
    answers = host.read()
    assert [(m.command, m.groups) for m in answers] == [
        ("9011", ((("QnRtn", "1"),),)), (cn, ((told,),)), ("9012", ((("ExeRtn", "1"),),)),
    ]  # fmt: skip
    assert answers[1].number == number and answers[1].header["ST"] == "22"


REFUSALS = {
    2: {"cn": "3011"},
    3: {"cn": "1061", "PW": "000000"},
    4: {"cn": "1061", "MN": "0" * 24},
    5: {"cn": "1061", "ST": "32"},
    6: {"cn": "1061", "Flag": "77"},
    7: {"cn": "1061", "number": "20160801"},
    8: {"cn": "4711"},
}


@pytest.mark.parametrize("answer", REFUSALS)
def test_every_refusal(memory, answer):
    session, host = make(memory)
    wrong = REFUSALS[answer]
    host.send(**wrong)
    (message,) = host.read()
    assert (message.command, message.parameters) == ("9011", {"QnRtn": str(answer)})
    assert message.header["PW"] == wrong.get("PW", "123456"), "the right password is not given away"
    assert session.take_events() == [Turned(wrong["cn"], answer)]


def test_a_wrong_crc_is_refused_with_9_and_not_done(memory):
    session, host = make(memory)
    segment = compose({"QN": "20160801080000001", "ST": "22", "CN": "1072", "PW": "123456", "MN": MN, "Flag": "5"}, [])
    session.receive(encode(segment)[:-6] + b"0000\r\n", at(0))
    assert reads(host) == [("9011", {"QnRtn": "9"})] and memory.changed == {}


def test_surface_water_has_99_for_a_wrong_crc(memory):
    _session, host = make(memory, edition=2025, bad_crc=99)
    segment = compose({"QN": "20160801080000001", "ST": "21", "CN": "1061", "PW": "123456", "MN": MN, "Flag": "9"}, [])
    _session.receive(encode(segment)[:-6] + b"0000\r\n", at(0))
    assert reads(host) == [("9011", {"QnRtn": "99"})]


@pytest.mark.parametrize("header", [{"MN": "0" * 24}, {"QN": "x"}])
def test_a_wrong_crc_of_who_knows_whom_is_not_answered(memory, header):
    session, host = make(memory)
    values = {"QN": "20160801080000001", "ST": "22", "CN": "1061", "PW": "123456", "MN": MN, "Flag": "5"} | header
    session.receive(encode(compose(values, []))[:-6] + b"0000\r\n", at(0))
    assert host.read() == []


@pytest.mark.parametrize(
    "cn", ["3011", "3012", "3013", "3014", "3015", "3016", "3017", "3018", "3019", "3020", "3021", "1012", "2041"]
)
def test_what_the_station_does_not_have_is_refused(memory, cn):
    _session, host = make(memory)
    host.send(cn, "PolId=a34004")
    assert reads(host) == [("9011", {"QnRtn": "2"})]


def test_commands_of_2025_are_unknown_in_2017(memory):
    for edition, answer in ((2017, "8"), (2025, "2")):
        _session, host = make(memory, edition=edition)
        host.send("3024", Flag="9")
        assert reads(host) == [("9011", {"QnRtn": answer})]


def test_no_answer_is_given_where_none_is_wanted(memory):
    _session, host = make(memory)
    host.send("3011", Flag="4")
    assert host.read() == []


def test_others_do_what_the_session_cannot(memory):
    session, host = make(memory, "2051")
    number = host.send("2051", "BeginTime=20160801000000;EndTime=20160801010000")
    assert reads(host) == [("9011", {"QnRtn": "1"})]
    (asked,) = session.take_events()
    assert isinstance(asked, Asked) and asked.command == "2051" and asked.parameters["EndTime"] == "20160801010000"
    host.send("2051", "BeginTime=20160801000000;EndTime=20160801010000", number)
    assert reads(host) == [("9011", {"QnRtn": "1"})] and session.take_events() == [], "the same request again is not done again"
    session.finish(asked, 100)
    assert reads(host) == [("9012", {"ExeRtn": "100"})]
    host.send("2051", "", number)
    assert reads(host) == [("9011", {"QnRtn": "1"}), ("9012", {"ExeRtn": "100"})]


def test_a_notice_gets_9013(memory):
    session, host = make(memory, "2012")
    host.send("2012")
    assert reads(host) == [("9013", {})] and isinstance(session.take_events()[0], Asked)


def test_heartbeat(memory):
    session, host = make(memory, edition=2025, heartbeat=60.0)
    session.tick(at(0))
    assert host.read() == [] and session.deadline() == at(60).monotonic
    session.tick(at(60))
    (beat,) = host.read()
    assert beat.command == "9015" and beat.groups == () and beat.header["Flag"] == "9"
    host.acknowledge(beat, "9013", seconds=60)
    session.tick(at(65))
    assert host.read() == [] and session.deadline() == at(120).monotonic
    session.tick(at(120))
    for again in range(1, 5):
        session.tick(at(120 + 5 * again))
    assert isinstance(session.take_events()[-1], Dead)


def test_garbage_between_requests(memory):
    session, host = make(memory)
    session.receive(b"\x00\xff##0500garbage" * 3, at(0))
    host.send("1061")
    assert [cn for cn, _ in reads(host)] == ["9011", "1061", "9012"]


def test_a_password_on_the_card_is_for_the_gateways_user_alone(memory, tmp_path):
    path = tmp_path / "memory.json"
    path.touch(0o644)
    memory.change("password", "abc123")
    assert path.stat().st_mode & 0o777 == 0o600 and "abc123" in path.read_text("utf-8")


def test_memory_survives_a_damaged_file(tmp_path):
    path = tmp_path / "memory.json"
    for text in ("", "{", "[]", '{"set": 3, "kept": {}}', '{"set": {"password": 5}, "kept": []}'):
        path.write_text(text)
        assert Memory(SETTINGS, path)["password"] == "123456"


def test_data_never_bear_the_number_of_a_request(memory):
    """A platform whose clock is a little ahead would take them for its answer, and not acknowledge them."""
    session, host = make(memory, "2051")
    numbers = {host.send("2051", "BeginTime=20160801070000;EndTime=20160801080000") for _ in range(5)}
    host.read()
    session.upload(upload("a"), at(0.002))
    (sent,) = host.read()
    assert sent.number not in numbers and sent.number == "20160801080000006"
