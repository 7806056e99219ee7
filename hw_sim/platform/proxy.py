"""A TCP proxy before the broker: the line that can be cut, or go dead without a word (half-open)."""

import select
import socket
import threading

STATES = ("open", "cut", "frozen", "slow")
"""open: all passes. cut: connections are reset and refused. frozen: they stay, nothing passes. slow: at `SLOW`."""

SLOW = 4000
"""Bytes/s each way of a slow line: GPRS on a bad day."""

PAUSE = 0.05
"""s between two portions on a slow line."""

CHUNK = 65536
"""Bytes passed on at once."""


class Proxy:
    """Listens on a port of its own on 127.0.0.1 (`port`) and passes everything on to `target`, as `state` says."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._state = "open"
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._ear, self._mouth = socket.socketpair()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def set(self, state: str) -> None:
        """Be in one of `STATES`. Raises ValueError."""
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {STATES}")
        self._state = state
        self._mouth.send(b"!")

    def close(self) -> None:
        """Cut everything and end."""
        self._ending = True
        self._mouth.send(b"!")
        self._thread.join(5.0)
        for one in (self._ear, self._mouth):
            one.close()

    def _run(self) -> None:
        while not self._ending:
            watched = [self._ear, self._listener]
            if self._state in ("open", "slow"):
                watched += self._pairs
            readable, _, _ = select.select(watched, [], [], 1.0)
            if self._ear in readable:
                self._ear.recv(64)
            if self._state == "cut":
                self._drop_all()
            for one in readable:
                if one is self._listener:
                    self._accept()
                elif one in self._pairs and self._state in ("open", "slow"):
                    self._pass(one)
            if self._state == "slow":
                select.select([self._ear], [], [], PAUSE)
        self._drop_all()
        self._listener.close()

    def _accept(self) -> None:
        channel, _ = self._listener.accept()
        if self._state == "cut":
            _reset(channel)
            return
        try:
            other = socket.create_connection(("127.0.0.1", self._target), 2.0)
        except OSError:
            _reset(channel)
            return
        for one in (channel, other):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs[channel], self._pairs[other] = other, channel

    def _pass(self, one: socket.socket) -> None:
        other = self._pairs[one]
        try:
            data = one.recv(round(SLOW * PAUSE) if self._state == "slow" else CHUNK)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass  # one end has gone: so must the other
        self._drop(one)

    def _drop(self, one: socket.socket) -> None:
        other = self._pairs.pop(one)
        self._pairs.pop(other, None)
        _reset(one)
        _reset(other)

    def _drop_all(self) -> None:
        while self._pairs:
            self._drop(next(iter(self._pairs)))


def _reset(channel: socket.socket) -> None:
    """Close with a reset, as a line that is cut ends."""
    try:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    finally:
        channel.close()
