"""The line before the platform: it passes, is cut, or goes dead without a word."""

import socket
import threading

import pytest

from hw_sim.platform.proxy import Proxy


@pytest.fixture
def line():
    server = socket.create_server(("127.0.0.1", 0))

    def echo():
        while True:
            try:
                channel, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(channel,), daemon=True).start()

    def answer(channel):
        with channel:
            try:
                while data := channel.recv(100):
                    channel.sendall(data)
            except OSError:
                return

    threading.Thread(target=echo, daemon=True).start()
    proxy = Proxy(server.getsockname()[1])
    yield proxy
    proxy.close()
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def connect(line):
    return socket.create_connection(("127.0.0.1", line.port), 5.0)


def test_it_passes_goes_dead_and_comes_back(line):
    with connect(line) as channel:
        channel.sendall(b"one")
        assert channel.recv(10) == b"one"
        line.set("frozen")
        channel.sendall(b"two")
        channel.settimeout(0.3)
        with pytest.raises(TimeoutError):
            channel.recv(10)
        line.set("open")
        channel.settimeout(5.0)
        assert channel.recv(10) == b"two"


def test_a_cut_ends_connections_and_refuses_new_ones(line):
    with connect(line) as channel:
        channel.sendall(b"one")
        assert channel.recv(10) == b"one"
        line.set("cut")
        with pytest.raises(ConnectionResetError):
            channel.recv(10)
        with pytest.raises(ConnectionError), connect(line) as other:  # refused at once, or reset at the first byte
            while True:
                other.sendall(b"x")
    line.set("open")
    with connect(line) as channel:
        channel.sendall(b"two")
        assert channel.recv(10) == b"two"
    with pytest.raises(ValueError, match="half"):
        line.set("half")
