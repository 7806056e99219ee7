"""One thread for everything: files to watch and timers."""

import heapq
import itertools
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

Callback = Callable[[], None]


@dataclass(order=True, slots=True)
class Timer:
    """A callback at a time; may be cancelled."""

    when: float
    number: int
    call: Callback = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Forget it."""
        self.cancelled = True


class Loop:
    """Runs callbacks until it is stopped. Only `post` and `stop` may be called by another thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[Timer] = []
        self._numbers = itertools.count()
        self._posted: deque[Callback] = deque()
        self._stopped = False
        self._awake, self._wake = socket.socketpair()
        self._awake.setblocking(False)
        self._wake.setblocking(False)
        self.watch(self._awake.fileno(), self._run_posted)

    @staticmethod
    def time() -> float:
        """Seconds, never backwards."""
        return time.monotonic()

    def at(self, when: float, call: Callback) -> Timer:
        """Call at this time, or at once if it has passed."""
        timer = Timer(when, next(self._numbers), call)
        heapq.heappush(self._timers, timer)
        return timer

    def later(self, delay: float, call: Callback) -> Timer:
        """Call after `delay` seconds."""
        return self.at(self.time() + delay, call)

    def watch(self, fd: int, call: Callback) -> None:
        """Call whenever there is something to read."""
        self._selector.register(fd, selectors.EVENT_READ, call)

    def unwatch(self, fd: int) -> None:
        """Stop watching; harmless if it was not watched."""
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def post(self, call: Callback) -> None:
        """Call in the loop's thread; for other threads and signal handlers."""
        self._posted.append(call)
        try:
            self._wake.send(b"\0")
        except BlockingIOError:
            pass  # it is awake already

    def stop(self) -> None:
        """End `run`."""
        self._stopped = True
        self.post(lambda: None)

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopped:
            for key, _events in self._selector.select(self._pause()):
                if self._selector.get_map().get(key.fd) is key:  # an earlier callback may have closed it
                    key.data()
            self._run_due()

    def close(self) -> None:
        """Give back what it holds."""
        self._selector.close()
        self._awake.close()
        self._wake.close()

    def _pause(self) -> float | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0].when - self.time()) if self._timers else None

    def _run_due(self) -> None:
        now = self.time()
        while self._timers and self._timers[0].when <= now:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                timer.call()

    def _run_posted(self) -> None:
        try:
            self._awake.recv(4096)
        except BlockingIOError:
            pass
        while self._posted:
            self._posted.popleft()()
