"""A socket beside the ports of a running simulation: one JSON order a connection, as `hw_sim/process.py` obeys them."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

from hw_sim.process import obey
from hw_sim.simulation import Simulation

NAME = "control.sock"


class Control(threading.Thread):
    """Obeys whoever connects to `folder/control.sock`, until `stop`."""

    def __init__(self, simulation: Simulation, folder: Path) -> None:
        super().__init__(name="control", daemon=True)
        self._simulation = simulation
        self._path = folder / NAME
        self._path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(self._path))
        self._server.listen(4)

    def run(self) -> None:
        """One order after another."""
        while True:
            try:
                channel, _ = self._server.accept()
            except OSError:
                return
            with channel:
                channel.settimeout(1.0)
                try:
                    order = channel.recv(65536).decode("utf-8", "replace")
                    channel.sendall(json.dumps(obey(self._simulation, order)).encode())
                except OSError:
                    continue

    def stop(self) -> None:
        """End."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._path.unlink(missing_ok=True)


def order(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Give one order to the simulation that runs in `folder`. Raises OSError if none does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(5.0)
        channel.connect(str(folder / NAME))
        channel.sendall(json.dumps(content).encode())
        answer: dict[str, Any] = json.loads(channel.recv(65536))
        return answer
