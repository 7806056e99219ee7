"""What a platform sets is tried: kept by an acknowledgement of what was sent after it, taken back without one."""

import pytest

from gateway.link.hj212.memory import Memory
from gateway.link.hj212.outbox import Delivered, Upload
from gateway.link.hj212.session import Done
from tests.gateway.hj212.test_session import DATA, at, make, reads
from tests.gateway.hj212.test_session import SETTINGS as USUAL

SETTINGS = USUAL | {"minutes": 1}


@pytest.fixture
def memory(tmp_path):
    return Memory(SETTINGS, tmp_path / "memory.json")


def told(session):
    return [(one.what, dict(one.facts)) for one in session.take_events() if isinstance(one, Done)]


def send(session, host, seconds):
    """Upload something; what went out."""
    host.read()
    session.upload(Upload(("a", seconds), "22", "2051", DATA, False), at(seconds))
    (message,) = host.read()
    return message


def test_it_is_kept_by_what_is_acknowledged_after_it(memory, tmp_path):
    session, host = make(memory)
    early = send(session, host, 0)
    host.send("1072", "NewPW=654321", seconds=1)
    assert reads(host)[-1] == ("9012", {"ExeRtn": "1"}), "done and answered at once, as the standard wants"
    host.acknowledge(early, seconds=2)
    assert memory.tried == {"password": "123456"}, "that was sent under the old one"
    later = send(session, host, 3)
    assert later.header["PW"] == "654321"
    host.acknowledge(later, seconds=4)
    assert told(session) == [("settings_kept", {"password": "******"})] and memory.tried == {}
    session.tick(at(5000))
    assert memory["password"] == "654321" == Memory(SETTINGS, tmp_path / "memory.json")["password"]


def test_it_returns_when_nothing_is_acknowledged(memory, tmp_path):
    session, host = make(memory)
    session.tick(at(0))
    host.send("1072", "NewPW=654321")
    session.tick(at(599))
    assert memory["password"] == "654321"
    session.tick(at(600))
    assert memory["password"] == "123456" == Memory(SETTINGS, tmp_path / "memory.json")["password"]
    assert told(session) == [("settings_returned", {"password": "******"})]


def test_a_setting_that_the_platform_had_set_before_returns_to_that(memory):
    session, host = make(memory)
    session.tick(at(0))
    host.send("1062", "RtdInterval=60")
    host.acknowledge(send(session, host, 1), seconds=1)
    host.send("1062", "RtdInterval=300")
    host.send("1062", "RtdInterval=600")
    session.tick(at(900))
    assert memory["real_time"] == 60 and told(session)[-1] == ("settings_returned", {"real_time": 60})


def test_meanwhile_both_passwords_are_taken_afterwards_one(memory):
    session, host = make(memory)
    host.send("1072", "NewPW=654321")
    host.read()
    for password, answer in (("123456", "1"), ("654321", "1"), ("000000", "3")):
        host.send("1061", PW=password)
        assert reads(host)[0] == ("9011", {"QnRtn": answer})
    host.acknowledge(send(session, host, 1), seconds=1)
    host.send("1061", PW="123456")
    assert reads(host) == [("9011", {"QnRtn": "3"})]


def test_time_without_a_connection_does_not_count_and_that_of_each_connection_adds_up(memory):
    session, host = make(memory)
    session.tick(at(0))
    host.send("1072", "NewPW=654321")
    session.tick(at(300))
    again, _host = make(memory)
    again.tick(at(5000))
    again.tick(at(5299))
    assert memory["password"] == "654321"
    again.tick(at(5300))
    assert memory["password"] == "123456"


def test_after_a_power_cut_the_trial_begins_anew(memory, tmp_path):
    """The platform has its 9012 and goes on with the new password: to return at once would lose it."""
    _session, host = make(memory)
    host.send("1072", "NewPW=654321")
    memory = Memory(SETTINGS, tmp_path / "memory.json")
    session, host = make(memory)
    session.tick(at(0))
    assert memory["password"] == "654321"
    session.tick(at(601))
    assert memory["password"] == "123456" and memory.tried == {}


def test_rare_uploads_have_longer(memory):
    session, host = make(memory, stored=30)
    session.tick(at(0))
    host.send("1062", "RtdInterval=60")
    session.tick(at(3599))
    assert memory["real_time"] == 60
    session.tick(at(3600))
    assert memory["real_time"] == 30


def test_a_host_that_never_acknowledges_gives_nothing_to_wait_for(memory):
    session, host = make(memory, ack=False)
    session.tick(at(0))
    host.send("1062", "RtdInterval=60")
    session.tick(at(100_000))
    assert memory["real_time"] == 60 and told(session) == []


def test_the_same_value_again_is_no_trial(memory):
    session, host = make(memory)
    session.tick(at(0))
    host.send("1062", "RtdInterval=30")
    session.tick(at(700))
    assert told(session) == [] and memory["real_time"] == 30


def test_the_acknowledged_upload_is_delivered_as_ever(memory):
    session, host = make(memory)
    host.send("1062", "RtdInterval=60")
    host.read()
    message = send(session, host, 1)
    host.acknowledge(message, seconds=1)
    host.acknowledge(message, seconds=2)
    assert [one for one in session.take_events() if isinstance(one, Delivered)] == [Delivered(("a", 1))]
