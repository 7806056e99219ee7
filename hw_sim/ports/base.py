"""What every simulated port can do, and what it counts."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hw_sim.instruments.base import Instrument
from hw_sim.line import Line
from hw_sim.loop import Loop

SOCKET_PATH_MOST = 107
"""Bytes that the kernel takes as the path of a unix socket."""


class PortError(OSError):
    """A port cannot be made; the text says which and why."""


class Port:
    """One line and the instruments on it, by name."""

    address: str
    """What the station writes into its configuration."""

    def __init__(self, loop: Loop, line: Line, instruments: Mapping[str, Instrument]) -> None:
        self.loop = loop
        self.line = line
        self.instruments = dict(instruments)
        self.counts = {name: Counter[str]() for name in instruments}
        self.plugged = False

    def open(self) -> None:
        """Give the instruments their power and plug the port in. Raises PortError."""
        self.power()
        self.replug()

    def power(self) -> None:
        """The instruments start anew."""
        for instrument in self.instruments.values():
            instrument.power(self.loop.time())

    def replug(self) -> None:
        """The port appears; harmless if it is there."""
        if not self.plugged:
            self.plug()
            self.plugged = True

    def unplug(self) -> None:
        """The port vanishes with everything under way; harmless if it is gone."""
        if self.plugged:
            self.plugged = False
            self.pull()

    def plug(self) -> None:
        """Make the port. Raises PortError."""
        raise NotImplementedError

    def pull(self) -> None:
        """Remove the port."""
        raise NotImplementedError

    def babble(self, data: bytes) -> None:
        """Bytes that no instrument sent."""

    def freeze(self, frozen: bool) -> None:
        """Neither read nor answer, without hanging up."""


def socket_path(path: Path) -> str:
    """The path, if a unix socket can have it. Raises PortError."""
    size = len(str(path).encode())
    if size > SOCKET_PATH_MOST:
        raise PortError(f"{path}: {size} bytes; the path of a unix socket has at most {SOCKET_PATH_MOST}: use a shorter folder")
    return str(path)
