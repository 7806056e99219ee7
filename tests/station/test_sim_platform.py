"""`station sim platform`: a person plays the platform."""

import json
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from hw_sim.platform.hj212_wire import cut, packet, read
from station.cli import _sim_platform
from station.cli.main import main

HEAD = "QN=20240601085857223;ST=22;CN={cn};PW=123456;MN=A1;Flag=5;CP=&&{content}&&"


@contextmanager
def playing(*arguments):
    """The command, its first line read, and a station that is connected to it."""
    command = [sys.executable, "-m", "station", "--lang", "en", "sim", "platform", "--hj212", "127.0.0.1:0", "--json", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        port = json.loads(process.stdout.readline())["port"]
        with socket.create_connection(("127.0.0.1", port), 30) as station:
            station.settimeout(30)
            yield process, station
        process.stdin.write("quit\n")
        process.stdin.flush()
        assert process.wait(30) == 0


def take(station, buffer=b""):
    """The next packet from the platform."""
    while True:
        raw, buffer, _problem = cut(buffer)
        if raw:
            return read(raw, 2017), buffer
        buffer += station.recv(4096)


def test_it_tells_asks_and_misbehaves():
    with playing("--do", "history 2051 20240601000000 20240601010000", "--do", "clock 20240601090000") as (process, station):
        station.sendall(packet(HEAD.format(cn="2011", content="DataTime=20240601085857;a34004-Rtd=35,a34004-Flag=N")))
        told = json.loads(process.stdout.readline())
        assert told["header"]["CN"] == "2011" and told["problems"] == []
        assert told["data"] == [{"DataTime": "20240601085857"}, {"a34004-Rtd": "35", "a34004-Flag": "N"}]
        answer, rest = take(station)
        history, rest = take(station, rest)
        clock, _rest = take(station, rest)
        assert answer.header["CN"] == "9014" and answer.header["QN"] == "20240601085857223"
        assert (history.header["CN"], history.area) == ("2051", "BeginTime=20240601000000;EndTime=20240601010000")
        assert (clock.header["CN"], clock.area, clock.header["Flag"]) == ("1012", "SystemTime=20240601090000", "5")
        process.stdin.write("lose 1\nnonsense\nreal-time 60\n")
        process.stdin.flush()
        asked, _rest = take(station)
        assert (asked.header["CN"], asked.area) == ("1062", "RtdInterval=60")
        assert "nonsense" in process.stdout.readline()
        station.sendall(packet(HEAD.format(cn="2051", content="DataTime=20240601085800;a34004-Avg=x")))
        assert "is no number" in json.loads(process.stdout.readline())["problems"][0]


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("minutes 10", ("1064", "MinInterval=10")), ("timeouts 5 3", ("1000", "OverTime=5;ReCount=3")), ("clock", ("1011", "")),
        ("ask 3020 InfoId=i21001", ("3020", "InfoId=i21001")),
    ],
)  # fmt: skip
def test_orders(line, request_):
    verb, *words = line.split()
    assert _sim_platform._request(verb, words) == request_


@pytest.mark.parametrize("line", ["minutes", "minutes x", "ask", "ask 20", "timeouts 5", "history", "history 2051 soon"])
def test_wrong_orders(line):
    verb, *words = line.split()
    with pytest.raises((ValueError, IndexError)):
        _sim_platform._request(verb, words)


@pytest.mark.parametrize("arguments", [[], ["--hj212", "9212"], ["--hj212", ":99999"], ["--mqtt", "x"]])
def test_no_platform(arguments, capsys):
    assert main(["sim", "platform", *arguments]) == 2
    assert "Traceback" not in capsys.readouterr().err
