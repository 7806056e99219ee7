"""A serial line: a pty behind a symbolic link, bytes paced at the line's speed, garbage if the other end set another one.

A pty accepts every speed and ignores it, so the speed is looked up with tcgetattr; it is instant, so the sender waits; it blocks
when nobody reads, where a real UART loses bytes, so what does not fit is dropped. A line of speed 0 takes every speed at once.
"""

import errno
import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from hw_sim.line import GARBAGE, Parts

CHUNK = 8
"""Bytes written at once; then the line waits for as long as they take."""

Tap = Callable[[str, bytes], None]
"""Called with ">" (the device was asked) or "<" (it answers) and the bytes."""


class PtyLine(threading.Thread):
    """One line. `hear(bytes)` and `due()` give what to send, as parts with waiting times."""

    def __init__(self, path: Path, baud: int, hear: Callable[[bytes], Parts], due: Callable[[], Parts]) -> None:
        super().__init__(name=f"line-{path.name}", daemon=True)
        self.path = path
        self._baud = baud
        self._speed = getattr(termios, f"B{baud}") if baud else None
        self._hear = hear
        self._due = due
        self.tap: Tap = lambda direction, data: None
        self._lock = threading.Lock()
        self._master = self._slave = -1
        self._stopping = threading.Event()
        self.plug()

    def plug(self) -> None:
        """Plug the adapter in: a new pty under the same name."""
        with self._lock:
            if self._master >= 0 or self._stopping.is_set():
                return
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            part = self.path.with_name(self.path.name + ".part")
            part.unlink(missing_ok=True)
            part.symlink_to(os.ttyname(self._slave))
            os.replace(part, self.path)

    def unplug(self) -> None:
        """Pull the adapter out: the port vanishes, a blocked read ends."""
        with self._lock:
            if self._master < 0:
                return
            self.path.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1

    def stop(self) -> None:
        """End the thread and remove the link."""
        self._stopping.set()
        if self.is_alive():
            self.join(5.0)
        self.unplug()

    def run(self) -> None:
        """Listen and speak until `stop`."""
        while not self._stopping.is_set():
            heard = self._listen(0.05)
            if heard:
                self.tap(">", heard)
            for wait, data in self._hear(heard) if heard else self._due():
                if self._stopping.wait(wait):
                    return
                if data:
                    self.tap("<", data)
                    self._speak(data)

    def _listen(self, seconds: float) -> bytes:
        with self._lock:
            master = self._master
        if master < 0:
            self._stopping.wait(seconds)
            return b""
        try:
            readable, _, _ = select.select([master], [], [], seconds)
            return os.read(master, 4096) if readable else b""
        except (OSError, ValueError):  # unplugged meanwhile
            return b""

    def _speak(self, data: bytes) -> None:
        """Send at the line's speed; what the other end's speed makes of it."""
        for start in range(0, len(data), CHUNK):
            chunk = data[start : start + CHUNK]
            with self._lock:
                if self._master < 0:
                    return
                try:
                    if self._speed is not None and termios.tcgetattr(self._slave)[5] != self._speed:
                        chunk = bytes(GARBAGE[byte % len(GARBAGE)] for byte in chunk)
                    os.write(self._master, chunk)
                except BlockingIOError:
                    pass
                except OSError as error:
                    if error.errno not in (errno.EIO, errno.EBADF):
                        raise
            if self._baud:
                time.sleep(len(chunk) * 10 / self._baud)
