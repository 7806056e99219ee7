"""A program that answers for a device: an executable under the line's name, which asks a socket beside it.

One JSON list of words a connection; the answer is one JSON object: `out`, `error`, `code`. No answer: the program hangs.
"""

import json
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

CLIENT = """
import json, socket, sys
channel = socket.socket(socket.AF_UNIX)
channel.connect(sys.argv[1])
channel.sendall(json.dumps(sys.argv[2:]).encode() + b"\\n")
said = json.loads(channel.makefile().read())
sys.stdout.write(said["out"])
sys.exit(said["error"] or 0)
"""
"""The program; an error goes to its error output, and it ends with 1."""


class ProgramServer(threading.Thread):
    """One program. `run(words)` gives its output and its error, None if it hangs."""

    def __init__(self, path: Path, run: Callable[[list[str]], tuple[str, str] | None]) -> None:
        super().__init__(name=f"program-{path.name}", daemon=True)
        self.path = path
        self._run = run
        self._socket = path.with_name(f"{path.name}.sock")
        self._hanging: list[socket.socket] = []
        self._socket.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._socket))
        self._server.listen(4)
        path.write_text(f"#!/bin/sh\nexec '{sys.executable}' -IS -c '{CLIENT}' '{self._socket.resolve()}' \"$@\"\n", "utf-8")
        path.chmod(0o755)

    def run(self) -> None:
        """One question after another."""
        while True:
            try:
                channel, _ = self._server.accept()
            except OSError:
                return
            words: list[str] = json.loads(channel.makefile().readline() or "[]")
            answer = self._run(words)
            if answer is None:
                self._hanging.append(channel)
                continue
            with channel:
                channel.sendall(json.dumps({"out": answer[0], "error": answer[1]}).encode())

    def stop(self) -> None:
        """End."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for channel in self._hanging:
            channel.close()
        self._socket.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
