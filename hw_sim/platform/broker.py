"""An MQTT 5 broker (iotcore) in a process of its own that dies with us. It keeps nothing: a restart forgets everything."""

import ctypes
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_CONFIG = """
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "v5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 4194304
max_inflight_count = 500
"""


def free_port() -> int:
    """A port on 127.0.0.1 that nobody uses, below those that Linux gives to outgoing connections (from 32768 on): whoever
    stops listening there can listen again later. Raises OSError if a hundred tries find none.
    """
    for port in random.sample(range(10_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no free port on 127.0.0.1 between 10000 and 32000")


def die_with_parent() -> None:
    """In a child before exec: be killed when the parent is (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Broker:
    """The broker; `port` stays the same over restarts."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.port = port or free_port()
        self._config = folder / "broker.toml"
        self._config.write_text(_CONFIG.format(port=self.port), "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, patience: float = 10.0) -> None:
        """Start it and wait until it listens. Raises TimeoutError."""
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, "-m", "iotcore", "--config", str(self._config), "--log-level", "ERROR"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise TimeoutError(f"the embedded broker ended; is port {self.port} held by another program?")
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the embedded broker does not start")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
